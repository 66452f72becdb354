// Indices outside of the rows of a table.

package import Tensors

/// What a gather or a scatter does with an index that names no row.
package enum RowBounds: Sendable {
  case error
  /// Takes the nearest row. A table without rows gives zeros and keeps nothing.
  case nearest
  /// `nowhere` gives zeros and keeps nothing; any other index is an error.
  case skipping

  /// Stands for no row at all.
  package static let nowhere = Int.min

  /// The row for an index; nil for no row, and where that is an error.
  @inline(__always)
  package func row(_ index: Int, of rows: Int) -> Int? {
    if index >= 0 && index < rows { return index }
    return self == .nearest && rows > 0 ? (index < 0 ? 0 : rows - 1) : nil
  }

  /// Whether an index for which there is no row is an error.
  package func isError(_ index: Int) -> Bool {
    switch self {
    case .error: true
    case .nearest: false
    case .skipping: index != RowBounds.nowhere
    }
  }

  /// Whether an index may name no row without being an error.
  package func allowsNone(of rows: Dim) -> Bool {
    switch self {
    case .error: false
    case .nearest: rows.constant.map { $0 == 0 } ?? true
    case .skipping: true
    }
  }
}

extension Attributes {
  /// Of a gather or a scatter.
  package var rowBounds: RowBounds {
    get {
      self["clamped"] == .flag(true)
        ? .nearest : self["skipping"] == .flag(true) ? .skipping : .error
    }
    set {
      self["clamped"] = .flag(newValue == .nearest)
      self["skipping"] = newValue == .skipping ? .flag(true) : nil
    }
  }
}
