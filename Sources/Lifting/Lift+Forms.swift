// What the node of an op becomes, by its kernel form.
//
// A lifted operand has the lifted axis in front. Pointwise, reducing and moving nodes work on the
// axes behind it; a product keeps a shared operand shared; a gather from a shared table reads it
// with more indices.
//
// Promise: only what a form demands is repeated; a shared matrix in a product never is.

import IR
import Ops
import Tensors

extension Lift {
  /// The results of the op, all lifted; at least one operand is.
  func liftedOp(
    _ op: Op, _ attributes: Attributes, _ node: Node, _ operands: [Lifted]
  ) throws(LiftingProblem) -> [Value] {
    switch op.kernel {
    case .pointwise:
      let shape = graph.type(of: node.results[0]).shape
      return guardedOp(op, attributes, operands.map { aligned($0, to: shape) })
    case .reduce:
      return builder.emit(op, operands.map(raised), attributes.lifted(by: dim))
    case .view(let view):
      return builder.emit(op, operands.map(raised), viewAttributes(view, attributes))
    case .gather: return [liftedGather(op, attributes, operands[0], operands[1])]
    case .scatter: return [liftedScatter(op, attributes, operands.map(raised))]
    case .contract: return [liftedContract(attributes, operands[0], operands[1])]
    case .library:
      // A library row takes leading axes that all its operands share. A key is repeated too: left
      // as it is, a draw would give each entry other numbers than the graph does.
      return guardedOp(op, attributes.lifted(by: dim), operands.map(raised))
    case .bindDim:
      throw LiftingProblem(
        message: "the size `\(attributes.symbol("symbol").name)` differs from entry to entry",
        origin: node.origin)
    case .observe: preconditionFailure("what `\(op.name)` shows is no result")
    case .composite: preconditionFailure("the composite op `\(op.name)` is a node")
    }
  }

  /// An operand for a node whose own result has `shape`: rank 0, or the lifted axis and `shape`.
  private func aligned(_ operand: Lifted, to shape: [Dim]) -> Value {
    let rank = builder.shape(operand.value).count
    if !operand.isLifted { return rank == 0 ? operand.value : raised(operand) }
    return rank == 1 + shape.count
      ? operand.value : builder.broadcast(operand.value, to: [dim] + shape, axes: [0])
  }

  func viewAttributes(_ view: View, _ attributes: Attributes) -> Attributes {
    var result = attributes.lifted(by: dim)
    switch view {
    case .broadcast, .transpose: result["axes"] = .axes([0] + result.axes("axes"))
    case .reshape, .slice, .concatenate, .reverse, .rotate: break
    }
    return result
  }

  // MARK: Indices

  private func liftedGather(
    _ op: Op, _ attributes: Attributes, _ table: Lifted, _ indices: Lifted
  ) -> Value {
    var attributes = attributes
    let batch = attributes.integer("batch")
    let rows = builder.shape(table.value)[table.isLifted ? batch + 1 : batch]
    let indices = ownIndices(indices, of: rows, &attributes)
    if table.isLifted {
      attributes["batch"] = .integer(batch + 1)
      return builder.emit(op, table.value, raised(indices), attributes: attributes)
    }
    // The lifted axis goes behind the common ones and comes back to the front.
    let rank = builder.shape(indices.value).count
    let moved = builder.transpose(
      indices.value, Array(1..<batch + 1) + [0] + Array(batch + 1..<rank))
    return toFront(builder.emit(op, table.value, moved, attributes: attributes), batch)
  }

  private func liftedScatter(_ op: Op, _ attributes: Attributes, _ operands: [Value]) -> Value {
    let batch = attributes.integer("batch") + 1
    var (attributes, operands) = (attributes, operands)
    attributes["batch"] = .integer(batch)
    let indices = Lifted(value: operands[1], isLifted: true)
    operands[1] = ownIndices(indices, of: builder.shape(operands[0])[batch], &attributes).value
    return builder.emit(op, operands, attributes)[0]
  }

  // MARK: Products

  func liftedContract(_ attributes: Attributes, _ left: Lifted, _ right: Lifted) -> Value {
    func axes(_ key: String, _ operand: Lifted) -> [Int] {
      operand.isLifted ? attributes.axes(key).map { $0 + 1 } : attributes.axes(key)
    }
    var batch = (axes("leftBatch", left), axes("rightBatch", right))
    let contracted = (axes("leftContracted", left), axes("rightContracted", right))
    if left.isLifted && right.isLifted {
      batch = ([0] + batch.0, [0] + batch.1)
      return builder.contract(left.value, right.value, batch: batch, contracted: contracted)
    }
    let leftFree = builder.shape(left.value).count - batch.0.count - contracted.0.count
    let rightFree = builder.shape(right.value).count - batch.1.count - contracted.1.count
    if left.isLifted {
      let product = builder.contract(
        left.value, right.value, batch: batch, contracted: contracted)
      return toFront(product, batch.0.count)
    }
    if rightFree == 1 {
      // The lifted axis is all that is left of the right: with the sides exchanged it comes first.
      let product = builder.contract(
        right.value, left.value, batch: (batch.1, batch.0),
        contracted: (contracted.1, contracted.0))
      return toFront(product, batch.0.count)
    }
    let product = builder.contract(left.value, right.value, batch: batch, contracted: contracted)
    return toFront(product, batch.0.count + leftFree)
  }

  /// The value with one axis moved to the front.
  func toFront(_ value: Value, _ axis: Int) -> Value {
    let rank = builder.shape(value).count
    return builder.transpose(value, [axis] + (0..<rank).filter { $0 != axis })
  }
}
