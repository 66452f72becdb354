// What `report` shows: a table for people, one JSON object a row for programs.
//
// A record whose columns are vectors of one length is a table with a row an entry; scalars in it
// repeat. Anything else is shown as `print` shows it.

package import Runtime
package import Tensors

package enum ReportWriter {
  package typealias Column = (name: String, tensor: Tensor)

  /// The number of rows, where the columns make a table.
  static func rows(_ columns: [Column]) -> Int? {
    guard columns.allSatisfy({ $0.tensor.rank <= 1 }) else { return nil }
    let lengths = Set(columns.filter { $0.tensor.rank == 1 }.map(\.tensor.count))
    guard lengths.count <= 1 else { return nil }
    return lengths.first ?? 1
  }

  /// One object a row; a table that is none gives a single object with arrays.
  package static func json(name: String, _ columns: [Column]) -> [Json] {
    let head: [(name: String, value: Json)] = [
      ("event", .string("report")), ("name", .string(name)),
    ]
    guard let rows = rows(columns) else {
      return [.object(head + columns.map { ($0.name, nested($0.tensor)) })]
    }
    return (0..<rows).map { row in
      .object(head + columns.map { ($0.name, shown($0.tensor, row).json) })
    }
  }

  /// Columns under their names, numbers flush right.
  package static func table(name: String, _ columns: [Column]) -> String {
    guard let rows = rows(columns) else {
      return columns.map { "\(name).\($0.name)\n\(TensorText.text($0.tensor))\n" }.joined()
    }
    let cells = columns.map { column in
      [column.name] + (0..<rows).map { shown(column.tensor, $0).text }
    }
    let widths = cells.map { $0.map(\.count).max() ?? 0 }
    let lines = (0...rows).map { row in
      zip(cells, widths).map { column, width in
        String(repeating: " ", count: width - column[row].count) + column[row]
      }.joined(separator: "  ")
    }
    return ([name] + lines.map { "  \($0)" }).joined(separator: "\n") + "\n"
  }

  /// A scalar is the same in every row.
  private static func shown(_ tensor: Tensor, _ row: Int) -> ShownNumber {
    ShownNumber(tensor, at: tensor.rank == 0 ? 0 : row)
  }

  /// A tensor as nested arrays.
  static func nested(_ tensor: Tensor) -> Json {
    func part(_ axis: Int, _ offset: Int, _ stride: Int) -> Json {
      guard axis < tensor.rank else { return ShownNumber(tensor, at: offset).json }
      let inner = tensor.shape[axis] > 0 ? stride / tensor.shape[axis] : 0
      return .array(
        (0..<tensor.shape[axis]).map { part(axis + 1, offset + $0 * inner, inner) })
    }
    return part(0, 0, tensor.count)
  }
}
