// The element types of the language and the precisions a run may choose for `real`.

/// The element type of a tensor. How many bits a `real` has is chosen when a program runs.
package enum DType: String, Hashable, Sendable, CaseIterable {
  case real, int, bool

  /// Bytes of an element.
  package func size(_ precision: Precision) -> Int {
    switch self {
    case .bool: 1
    case .real: precision == .single ? 4 : 8
    case .int: 8
    }
  }
}

/// The width of `real` in one run.
package enum Precision: String, Hashable, Sendable {
  case single = "f32"
  case double = "f64"
}
