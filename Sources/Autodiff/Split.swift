// A body with its reverse in one graph, taken apart: what runs forward, what runs backward, and the
// values that the backward part gets from the forward part (residuals).
//
// Everything that depends on a cotangent runs backward. Of the other values that the backward part
// reads, some are handed over and some are computed again. See Note: Handing over or computing
// again.
//
// Promise: forward and backward together compute what the joint graph does; no residual has a dim
// that the body binds; nothing observable runs twice.

import IR
import Tensors

struct Split {
  let joint: Graph
  /// Values to hand over, in the order of definition; inputs of the body among them.
  private(set) var residuals: [Value] = []
  /// The nodes of the backward part, those computed again included.
  private(set) var backward: [Int] = []
  private let primals: Set<Value>
  private let gradients: [Value]
  private let local: Set<DimSymbol>
  private let definitions: [Value: Int]
  private var leafSets: [Value: Set<Value>] = [:]
  private var dependent: Set<Value> = []

  /// - Parameters:
  ///   - joint: the result of `reverse` on a body.
  ///   - primals: how many of its inputs are those of the body.
  ///   - outputs: how many of its outputs are those of the body; the others are cotangents.
  ///   - free: inputs that the backward part has at no cost.
  init(_ joint: Graph, primals: Int, outputs: Int, free: Set<Value>) {
    self.joint = joint
    self.primals = Set(joint.inputs.prefix(primals))
    gradients = Array(joint.outputs.dropFirst(outputs))
    local = joint.boundSymbols
    definitions = joint.definitions

    // What depends on a cotangent and is needed.
    dependent = Set(joint.inputs.dropFirst(primals))
    var roots = gradients
    for node in joint.nodes where node.operands.contains(where: { dependent.contains($0) }) {
      dependent.formUnion(node.results)
      if node.observes { roots += node.operands }
    }
    let isBackward = Set(
      joint.nodesNeeded(for: roots, keepingEffects: true).filter { index in
        joint.nodes[index].operands.contains { dependent.contains($0) }
      })

    // What that reads of the rest.
    var needed = Set(gradients.filter { !dependent.contains($0) })
    for index in isBackward {
      needed.formUnion(joint.nodes[index].operands.filter { !dependent.contains($0) })
    }
    let binders = joint.nodes.indices.filter { joint.nodes[$0].boundSymbol != nil }
    for index in binders { needed.formUnion(joint.nodes[index].operands) }

    var again: Set<Value> = []
    for value in joint.order where needed.contains(value) && !self.primals.contains(value) {
      let leaves = leaves(of: value)
      if leaves == [value] { continue }
      let rank = joint.type(of: value).rank
      let isCheap = leaves.allSatisfy { leaf in
        needed.contains(leaf) || free.contains(leaf) || joint.type(of: leaf).rank < rank
      }
      if isCheap || isBound(value) {
        needed.remove(value)
        needed.formUnion(leaves)
        again.insert(value)
      }
    }
    residuals = needed.filter { !dependent.contains($0) }.sorted()

    // The nodes that compute the values again, back to the residuals.
    let kept = Set(residuals)
    var repeated = Set(binders)
    for (index, node) in joint.nodes.enumerated().reversed()
    where node.results.contains(where: { again.contains($0) && !kept.contains($0) }) {
      repeated.insert(index)
      again.formUnion(node.operands)
    }
    backward = isBackward.union(repeated).sorted()
  }

  /// Adds the backward part to a builder, with `map` giving the residuals and cotangents; returns
  /// the cotangents of the body's inputs, as the joint graph has them.
  func emit(into builder: Builder, _ map: [Value: Value]) -> [Value] {
    var map = map
    let kept = Set(residuals)
    func mapped(_ value: Value) -> Value {
      guard let new = map[value] else { preconditionFailure("a residual was not handed over") }
      return new
    }
    for index in backward {
      var node = joint.nodes[index]
      if !node.operands.contains(where: { dependent.contains($0) }) {
        node = node.withoutObservations
      }
      builder.origin = node.origin
      let results = builder.copy(node, node.operands.map(mapped))
      for (old, new) in zip(node.results, results) where !kept.contains(old) { map[old] = new }
    }
    return gradients.map(mapped)
  }

