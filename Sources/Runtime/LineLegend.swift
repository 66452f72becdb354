// The names of the lines of a chart: at the right of its title where there is room, else in rows
// between title and plot. A single line needs none.

struct LineLegend {
  private static let rowHeight = 16.0
  /// Between the end of a name and the next line.
  private static let gap = 16.0
  /// The piece of line in front of a name.
  private static let mark = 22.0

  private let names: [String]
  /// How many names stand side by side below the title; 0 for a legend at its right.
  private let columns: Int
  private let cell: Double

  init(_ chart: LineChart, width: Double) {
    let most = max(4, Int((width - Self.mark) / Self.width("m")))
    names =
      chart.series.count > 1
      ? chart.series.map { $0.name.count > most ? "\($0.name.prefix(most - 3))..." : $0.name } : []
    cell = Self.mark + (names.map(Self.width).max() ?? 0) + Self.gap
    let inOneRow = names.reduce(-Self.gap) { $0 + Self.mark + Self.width($1) + Self.gap }
    let isBeside = Double(chart.title.count) * 9 + 24 + inOneRow <= width
    columns = isBeside ? 0 : max(1, min(names.count, Int((width + Self.gap) / cell)))
  }

  /// Of the rows below the title.
  var height: Double {
    columns == 0 ? 0 : Double((names.count + columns - 1) / columns) * Self.rowHeight
  }

  /// - Parameter frame: of the plot, above which the legend stands.
  func draw(on canvas: inout some Canvas, _ frame: Frame) {
    var x =
      columns == 0
      ? frame.right - names.reduce(-Self.gap) { $0 + Self.mark + Self.width($1) + Self.gap }
      : frame.x
    var y = frame.y - 8 - height + (columns == 0 ? 0 : Self.rowHeight)
    for (index, name) in names.enumerated() {
      if columns > 0, index > 0, index % columns == 0 { (x, y) = (frame.x, y + Self.rowHeight) }
      canvas.line(from: (x, y - 4), to: (x + 16, y - 4), LineChart.colour(index), width: 2.6)
      canvas.text(name, x: x + Self.mark, y: y, size: 11)
      x += columns == 0 ? Self.mark + Self.width(name) + Self.gap : cell
    }
  }

  /// An estimate: the reader's fonts are not known.
  private static func width(_ name: String) -> Double { Double(name.count) * 6.4 }
}
