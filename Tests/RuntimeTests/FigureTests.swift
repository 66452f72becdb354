// Pictures: sizes, escapes, and that no values make a drawing trap.

import Glibc
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct FigureTests {
  /// A trace as a copy task leaves it: T symbols in, a mark, T symbols out.
  static func copyFigure(columns: Int = 1) -> Figure {
    let (length, bits, rows) = (20, 8, 64)
    let steps = 2 * length + 1
    var random = SeededRandom(seed: 3)
    var inputs = [[Double]](repeating: [Double](repeating: 0, count: bits + 1), count: steps)
    var outputs = [[Double]](repeating: [Double](repeating: 0, count: bits), count: steps)
    var adds = [[Double]](repeating: [Double](repeating: 0, count: 20), count: steps)
    var reads = adds
    var write = [[Double]](repeating: [Double](repeating: 0, count: rows), count: steps)
    var read = write
    for step in 0..<length {
      for bit in 0..<bits {
        inputs[step][bit] = random.next() % 2 == 0 ? 1 : 0
        outputs[length + 1 + step][bit] = inputs[step][bit]
      }
      for column in 0..<20 {
        adds[step][column] = Double(random.next() % 2000) / 1000 - 1
        reads[length + 1 + step][column] = adds[step][column] * 0.9
      }
      write[step][10 + step] = 0.9
      write[step][11 + step] = 0.1
      read[length + 1 + step][10 + step] = 0.95
    }
    inputs[length][bits] = 1
    func trace(_ values: [[Double]]) -> Tensor {
      Tensor([values.count, values[0].count], reals: Array(values.joined()), precision: .single)
    }
    return Figure(
      title: "Copy task, length 20",
      panels: [
        .heatmap(Heatmap(title: "Inputs", steps: trace(inputs), range: 0...1, rowLabel: "bit")),
        .heatmap(Heatmap(title: "Outputs", steps: trace(outputs), range: 0...1, rowLabel: "bit")),
        .heatmap(Heatmap(title: "Adds", steps: trace(adds), rowLabel: "column", scale: .diverging)),
        .heatmap(
          Heatmap(title: "Reads", steps: trace(reads), rowLabel: "column", scale: .diverging)),
        .heatmap(Heatmap(title: "Write weightings", steps: trace(write), rowLabel: "location")),
        .heatmap(Heatmap(title: "Read weightings", steps: trace(read), rowLabel: "location")),
      ], columns: columns)
  }

  static func lossChart(logarithmic: Bool = true) -> LineChart {
    var random = SeededRandom(seed: 5)
    let series = ["LSTM", "NTM with LSTM controller"].enumerated().map { index, name in
      LineChart.Series(
        name,
        values: (0..<2000).map { step in
          let noise = Double(random.next() % 1000) / 1000
          return 0.02 + 140 * exp(-Double(step) / (index == 0 ? 700 : 150)) * (0.7 + 0.6 * noise)
        })
    }
    return LineChart(
      title: "Cost", series: series, yLabel: "bits per sequence", isLogarithmic: logarithmic)
  }

  @Test func drawsTheFigureOfThePaper() throws {
    let single = FigureTests.copyFigure().svg()
    #expect(single == FigureTests.copyFigure().svg())
    for title in ["Inputs", "Outputs", "Adds", "Reads", "Write weightings", "Read weightings"] {
      #expect(single.contains(">\(title)</text>"))
    }
    #expect(single.utf8.count < 60_000)
    if let folder = getenv("NTM_LOOK").map({ String(cString: $0) }) {
      try AtomicFile.write(single, to: "\(folder)/single.svg")
      try AtomicFile.write(FigureTests.copyFigure(columns: 2).svg(), to: "\(folder)/double.svg")
      let loss = Figure(
        title: "Learning to copy",
        panels: [
          .lines(FigureTests.lossChart()), .lines(FigureTests.lossChart(logarithmic: false)),
        ])
      for name in ["loss.svg", "loss.png"] {
        try AtomicFile.write(loss.bytes(for: name), to: "\(folder)/\(name)")
      }
      let double = FigureTests.copyFigure(columns: 2)
      try AtomicFile.write(double.bytes(for: "double.png"), to: "\(folder)/double.png")
      var text = ""
      for colour in [TerminalColour.none, .palette256, .trueColour] {
        text += FigureTests.copyFigure().terminal(width: 72, height: 10, colour: colour)
        text += loss.terminal(width: 72, height: 10, colour: colour)
      }
      try AtomicFile.write(text, to: "\(folder)/terminal.txt")
    }
  }
}

