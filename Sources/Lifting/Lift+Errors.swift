// Which numbers may cause errors: those of entries that come this way, and no padding.
//
// All others are computed too. They are replaced, in front of an op that may fail, by numbers of
// which it never does, so that it is the op itself that reports what is wrong with the rest. Where
// every entry comes this way and no size differs nothing is added.
//
// Promise: an op fails where it fails for some entry alone that comes this way, and nowhere else.

import IR
import Ops
import Tensors

extension Lift {
  /// The op, which fails for numbers that count.
  /// - Parameter isLifted: whether operands have the lifted axis in front; those of rank 0 never do.
  func guardedOp(
    _ op: Op, _ attributes: Attributes, _ operands: [Value], isLifted: Bool = true
  ) -> [Value] {
    var (attributes, operands) = (attributes, operands)
    func replace(_ place: Int, by harmless: Value) {
      operands[place] = guarded(operands[place], isLifted: isLifted, or: harmless)
    }
    switch op.kernel {
    case .gather, .scatter:
      operands[1] = skipping(operands[1], isLifted: isLifted, &attributes)
    case .library where op == making.onehot: replace(0, by: builder.integer(0))
    case .library where op == checks.claimed:
      operands[0] = claimable(operands[0], attributes, isLifted)
    case .library where op == checks.entrySizes:
      replace(0, by: builder.size(attributes.dim("least")))
    case .library where op == checks.entryIndices:
      replace(0, by: builder.integer(0))
      replace(1, by: builder.integer(1))
    case .library where op == random.randomInt:
      let shape = [operands[1], operands[2]].map(builder.shape).max { $0.count < $1.count } ?? []
      let (low, high) = (spread(operands[1], over: shape), spread(operands[2], over: shape))
      operands[2] = high
      replace(2, by: builder.emit(pointwise.maximum, low, high))
    case .pointwise(let expression):
      switch expression(operands.indices.map { .operand($0) }) {
      case .binary(.floorDivide, _, .operand(let divisor)),
        .binary(.remainder, _, .operand(let divisor)),
        .binary(.divide, _, .operand(let divisor)):
        operands[divisor] = harmless(operands[divisor], isLifted)
      case .convert(.operand(let number), .int)
      where builder.type(of: operands[number]).dtype == .real:
        replace(number, by: builder.real(0))
      default: break
      }
    default: break
    }
    return builder.emit(op, operands, attributes)
  }

  /// A value repeated along the axes that it lacks at the end.
  private func spread(_ value: Value, over shape: [Dim]) -> Value {
    let rank = builder.shape(value).count
    return rank == shape.count
      ? value : builder.broadcast(value, to: shape, axes: Array(0..<rank))
  }

  /// A divisor. Only where it is 0 is it replaced: whether a constant is, is known when the graph is
  /// simplified.
  private func harmless(_ divisor: Value, _ isLifted: Bool) -> Value {
    guard builder.type(of: divisor).dtype == .int, let counts = counts(divisor, isLifted) else {
      return divisor
    }
    let isZero = builder.emit(pointwise.equal, divisor, builder.integer(0))
    let isIgnored = builder.emit(pointwise.and, isZero, builder.emit(pointwise.not, counts))
    return builder.select(isIgnored, builder.integer(1), divisor)
  }

  /// The value, with `harmless` in place of numbers that do not count.
  func guarded(_ value: Value, isLifted: Bool, or harmless: Value) -> Value {
    counts(value, isLifted).map { builder.select($0, value, harmless) } ?? value
  }

  /// Where a number counts; nil is everywhere. One that entries share does if any comes this way.
  /// - Parameter skipped: an axis along which padding counts.
  private func counts(
    _ value: Value, _ isLifted: Bool, exceptAlong skipped: Int? = nil
  ) -> Value? {
    let shape = builder.shape(value)
    guard isLifted, !shape.isEmpty else { return isTaken }
    let own = Array(shape.dropFirst())
    let start = taken.map { builder.broadcast($0, to: shape, axes: [0]) }
    return own.indices.filter { isRagged(own[$0]) && $0 + 1 != skipped }
      .reduce(start) { builder.both($0, mask(own, $1)) }
  }

  /// The value, with what every claim holds of in place of numbers that do not count.
  private func claimable(_ value: Value, _ attributes: Attributes, _ isLifted: Bool) -> Value {
    guard case .axis(let axis)? = attributes["axis"] else {
      return guarded(value, isLifted: isLifted, or: builder.real(1))
    }
    // Padding adds nothing to a sum. Whole sums that do not count are of equal shares.
    let shape = builder.shape(value)
    var value = value
    if isLifted && isRagged(shape[axis]) {
      let inside = mask(Array(shape.dropFirst()), axis - 1)
      value = builder.select(inside, value, builder.real(0))
    }
    guard let counts = counts(value, isLifted, exceptAlong: axis) else { return value }
    let count = builder.emit(pointwise.toReal, builder.size(shape[axis]))
    return builder.select(counts, value, builder.emit(pointwise.div, builder.real(1), count))
  }

  /// Indices of rows, of which an entry may have fewer than the longest has. Those of padding and of
  /// entries that do not come this way name no row.
  /// - Parameter attributes: of what reads or writes the rows.
  func ownIndices(_ indices: Lifted, of rows: Dim, _ attributes: inout Attributes) -> Lifted {
    var indices = indices
    if isRagged(rows) {
      let all = raised(indices)
      let own = builder.broadcast(length(of: rows), to: builder.shape(all), axes: [0])
      indices = Lifted(value: entryIndices(all, own, attributes.rowBounds), isLifted: true)
      // The nearest row is found here, among those of the entry.
      if attributes.rowBounds == .nearest { attributes.rowBounds = .skipping }
    }
    let value = skipping(indices.value, isLifted: indices.isLifted, &attributes)
    return Lifted(value: value, isLifted: indices.isLifted)
  }

  /// The indices, each of which is looked at among the rows of its entry.
  private func entryIndices(_ indices: Value, _ own: Value, _ bounds: RowBounds) -> Value {
    switch bounds {
    case .error: return guardedOp(checks.entryIndices, [:], [indices, own])[0]
    case .nearest: return nearestIndices(indices, own)
    case .skipping: break
    }
    let isNowhere = builder.emit(pointwise.equal, indices, builder.integer(RowBounds.nowhere))
    let looked = guardedOp(
      checks.entryIndices, [:],
      [
        builder.select(isNowhere, builder.integer(0), indices),
        builder.select(isNowhere, builder.integer(1), own),
      ])[0]
    return builder.select(isNowhere, indices, looked)
  }

  /// The indices, each moved to the nearest row of its entry, or to none where the entry has none.
  private func nearestIndices(_ indices: Value, _ own: Value) -> Value {
    let last = builder.add(own, builder.integer(-1))
    let low = builder.emit(pointwise.maximum, indices, builder.integer(0))
    let isEmpty = builder.emit(pointwise.equal, own, builder.integer(0))
    return builder.select(
      isEmpty, builder.integer(RowBounds.nowhere), builder.emit(pointwise.minimum, low, last))
  }

  /// The indices of rows, those that do not count replaced by none: there may be no row at all.
  private func skipping(
    _ indices: Value, isLifted: Bool, _ attributes: inout Attributes
  ) -> Value {
    guard attributes.rowBounds != .nearest, let counts = counts(indices, isLifted) else {
      return indices
    }
    attributes.rowBounds = .skipping
    return builder.select(counts, indices, builder.integer(RowBounds.nowhere))
  }
}
