// Values in rows and columns, as colours.

import Glibc
package import Tensors

/// A panel of a figure: columns, mostly time, run to the right, rows go down.
package struct Heatmap: Sendable {
  package var title: String
  /// Row after row; `rows * columns` of them.
  package private(set) var values: [Double]
  package let rows: Int
  package let columns: Int
  package var rowLabel: String
  package var columnLabel: String
  package var scale: ColourScale
  /// What the two ends of the scale stand for; by default what the values span.
  package var range: ClosedRange<Double>

  /// - Precondition: the rows are equally long.
  package init(
    title: String, values: [[Double]], range: ClosedRange<Double>? = nil, rowLabel: String = "",
    columnLabel: String = "time", scale: ColourScale = .sequential
  ) {
    let columns = values.first?.count ?? 0
    precondition(
      values.allSatisfy { $0.count == columns }, "the rows of a heat map are equally long")
    self.init(
      title: title, rows: values.count, columns: columns, flat: Array(values.joined()),
      range: range, rowLabel: rowLabel, columnLabel: columnLabel, scale: scale)
  }

  /// A trace: the first axis of `steps` is time and goes to the right, the others become rows.
  package init(
    title: String, steps: Tensor, range: ClosedRange<Double>? = nil, rowLabel: String = "",
    columnLabel: String = "time", scale: ColourScale = .sequential
  ) {
    let columns = steps.shape.first ?? 1
    let rows = steps.shape.dropFirst().reduce(1, *)
    let values = steps.doubles
    let flat: [Double] = Patience.filled(values.count) { target, range in
      for index in range { target[index] = values[index % columns * rows + index / columns] }
    }
    self.init(
      title: title, rows: rows, columns: columns, flat: flat, range: range, rowLabel: rowLabel,
      columnLabel: columnLabel, scale: scale)
  }

  /// A matrix as it is printed: the first axis goes down.
  package init(title: String, matrix: Tensor) {
    let values = matrix.doubles
    self.init(
      title: title, rows: matrix.shape[0], columns: matrix.shape[1], flat: values, range: nil,
      rowLabel: "row", columnLabel: "column",
      scale: values.contains { $0 < 0 } ? .diverging : .sequential)
  }

  private init(
    title: String, rows: Int, columns: Int, flat: [Double], range: ClosedRange<Double>?,
    rowLabel: String, columnLabel: String, scale: ColourScale
  ) {
    self.title = title
    self.values = flat
    self.rows = rows
    self.columns = columns
    self.rowLabel = rowLabel
    self.columnLabel = columnLabel
    self.scale = scale
    self.range = range ?? Heatmap.span(flat, scale)
  }

  /// From the least to the greatest finite value; symmetric about zero for a diverging scale.
  private static func span(_ values: [Double], _ scale: ColourScale) -> ClosedRange<Double> {
    guard let finite = FiniteSpan.of(values) else { return 0...1 }
    let (low, high) = (finite.lowerBound, finite.upperBound)
    if scale == .diverging {
      let size = max(abs(low), abs(high))
      return size > 0 ? -size...size : -1...1
    }
    if low < high { return low...high }
    return low == 0 ? 0...1 : low < 0 ? low...0 : 0...low
  }

  /// Where a value lies in the range, from 0 to 1; nil for what is not a number.
  package func share(_ value: Double) -> Double? {
    if value.isNaN { return nil }
    // Halves, since the range of two finite numbers may not be finite.
    let (low, high) = (range.lowerBound / 2, range.upperBound / 2)
    guard high > low else { return 0.5 }
    return min(1, max(0, (value / 2 - low) / (high - low)))
  }

  /// A number of the range, without the digits that do not count in what the range spans.
  func label(_ value: Double) -> String {
    let span = range.upperBound / 2 - range.lowerBound / 2
    let unit = pow(10, log10(span).rounded(.down) - 3)
    return NumberText.label(unit > 0 ? (value / unit).rounded() * unit : value)
  }

  /// The values drawn in at most so many rows and columns: of those that fall together the one
  /// that stands out most, so that a narrow peak is never lost.
  package func reduced(rows mostRows: Int, columns mostColumns: Int) -> Heatmap {
    let (newRows, newColumns) = (min(rows, max(1, mostRows)), min(columns, max(1, mostColumns)))
    if newRows == rows && newColumns == columns { return self }
    var result: [Double] = []
    var patience = Patience()
    var isOver = false
    for row in 0..<newRows {
      let rowPart = (row * rows / newRows)..<((row + 1) * rows / newRows)
      for column in 0..<newColumns {
        let columnPart = (column * columns / newColumns)..<((column + 1) * columns / newColumns)
        var most = Double.nan
        isOver = isOver || patience.isOver(after: rowPart.count * columnPart.count)
        for y in rowPart where !isOver {
          for x in columnPart where stands(values[y * columns + x], above: most) {
            most = values[y * columns + x]
          }
        }
        result.append(most)
      }
    }
    return Heatmap(
      title: title, rows: newRows, columns: newColumns, flat: result, range: range,
      rowLabel: rowLabel, columnLabel: columnLabel, scale: scale)
  }

  private func stands(_ value: Double, above other: Double) -> Bool {
    if other.isNaN { return true }
    return scale == .diverging ? abs(value) > abs(other) : value > other
  }
}
