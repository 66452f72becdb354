// A line chart as text: curves in braille dots, two across and four down in each character.

extension LineChart {
  /// The chart in at most `width` columns, its plot `height` lines high.
  package func terminal(width: Int = 80, height: Int = 12, colour: TerminalColour = .none) -> String
  {
    if let steps { return self.rows(steps: steps, width: width, colour: colour) }
    let paint = Paint(colour)
    let rows = max(2, height)
    let axes = axes(tickCount: max(2, rows / 3))
    var labels = [String](repeating: "", count: rows)
    for tick in axes.yTicks {
      let row = Int(((1 - axes.yShare(tick.place)) * Double(rows - 1)).rounded())
      if labels.indices.contains(row) { labels[row] = tick.label }
    }
    let labelWidth = labels.map(\.count).reduce(0, max)
    let columns = max(2, width - labelWidth - 2)
    let canvas = DotGrid(columns: columns, rows: rows)
    let drawn = series.indices.reduce(into: canvas) { canvas, index in
      for stroke in strokes(series[index], axes, columns: columns * 2) {
        canvas.draw(stroke, series: index)
      }
    }
    var lines = heading(paint, width)
    for row in 0..<rows {
      let label = String(repeating: " ", count: labelWidth - labels[row].count) + labels[row]
      lines.append(
        "\(paint.muted(label)) \(labels[row].isEmpty ? "│" : "┤")\(drawn.line(row, paint))")
    }
    let low = NumberText.label(axes.x.lowerBound, digits: 6)
    let high = NumberText.label(axes.x.upperBound, digits: 6) + (xLabel.isEmpty ? "" : " \(xLabel)")
    let space = String(repeating: " ", count: max(1, columns - low.count - high.count))
    let margin = String(repeating: " ", count: labelWidth + 2)
    lines.append(margin + paint.muted(String("\(low)\(space)\(high)".prefix(columns))))
    return lines.joined(separator: "\n")
  }

  /// The title, and behind it the names of the lines, in as many lines of text as they need.
  private func heading(_ paint: Paint, _ width: Int) -> [String] {
    var lines = [paint.bold(title)]
    var used = title.count
    for (index, line) in series.enumerated() where series.count > 1 {
      let name = String(line.name.prefix(max(1, width - 4)))
      if used > 0, used + name.count + 4 > width {
        lines.append("")
        used = 0
      }
      lines[lines.count - 1] += "  \(paint.painted("━", LineChart.colour(index))) \(name)"
      used += name.count + 4
    }
    return lines
  }
}

/// A grid of braille characters and the series that drew last in each.
private struct DotGrid {
  private let columns: Int
  private let rows: Int
  private var dots: [UInt32]
  private var owner: [Int]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    dots = [UInt32](repeating: 0, count: columns * rows)
    owner = [Int](repeating: 0, count: columns * rows)
  }

  /// Draws a line through points given in shares of the axes.
  mutating func draw(_ points: [(x: Double, y: Double)], series: Int) {
    func place(_ share: Double, _ size: Int) -> Int {
      share.isFinite ? Int((min(1, max(0, share)) * Double(size - 1)).rounded()) : 0
    }
    let places = points.map { (place($0.x, columns * 2), place(1 - $0.y, rows * 4)) }
    for (start, end) in zip(places, places.dropFirst() + places.suffix(1)) {
      let steps = max(abs(end.0 - start.0), abs(end.1 - start.1))
      for step in 0...steps {
        let share = steps == 0 ? 0 : Double(step) / Double(steps)
        let x = Double(start.0) + Double(end.0 - start.0) * share
        let y = Double(start.1) + Double(end.1 - start.1) * share
        set(Int(x.rounded()), Int(y.rounded()), series: series)
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, series: Int) {
    let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    let index = y / 4 * columns + x / 2
    dots[index] |= bits[y % 4][x % 2]
    owner[index] = series
  }

  func line(_ row: Int, _ paint: Paint) -> String {
    var text = ""
    for index in (row * columns)..<((row + 1) * columns) {
      guard dots[index] != 0, let scalar = Unicode.Scalar(0x2800 + dots[index]) else {
        text += " "
        continue
      }
      text += paint.painted(String(Character(scalar)), LineChart.colour(owner[index]))
    }
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
