// Reverse-mode differentiation of one graph.
//
// Copies the graph, then walks it from its outputs, asks each active node's row for its pullback,
// and sums cotangents where a value is used twice. Regions are handed to ReverseScan, ReverseBranch
// and ReverseCall. A pointwise node's cotangent is summed here where an operand has rank 0.
//
// Promise: the result verifies, every new node inherits the origin of the node it differentiates and
// says that it is of the way back, and the result can be differentiated again.

package import IR
import Ops
import Tensors

/// The graph with its reverse.
///
/// Inputs: those of `graph`, then a cotangent for each of `outputs`. Outputs: those of `graph`,
/// then the cotangent of each of `inputs`, zeros where nothing depends on it.
/// - Parameters:
///   - outputs: indices of real outputs of the graph.
///   - inputs: indices of real inputs of the graph.
package func reverse(
  _ graph: Graph, outputs: [Int], inputs: [Int]
) -> Graph {
  let walk = ReverseWalk(graph, outputs: outputs, inputs: inputs)
  return walk.run().verified(after: "reverse")
}

/// The graph with its tangents.
///
/// Inputs: those of `graph`, then a tangent for each of `inputs`. Outputs: those of `graph`, then
/// the tangent of each of `outputs`. A cotangent is linear in the cotangents it comes from, so the
/// reverse of the reverse is the tangent: no op needs a second rule.
package func forward(
  _ graph: Graph, inputs: [Int], outputs: [Int]
) -> Graph {
  let once = reverse(graph, outputs: outputs, inputs: inputs)
  let primals = graph.inputs.count
  let twice = reverse(
    once, outputs: Array(graph.outputs.count..<once.outputs.count),
    inputs: Array(primals..<once.inputs.count))
  let builder = Builder(name: "\(graph.name).forward")
  let given = graph.inputTypes.map(builder.input)
  let tangents = inputs.map { builder.input(graph.type(of: graph.inputs[$0])) }
  let cotangents = outputs.map { builder.zeros(like: graph.type(of: graph.outputs[$0])) }
  let results = builder.inline(twice, given + cotangents + tangents)
  let kept = results.prefix(graph.outputs.count) + results.dropFirst(once.outputs.count)
  return builder.finish(Array(kept)).pruned.verified(after: "forward")
}

/// The state of one walk.
final class ReverseWalk {
  let graph: Graph
  let builder: Builder
  private let outputs: [Int]
  private let inputs: [Int]
  private let varied: Set<Value>
  private let active: Set<Value>
  /// What each value of `graph` became.
  private var copies: [Value: Value] = [:]
  private var cotangents: [Value: Value] = [:]
  /// What the reverse of a region needs from its forward run, by node.
  private var scans: [Int: ScanReversal] = [:]
  private var calls: [Int: CallReversal] = [:]

  init(_ graph: Graph, outputs: [Int], inputs: [Int]) {
    self.graph = graph
    self.outputs = outputs
    self.inputs = inputs
    builder = Builder(name: "\(graph.name).reverse")
    varied = graph.varied(from: graph.inputs.indices.map(inputs.contains))
    active = varied.intersection(graph.useful(to: graph.outputs.indices.map(outputs.contains)))
  }

  func run() -> Graph {
    for value in graph.inputs { copies[value] = builder.input(graph.type(of: value)) }
    let seeds = outputs.map { builder.input(graph.type(of: graph.outputs[$0])) }
    for (index, node) in graph.nodes.enumerated() {
      builder.origin = node.origin
      for (old, new) in zip(node.results, copy(node, at: index)) { copies[old] = new }
    }
    for (output, seed) in zip(outputs, seeds) { add(seed, to: graph.outputs[output]) }
    for (index, node) in graph.nodes.enumerated().reversed() {
      guard node.results.contains(where: { cotangents[$0] != nil }) else { continue }
      builder.origin = node.origin.backward
      let arriving = node.results.map { cotangents[$0] }
      let leaving = pull(node, at: index, arriving)
      for (operand, cotangent) in zip(node.operands, leaving) {
        if let cotangent { add(cotangent, to: operand) }
      }
    }
    builder.origin = .none
    let gradients = inputs.map { index in
      cotangents[graph.inputs[index]] ?? builder.zeros(like: graph.type(of: graph.inputs[index]))
    }
    return builder.finish(graph.outputs.map(copied) + gradients).pruned
  }

