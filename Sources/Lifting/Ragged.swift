// Entries of different sizes under one lifted axis.
//
// A ragged symbol has another number in every entry. Tensors keep the size of the largest entry;
// the numbers of an entry stand at the front of each ragged axis, and what stands behind them
// (padding) may be anything. Nodes for which padding would matter are given here: sums skip it,
// positions that depend on a size are found by index, a loop over a ragged size freezes. Library
// rows and the errors of entries that are too short are in Ragged+Library.
//
// Promise: the front of every result is what the graph gives for the entry alone. What cannot keep
// that promise is a `LiftingProblem`.

import IR
import Ops
import Tensors

extension Lift {
  func isRagged(_ dim: Dim) -> Bool { dim.symbols.contains { lengths[$0] != nil } }

  private func raggedAxes(_ shape: [Dim]) -> [Int] { shape.indices.filter { isRagged(shape[$0]) } }

  // MARK: Sizes and masks

  /// The size of a ragged dim in every entry: ints over the lifted axis.
  func length(of dim: Dim) -> Value {
    var total: Value?
    for term in dim.terms {
      var product = builder.integer(term.coefficient)
      for symbol in term.monomial {
        product = builder.mul(product, lengths[symbol] ?? builder.size(Dim(symbol)))
      }
      total = total.map { builder.add($0, product) } ?? product
    }
    return total ?? builder.integer(0)
  }

  /// Ints over the lifted axis, repeated along a second axis.
  private func spread(_ perEntry: Value, along count: Dim) -> Value {
    builder.broadcast(perEntry, to: [dim, count], axes: [0])
  }

  private func positions(_ count: Dim) -> Value {
    builder.broadcast(builder.iota(count), to: [dim, count], axes: [1])
  }

  /// The entries for which step `index` of a loop over a ragged size is one of their own.
  func isWithin(_ index: Value, _ size: Dim) -> Value {
    builder.emit(
      pointwise.less, builder.broadcast(index, to: [dim]), length(of: size))
  }

  /// True where an entry has numbers along `axis` of its own `shape`.
  func mask(_ shape: [Dim], _ axis: Int) -> Value {
    let size = shape[axis]
    let isInside = builder.emit(
      pointwise.less, positions(size), spread(length(of: size), along: size))
    return builder.broadcast(isInside, to: [dim] + shape, axes: [0, axis + 1])
  }

  /// The operand, lifted, with `filling` in place of the padding along `axes` of its own, or along
  /// all.
  func masked(
    _ operand: Lifted, _ shape: [Dim], axes: [Int]? = nil, _ filling: Value
  ) -> Value {
    (axes ?? Array(shape.indices)).filter { isRagged(shape[$0]) }.reduce(raised(operand)) {
      value, axis in builder.select(mask(shape, axis), value, filling)
    }
  }

  /// A result with zero in place of its padding, so that nothing outside depends on what is there.
  func cleared(_ result: Lifted, _ type: TensorType) -> Lifted {
    if raggedAxes(type.shape).isEmpty { return result }
    let value = masked(result, type.shape, builder.number(0, type.dtype))
    return Lifted(value: value, isLifted: true)
  }

  /// Entries of `value` along its own `axis`: result i is entry `indices`(i), other for each entry
  /// of the lifted axis. Indices outside are those of padding.
  private func take(_ value: Value, axis: Int, _ indices: Value) -> Value {
    let rank = builder.shape(value).count
    let place = axis + 1
    let order = [0, place] + (1..<rank).filter { $0 != place }
    let rows = builder.gather(builder.transpose(value, order), indices, batch: 1, bounds: .nearest)
    let back = (0..<rank).map { old in order.firstIndex(of: old) ?? old }
    return builder.transpose(rows, back)
  }

  // MARK: Nodes

  /// The results of a node for which padding or an entry's size matters; nil for any other.
  func raggedOp(
    _ op: Op, _ attributes: Attributes, _ node: Node, _ operands: [Lifted]
  ) throws(LiftingProblem) -> [Value]? {
    let shapes = node.operands.map { graph.type(of: $0).shape }
    switch op.kernel {
    case .reduce(let reduction):
      let axes = attributes.axes("axes")
      guard axes.contains(where: { isRagged(shapes[0][$0]) }) else { return nil }
      let filling = identity(of: reduction, graph.type(of: node.operands[0]).dtype)
      var value = masked(operands[0], shapes[0], axes: axes, filling)
      if reduction == .minimum || reduction == .maximum {
        let count = axes.map { shapes[0][$0] }.reduce(1, *)
        value = checked(value, count, entrySizesAttributes("the \(reduction.rawValue)"), filling)
      }
      return builder.emit(op, [value], attributes.lifted(by: dim))
    case .contract:
      return raggedContract(attributes, node, operands, shapes)
    case .view(let view):
      return try raggedView(op, view, attributes, node, operands, shapes).map { [$0] }
    case .gather:
      let rows = shapes[0][attributes.integer("batch")]
      guard (shapes[1] + [rows]).contains(where: isRagged) else { return nil }
      let all = [operands[0], Lifted(value: raised(operands[1]), isLifted: true)]
      return try liftedOp(op, attributes, node, all)
    case .scatter:
      let rows = shapes[0][attributes.integer("batch")]
      guard (shapes[1] + [rows]).contains(where: isRagged) else { return nil }
      let all = operands.map { Lifted(value: raised($0), isLifted: true) }
      return try liftedOp(op, attributes, node, all)
    case .library: return try raggedLibrary(op, attributes, node, operands, shapes)
    case .pointwise, .bindDim, .observe, .composite: return nil
    }
  }

