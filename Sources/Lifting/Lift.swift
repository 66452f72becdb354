// Running a graph for every entry of a further axis at once: a map `for`, a batch dim.
//
// Walks the graph and gives every value that depends on a lifted input one more axis in front, of
// the lifted dim. What a node becomes follows from its kernel form (Lift+Forms) or its region kind
// (Lift+Regions), never from the op: no row has a lifting rule. Values that depend on no lifted
// input are computed once and shared. Where only some entries come to a place of the graph the walk
// knows which (`taken`): the others are computed too, cause no error and show nothing.
//
// Promise: entry i of every lifted result is what the graph gives for entry i of the lifted inputs.

package import IR
import Ops
package import Tensors

/// Something that cannot differ from entry to entry does.
package struct LiftingProblem: Error, Sendable {
  /// In the words of a diagnostic.
  package let message: String
  package let origin: Origin
}

/// The graph over one more axis.
/// - Parameters:
///   - dim: the size of the axis.
///   - inputs: which inputs have the axis in front; the others are shared.
///   - ragged: dims whose size differs from entry to entry, each with the lifted int input that
///     gives the sizes. Tensors have the size of the largest entry; see Ragged. Behind the numbers of
///     an entry, results hold zeros.
/// - Returns: the graph, and which of its outputs have the axis in front.
package func lift(
  _ graph: Graph, over dim: Dim, inputs: [Bool], ragged: [DimSymbol: Int] = [:]
) throws(LiftingProblem) -> (graph: Graph, outputs: [Bool]) {
  precondition(inputs.count == graph.inputs.count, "a mark is needed for every input")
  let builder = Builder(name: graph.name)
  let arguments = zip(graph.inputTypes, inputs).map { type, isLifted in
    Lifted(value: builder.input(isLifted ? type.stacked(by: dim) : type), isLifted: isLifted)
  }
  let lengths = ragged.mapValues { place in
    precondition(
      inputs[place] && graph.inputTypes[place] == TensorType(.int),
      "sizes are given by a lifted int")
    return arguments[place].value
  }
  let lift = Lift(graph, over: dim, into: builder, lengths: lengths)
  let results = zip(try lift.run(arguments), graph.outputTypes).map(lift.cleared)
  let lifted = builder.finish(results.map(\.value)).pruned
  return (lifted.verified(after: "lifting"), results.map(\.isLifted))
}

/// A value of the graph under construction, and whether it has the lifted axis in front.
struct Lifted {
  let value: Value
  let isLifted: Bool
}

/// The state of one walk.
final class Lift {
  let graph: Graph
  let dim: Dim
  let builder: Builder
  /// The size of each ragged dim in every entry.
  let lengths: [DimSymbol: Value]
  /// Bools over the lifted axis: the entries that come this way; nil is all of them. The others are
  /// computed too, but their results are not used: they must cause no error and show nothing.
  private(set) var taken: Value?
  /// Whether any entry comes this way; nil where all do.
  private(set) lazy var isTaken = taken.map {
    builder.emit(reductions.any, $0, attributes: ["axes": .axes([0])])
  }
  /// Set where the graph is a reduction that goes over the entries as well.
  var joining: Joining?
  private var map: [Value: Lifted] = [:]

  init(
    _ graph: Graph, over dim: Dim, into builder: Builder, lengths: [DimSymbol: Value],
    taken: Value? = nil
  ) {
    self.graph = graph
    self.dim = dim
    self.builder = builder
    self.lengths = lengths
    self.taken = taken
  }

  /// What the body of a region takes in addition: the sizes of ragged dims in the order of their
  /// symbols, then which entries come this way.
  var context: [Value] {
    lengths.sorted { $0.key < $1.key }.map(\.value) + (taken.map { [$0] } ?? [])
  }

  /// The lifted body of a region of this graph. It takes the `context` from input `first` on.
  /// Outputs marked in `forced` are lifted whether or not they need be.
  /// - Parameter narrowed: which of the entries that come here come into the body, from the walk of
  ///   the body and its inputs; nil is all of them.
  func body(
    of graph: Graph, inputs: [Bool], forced: [Bool] = [], contextAt first: Int,
    narrowed: (Lift, [Lifted]) -> Value? = { _, _ in nil }
  ) throws(LiftingProblem) -> (graph: Graph, outputs: [Bool]) {
    let builder = Builder(name: graph.name)
    var arguments: [Lifted] = []
    func take(_ types: some Sequence<(TensorType, Bool)>) {
      for (type, isLifted) in types {
        let value = builder.input(isLifted ? type.stacked(by: dim) : type)
        arguments.append(Lifted(value: value, isLifted: isLifted))
      }
    }
    let given = Array(zip(graph.inputTypes, inputs))
    take(given.prefix(first))
    var lengths: [DimSymbol: Value] = [:]
    for symbol in self.lengths.keys.sorted() {
      lengths[symbol] = builder.input(TensorType(.int, [dim]))
    }
    let outer = taken.map { _ in builder.input(TensorType(.bool, [dim])) }
    take(given.dropFirst(first))
    let lift = Lift(graph, over: dim, into: builder, lengths: lengths, taken: outer)
    lift.taken = builder.both(outer, narrowed(lift, arguments))
    var results = try lift.run(arguments)
    for index in forced.marked {
      results[index] = Lifted(value: lift.raised(results[index]), isLifted: true)
    }
    return (builder.finish(results.map(\.value)), results.map(\.isLifted))
  }

