// Nodes of one scan's body at the start of another scan's steps.
//
// Promise: the other scan does what it did; values of the first body come from copies of its nodes
// where those are given, and else from wherever the sources say.

import IR
import Tensors

/// How another scan gets a value of a body at the same step.
enum StepSource {
  case index
  /// An operand that every step sees.
  case constant(Value)
  /// An operand that is sliced.
  case slice(Value)

  /// The sources that there are for values of the body of `scan`, with the stacks that `isUsable`.
  static func sources(
    of node: Node, _ scan: Scan, stacks isUsable: (Value) -> Bool
  ) -> [Value: StepSource] {
    var result: [Value: StepSource] = [:]
    let stacks = zip(
      node.results.dropFirst(scan.carries), scan.body.outputs.dropFirst(scan.carries))
    for (stack, value) in stacks where isUsable(stack) { result[value] = .slice(stack) }
    let inputs = zip(scan.body.inputs.dropFirst(), node.operands)
    for (input, operand) in inputs.prefix(scan.constants) { result[input] = .constant(operand) }
    for (input, operand) in inputs.dropFirst(scan.constants + scan.carries) {
      result[input] = .slice(operand)
    }
    if let step = scan.body.inputs.first { result[step] = .index }
    return result
  }
}

struct Preamble {
  /// The body that knows the values.
  let body: Graph
  /// Of the body, in order.
  let nodes: [Node]
  /// Values of the body that the nodes and the other scan read.
  let read: [Value]
  let sources: [Value: StepSource]
  /// The values of the body whose stacks the other scan need not read any more.
  let stacked: [Value: Value]

  /// The scan `node` of `graph` with the nodes in front.
  func added(to node: Node, in graph: Graph) -> Node {
    guard case .scan(let scan) = node.kind else { return node }
    let start = scan.constants + scan.carries
    var constants = Array(node.operands.prefix(scan.constants))
    let carries = Array(node.operands[scan.constants..<start])
    var slices = node.slicedOperands.filter { stacked[$0] == nil }
    for value in read {
      switch sources[value] {
      case .constant(let operand) where !constants.contains(operand): constants.append(operand)
      case .slice(let operand) where !slices.contains(operand): slices.append(operand)
      default: continue
      }
    }

    let builder = Builder(name: scan.body.name)
    let step = builder.input(TensorType(.int))
    let ofConstants = constants.map { builder.input(graph.type(of: $0)) }
    let ofCarries = carries.map { builder.input(graph.type(of: $0)) }
    let ofSlices = slices.map { builder.input(graph.type(of: $0).unstacked) }
    let constant = Dictionary(zip(constants, ofConstants)) { first, _ in first }
    let slice = Dictionary(zip(slices, ofSlices)) { first, _ in first }

    var map: [Value: Value] = [:]
    for value in read {
      switch sources[value] {
      case .index: map[value] = step
      case .constant(let operand): map[value] = constant[operand]
      case .slice(let operand): map[value] = slice[operand]
      case nil: preconditionFailure("a value that is computed again reads what is not at hand")
      }
    }
    for node in nodes {
      builder.origin = node.origin
      let results = builder.copy(node, node.operands.map { map.new($0) })
      for (old, new) in zip(node.results, results) { map[old] = new }
    }
    builder.origin = .none

    let given = node.slicedOperands.map { operand in
      stacked[operand].map { map.new($0) } ?? slice.new(operand)
    }
    let outputs = builder.inline(
      scan.body, [step] + ofConstants.prefix(scan.constants) + ofCarries + given)
    var (result, changed) = (node, scan)
    changed.body = builder.finish(outputs)
    changed.constants = constants.count
    result.kind = .scan(changed)
    result.operands = constants + carries + slices
    return result
  }
}

extension TensorType {
  /// The type of one step of a stack.
  fileprivate var unstacked: TensorType { TensorType(dtype, Array(shape.dropFirst())) }
}
