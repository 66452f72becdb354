// A scan of one to three steps becomes its steps, one after another; inside of another one of a few
// more, where they are short.
//
// Such loops stand for a sum over neighbours or heads, inside of the loop over time. In a row, the values of
// their steps are computed and stored as those around them are.
//
// Promise: every number stays the same bit for bit. What is shown says in which step, and does not
// count: a program with a `print` more is compiled to the same numbers.

import IR
import Ops
import Tensors

extension Graph {
  var unrolled: Graph { unrolled(isInLoop: false) }

  private func unrolled(isInLoop: Bool) -> Graph {
    let builder = Builder(name: name)
    var map: [Value: Value] = [:]
    for input in inputs { map[input] = builder.input(type(of: input)) }
    for node in nodes {
      builder.origin = node.origin
      let node = node.mapGraphs { $0.unrolled(isInLoop: isInLoop || node.isScan) }
      let operands = node.operands.map { map.new($0) }
      let results =
        node.steps(operands, builder, isInLoop: isInLoop) ?? builder.copy(node, operands)
      for (old, new) in zip(node.results, results) { map[old] = new }
    }
    return builder.finish(outputs.map { map.new($0) })
  }
}

extension Graph {
  /// The body of one step, where what observes knows which.
  fileprivate func observed(inStep step: Int, loops: Int = 0) -> Graph {
    if !observes { return self }
    var result = self
    result.nodes = nodes.map { node in
      guard case .op(let op, let attributes) = node.kind else {
        return node.mapGraphs { $0.observed(inStep: step, loops: loops + (node.isScan ? 1 : 0)) }
      }
      if !node.observes { return node }
      var node = node
      node.kind = .op(
        op, WrittenSteps(attributes).attributes(attributes, inStep: step, loops: loops))
      return node
    }
    return result
  }

  /// How many nodes there are without those that show something, and what only they read.
  fileprivate var unseenCount: Int {
    if !observes { return nodes.count }
    return nodes.count - withoutDeadCode.nodes.count + unseen.withoutDeadCode.nodes.count
  }

  private var unseen: Graph {
    var result = self
    result.nodes = nodes.compactMap { node in
      guard case .op = node.kind else { return node.mapGraphs(\.unseen) }
      return node.observes ? nil : node
    }
    return result
  }
}

extension Node {
  /// Nodes of all steps together.
  private static let mostWrittenOut = 128

  fileprivate var isScan: Bool { if case .scan = kind { true } else { false } }

  /// Adds the steps of a short scan; nil for all other nodes.
  fileprivate func steps(_ operands: [Value], _ builder: Builder, isInLoop: Bool) -> [Value]? {
    guard case .scan(let scan) = kind, let trip = scan.trip.constant, trip >= 1,
      trip <= 3
        || isInLoop && trip <= 16 && trip * scan.body.unseenCount <= Node.mostWrittenOut,
      !scan.stopsEarly, scan.body.boundSymbols.isEmpty
    else { return nil }
    let constants = operands.prefix(scan.constants)
    var carries = Array(operands.dropFirst(scan.constants).prefix(scan.carries))
    let slices = operands.dropFirst(scan.constants + scan.carries)
    var stacked = Array(repeating: [Value](), count: scan.stacks)
    let order = Array(0..<trip)
    for step in scan.isReversed ? order.reversed() : order {
      let given = slices.map { x in
        let slice = builder.slice(x, axis: 0, start: Dim(step), count: 1)
        return builder.reshape(slice, to: Array(builder.shape(x).dropFirst()))
      }
      let outputs = builder.inline(
        scan.body.observed(inStep: step), [builder.integer(step)] + constants + carries + given)
      carries = Array(outputs.prefix(scan.carries))
      for (stack, value) in outputs.dropFirst(scan.carries).enumerated() {
        let row = builder.reshape(value, to: [1] + builder.shape(value))
        stacked[stack].insert(row, at: scan.isReversed ? 0 : step)
      }
    }
    return carries + stacked.map { builder.concatenate($0, axis: 0) }
  }
}