extension FigureTests {
  /// Two pixels a unit of the page, and the same bytes each time.
  /// And an end of the scale has only the digits that count in what it spans.
  @Test func aMatrixLiesAsItIsPrinted() {
    let values = [1, 2, 3, -1, 5.9e-15, 1]
    let map = Heatmap(title: "m", matrix: Tensor([2, 3], reals: values, precision: .double))
    #expect(map.rows == 2 && map.columns == 3 && map.values == values)
    #expect(map.range == -3...3 && map.columnLabel == "column")
    let weights = Heatmap(title: "w", values: [[5.9e-15, 0.99994]])
    let text = Figure(title: "", panels: [.heatmap(weights)]).terminal(width: 80)
    #expect(text.contains(" 0 ") && text.contains(" 0.9999") && !text.contains("5.9"))
  }

  @Test func theNameOfAFileDecidesWhatItIs() throws {
    let chart = Figure(title: "Learning", panels: [.lines(FigureTests.lossChart())])
    let image = chart.bytes(for: "learning.png")
    #expect(image == chart.bytes(for: "learning.png"))
    #expect(image.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    let sizes = [16, 20].map { start in image[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
    let page = String(decoding: chart.bytes(for: "learning.svg"), as: UTF8.self)
    #expect(page.contains("width=\"\(sizes[0] / 2)\" height=\"\(sizes[1] / 2)\""))
    // Letters and lines are on it: white alone packs into far less.
    #expect(image.count > 4_000)
    let other = Figure(title: "Forgetting", panels: chart.panels)
    #expect(other.bytes(for: "learning.png") != image)
  }

