// Local rewrites: the laws that rows state, and patterns of views, selections and regions.
//
// Rebuilds the graph through a builder, node by node, so that equal nodes become one; before a node
// is added, rules look at it and at the nodes its operands came from. See Simplify+Rules.
//
// Promise: results are equal as numbers. A rule that would turn a NaN or an infinity into a number
// is not here (`x * 0` stays), except where the row itself says so.

import IR
import Ops
import Tensors

extension Graph {
  var simplified: Graph { simplified(knowing: [:]) }

  /// - Parameter rotations: of inputs, by position.
  func simplified(knowing rotations: [Int: [Int]]) -> Graph {
    let builder = Builder(name: name)
    let arguments = inputTypes.map(builder.input)
    let simplify = Simplify(builder)
    for (position, known) in rotations { simplify.rotations[arguments[position]] = known }
    return builder.finish(simplify.run(self, arguments))
  }
}

/// The state of one walk.
final class Simplify {
  let builder: Builder
  /// The op nodes that values of the builder came from.
  private(set) var made: [Value: Made] = [:]
  /// Tables of row numbers that count on round the end. See Simplify+Rotations.
  var rotations: [Value: [Int]] = [:]

  struct Made {
    let op: Op
    let operands: [Value]
    let attributes: Attributes
  }

  init(_ builder: Builder) { self.builder = builder }

  func run(_ graph: Graph, _ arguments: [Value]) -> [Value] {
    let saved = builder.origin
    defer { builder.origin = saved }
    var map = Dictionary(uniqueKeysWithValues: zip(graph.inputs, arguments))
    for node in graph.nodes {
      builder.origin = node.origin
      let results = simplified(node, node.operands.map { map.new($0) })
      for (old, new) in zip(node.results, results) { map[old] = new }
    }
    return graph.outputs.map { map.new($0) }
  }

  private func simplified(_ node: Node, _ operands: [Value]) -> [Value] {
    switch node.kind {
    case .op(let op, let attributes): return emit(op, operands, attributes)
    case .branch(var branch):
      if let isTaken = flag(operands[0]) {
        return run(isTaken ? branch.then : branch.otherwise, Array(operands.dropFirst()))
      }
      branch.then = branch.then.simplified
      branch.otherwise = branch.otherwise.simplified
      return builder.branch(branch, operands)
    case .scan(let scan): return simplified(scan, operands)
    case .call(var call):
      call.body = call.body.simplified
      call.derivative = call.derivative?.simplified
      return builder.call(call, operands)
    }
  }

  /// Adds the node of an op, or what is known to be equal to it.
  func emit(_ op: Op, _ operands: [Value], _ attributes: Attributes = [:]) -> [Value] {
    if let value = rewritten(op, operands, attributes) { return [value] }
    let results = builder.emit(op, operands, attributes)
    for value in results {
      made[value] = Made(op: op, operands: operands, attributes: attributes)
      rotations[value] = tableOfRotations(value)
    }
    return results
  }

  // MARK: Scans

  private func simplified(_ scan: Scan, _ operands: [Value]) -> [Value] {
    var scan = scan
    let tables = operands.prefix(scan.constants).enumerated().compactMap { position, operand in
      rotations[operand].map { (1 + position, $0) }
    }
    scan.body = scan.body.reading(literals(operands.prefix(scan.constants)))
      .simplified(knowing: Dictionary(uniqueKeysWithValues: tables))
    // What is stacked twice is stacked once, and what was the second stack is the first.
    let stacked = Array(scan.body.outputs.dropFirst(scan.carries))
    let kept = stacked.indices.filter { stacked.firstIndex(of: stacked[$0]) == $0 }
    scan.body.outputs.replaceSubrange(scan.carries..., with: kept.map { stacked[$0] })
    let results = withFixedCarries(scan, operands)
    let stacks = Dictionary(
      uniqueKeysWithValues: zip(kept.map { stacked[$0] }, results.dropFirst(scan.carries)))
    return results.prefix(scan.carries) + stacked.compactMap { stacks[$0] }
  }

  /// The attributes of the constants of rank 0 among the first operands of a scan, by the position
  /// of the body's input.
  private func literals(_ operands: some Sequence<Value>) -> [Int: Attributes] {
    var literals: [Int: Attributes] = [:]
    for (position, operand) in operands.enumerated() {
      if let made = made[operand], made.op == making.constant, builder.type(of: operand).rank == 0 {
        literals[1 + position] = made.attributes
      }
    }
    return literals
  }

  /// A carry that no step changes is a constant.
  private func withFixedCarries(_ scan: Scan, _ operands: [Value]) -> [Value] {
    let firstCarry = 1 + scan.constants
    let fixed = (0..<scan.carries).filter { carry in
      scan.body.outputs[carry] == scan.body.inputs[firstCarry + carry]
        && !(scan.stopsEarly && carry == 0)
    }
    if fixed.isEmpty { return builder.scan(scan, operands) }

    var changed = scan
    var given = operands
    for (moved, carry) in fixed.reversed().enumerated() {
      // Carries before this one are still in place; those moved before it came from behind it.
      let place = firstCarry + moved + carry
      let input = changed.body.inputs.remove(at: place)
      let operand = given.remove(at: place - 1)
      changed.body.inputs.insert(input, at: firstCarry)
      given.insert(operand, at: firstCarry - 1)
      changed.body.outputs.remove(at: carry)
      changed.constants += 1
      changed.carries -= 1
    }
    var results = builder.scan(changed, given)
    for carry in fixed { results.insert(operands[scan.constants + carry], at: carry) }
    return results
  }
}