  /// What changes nothing when it is joined.
  func identity(of reduction: Reduction, _ dtype: DType) -> Value {
    switch reduction {
    case .sum: builder.number(0, dtype)
    case .product: builder.number(1, dtype)
    case .any: builder.flag(false)
    case .all: builder.flag(true)
    case .minimum: extreme(dtype, isLowest: false)
    case .maximum: extreme(dtype, isLowest: true)
    }
  }

  func extreme(_ dtype: DType, isLowest: Bool) -> Value {
    dtype == .int
      ? builder.integer(isLowest ? .min : .max)
      : builder.real(isLowest ? -.infinity : .infinity)
  }

  /// Padding is zero in both operands: an infinity there would meet the zero of the other, here or
  /// in the derivative.
  private func raggedContract(
    _ attributes: Attributes, _ node: Node, _ operands: [Lifted], _ shapes: [[Dim]]
  ) -> [Value]? {
    let contracted = [attributes.axes("leftContracted"), attributes.axes("rightContracted")]
    var values = operands
    for side in 0..<2 {
      let isSummed = contracted[side].contains { isRagged(shapes[side][$0]) }
      let axes = raggedAxes(shapes[side])
      if axes.isEmpty || !(operands[side].isLifted || isSummed) { continue }
      let filling = builder.number(0, graph.type(of: node.operands[side]).dtype)
      let value = masked(operands[side], shapes[side], axes: axes, filling)
      values[side] = Lifted(value: value, isLifted: true)
    }
    guard values.contains(where: \.isLifted) else { return nil }
    return [liftedContract(attributes, values[0], values[1])]
  }

  private func raggedView(
    _ op: Op, _ view: View, _ attributes: Attributes, _ node: Node, _ operands: [Lifted],
    _ shapes: [[Dim]]
  ) throws(LiftingProblem) -> Value? {
    switch view {
    case .broadcast, .transpose: return nil
    case .reshape:
      if !keepsFront(shapes[0], attributes.shape("shape")) {
        throw LiftingProblem(
          message: "entries of different sizes cannot be reshaped to "
            + "[\(attributes.shape("shape").map(\.description).joined(separator: ", "))]",
          origin: node.origin)
      }
      return nil
    case .reverse:
      let axis = attributes.axis("axis")
      let size = shapes[0][axis]
      guard isRagged(size) else { return nil }
      let last = builder.sub(spread(length(of: size), along: size), builder.integer(1))
      return take(raised(operands[0]), axis: axis, builder.sub(last, positions(size)))
    case .rotate:
      let axis = attributes.axis("axis")
      let size = shapes[0][axis]
      guard isRagged(size) else { return nil }
      let moved = builder.sub(positions(size), builder.integer(attributes.integer("by")))
      let sizes = spread(length(of: size), along: size)
      return take(
        raised(operands[0]), axis: axis, builder.emit(pointwise.mod, moved, sizes))
    case .slice:
      let (axis, count) = (attributes.axis("axis"), attributes.dim("count"))
      let all = sliceable(operands[0], shapes[0][axis], attributes.dim("start"), count)
      guard isRagged(attributes.dim("start")) else {
        return all.map { builder.emit(op, [$0], viewAttributes(view, attributes))[0] }
      }
      let start = spread(length(of: attributes.dim("start")), along: count)
      return take(
        all ?? raised(operands[0]), axis: axis, builder.add(start, positions(count)))
    case .concatenate:
      let axis = attributes.axis("axis")
      let sizes = shapes.map { $0[axis] }
      guard sizes.dropLast().contains(where: isRagged) else { return nil }
      let joined = builder.concatenate(operands.map(raised), axis: axis + 1)
      let total = sizes.reduce(0, +)
      let position = positions(total)
      var source = position
      var (own, padded): (Dim, Dim) = (0, 0)
      for size in sizes.dropLast() {
        own = own + size
        padded = padded + size
        let start = isRagged(own) ? spread(length(of: own), along: total) : builder.size(own)
        let moved = builder.add(builder.sub(position, start), builder.size(padded))
        source = builder.select(
          builder.emit(pointwise.less, position, start), source, moved)
      }
      return take(joined, axis: axis, source)
    }
  }

  /// True where entries at the front stay at the front: apart from axes that both have, only the
  /// first may be ragged.
  private func keepsFront(_ old: [Dim], _ new: [Dim]) -> Bool {
    var (old, new) = (old[...], new[...])
    while let a = old.first, a == new.first { (old, new) = (old.dropFirst(), new.dropFirst()) }
    while let a = old.last, a == new.last { (old, new) = (old.dropLast(), new.dropLast()) }
    return !old.dropFirst().contains(where: isRagged) && !new.dropFirst().contains(where: isRagged)
  }

  // MARK: Loops

  /// The body of a loop over a ragged size, with what freezes an entry beyond its own size written
  /// out: carries stay, stacks are zero. The size in it becomes the entry's own when it is lifted.
  static func frozen(_ scan: Scan) -> Graph {
    let builder = Builder(name: scan.body.name)
    let inputs = scan.body.inputTypes.map(builder.input)
    let outputs = builder.inline(scan.body, inputs)
    let runs = builder.emit(pointwise.less, inputs[0], builder.size(scan.trip))
    let selected = outputs.enumerated().map { place, new in
      let old =
        place < scan.carries
        ? inputs[1 + scan.constants + place] : builder.zeros(like: builder.type(of: new))
      return new == old ? new : builder.select(runs, new, old)
    }
    return builder.finish(selected)
  }
}