  /// The body with `more` as outputs after its own.
  func forward(name: String, outputs: Int, and more: [Value]) -> Graph {
    var result = joint
    result.name = name
    result.inputs = joint.inputs.filter { primals.contains($0) }
    result.nodes = joint.nodes.filter { node in
      !node.operands.contains { dependent.contains($0) }
    }
    result.outputs = joint.outputs.prefix(outputs) + more
    return result.pruned
  }

  private func isBound(_ value: Value) -> Bool {
    !local.isEmpty && !joint.type(of: value).symbols.isDisjoint(with: local)
  }

  /// The values from which `value` can be computed by cheap nodes alone.
  private mutating func leaves(of value: Value) -> Set<Value> {
    if let known = leafSets[value] { return known }
    let result = findLeaves(of: value)
    leafSets[value] = result
    return result
  }

  private mutating func findLeaves(of value: Value) -> Set<Value> {
    guard let index = definitions[value] else { return [value] }
    let node = joint.nodes[index]
    guard isBound(value) || isCheap(node) else { return [value] }
    var result: Set<Value> = []
    for operand in node.operands { result.formUnion(leaves(of: operand)) }
    return result
  }

  private func isCheap(_ node: Node) -> Bool {
    guard case .op(let op, _) = node.kind else { return false }
    switch op.kernel {
    case .pointwise(let expression):
      let operands = node.operands.indices.map { ScalarExpression.operand($0) }
      return expression(operands).isCheap
    case .view, .bindDim: return true
    case .contract:
      // An outer product: as cheap as a multiplication by element.
      let rank = joint.type(of: node.results[0]).rank
      return node.operands.allSatisfy { joint.type(of: $0).rank < rank }
    case .library: return node.operands.isEmpty
    case .reduce, .gather, .scatter, .observe, .composite: return false
    }
  }
}

extension Graph {
  /// Every value, the last defined first.
  fileprivate var order: [Value] { nodes.reversed().flatMap(\.results) + inputs.reversed() }
}

extension ScalarExpression {
  /// True for arithmetic. False where a library function is called for each element, and for what
  /// can fail on ints: in a step that was not run the residuals are zero, which no step has seen.
  fileprivate var isCheap: Bool {
    switch self {
    case .operand, .real, .integer, .boolean: true
    case .unary(let function, let x):
      switch function {
      case .negate, .absolute, .sign, .floor, .squareRoot, .not, .isFinite, .scramble: x.isCheap
      case .exp, .expm1, .log, .log1p, .sin, .cos, .tanh, .sigmoid, .softplus: false
      }
    case .binary(let function, let x, let y):
      switch function {
      case .power, .floorDivide, .remainder: false
      default: x.isCheap && y.isCheap
      }
    case .select(let c, let x, let y): c.isCheap && x.isCheap && y.isCheap
    case .convert(let x, let dtype): dtype != .int && x.isCheap
    }
  }
}

// Note: Handing over or computing again
//
// A residual of a loop is stored at every step, so what counts is how much is stored. A value is
// computed again from others by cheap nodes (arithmetic by element, views, outer products,
// constants) where every value that this reads is handed over anyway, or has a lower rank. So the
// memory of an NTM after a write is computed from the memory before it and from the vectors w, e
// and a; masks and conversions are computed from what they compare; the gates of a controller,
// which cost an exponential each, are stored. Rank is the measure because dims are symbols.
//
// A value whose type has a dim that the body itself binds cannot be stacked, as its size differs
// from step to step: it is always computed again, whatever the cost. That ends at the latest at the
// inputs of the body, whose types never have such a dim.
