// Type rules that several rows share, and the checks that rules are made of.
//
// Dims are compared by normal form and nothing else; what the user may leave out (broadcasting,
// conversions of literals) is the checker's business. A rule looks at the operands before it looks
// at an attribute, so that a refused operand is reported whatever the attributes are.

package import IR
package import Tensors

package enum TypeRules {
  /// Which element types a row takes.
  package enum Domain: Sendable {
    case real, int, bool
    /// real or int
    case number
    case any

    package func contains(_ dtype: DType) -> Bool {
      switch self {
      case .real: dtype == .real
      case .int: dtype == .int
      case .bool: dtype == .bool
      case .number: dtype != .bool
      case .any: true
      }
    }

    package var description: String {
      switch self {
      case .real: "real"
      case .int: "int"
      case .bool: "bool"
      case .number: "real or int"
      case .any: "any tensor"
      }
    }
  }

  /// A place among dims, in words: 0 is the first.
  package static func ordinal(_ axis: Int) -> String {
    let words = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
    return words.indices.contains(axis) ? words[axis] : "\(axis + 1)th"
  }

  // MARK: Checks

  package static func require(
    count: Int, _ types: [TensorType]
  ) throws(TypeProblem) {
    if types.count == count { return }
    throw TypeProblem(
      operand: nil, expected: count == 1 ? "1 operand" : "\(count) operands",
      found: "\(types.count)")
  }

  package static func require(
    _ domain: Domain, _ types: [TensorType], at index: Int
  ) throws(TypeProblem) {
    if domain.contains(types[index].dtype) { return }
    throw TypeProblem(
      operand: index, expected: domain.description, found: types[index].written)
  }

  /// What every row that shows its operands asks for; it has no result. With [masked] the first
  /// operand says which entries are shown, and the others have its axes in front.
  package static func observed(
    _ types: [TensorType], _ attributes: Attributes
  ) throws(TypeProblem) -> [TensorType] {
    _ = attributes.text("label")
    guard attributes["masked"] == .flag(true) else { return [] }
    guard let mask = types.first else {
      throw TypeProblem(operand: nil, expected: "a mask", found: "no operand")
    }
    try require(.bool, types, at: 0)
    for (index, type) in types.enumerated() where !type.shape.starts(with: mask.shape) {
      throw TypeProblem(
        operand: index, expected: "the dims \(TensorType(.real, mask.shape).written) in front",
        found: type.written)
    }
    return []
  }

  package static func require(
    rank: Int, _ types: [TensorType], at index: Int
  ) throws(TypeProblem) {
    if types[index].rank == rank { return }
    throw TypeProblem(
      operand: index, expected: rank == 0 ? "a scalar" : "\(rank) dims",
      found: types[index].written)
  }

  package static func require(
    shape: [Dim], _ types: [TensorType], at index: Int
  ) throws(TypeProblem) {
    if types[index].shape == shape { return }
    throw TypeProblem(
      operand: index, expected: TensorType(types[index].dtype, shape).written,
      found: types[index].written)
  }

  /// The operand has `axis`.
  package static func require(
    axis: Int, _ types: [TensorType], at index: Int
  ) throws(TypeProblem) {
    if types[index].shape.indices.contains(axis) { return }
    throw TypeProblem(
      operand: index, expected: "at least \(axis + 1) dims", found: types[index].written)
  }

  /// The operand has each of `axes`, and none is named twice.
  package static func require(
    axes: [Int], _ types: [TensorType], at index: Int
  ) throws(TypeProblem) {
    for axis in axes { try require(axis: axis, types, at: index) }
    if Set(axes).count == axes.count { return }
    throw TypeProblem(
      operand: index, expected: "dims that differ", found: "the dims at \(axes)")
  }

  // MARK: Rules

  /// Operands of one element type in `domain`, all of one shape or rank 0; the result has that
  /// shape and the operands' element type, or `result`.
  package static func pointwise(
    _ count: Int, _ domain: Domain, result: DType? = nil
  ) -> TypeRule {
    { (types, _) throws(TypeProblem) in
      try require(count: count, types)
      for index in types.indices {
        try require(domain, types, at: index)
        if types[index].dtype != types[0].dtype {
          throw TypeProblem(
            operand: index, expected: types[0].dtype.rawValue, found: types[index].dtype.rawValue)
        }
      }
      return [TensorType(result ?? types[0].dtype, try joinedShape(types))]
    }
  }

  /// The one shape of operands that are not rank 0.
  package static func joinedShape(_ types: [TensorType]) throws(TypeProblem) -> [Dim] {
    var shape: [Dim] = []
    for index in types.indices where types[index].rank > 0 {
      if shape.isEmpty { shape = types[index].shape }
      try require(shape: shape, types, at: index)
    }
    return shape
  }

  /// One operand that loses [axes].
  package static func reduction(_ domain: Domain) -> TypeRule {
    { (types, attributes) throws(TypeProblem) in
      try require(count: 1, types)
      try require(domain, types, at: 0)
      let axes = attributes.axes("axes")
      try require(axes: axes, types, at: 0)
      return [TensorType(types[0].dtype, removing(axes, from: types[0].shape))]
    }
  }

  /// `count` operands of one type with an [axis]; the result has that type.
  package static func along(_ domain: Domain, count: Int = 1) -> TypeRule {
    { (types, attributes) throws(TypeProblem) in
      try require(count: count, types)
      for index in types.indices {
        try require(domain, types, at: index)
        if types[index] != types[0] {
          throw TypeProblem(
            operand: index, expected: types[0].written, found: types[index].written)
        }
      }
      try require(axis: attributes.axis("axis"), types, at: 0)
      return [types[0]]
    }
  }

  package static func removing(_ axes: [Int], from shape: [Dim]) -> [Dim] {
    shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
  }
}
