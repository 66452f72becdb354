// The picture of a comparison: learning curves, and reports over their first column, a line a variant:
// medians over the seeds, shaded between the quartiles.

import Runtime

struct ComparisonPlot {
  /// Panels beyond these would be too many to read.
  private static let panels = 8

  /// nil where no run logged anything and no report has several rows.
  let figure: Figure?

  init(_ table: ComparisonTable) {
    let panels =
      Self.charts(table, \.curves, x: "step") + Self.charts(table, \.tables, x: "")
    figure =
      panels.isEmpty
      ? nil : Figure(title: table.pictureTitle, panels: Array(panels.prefix(Self.panels)))
  }

  private static func charts(
    _ table: ComparisonTable, _ curves: KeyPath<RunRecord, [RunRecord.Curve]>, x: String
  ) -> [Panel] {
    var names: [String] = []
    for curve in table.columns.flatMap({ $0.finished.flatMap { $0[keyPath: curves] } })
    where !names.contains(curve.name) {
      names.append(curve.name)
    }
    return names.compactMap { name in
      let series = table.columns.compactMap { column -> LineChart.Series? in
        let every = column.finished.compactMap { record in
          record[keyPath: curves].first { $0.name == name }
        }
        return every.isEmpty ? nil : line(column.label, every)
      }
      // One step is no curve.
      guard series.contains(where: { $0.points.count > 1 }) else { return nil }
      let values = series.flatMap(\.points).map(\.y).filter(\.isFinite)
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      return .lines(
        LineChart(
          title: name, series: series, xLabel: x.isEmpty ? axis(name) : x,
          isLogarithmic: low > 0 && high > 100 * low))
    }
  }

  /// `length` of `bit_errors over length`.
  private static func axis(_ name: String) -> String {
    name.split(separator: " ").last.map(String.init) ?? ""
  }

  /// At each place the median and the quartiles of the curves that have it.
  private static func line(_ name: String, _ curves: [RunRecord.Curve]) -> LineChart.Series {
    var values: [Double: [Double]] = [:]
    for point in curves.flatMap(\.points) { values[point.x, default: []].append(point.y) }
    let places = values.sorted { $0.key < $1.key }.compactMap { x, ys in
      Quartiles(ys).map { (x: x, found: $0) }
    }
    return LineChart.Series(
      name, places.map { (x: $0.x, y: $0.found.median) },
      band: curves.count > 1 ? places.map { ($0.x, $0.found.low, $0.found.high) } : [])
  }
}
