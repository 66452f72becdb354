// Library rows on entries of different sizes, and what is an error for an entry that is too short.
//
// How a library row treats what stands at the end of an axis is no column of the table, so the rows
// are known by name here; any other that works along a ragged axis is refused.

import IR
import Ops
import Tensors

extension Lift {
  func raggedLibrary(
    _ op: Op, _ attributes: Attributes, _ node: Node, _ operands: [Lifted], _ shapes: [[Dim]]
  ) throws(LiftingProblem) -> [Value]? {
    if op == making.size || op == reductions.elementCount {
      let size = attributes.dim("dim")
      guard isRagged(size) else { return nil }
      if op == making.size { return [length(of: size)] }
      let count = checkedSizes(of: size, entrySizesAttributes("`mean`"))
      return [builder.emit(pointwise.toReal, count)]
    }
    if op == checks.claimed {
      guard shapes[0].contains(where: isRagged) else { return nil }
      let all = Lifted(value: raised(operands[0]), isLifted: true)
      return try liftedOp(op, attributes, node, [all])
    }
    if op == checks.asShape {
      return try raggedClaim(attributes.shape("shape"), node, operands[0], shapes[0])
    } else if case .shape(let shape)? = attributes["shape"] {
      // A draw counts its entries, so all but its first axis must have one size.
      let own = shape.dropFirst(shapes.first?.count ?? 0)
      if !own.dropFirst().contains(where: isRagged) { return nil }
    } else if case .axis(let axis)? = attributes["axis"] {
      if !isRagged(shapes[0][axis]) || op == reductions.recurrence { return nil }
      if let isDescending = isDescending(op, attributes) {
        let dtype = graph.type(of: node.operands[0]).dtype
        // The last of all in any order, but what is no number is the first for `argmax`.
        let comesLast = dtype == .real && (op == movement.sort || op == movement.topk)
        let filling =
          comesLast ? builder.real(.nan) : extreme(dtype, isLowest: isDescending)
        var value = masked(operands[0], shapes[0], axes: [axis], filling)
        if op != movement.sort {
          let name = "`\(op.title)`"
          let needs =
            op == movement.topk
            ? entrySizesAttributes(
              name, atLeast: attributes.dim("count"), code: "size-out-of-range")
            : entrySizesAttributes(name)
          value = checked(value, shapes[0][axis], needs, filling)
        }
        return builder.emit(op, [value], attributes.lifted(by: dim))
      }
    } else if op != random.randomPermutation || !isRagged(attributes.dim("dim")) {
      return nil
    }
    throw LiftingProblem(
      message: "`\(op.title)` cannot work on entries of different sizes here", origin: node.origin)
  }

  /// `x as [K]`: every entry has as many elements as K says, as the longest has; nil where the sizes
  /// do not differ from entry to entry.
  private func raggedClaim(
    _ claimed: [Dim], _ node: Node, _ operand: Lifted, _ shape: [Dim]
  ) throws(LiftingProblem) -> [Value]? {
    let changed = shape.indices.filter { axis in
      shape[axis] != claimed[axis] && (isRagged(shape[axis]) || isRagged(claimed[axis]))
    }
    if changed.isEmpty { return nil }
    let filling = builder.number(0, graph.type(of: node.operands[0]).dtype)
    var value = raised(operand)
    for axis in changed {
      var (ragged, fixed) = (shape[axis], claimed[axis])
      if isRagged(fixed) { (ragged, fixed) = (fixed, ragged) }
      if isRagged(fixed) {
        throw LiftingProblem(
          message:
            "`\(shape[axis].written)` and `\(claimed[axis].written)` differ from entry to entry",
          origin: node.origin)
      }
      let needs = entrySizesAttributes("`as`", atLeast: fixed, code: "size-mismatch")
      value = checked(value, ragged, needs, filling)
    }
    return [builder.emit(checks.asShape, value, attributes: ["shape": .shape([dim] + claimed)])]
  }

  /// Which end of the order an op takes its entries from first; nil for an op that takes none.
  private func isDescending(_ op: Op, _ attributes: Attributes) -> Bool? {
    if op == reductions.argmax || op == movement.topk { return true }
    if op == reductions.argmin { return false }
    return op == movement.sort ? attributes.flag("descending") : nil
  }

  // MARK: Entries that are too short

  /// The size of a ragged dim in every entry, once those that come this way pass the check of
  /// `entry_sizes`.
  private func checkedSizes(of dim: Dim, _ attributes: Attributes) -> Value {
    guardedOp(checks.entrySizes, attributes, [length(of: dim)])[0]
  }

  /// The lifted `value`, once every entry has as many elements as `entry_sizes` asks for. The check
  /// is read by what it guards, so that it is not dropped as dead code.
  func checked(
    _ value: Value, _ count: Dim, _ attributes: Attributes, _ filling: Value
  ) -> Value {
    let least = builder.size(attributes.dim("least"))
    let isFull = builder.emit(pointwise.lessEqual, least, checkedSizes(of: count, attributes))
    let all = builder.broadcast(isFull, to: builder.shape(value), axes: [0])
    return builder.select(all, value, filling)
  }

  /// The lifted operand of a slice, once every entry has the places that are taken; nil where all
  /// have them whatever their sizes are.
  func sliceable(_ operand: Lifted, _ size: Dim, _ start: Dim, _ count: Dim) -> Value? {
    guard isRagged(size) else { return nil }
    let zero = builder.number(0, builder.type(of: operand.value).dtype)
    let (end, rest) = (start + count, size - start - count)
    // An end that is the same for all is what an entry is asked for; else no part may be below 0.
    let asked =
      isRagged(end) ? [rest, count, start].map { ($0, Dim(0)) } : [(size, end)]
    var result: Value?
    for (part, least) in asked where (part - least).terms.contains(where: { $0.coefficient < 0 }) {
      let needs = entrySizesAttributes("the slice", atLeast: least, code: "index-out-of-range")
      result = checked(result ?? raised(operand), part, needs, zero)
    }
    return result
  }
}
