// Rules for axes of size 1, which change nothing but the shape: products and arithmetic are done
// without them, and the result is reshaped.

import IR
import Ops
import Tensors

extension Simplify {
  func reshape(_ x: Value, to shape: [Dim]) -> Value {
    emit(movement.reshape, [x], ["shape": .shape(shape)])[0]
  }

  /// A product without the axes of size 1 of its operands.
  func byUnits(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    let shapes = operands.map(builder.shape)
    guard shapes.joined().contains(1) else { return nil }
    var axes = attributes
    var rest: [Dim] = []
    for (side, shape) in zip(["left", "right"], shapes) {
      let (batch, contracted) = ("\(side)Batch", "\(side)Contracted")
      let bound = attributes.axes(batch) + attributes.axes(contracted)
      rest += shape.indices.filter { !bound.contains($0) }.map { shape[$0] }
      for key in [batch, contracted] {
        let kept = attributes.axes(key).filter { shape[$0] != 1 }
        axes[key] = .axes(kept.map { axis in shape[..<axis].count { $0 != 1 } })
      }
    }
    let product = emit(
      op, zip(operands, shapes).map { reshape($0, to: $1.filter { $0 != 1 }) }, axes)[0]
    let batch = attributes.axes("leftBatch").map { shapes[0][$0] }
    return reshape(product, to: batch + rest)
  }

  /// What is done by element to reshaped operands of one shape is done before the reshape.
  func byReshapes(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    let shape = operands.map(builder.shape).max { $0.count < $1.count } ?? []
    var source: [Dim]?
    var inner: [Value] = []
    for operand in operands {
      if builder.shape(operand).isEmpty, !shape.isEmpty {
        inner.append(operand)
        continue
      }
      guard let made = made[operand], case .view(.reshape) = made.op.kernel,
        case let given = builder.shape(made.operands[0]), given == source ?? given
      else { return nil }
      source = given
      inner.append(made.operands[0])
    }
    return source == nil ? nil : reshape(emit(op, inner, attributes)[0], to: shape)
  }
}
