// A sum of a sum that nothing else reads is one sum.
//
// The gradient of a bias is a sum over the examples and one over the positions of a sequence: summed
// up in that order, each example adds to a sum for every position; in one, to a single one.
//
// Promise: every number is the same but for the order of sums.

import IR
import Ops
import Tensors

extension Graph {
  var withJoinedSums: Graph {
    var result = self
    result.nodes = nodes.map { $0.mapGraphs(\.withJoinedSums) }
    let definitions = self.definitions
    var uses: [Value: Int] = [:]
    for value in nodes.flatMap(\.operands) + outputs { uses[value, default: 0] += 1 }
    for index in result.nodes.indices {
      guard let outer = result.nodes[index].sumAxes,
        case let sum = result.nodes[index].operands[0], uses[sum] == 1,
        let definition = definitions[sum], let inner = result.nodes[definition].sumAxes
      else { continue }
      let source = result.nodes[definition].operands[0]
      let kept = type(of: source).shape.indices.filter { !inner.contains($0) }
      let axes = (inner + outer.map { kept[$0] }).sorted()
      // Apart from one another they are summed along in different ways.
      guard let first = axes.first, axes == Array(first..<first + axes.count) else { continue }
      result.nodes[index].kind = .op(reductions.sum, ["axes": .axes(axes)])
      result.nodes[index].operands = [source]
    }
    return result
  }
}

extension Node {
  /// nil for what is no sum.
  fileprivate var sumAxes: [Int]? {
    guard case .op(let op, let attributes) = kind, op == reductions.sum else { return nil }
    return attributes.axes("axes")
  }
}
