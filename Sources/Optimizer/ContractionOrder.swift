// A product that is only read with its left and right axes exchanged is made in that order.
//
// Promise: every number stays the same bit for bit.

import IR
import Ops
import Tensors

extension Graph {
  var withOrderedContractions: Graph {
    var result = self
    result.nodes = nodes.map { $0.mapGraphs(\.withOrderedContractions) }
    let definitions = self.definitions
    var uses: [Value: Int] = [:]
    for value in nodes.flatMap(\.operands) + outputs { uses[value, default: 0] += 1 }
    for (index, node) in nodes.enumerated() {
      guard case .op(let op, let attributes) = node.kind, case .view(.transpose) = op.kernel,
        uses[node.operands[0]] == 1, let definition = definitions[node.operands[0]],
        case let product = nodes[definition], case .op(let contract, let axes) = product.kind,
        case .contract = contract.kernel,
        attributes.axes("axes") == exchanged(axes, product.operands)
      else { continue }
      result.nodes[index].kind = .op(
        contract,
        [
          "leftBatch": .axes(axes.axes("rightBatch")),
          "leftContracted": .axes(axes.axes("rightContracted")),
          "rightBatch": .axes(axes.axes("leftBatch")),
          "rightContracted": .axes(axes.axes("leftContracted")),
        ])
      result.nodes[index].operands = product.operands.reversed()
    }
    return result
  }

  /// The axes of a product with those of its right operand before those of its left one.
  private func exchanged(_ axes: Attributes, _ operands: [Value]) -> [Int] {
    let batch = axes.axes("leftBatch").count
    let left = type(of: operands[0]).rank - axes.axes("leftContracted").count
    let all = left + type(of: operands[1]).rank - axes.axes("rightContracted").count - batch
    return Array(0..<batch) + Array(left..<all) + Array(batch..<left)
  }
}