  @Test func aPageStepsThroughTimeAndNeedsNothingElse() throws {
    let page = FigureTests.copyFigure().html()
    #expect(page.ranges(of: "class=\"mark\"").count == 6)
    #expect(page.contains("type=\"range\" min=\"0\" max=\"40\""))
    #expect(
      page.contains(
        "<td>Write weightings<td class=\"largest\" data-words=\"largest in row 10: 0.9|largest"))
    // The name of the format is the only address.
    #expect(page.ranges(of: "http").count == page.ranges(of: "http://www.w3.org/2000/svg").count)
    #expect(page.ranges(of: "href=").count == page.ranges(of: "href=\"data:").count)
    for word in ["src=", "@import", "url("] { #expect(!page.contains(word)) }
    #expect(
      !Figure(title: "", panels: [.lines(FigureTests.lossChart())]).html().contains("<script"))
  }

  /// A memory of three states, and gates beside it.
  private static let traced: Figure = {
    let states = Tensor([3, 2, 4], reals: (0..<24).map { Double($0) - 8 }, precision: .double)
    let weights = Tensor([3, 2], reals: [1, 0, 0.5, 0.5, 0, 1], precision: .double)
    return Figure(
      title: "traced",
      panels: [
        .heatmap(Heatmap(title: "read.w", steps: weights, rowLabel: "row")),
        .film(Film(title: "memory", states: states)),
        .lines(
          LineChart(
            title: "read",
            series: [.init("gate", values: [0, 0.5, 1]), .init("move 0", values: [1, 1, 0])],
            xLabel: "time", steps: 3)),
      ])
  }()

  @Test func aMemoryIsStillsOnPaperAndAFilmOnAPage() throws {
    let paper = Self.traced.svg()
    for step in 0..<3 { #expect(paper.contains(">time \(step)</text>")) }
    #expect(paper.ranges(of: "<image").count == 1 + 1 + 3 + 1)
    #expect(Self.traced.bytes(for: "a.png").count > 4_000)
    let page = Self.traced.html()
    // -16 is the first colour, 0 the middle one, 15 nearly the last of the scale from -15 to 15.
    let bytes = (0..<24).map { UInt8((Double($0 - 8 + 15) / 30 * 254).rounded()) }
    #expect(
      page.contains("data-low=\"-15\" data-high=\"15\" data-values=\"\(Self.base64(bytes))\""))
    #expect(page.contains("width=\"4\" height=\"2\"") && page.contains("diverging: [[5,48,97]"))
    #expect(page.contains("max=\"2\"") && page.contains("gate 0.5, move 0 1|gate 1, move 0 0"))
    // The lines have the heat map's columns: a frame around a step is equally wide in both.
    #expect(page.ranges(of: "width=\"220\" height").count == 2)
  }

  /// Of few bytes, written out for the test.
  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    return stride(from: 0, to: bytes.count, by: 3).map { start in
      let number = bytes[start..<(start + 3)].reduce(0) { $0 << 8 | Int($1) }
      return String([18, 12, 6, 0].map { letters[number >> $0 & 63] })
    }.joined()
  }

  @Test func linesOverStepsAreRowsOfBlocksInATerminal() {
    let text = Self.traced.terminal(width: 80)
    #expect(text.contains("memory at time 2"))
    #expect(text.contains("  gate   ▁▁▁▅▅▅███  0 to 1\n  move 0 ██████▁▁▁  0 to 1"), "\(text)")
    let short = Self.traced.terminal(width: 24, most: 1)
    #expect(short.contains("and in the picture: m...") && !short.contains("time 2"))
    for width in [40, 80] {
      for line in Self.traced.terminal(width: width).split(separator: "\n") {
        #expect(line.count <= width, "\(line)")
      }
    }
  }

  /// Lines with a band each, as a comparison of so many variants draws them.
  private static func comparison(_ count: Int) -> LineChart {
    LineChart(
      title: "bits",
      series: (0..<count).map { index in
        let points = (0..<50).map { step in
          (x: Double(step), y: 40 * exp(-Double(step) / (5 + Double(3 * index))))
        }
        return LineChart.Series(
          "read=LocationHead write=leap.LeapHead\(index)", points,
          band: points.map { ($0.x, $0.y * 0.8, $0.y * 1.3) })
      })
  }

  @Test(arguments: [1, 2, 3, 6, 8], [1, 2]) func everyNameOfALineIsOnThePage(
    _ count: Int, _ columns: Int
  ) throws {
    let chart = FigureTests.comparison(count)
    let figure = Figure(title: "", panels: [.lines(chart), .lines(chart)], columns: columns)
    let page = figure.svg()
    let width = columns == 1 ? 798.0 : 1136.0
    #expect(page.contains("width=\"\(Int(width))\""))
    var rows: Set<Substring> = []
    for line in page.split(separator: "\n") where line.contains(">read=") {
      let parts = line.split(separator: "\"")
      let name = try #require(line.split(separator: ">").last).prefix { $0 != "<" }
      let x = try #require(Double(parts[1]))
      #expect(x >= 0 && x + 6.4 * Double(name.count) <= width, "\(line)")
      #expect(rows.insert("\(parts[1]) \(parts[3])").inserted, "one name on another: \(line)")
    }
    #expect(rows.count == (count == 1 ? 0 : 2 * count))
    if let folder = getenv("NTM_LOOK").map({ String(cString: $0) }) {
      for name in ["lines\(count)x\(columns).svg", "lines\(count)x\(columns).png"] {
        try AtomicFile.write(figure.bytes(for: name), to: "\(folder)/\(name)")
      }
      try AtomicFile.write(figure.terminal(width: 80), to: "\(folder)/lines\(count).txt")
    }
  }

  @Test func namesOfLinesWrapInATerminal() {
    for width in [20, 40, 80] {
      let text = FigureTests.comparison(6).terminal(width: width)
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
    }
    #expect(FigureTests.comparison(6).terminal(width: 80).ranges(of: "LeapHead5").count == 1)
  }

  /// A run that diverged leaves no upper bound, and a logarithm no lower one: the band ends at the
  /// edge. Where there is no lower bound either, there is no band.
  @Test func aBandIsAsWideAsItsBounds() {
    func bands(_ band: [(x: Double, low: Double, high: Double)], logarithmic: Bool = false) -> Int {
      let line = LineChart.Series("a", [(0, 1), (1, 2), (2, 1)], band: band)
      let chart = LineChart(title: "", series: [line], isLogarithmic: logarithmic)
      return Figure(title: "", panels: [.lines(chart)]).svg().ranges(of: "<polygon").count
    }
    #expect(bands([]) == 0)
    #expect(bands([(0, 1, 2), (1, 1, .nan), (2, 0, 2)]) == 1)
    #expect(bands([(0, 0, 2), (1, 0, 2)], logarithmic: true) == 1)
    #expect(bands([(0, 1, 2), (1, .nan, .nan), (2, 0, 2)]) == 0)
    #expect(bands([(0, 1, 2), (0.5, 1, 2), (1, .nan, .nan), (2, 0, 2)]) == 1)
    // The axis holds the band, too.
    let wide = LineChart(
      title: "", series: [.init("a", [(0, 1), (1, 1)], band: [(0, 1, 400), (1, 1, 400)])])
    #expect(Figure(title: "", panels: [.lines(wide)]).svg().contains(">400</text>"))
  }

  @Test func everySmallHeatMapDrawsInEveryWidth() {
    for rows in 0...4 {
      for columns in 0...4 {
        let values = (0..<rows).map { row in
          (0..<columns).map { [0, 1, -.infinity, .nan, 1e308, -1e308][(row * columns + $0) % 6] }
        }
        for scale in [ColourScale.sequential, .diverging] {
          let figure = Figure(
            title: "", panels: [.heatmap(Heatmap(title: "<&\u{0}>", values: values, scale: scale))])
          #expect(figure.svg().contains("&lt;&amp;\u{FFFD}&gt;"))
          for width in [0, 1, 5, 40] {
            for colour in [TerminalColour.none, .palette256, .trueColour] {
              _ = figure.terminal(width: width, height: width / 4, colour: colour)
            }
          }
        }
      }
    }
  }

  @Test func plainTextStaysInsideItsWidth() {
    for width in 20...100 {
      let figure = FigureTests.copyFigure()
      for panel in figure.panels {
        guard case .heatmap(let map) = panel else { continue }
        let lines = map.terminal(width: width, height: 7).split(separator: "\n")
        // The heading is not cut.
        #expect(lines.dropFirst().allSatisfy { $0.count <= width })
        #expect(lines.count <= 9)
      }
    }
  }

  @Test func everySmallChartDraws() {
    let values: [Double] = [1, .nan, 0, -1, .infinity, 1e308, -1e308, 1e-300]
    for count in 0...values.count {
      for isLogarithmic in [false, true] {
        let chart = LineChart(
          title: "t",
          series: [
            .init("a", values: Array(values[..<count])), .init("b", values: []),
            .init("c", values: [2]),
          ],
          isLogarithmic: isLogarithmic)
        let figure = Figure(title: "x", panels: [.lines(chart)])
        let svg = figure.svg()
        #expect(svg.hasSuffix("</svg>\n") && !svg.contains("nan") && !svg.contains("inf\""))
        for width in [0, 10, 60] { _ = figure.terminal(width: width, height: 5) }
      }
    }
  }

  @Test func reductionKeepsThePeak() {
    var rows = [[Double]](repeating: [Double](repeating: 0, count: 301), count: 257)
    rows[123][211] = 1
    let map = Heatmap(title: "", values: rows).reduced(rows: 10, columns: 20)
    #expect(map.rows == 10 && map.columns == 20)
    #expect(map.values.count { $0 == 1 } == 1 && map.values.count { $0 == 0 } == 199)
    rows[123][211] = -1
    rows[123][210] = 0.5
    let signed = Heatmap(title: "", values: rows, scale: .diverging).reduced(rows: 10, columns: 20)
    #expect(signed.values.contains(-1) && !signed.values.contains(0.5))
  }

  @Test func tracesAreTurned() {
    let map = Heatmap(title: "", steps: Tensor([3, 2], ints: [0, 1, 2, 3, 4, 5]))
    #expect(map.rows == 2 && map.columns == 3)
    #expect(map.values == [0, 2, 4, 1, 3, 5])
    #expect(map.range == 0...5)
    let plain = map.terminal(width: 30)
    #expect(plain == "  0  ░▒▓█ 5\n0 ▕   ▒▒▒▓▓▓▏\n1 ▕░░░▒▒▒███▏\n   0  2 time")
  }

  @Test func ticksAreRound() {
    #expect(Ticks.values(0, 1, count: 5) == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(Ticks.values(-3, 12, count: 4) == [0, 5, 10])
    #expect(Ticks.indices(below: 128, count: 8) == [0, 20, 40, 60, 80, 100, 120])
    #expect(Ticks.indices(below: 3, count: 8) == [0, 1, 2])
    for size in 0...300 {
      for count in 1...9 {
        let ticks = Ticks.indices(below: size, count: count)
        #expect(ticks.count <= count && ticks.allSatisfy { $0 < size })
      }
    }
    for (low, high) in [
      (0.0, 0.0), (1, 1 + 1e-16), (-1e308, 1e308), (1e300, 1.0000001e300), (.nan, 1),
    ] {
      #expect(Ticks.values(low, high, count: 5).count < 12)
    }
  }
}