  /// Adds the nodes of the graph to the builder; what its outputs became.
  func run(_ arguments: [Lifted]) throws(LiftingProblem) -> [Lifted] {
    let saved = builder.origin
    defer { builder.origin = saved }
    for (input, argument) in zip(graph.inputs, arguments) { map[input] = argument }
    for node in graph.nodes {
      builder.origin = node.origin
      let results = try lifted(node, node.operands.map(mapped))
      precondition(results.count == node.results.count, "lifting lost a result")
      for (old, new) in zip(node.results, results) { map[old] = new }
    }
    return graph.outputs.map(mapped)
  }

  private func mapped(_ value: Value) -> Lifted {
    guard let new = map[value] else {
      preconditionFailure("a value is used before it is defined")
    }
    return new
  }

  private func lifted(_ node: Node, _ operands: [Lifted]) throws(LiftingProblem) -> [Lifted] {
    if case .op(let op, let attributes) = node.kind {
      if case .observe = op.kernel {
        observe(
          op, attributes,
          zip(operands, node.operands).map { cleared($0, graph.type(of: $1)) })
        return []
      }
      if let result = joined(op, attributes, node, operands) { return [result] }
      if !lengths.isEmpty, let results = try raggedOp(op, attributes, node, operands) {
        return results.map { Lifted(value: $0, isLifted: true) }
      }
    }
    if !operands.contains(where: \.isLifted) {
      let values = operands.map(\.value)
      if case .op(let op, let attributes) = node.kind {
        if taken == nil { return shared(builder.copy(node, values)) }
        let isOwn = op == checks.entrySizes || op == checks.entryIndices
        let shapes = (node.operands + node.results).map { graph.type(of: $0).shape }
        if !isOwn && !shapes.joined().contains(where: isRagged) {
          return shared(guardedOp(op, attributes, values, isLifted: false))
        }
      }
      // With a context, what is inside a region is not what it was either.
      if context.isEmpty { return shared(builder.copy(node, values)) }
    }
    switch node.kind {
    case .op(let op, let attributes):
      return try liftedOp(op, attributes, node, operands).map { Lifted(value: $0, isLifted: true) }
    case .branch(let branch): return try liftedBranch(branch, operands)
    case .scan(let scan): return try liftedScan(scan, operands)
    case .call(let call): return try liftedCall(call, operands)
    }
  }

  private func shared(_ values: [Value]) -> [Lifted] {
    values.map { Lifted(value: $0, isLifted: false) }
  }

  /// Shows what the entries that come this way show: which they are goes in front of the operands.
  private func observe(_ op: Op, _ attributes: Attributes, _ operands: [Lifted]) {
    let isMasked = attributes["masked"] == .flag(true)
    let differs = operands.contains(where: \.isLifted)
    // A record is of single numbers, so each entry has its own.
    let isPerEntry = differs && (isMasked || op == observation.logValues)
    guard taken != nil || isPerEntry else {
      _ = builder.emit(op, operands.map(\.value), attributes)
      return
    }
    var values = operands.map(raised)
    let mask = isMasked ? values.removeFirst() : nil
    let all = isPerEntry ? builder.broadcast(builder.flag(true), to: [dim]) : nil
    let outer = (taken ?? all).map { taken in
      mask.map { builder.broadcast(taken, to: builder.shape($0), axes: [0]) } ?? taken
    }
    var attributes = attributes
    attributes["masked"] = .flag(true)
    let shown = [builder.both(outer, mask)].compactMap { $0 } + values
    _ = builder.emit(op, shown, attributes)
  }

  /// The value with the axis in front, by repetition if it has none.
  func raised(_ lifted: Lifted) -> Value {
    if lifted.isLifted { return lifted.value }
    let shape = builder.shape(lifted.value)
    return builder.broadcast(
      lifted.value, to: [dim] + shape, axes: shape.indices.map { $0 + 1 })
  }
}

extension Builder {
  /// Where both hold; nil is everywhere.
  func both(_ a: Value?, _ b: Value?) -> Value? {
    guard let a, let b else { return a ?? b }
    return emit(pointwise.and, a, b)
  }
}
