// Moving the numbers of a batch whose examples have lengths of their own, outside of the batch.
//
// `x[1 ..]`, `x ++ y` and `x[i]` are about the numbers that an example has, so they are done example
// by example. What would mix numbers of examples, or take some out of the batch, so that later steps
// could not tell padding from numbers, is refused. What is left of an example may have no ragged dim,
// `x[i, .. n]`; or it is the own one of a step over the batch, where such a dim is as long as that.

import IR
import Lifting
import Ops
import Semantics
import Tensors

extension Lowerer {
  /// The results of an op that moves numbers of examples; nil where padding stays behind them anyway.
  func raggedMoves(
    _ op: Op, _ operands: [Value], _ attributes: Attributes
  ) throws -> [Value]? {
    let found = try operands.map(raggedBatch)
    guard let batch = found.compactMap(\.self).first else { return nil }
    let shapes = operands.map { type(of: $0).shape }
    if case .signature = op.surface { throw unknowable("`\(op.title)`", batch) }
    switch op.kernel {
    case .view(.reshape):
      if keepsAxes(batch, shapes[0], attributes.shape("shape")) { return nil }
      throw unknowable("another shape", batch)
    case .view(.slice):
      let axis = attributes.axis("axis")
      if axis == batch.axis { throw takenOut(batch) }
      guard batch.isRagged(shapes[0][axis]) else { return nil }
      return try eachExample(batch, operands) {
        try emit(op, $0, attributes.without(axis: batch.axis))
      }
    case .view(.concatenate):
      let axis = attributes.axis("axis")
      if axis == batch.axis { throw unknowable("a longer batch", batch) }
      let isRagged = zip(found, shapes).contains { $0?.isRagged($1[axis]) == true }
      guard isRagged else { return nil }
      return try eachExample(batch, operands) {
        try emit(op, $0, attributes.without(axis: batch.axis))
      }
    case .gather: return try raggedGather(op, operands, attributes, found)
    case .scatter:
      let row = attributes.integer("batch")
      if found[0]?.isRagged(shapes[0][row]) == true || found[1] != nil {
        throw unknowable("`\(op == indexing.scatterAdd ? op.title : "with")`", batch)
      }
      return nil
    case .pointwise, .reduce, .view, .contract, .library, .bindDim, .observe, .composite: return nil
    }
  }

  private func raggedGather(
    _ op: Op, _ operands: [Value], _ attributes: Attributes, _ found: [RaggedBatch?]
  ) throws -> [Value]? {
    guard let batch = found[0] else {
      return region.builder.emit(op, [operands[0], try cleared(operands[1])], attributes)
    }
    let row = attributes.integer("batch")
    let shape = type(of: operands[0]).shape
    if batch.axis == row {
      if region.isStep(operands[1], of: shape[row]) { return nil }
      throw takenOut(batch)
    }
    guard batch.axis > row, batch.isRagged(shape[row]) else { return nil }
    let place = batch.axis - 1 + type(of: operands[1]).rank - row
    return try eachExample(batch, [operands[0]], to: place) {
      try emit(op, $0 + [region.capture(operands[1])], attributes)
    }
  }

  /// The one example that `places` name, of its own length, and the axis of the batch: where they say
  /// how much of it is read.
  func exampleTaken(_ value: Value, _ places: [Place]) throws -> (example: Value, axis: Int)? {
    guard let batch = try raggedBatch(value), places.indices.contains(batch.axis),
      case .at(let index) = places[batch.axis]
    else { return nil }
    let shape = type(of: value).shape
    for axis in shape.indices where batch.isRagged(shape[axis]) {
      guard places.indices.contains(axis) else { return nil }
      switch places[axis] {
      case .at, .gather: break
      case .range(let start, let count):
        if batch.isRagged(start) || batch.isRagged(count) { return nil }
      case .all: return nil
      }
    }
    var sizes: [DimSymbol: Dim] = [:]
    for (symbol, lengths) in batch.lengths {
      let length = try gather(use(lengths), index, 0)
      sizes[symbol] = try dim(of: operand(length), named: symbol.name)
    }
    let front = try moved(value, from: batch.axis, count: 1, to: 0)
    var example = region.builder.emit(indexing.gather, [front, index], gatherAttributes())[0]
    for (axis, size) in type(of: example).shape.enumerated() where batch.isRagged(size) {
      example = try emit(
        movement.slice, example,
        attributes: [
          "axis": .axis(axis), "start": .dim(0), "count": .dim(size.substituting(sizes)),
        ])
    }
    return (example, batch.axis)
  }

  /// Whether the axes of the examples and of what differs among them are axes of the new shape too.
  private func keepsAxes(_ batch: RaggedBatch, _ old: [Dim], _ new: [Dim]) -> Bool {
    old.indices.filter { $0 == batch.axis || batch.isRagged(old[$0]) }.allSatisfy { axis in
      new.indices.contains { place in
        new[place] == old[axis] && new[..<place].reduce(1, *) == old[..<axis].reduce(1, *)
      }
    }
  }

  private func takenOut(_ batch: RaggedBatch) -> LoweringProblem {
    unknowable(
      "a part of a batch", batch,
      notes: ["`for v in x { … }` has the examples one by one, `x[i, .. n]` the first `n` of one"])
  }

  private func unknowable(
    _ what: String, _ batch: RaggedBatch, notes: [String] = []
  ) -> LoweringProblem {
    let names = batch.lengths.map { "`\($0.0.name)`" }.joined(separator: ", ")
    return problem(
      LoweringMessages.sizeVaries, "\(what) of examples of different lengths would count padding",
      notes: ["\(names) is as long in each example as its own lengths say"] + notes)
  }
}
