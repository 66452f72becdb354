// A chart over the steps of a run as text: a row of blocks for each line, which are told apart without
// colour and stand under the columns of heat maps.

extension LineChart {
  private static let blocks = Array("▁▂▃▄▅▆▇█")

  /// A line of text for each line of the chart, with what its lowest and highest block stand for.
  func rows(steps: Int, width: Int, colour: TerminalColour) -> String {
    let paint = Paint(colour)
    let all = series.flatMap(\.points).map(\.y)
    let areShares = all.allSatisfy { !$0.isFinite || (0...1).contains($0) }
    let names = series.map(\.name.count).max() ?? 0
    var lines = [paint.bold(title)]
    for (index, line) in series.enumerated() {
      var values = [Double](repeating: .nan, count: max(1, steps))
      for point in line.points {
        guard let step = Int(exactly: point.x), values.indices.contains(step) else { continue }
        values[step] = point.y
      }
      let map = Heatmap(title: "", values: [values], range: areShares ? 0...1 : nil)
      let (low, high) = (map.range.lowerBound, map.range.upperBound)
      let legend = "\(NumberText.label(low, digits: 3)) to \(NumberText.label(high, digits: 3))"
      let room = max(1, width - names - 23)
      let shown = map.reduced(rows: 1, columns: room)
      let cell = max(1, min(3, room / shown.columns))
      let cells = shown.values.map { value in
        let block = shown.share(value).map { Self.blocks[Int(($0 * 7).rounded())] } ?? " "
        return String(repeating: block, count: cell)
      }.joined()
      let name = line.name.padding(to: names)
      lines.append(
        "  \(name) \(paint.painted(cells, LineChart.colour(index)))  \(paint.muted(legend))")
    }
    return lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
