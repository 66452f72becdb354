// Row numbers that count on from a known one, round the end: what `roll` by a literal computes. Rows
// taken by them are the whole table, moved.
//
// What is known of a table of such numbers goes with it where it is put together, taken apart and
// handed to a loop, since the backward loop reads the numbers of the forward one.

import IR
import Ops
import Tensors

extension Simplify {
  func byRotation(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    let axis = attributes.integer("batch")
    let rows = builder.shape(operands[0])[axis]
    guard let by = rotation(operands[1], axis: axis, rows: rows) else { return nil }
    func rotated(_ x: Value, by: Int) -> Value {
      emit(movement.rotate, [x], ["axis": .axis(axis), "by": .integer(by)])[0]
    }
    if case .gather = op.kernel { return rotated(operands[0], by: by) }
    let moved = rotated(operands[2], by: -by)
    return op == indexing.scatterSet ? moved : emit(pointwise.add, [operands[0], moved])[0]
  }

  /// c where the row numbers are (i - c) modulo the rows, i along the axis, for every entry before it.
  private func rotation(_ indices: Value, axis: Int, rows: Dim) -> Int? {
    var inner = indices
    if let made = made[indices], case .view(.broadcast) = made.op.kernel,
      made.attributes.axes("axes") == [axis]
    {
      inner = made.operands[0]
    }
    let shape = builder.shape(indices)
    guard shape.count == axis + 1, shape[axis] == rows, builder.shape(inner) == [rows],
      let known = rotations[inner], known.count == 1
    else { return nil }
    return known[0]
  }

  /// For a value of shape [k, n], axes of size 1 aside, the c of each row whose numbers are
  /// (i - c) modulo n.
  func tableOfRotations(_ value: Value) -> [Int]? {
    guard let made = made[value], builder.type(of: value).dtype == .int else { return nil }
    if made.op == pointwise.mod { return wrapped(value, made).map { [$0] } }
    guard case .view(let view) = made.op.kernel else { return nil }
    switch view {
    case .reshape:
      func sizes(_ value: Value) -> [Dim] { builder.shape(value).filter { $0 != 1 } }
      return sizes(value) == sizes(made.operands[0]) ? rotations[made.operands[0]] : nil
    case .concatenate where made.attributes.axis("axis") == 0 && builder.shape(value).count > 1:
      let parts = made.operands.compactMap { rotations[$0] }
      return parts.count == made.operands.count ? Array(parts.joined()) : nil
    case .slice where made.attributes.axis("axis") == 0 && builder.shape(value).count > 1:
      guard let all = rotations[made.operands[0]],
        let start = made.attributes.dim("start").constant,
        let count = made.attributes.dim("count").constant, start <= all.count,
        count <= all.count - start
      else { return nil }
      return Array(all[start..<start + count])
    default: return nil
    }
  }

  private func wrapped(_ value: Value, _ mod: Made) -> Int? {
    guard builder.shape(value).count == 1, let rows = builder.shape(value)[0].constant,
      case .integer(rows)? = constant(mod.operands[1])
    else { return nil }
    func counts(_ value: Value) -> Bool { made[value]?.op == making.iota }
    if counts(mod.operands[0]) { return 0 }
    guard let sum = made[mod.operands[0]], sum.operands.count == 2, counts(sum.operands[0]),
      case .integer(let offset)? = constant(sum.operands[1]), offset.magnitude < 1 << 62
    else { return nil }  // Where a sum wraps, the numbers are no rotation.
    return sum.op == pointwise.sub ? offset : sum.op == pointwise.add ? -offset : nil
  }
}
