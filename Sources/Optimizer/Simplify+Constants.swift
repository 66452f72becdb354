// Rules for literals: arithmetic on them that is exact in every precision is done here.
//
// Reals are only negated and converted, since a run in single precision rounds where this would not.

import IR
import Ops
import Tensors

extension Simplify {
  func byConstants(_ op: Op, _ operands: [Value]) -> Value? {
    guard case .pointwise(let expression) = op.kernel, !operands.isEmpty,
      operands.allSatisfy({ builder.shape($0).isEmpty })
    else { return nil }
    let literals = operands.compactMap(literal)
    guard literals.count == operands.count else { return nil }
    return expression(literals).folded.flatMap(emit)
  }

  /// The size of a dim that is a number. A mean of no elements stays, and faults when it runs.
  func bySizes(_ op: Op, _ attributes: Attributes) -> Value? {
    guard op == making.size || op == reductions.elementCount,
      let size = attributes.dim("dim").constant, size >= (op == making.size ? 0 : 1)
    else { return nil }
    return op == making.size ? emit(.integer(size)) : emit(.real(Double(size)))
  }

  private func literal(_ value: Value) -> ScalarExpression? {
    switch constant(value) {
    case .real(let real): .real(real)
    case .integer(let integer): .integer(integer)
    case .flag(let flag): .boolean(flag)
    default: nil
    }
  }

  private func emit(_ literal: ScalarExpression) -> Value? {
    let (value, dtype): (Attributes.Value, DType)
    switch literal {
    case .real(let real): (value, dtype) = (.real(real), .real)
    case .integer(let integer): (value, dtype) = (.integer(integer), .int)
    case .boolean(let flag): (value, dtype) = (.flag(flag), .bool)
    default: return nil
    }
    return emit(making.constant, [], ["value": value, "dtype": .dtype(dtype)])[0]
  }
}

extension ScalarExpression {
  /// The literal that an expression over literals is, where that is exact.
  fileprivate var folded: ScalarExpression? {
    switch self {
    case .operand: return nil
    case .real, .integer, .boolean: return self
    case .unary(let function, let x):
      switch (function, x.folded) {
      case (.negate, .real(let x)): return .real(-x)
      case (.negate, .integer(let x)): return .integer(0 &- x)
      case (.not, .boolean(let x)): return .boolean(!x)
      default: return nil
      }
    case .binary(let function, let x, let y):
      switch (x.folded, y.folded) {
      case (.integer(let x), .integer(let y)): return Self.folded(function, x, y)
      case (.boolean(let x), .boolean(let y)):
        if function == .and { return .boolean(x && y) }
        return function == .or ? .boolean(x || y) : nil
      default: return nil
      }
    case .select(let condition, let x, let y):
      guard case .boolean(let condition)? = condition.folded else { return nil }
      return condition ? x.folded : y.folded
    case .convert(let x, .real):
      guard case .integer(let x)? = x.folded, x.magnitude < 1 << 24 else { return nil }
      return .real(Double(x))
    case .convert: return nil
    }
  }

  /// Arithmetic that cannot fail; quotients round towards minus infinity.
  private static func folded(_ function: Binary, _ x: Int, _ y: Int) -> ScalarExpression? {
    switch function {
    case .add: .integer(x &+ y)
    case .subtract: .integer(x &- y)
    case .multiply: .integer(x &* y)
    case .floorDivide where y > 0: .integer(x % y < 0 ? x / y - 1 : x / y)
    case .remainder where y > 0: .integer(x % y < 0 ? x % y + y : x % y)
    case .minimum: .integer(min(x, y))
    case .maximum: .integer(max(x, y))
    case .equal: .boolean(x == y)
    case .less: .boolean(x < y)
    case .lessOrEqual: .boolean(x <= y)
    default: nil
    }
  }
}
