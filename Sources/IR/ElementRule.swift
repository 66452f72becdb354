// What a library row computes, element by element, for backends that compile.

package import Tensors

/// One element of the result of a row whose operands have shapes that the result's starts with.
package struct ElementSite {
  /// The element of each operand.
  package let operands: [ScalarExpression]
  /// The row-major place of the element along the axes that operand 0 lacks.
  package let place: ScalarExpression
  /// How many places there are.
  package let count: ScalarExpression
  package let precision: Precision

  package init(
    operands: [ScalarExpression], place: ScalarExpression, count: ScalarExpression,
    precision: Precision
  ) {
    self.operands = operands
    self.place = place
    self.count = count
    self.precision = precision
  }
}

/// The element in terms of its site. Where `evaluate` throws, the expression is a fault.
package typealias ElementRule = @Sendable (ElementSite) -> ScalarExpression

extension ScalarExpression {
  /// The int `value`, or a fault where `condition` does not hold.
  package static func checked(_ value: Self, where condition: Self) -> Self {
    .binary(.floorDivide, value, .select(condition, .integer(1), .integer(0)))
  }

  /// Whether the element of an operand is read.
  package func reads(_ operand: Int) -> Bool {
    switch self {
    case .operand(let index): index == operand
    case .real, .integer, .boolean: false
    case .unary(_, let x), .convert(let x, _): x.reads(operand)
    case .binary(_, let x, let y): x.reads(operand) || y.reads(operand)
    case .select(let c, let x, let y): [c, x, y].contains { $0.reads(operand) }
    }
  }
}