  func copied(_ value: Value) -> Value {
    guard let copy = copies[value] else {
      preconditionFailure("a value is used before it is defined")
    }
    return copy
  }

  /// Adds to the cotangent of a value of `graph`, if it is active.
  private func add(_ cotangent: Value, to value: Value) {
    guard active.contains(value) else { return }
    cotangents[value] =
      cotangents[value].map { builder.emit(pointwise.add, $0, cotangent) }
      ?? cotangent
  }

  private func isActive(_ node: Node) -> Bool {
    node.results.contains { active.contains($0) }
      && node.operands.contains { active.contains($0) }
  }

  /// The forward part of a node: itself, or a region that also gives its residuals.
  private func copy(_ node: Node, at index: Int) -> [Value] {
    let operands = node.operands.map(copied)
    guard isActive(node) else { return builder.copy(node, operands) }
    switch node.kind {
    case .op, .branch: return builder.copy(node, operands)
    case .scan(let scan):
      var reversal = ScanReversal(scan, marks(of: node))
      let results = reversal.emitForward(builder, operands)
      scans[index] = reversal
      return results
    case .call(let call):
      var reversal = CallReversal(call, marks(of: node))
      let results = reversal.emitForward(builder, operands)
      calls[index] = reversal
      return results
    }
  }

  private func marks(of node: Node) -> RegionMarks {
    RegionMarks(
      varied: node.operands.map { varied.contains($0) },
      useful: node.results.map { active.contains($0) })
  }

  /// The cotangents of the operands of `node`, nil for none.
  private func pull(
    _ node: Node, at index: Int, _ arriving: [Value?]
  ) -> [Value?] {
    switch node.kind {
    case .op(let op, let attributes):
      return pull(op, attributes, node, arriving)
    case .branch(let branch):
      return reverseBranch(
        branch, builder, node.operands.map(copied), arriving, marks(of: node))
    case .scan:
      guard let reversal = scans[index] else {
        preconditionFailure("a cotangent reached a scan that is not active")
      }
      return reversal.emitBackward(builder, arriving)
    case .call:
      guard let reversal = calls[index] else {
        preconditionFailure("a cotangent reached a call that is not active")
      }
      return reversal.emitBackward(builder, arriving)
    }
  }

  private func pull(
    _ op: Op, _ attributes: Attributes, _ node: Node, _ arriving: [Value?]
  ) -> [Value?] {
    guard node.operands.contains(where: { active.contains($0) }) else { return [] }
    switch op.gradient {
    case .zero: return []
    case .parts: preconditionFailure("the composite op `\(op.name)` is a node")
    case .pullback(let pullback):
      let operands = node.operands.map(copied)
      let leaving = pullback(
        Pullback(
          builder: builder, operands: operands, results: node.results.map(copied),
          cotangents: arriving, attributes: attributes))
      precondition(leaving.count == operands.count, "`\(op.name)` lacks a cotangent")
      return zip(leaving, node.operands).map { cotangent, operand in
        guard let cotangent, active.contains(operand) else { return nil }
        return summed(cotangent, to: graph.type(of: operand))
      }
    }
  }

  /// The cotangent of an operand of rank 0 that stood for every element.
  private func summed(_ cotangent: Value, to type: TensorType) -> Value {
    let rank = builder.type(of: cotangent).rank
    guard type.rank == 0, rank > 0 else { return cotangent }
    return builder.emit(reductions.sum, cotangent, attributes: ["axes": .axes(Array(0..<rank))])
  }
}

/// What the walk knows of a region node: which operands vary and which results have cotangents.
struct RegionMarks {
  let varied: [Bool]
  let useful: [Bool]
}
