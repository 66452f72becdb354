// Ragged dims: the sizes of the examples of a batch, and what joins numbers of several examples.
//
// In a step over its batch a ragged dim is the example's own; there Lifting keeps padding out.
// Outside, a tensor `[B, T]` is as long as its longest example, and this file keeps padding out of
// what would count it: reductions and what runs along a dim see each example's own numbers, a
// product sees zeros. What would lose the lengths is refused.

import Diagnostics
import IR
import Lifting
import Ops
import Semantics
import Tensors

extension Lowerer {
  // MARK: Lengths

  /// Gives a ragged dim the size of its longest example.
  func declareRagged(_ symbol: DimSymbol, _ lengths: Aggregate<Operand>) throws {
    guard case .tensor(let operand) = lengths else {
      preconditionFailure("the lengths of `\(symbol.name)` are no tensor")
    }
    let longest = try emit(reductions.max, [use(operand)], ["axes": .axes([0])])[0]
    let dim = try dim(of: self.operand(longest), named: symbol.name)
    frame.dims[symbol] = dim
    if let own = dim.symbol { madeLengths[own] = operand }
  }

  /// The lengths of those of `symbols` that differ from example to example of a batch of `size`.
  func lengths(of symbols: Set<DimSymbol>, along size: Dim) throws -> [(DimSymbol, Operand)] {
    try symbols.sorted().compactMap { symbol in
      if let operand = madeLengths[symbol] {
        guard operand.type.shape == [size] else { return nil }
        guard region.isInside(operand.scope.region) else {
          throw problem(
            LoweringMessages.sizeVaries, "the lengths along `\(symbol.name)` are not known here")
        }
        return (symbol, operand)
      }
      guard let variable = environment.lengths(of: symbol),
        environment[variable]?.value.leaves.first?.shape == [size],
        case .tensor(let operand) = try lookUp(variable)
      else { return nil }
      return (symbol, operand)
    }
  }

  /// Lengths made here that results need outside, each with a name to hold them under.
  func escapingLengths(
    of outputs: [Value], at span: Span
  ) throws -> [(variable: Variable, lengths: Operand)] {
    let symbols = Set(outputs.flatMap { type(of: $0).symbols })
    return symbols.sorted().compactMap { symbol in
      guard let operand = madeLengths[symbol], operand.scope.region === root else { return nil }
      let type = Type.tensor(.int, operand.type.shape, nil)
      return (Variable(symbol.name, span, type: type, lengthsOf: symbol), operand)
    }
  }

  // MARK: Outside of the batch

  /// A tensor whose examples lie along `axis` and have lengths of their own.
  struct RaggedBatch {
    let axis: Int
    let lengths: [(DimSymbol, Operand)]

    func isRagged(_ dim: Dim) -> Bool { lengths.contains { dim.symbols.contains($0.0) } }
  }

  func raggedBatch(_ value: Value) throws -> RaggedBatch? {
    let found = try raggedBatches(type(of: value))
    if found.count > 1 {
      throw problem(
        LoweringMessages.sizeVaries,
        "which axis of \(type(of: value).written) the examples lie along is not clear")
    }
    return found.first
  }

  /// The batch, for each axis that it may lie along.
  private func raggedBatches(_ type: TensorType) throws -> [RaggedBatch] {
    if !environment.hasLengths && madeLengths.isEmpty { return [] }
    return try type.shape.enumerated().compactMap { axis, size in
      let lengths = try lengths(of: type.symbols, along: size)
      return lengths.isEmpty ? nil : RaggedBatch(axis: axis, lengths: lengths)
    }
  }

  /// The results of an op that would count padding, without it; nil where it would not.
  func raggedResults(
    _ op: Op, _ operands: [Value], _ attributes: Attributes
  ) throws -> [Value]? {
    guard let first = operands.first else { return nil }
    if op == contraction.matmul || op == contraction.contract {
      let cleared = try operands.map(cleared)
      return cleared == operands ? nil : region.builder.emit(op, cleared, attributes)
    }
    if op == checks.asShape { return try claimed(attributes.shape("shape"), first) }
    if let moved = try raggedMoves(op, operands, attributes) { return moved }
    guard op.joinsAlongAxes, let batch = try raggedBatch(first) else { return nil }
    let shape = type(of: first).shape
    guard let axes = attributes.alongAxes else { return nil }
    if axes.contains(batch.axis) {
      if case .reduction = op.surface { return try joined(op, first, axes, batch) }
      throw problem(
        LoweringMessages.sizeVaries,
        "`\(op.title)` along `\(shape[batch.axis].written)` would mix examples of different lengths",
        notes: [
          "\(batch.lengths.map { "`\($0.0.name)`" }.joined(separator: ", ")) "
            + "is as long in each example as its own lengths say"
        ])
    }
    guard axes.contains(where: { batch.isRagged(shape[$0]) }) else { return nil }
    let own = attributes.without(axis: batch.axis)
    return try eachExample(batch, [first], removing: axes) { examples in
      try emit(op, examples + operands.dropFirst().map { region.capture($0) }, own)
    }
  }

