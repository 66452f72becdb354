// The rules: each gives a value that is equal to the node asked for, or nil.

import IR
import Ops
import Tensors

extension Simplify {
  func rewritten(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    switch op.kernel {
    case .pointwise:
      return byLaws(op, operands) ?? bySelection(op, operands) ?? byPadding(op, operands)
        ?? byScatters(op, operands) ?? byConstants(op, operands)
        ?? bySpreading(op, operands, attributes) ?? byReshapes(op, operands, attributes)
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
      return zeros(like: TensorType(.real, result))
    }
    return nil
  }

  private func bySelection(_ op: Op, _ operands: [Value]) -> Value? {
    guard op == pointwise.select else { return nil }
    let result = operands.map(builder.shape).max { $0.count < $1.count }
    if operands[1] == operands[2], builder.shape(operands[1]) == result { return operands[1] }
    guard let flag = flag(operands[0]) else { return nil }
    let taken = operands[flag ? 1 : 2]
    return builder.shape(taken) == result ? taken : result.map { spread(taken, to: $0, axes: []) }
  }

  // MARK: Values that were spread out

  /// An operand that repeats a scalar is the scalar, which stands for every element anyway. Where
  /// all operands repeat along an axis, the node is done without it and its result spread.
  private func bySpreading(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    let sources = operands.map(spreadSource)
    let shape = operands.map(builder.shape).max { $0.count < $1.count } ?? []
    let known = sources.compactMap { $0 }
    let axes = Set(known.flatMap(\.axes)).sorted()
    guard known.count == operands.count, axes.count < shape.count else {
      let simpler = zip(operands, sources).map { operand, source in
        source.map { $0.axes.isEmpty ? $0.value : operand } ?? operand
      }
      return simpler == operands ? nil : emit(op, simpler, attributes)[0]
    }
    let inner = axes.map { shape[$0] }
    let narrow = known.map { source in
      source.axes.isEmpty
        ? source.value
        : spread(source.value, to: inner, axes: source.axes.compactMap(axes.firstIndex(of:)))
    }
    return spread(emit(op, narrow, attributes)[0], to: shape, axes: axes)
  }

  /// What a value repeats, and the axes along which it does not; the value itself if it is a scalar.
  private func spreadSource(_ value: Value) -> (value: Value, axes: [Int])? {
    if builder.shape(value).isEmpty { return (value, []) }
    guard let made = made[value], case .view(.broadcast) = made.op.kernel else { return nil }
    return (made.operands[0], made.attributes.axes("axes"))
  }

  func spread(_ value: Value, to shape: [Dim], axes: [Int]) -> Value {
    if builder.shape(value) == shape { return value }
    return emit(
      movement.broadcast, [value], ["axes": .axes(axes), "shape": .shape(shape)])[0]
  }
}
