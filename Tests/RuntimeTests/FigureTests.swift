// Pictures: sizes, escapes, and that no values make a drawing trap.

import Glibc
import Runtime
import Tensors
import Testing

@Suite struct FigureTests {
  /// A trace as a copy task leaves it: T symbols in, a mark, T symbols out.
  static func copyFigure(columns: Int = 1) -> Figure {
    let (length, bits, rows) = (20, 8, 64)
    let steps = 2 * length + 1
    var random = SystemlessRandom(seed: 3)
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
        .heatmap(Heatmap(title: "Reads", steps: trace(reads), rowLabel: "column", scale: .diverging)),
        .heatmap(Heatmap(title: "Write weightings", steps: trace(write), rowLabel: "location")),
        .heatmap(Heatmap(title: "Read weightings", steps: trace(read), rowLabel: "location")),
      ], columns: columns)
  }

  static func lossChart(logarithmic: Bool = true) -> LineChart {
    var random = SystemlessRandom(seed: 5)
    let series = ["LSTM", "NTM with LSTM controller"].enumerated().map { index, name in
      LineChart.Series(
        name,
        values: (0..<2000).map { step in
          let noise = Double(random.next() % 1000) / 1000
          return 0.02 + 140 * exp(-Double(step) / (index == 0 ? 700 : 150)) * (0.7 + 0.6 * noise)
        })
    }
    return LineChart(title: "Cost", series: series, yLabel: "bits per sequence", isLogarithmic: logarithmic)
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
        panels: [.lines(FigureTests.lossChart()), .lines(FigureTests.lossChart(logarithmic: false))])
      try AtomicFile.write(loss.svg(), to: "\(folder)/loss.svg")
      var text = ""
      for colour in [TerminalColour.none, .palette256, .trueColour] {
        text += FigureTests.copyFigure().terminal(width: 72, height: 10, colour: colour)
        text += loss.terminal(width: 72, height: 10, colour: colour)
      }
      try AtomicFile.write(text, to: "\(folder)/terminal.txt")
    }
  }
}