  /// What `body` gives for each example of `values`, which all have the batch at the same axis. It
  /// goes back to that or to `place`; where results have a rank less than the first of `values`, the
  /// axes of it that `removing` names are gone.
  func eachExample(
    _ batch: RaggedBatch, _ values: [Value], removing: [Int] = [], to place: Int? = nil,
    _ body: ([Value]) throws -> [Value]
  ) throws -> [Value] {
    let shape = type(of: values[0]).shape
    let examples = try values.map { value in
      let axes = type(of: value).shape.indices
      return try transposed(value, [batch.axis] + axes.filter { $0 != batch.axis })
    }
    let results = try lanes(over: shape[batch.axis], examples) { slices in
      .record(try body(slices).map { .init(nil, tensor($0)) })
    }
    return try materialised(results).map { result in
      let rank = type(of: result).rank
      let gone = rank == shape.count ? 0 : removing.count { $0 < batch.axis }
      let place = place ?? batch.axis - gone
      return try transposed(result, Array(1..<place + 1) + [0] + Array(place + 1..<rank))
    }
  }

  private func transposed(_ value: Value, _ order: [Int]) throws -> Value {
    if order == Array(order.indices) { return value }
    return try emit(movement.transpose, value, attributes: ["axes": .axes(order)])
  }

  /// The value with zeros in place of padding.
  func cleared(_ value: Value) throws -> Value {
    guard let batch = try raggedBatch(value) else { return value }
    return try eachExample(batch, [value]) { $0 }[0]
  }

  /// What a name is to hold: zeros in place of padding, so that none is shown or written to a file.
  /// Where the examples may lie along several axes, what is padding is not known.
  func withoutPadding(_ value: Value) throws -> Value {
    try raggedBatches(type(of: value)).count == 1 ? try cleared(value) : value
  }

  /// `x as [B, K]`: where K has no lengths of its own, every example must be as long as it says; nil
  /// where none has to.
  private func claimed(_ shape: [Dim], _ value: Value) throws -> [Value]? {
    guard let batch = try raggedBatch(value) else { return nil }
    let found = type(of: value).shape
    let lost = try found.indices.filter { axis in
      guard batch.isRagged(found[axis]) else { return false }
      return try lengths(of: shape[axis].symbols, along: found[batch.axis]).isEmpty
    }
    if lost.isEmpty { return nil }
    var inner = shape
    inner.remove(at: batch.axis)
    let results = try eachExample(batch, [value]) { examples in
      try emit(checks.asShape, examples, ["shape": .shape(inner)])
    }
    return region.builder.emit(checks.asShape, results, ["shape": .shape(shape)])
  }

  /// A reduction over the examples themselves, and over other axes with them.
  private func joined(
    _ op: Op, _ value: Value, _ axes: [Int], _ batch: RaggedBatch
  ) throws -> [Value] {
    let type = type(of: value)
    let rest = type.shape.indices.filter { $0 != batch.axis }
    let front = try transposed(value, [batch.axis] + rest)
    let graph = liftJoining(
      op, TensorType(type.dtype, rest.map { type.shape[$0] }),
      axes: axes.filter { $0 != batch.axis }.map { $0 < batch.axis ? $0 : $0 - 1 },
      over: type.shape[batch.axis], ragged: batch.lengths.map(\.0), origin: origin)
    return inline(graph, [front] + batch.lengths.map { use($0.1) })
  }
}

extension Attributes {
  /// The axes that a row works along.
  fileprivate var alongAxes: [Int]? {
    switch (self["axes"], self["axis"]) {
    case (.axes(let axes), _): axes
    case (_, .axis(let axis)): [axis]
    default: nil
    }
  }

  /// The attributes of the same op on operands without an axis that it does not work along.
  func without(axis removed: Int) -> Attributes {
    mapValues { value in
      switch value {
      case .axis(let axis): .axis(axis < removed ? axis : axis - 1)
      case .axes(let axes): .axes(axes.map { $0 < removed ? $0 : $0 - 1 })
      default: value
      }
    }
  }
}

extension Op {
  /// Whether what it gives for one element depends on others along its axes, all of one operand.
  fileprivate var joinsAlongAxes: Bool {
    switch (surface, kernel) {
    case (.reduction, _), (.along, _): true
    case (.special, .library), (.special, .composite): operands.first == "x" && !isVariadic
    default: false
    }
  }
}
