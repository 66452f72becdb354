// What is the same in every step of a scan is computed once, before it.
//
// A node of a body moves out where all it reads is constants of the scan or has moved itself. Only
// nodes that cannot fail move, since a loop of no steps computes nothing; constants alone stay, as
// they cost nothing where they are.
//
// Promise: every number stays the same bit for bit; only how often it is computed changes.

import IR
import Ops
import Tensors

extension Graph {
  /// The graph with the invariant nodes of its scans outside of them, innermost first.
  var withInvariantsOutside: Graph {
    let builder = Builder(name: name)
    var map: [Value: Value] = [:]
    for input in inputs { map[input] = builder.input(type(of: input)) }
    for node in nodes {
      builder.origin = node.origin
      var node = node.mapGraphs(\.withInvariantsOutside)
      node.operands = node.operands.map { map.new($0) }
      if case .scan(let scan) = node.kind { node = node.moved(from: scan, to: builder) }
      for (old, new) in zip(node.results, builder.copy(node, node.operands)) { map[old] = new }
    }
    return builder.finish(outputs.map { map.new($0) })
  }
}

extension Dictionary where Key == Value, Value == IR.Value {
  /// What an old value became.
  func new(_ old: IR.Value) -> IR.Value {
    guard let value = self[old] else {
      preconditionFailure("a value is used before it is defined")
    }
    return value
  }
}

extension Node {
  /// The node of `scan`, whose operands are values of `builder`, with its invariants added to
  /// `builder` and passed as constants.
  fileprivate func moved(from scan: Scan, to builder: Builder) -> Node {
    let body = scan.body
    var outside: [IR.Value: IR.Value] = [:]
    for (input, operand) in zip(body.inputs.dropFirst().prefix(scan.constants), operands) {
      outside[input] = operand
    }
    let own = Set(outside.keys)
    var kept: [Node] = []
    var literals: [IR.Value: Node] = [:]
    let saved = builder.origin
    for node in body.nodes {
      guard case .op(let op, _) = node.kind, node.canMove(op, in: body),
        node.operands.allSatisfy({ outside[$0] != nil || literals[$0] != nil }),
        node.operands.contains(where: { outside[$0] != nil })
      else {
        if node.operands.isEmpty, !node.isEffect, node.results.count == 1 {
          literals[node.results[0]] = node
        }
        kept.append(node)
        continue
      }
      builder.origin = node.origin
      let operands = node.operands.map { operand in
        if let value = outside[operand] { return value }
        guard let literal = literals[operand] else {
          preconditionFailure("an invariant node reads what is not invariant")
        }
        return builder.copy(literal, [])[0]
      }
      for (old, new) in zip(node.results, builder.copy(node, operands)) { outside[old] = new }
    }
    builder.origin = saved

    let read = Set(kept.flatMap(\.operands) + body.outputs)
    let added = outside.keys.filter { !own.contains($0) && read.contains($0) }.sorted()
    var (result, scan) = (self, scan)
    scan.body.nodes = kept
    scan.body.inputs.insert(contentsOf: added, at: 1 + scan.constants)
    result.operands.insert(contentsOf: added.map { outside.new($0) }, at: scan.constants)
    scan.constants += added.count
    result.kind = .scan(scan)
    return result
  }

  /// True where the node gives reals and cannot fail, whatever its operands are.
  private func canMove(_ op: Op, in graph: Graph) -> Bool {
    guard results.allSatisfy({ graph.type(of: $0).dtype == .real }),
      symbols(in: graph).isDisjoint(with: graph.boundSymbols)
    else { return false }
    switch op.kernel {
    case .pointwise, .view, .contract, .reduce(.sum), .reduce(.product): return true
    default: return false
    }
  }
}
