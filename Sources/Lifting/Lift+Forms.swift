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
      let all = operands.map { aligned($0, to: shape) }
      return taken != nil || shape.contains(where: isRagged)
        ? clampedOp(op, attributes, all) : builder.emit(op, all, attributes)
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
      let all = operands.map(raised)
      let lifted = attributes.lifted(by: dim)
      return taken != nil ? clampedOp(op, lifted, all) : builder.emit(op, all, lifted)
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

  private func viewAttributes(_ view: View, _ attributes: Attributes) -> Attributes {
    var result = attributes.lifted(by: dim)
    switch view {
    case .broadcast, .transpose: result["axes"] = .axes([0] + result.axes("axes"))
    case .reshape, .slice, .concatenate, .reverse: break
    }
    return result
  }

  // MARK: Indices

  private func liftedGather(
    _ op: Op, _ attributes: Attributes, _ table: Lifted, _ indices: Lifted
  ) -> Value {
    var attributes = attributes
    if taken != nil { attributes["clamped"] = .flag(true) }
    let batch = attributes.integer("batch")
    if table.isLifted {
      attributes["batch"] = .integer(batch + 1)
      return builder.emit(op, table.value, raised(indices), attributes: attributes)
    }
    // The lifted axis goes behind the common ones and comes back to the front.
    let rank = builder.shape(indices.value).count
    let moved = builder.transpose(
      indices.value, Array(1..<batch + 1) + [0] + Array(batch + 1..<rank))
    let rows = builder.emit(op, table.value, moved, attributes: attributes)
    return toFront(rows, batch)
  }

  private func liftedScatter(_ op: Op, _ attributes: Attributes, _ operands: [Value]) -> Value {
    var attributes = attributes
    attributes["batch"] = .integer(attributes.integer("batch") + 1)
    return taken != nil
      ? clampedOp(op, attributes, operands)[0] : builder.emit(op, operands, attributes)[0]
  }

  /// The op without the errors that its numbers may cause: an index out of range, an int divided
  /// by 0, a claim that does not hold. Where it would not have failed the result is the same.
  func clampedOp(_ op: Op, _ attributes: Attributes, _ operands: [Value]) -> [Value] {
    var (attributes, operands) = (attributes, operands)
    switch op.kernel {
    case .gather: attributes["clamped"] = .flag(true)
    case .scatter:
      operands[1] = inRange(
        operands[1], builder.shape(operands[0])[attributes.integer("batch")])
    case .library where op == checks.claimed: return operands
    case .library where op == making.onehot:
      operands[0] = inRange(operands[0], attributes.dim("dim"))
    case .library where op == checks.entrySizes:
      guard let taken else { break }
      operands[0] = builder.select(
        builder.broadcast(taken, to: builder.shape(operands[0]), axes: [0]), operands[0],
        builder.size(attributes.dim("least")))
    case .library where op == random.randomInt:
      operands[2] = builder.emit(pointwise.maximum, operands[1], operands[2])
    case .pointwise(let expression):
      switch expression(operands.indices.map { .operand($0) }) {
      case .binary(.floorDivide, _, .operand(let divisor)),
        .binary(.remainder, _, .operand(let divisor)):
        operands[divisor] = nonzero(operands[divisor])
      case .convert(.operand(let number), .int):
        operands[number] = convertible(operands[number])
      default: break
      }
    default: break
    }
    return builder.emit(op, operands, attributes)
  }

  private func nonzero(_ divisor: Value) -> Value {
    guard builder.type(of: divisor).dtype == .int else { return divisor }
    let isZero = builder.emit(pointwise.equal, divisor, builder.integer(0))
    return builder.select(isZero, builder.integer(1), divisor)
  }

  /// A real that has a value as an int.
  private func convertible(_ number: Value) -> Value {
    guard builder.type(of: number).dtype == .real else { return number }
    let isFinite = builder.emit(pointwise.isFinite, number)
    let finite = builder.select(isFinite, number, builder.real(0))
    return builder.emit(pointwise.clamp, finite, builder.real(-9e18), builder.real(9e18))
  }

  private func inRange(_ indices: Value, _ rows: Dim) -> Value {
    let last = builder.sub(builder.size(rows), builder.integer(1))
    return builder.emit(pointwise.clamp, indices, builder.integer(0), last)
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
