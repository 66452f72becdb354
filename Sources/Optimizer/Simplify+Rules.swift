// The rules: each gives a value that is equal to the node asked for, or nil.

import IR
import Ops
import Tensors

extension Simplify {
  func rewritten(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    switch op.kernel {
    case .pointwise:
      return byLaws(op, operands) ?? bySelection(op, operands) ?? byPadding(op, operands)
        ?? byConstants(op, operands) ?? byScalars(op, operands, attributes)
        ?? byReshapes(op, operands, attributes)
    case .contract: return byUnits(op, operands, attributes)
    case .view(let view): return byViews(view, operands, attributes)
    case .gather, .scatter: return byRows(op, operands, attributes)
    case .library: return bySizes(op, attributes)
    default: return nil
    }
  }

  // MARK: Constants

  /// The constant that every element of a value is.
  func constant(_ value: Value) -> Attributes.Value? {
    guard let made = made[value] else { return nil }
    if made.op == making.constant { return made.attributes["value"] }
    if case .view(.broadcast) = made.op.kernel { return constant(made.operands[0]) }
    return nil
  }

  func flag(_ value: Value) -> Bool? {
    guard case .flag(let flag)? = constant(value) else { return nil }
    return flag
  }

  func isConstant(_ value: Value, _ number: Double) -> Bool {
    switch constant(value) {
    case .real(let real): real == number
    case .integer(let integer): Double(integer) == number
    default: false
    }
  }

  // MARK: Laws of rows

  private func byLaws(_ op: Op, _ operands: [Value]) -> Value? {
    let result = operands.map(builder.shape).max { $0.count < $1.count } ?? []
    for law in op.laws {
      switch law {
      case .identity(let unit) where operands.count == 2:
        for (this, other) in [(0, 1), (1, 0)]
        where builder.shape(operands[this]) == result && isConstant(operands[other], unit) {
          if other == 1 || op.laws.contains(.commutative) { return operands[this] }
        }
      case .involution:
        if let made = made[operands[0]], made.op == op { return made.operands[0] }
      case .idempotent where operands.count == 1:
        if let made = made[operands[0]], made.op == op { return operands[0] }
      case .identity, .idempotent, .commutative, .associative, .absorbing: continue
      }
    }
    // Zero by definition, whatever the other operand is.
    if op == pointwise.cotangentProduct, isConstant(operands[0], 0) {
      return builder.broadcast(builder.real(0), to: result)
    }
    return nil
  }

  private func bySelection(_ op: Op, _ operands: [Value]) -> Value? {
    guard op == pointwise.select else { return nil }
    let result = operands.map(builder.shape).max { $0.count < $1.count }
    if operands[1] == operands[2], builder.shape(operands[1]) == result { return operands[1] }
    guard let flag = flag(operands[0]) else { return nil }
    let taken = operands[flag ? 1 : 2]
    return builder.shape(taken) == result ? taken : nil
  }

  // MARK: Scalars that were spread out

  /// An operand that repeats a scalar is the scalar, which stands for every element anyway. Where
  /// all are, the node itself is done once and its result spread.
  private func byScalars(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    let scalars = operands.map { value -> Value? in
      guard let made = made[value], case .view(.broadcast) = made.op.kernel,
        builder.shape(made.operands[0]).isEmpty
      else { return nil }
      return made.operands[0]
    }
    guard scalars.contains(where: { $0 != nil }) else { return nil }
    let simpler = zip(operands, scalars).map { $1 ?? $0 }
    let shape = operands.map(builder.shape).max { $0.count < $1.count } ?? []
    let value = emit(op, simpler, attributes)[0]
    return builder.shape(value) == shape ? value : spread(value, to: shape)
  }

  private func spread(_ scalar: Value, to shape: [Dim]) -> Value {
    emit(movement.broadcast, [scalar], ["axes": .axes([]), "shape": .shape(shape)])[0]
  }
}
