// Rules for views: two in a row are one, and what is put together and taken apart again is itself.

import IR
import Ops
import Tensors

extension Simplify {
  func byViews(_ view: View, _ operands: [Value], _ attributes: Attributes) -> Value? {
    let x = operands[0]
    let shape = builder.shape(x)
    let inner = made[x]
    func isInner(_ view: View) -> Made? {
      guard let inner, case .view(view) = inner.op.kernel else { return nil }
      return inner
    }
    switch view {
    case .transpose:
      let axes = attributes.axes("axes")
      if axes == Array(shape.indices) { return x }
      let moving = axes.filter { shape[$0] != 1 }
      if moving == moving.sorted() { return reshape(x, to: axes.map { shape[$0] }) }
      guard let inner = isInner(.transpose) else { return nil }
      let first = inner.attributes.axes("axes")
      return emit(
        movement.transpose, inner.operands, ["axes": .axes(axes.map { first[$0] })])[0]
    case .broadcast:
      let axes = attributes.axes("axes")
      if attributes.shape("shape") == shape, axes == Array(shape.indices) { return x }
      guard let inner = isInner(.broadcast) else { return nil }
      let composed = inner.attributes.axes("axes").map { axes[$0] }
      return emit(
        movement.broadcast, inner.operands,
        ["axes": .axes(composed), "shape": .shape(attributes.shape("shape"))])[0]
    case .reshape:
      if attributes.shape("shape") == shape { return x }
      guard let inner = isInner(.reshape) else { return nil }
      return emit(movement.reshape, inner.operands, attributes)[0]
    case .reverse:
      guard let inner = isInner(.reverse), inner.attributes == attributes else { return nil }
      return inner.operands[0]
    case .rotate:
      let by = attributes.integer("by")
      if by == 0 { return x }
      guard let inner = isInner(.rotate), inner.attributes["axis"] == attributes["axis"] else {
        return nil
      }
      let (sum, overflow) = by.addingReportingOverflow(inner.attributes.integer("by"))
      guard !overflow, sum != .min else { return nil }
      var rotation = attributes
      rotation["by"] = .integer(sum)
      return emit(movement.rotate, inner.operands, rotation)[0]
    case .slice:
      let axis = attributes.axis("axis")
      let (start, count) = (attributes.dim("start"), attributes.dim("count"))
      if start == 0, count == shape[axis] { return x }
      return byPart(axis: axis, start: start, count: count, of: x)
    case .concatenate: return byParts(operands, axis: attributes.axis("axis"))
    }
  }

  // MARK: Slices and parts

  func slice(_ x: Value, axis: Int, start: Dim, count: Dim) -> Value {
    emit(
      movement.slice, [x],
      ["axis": .axis(axis), "start": .dim(start), "count": .dim(count)])[0]
  }

  func concatenated(_ parts: [Value], axis: Int) -> Value {
    emit(movement.concatenate, parts, ["axis": .axis(axis)])[0]
  }

  func zeros(like type: TensorType) -> Value {
    let zero: Attributes.Value =
      switch type.dtype {
      case .real: .real(0)
      case .int: .integer(0)
      case .bool: .flag(false)
      }
    let constant = emit(making.constant, [], ["value": zero, "dtype": .dtype(type.dtype)])[0]
    return spread(constant, to: type.shape, axes: [])
  }

  /// A slice of a slice, or of one part of what was put together, where it is known to lie inside.
  private func byPart(axis: Int, start: Dim, count: Dim, of x: Value) -> Value? {
    guard let inner = made[x], case .view(let view) = inner.op.kernel else { return nil }
    switch view {
    case .slice where inner.attributes.axis("axis") == axis:
      let first = inner.attributes.dim("start")
      guard start.isNeverNegative, (builder.shape(x)[axis] - start - count).isNeverNegative else {
        return nil
      }
      return slice(inner.operands[0], axis: axis, start: first + start, count: count)
    case .concatenate where inner.attributes.axis("axis") == axis:
      var first: Dim = 0
      for part in inner.operands {
        let end = first + builder.shape(part)[axis]
        if (start - first).isNeverNegative, (end - start - count).isNeverNegative {
          return slice(part, axis: axis, start: start - first, count: count)
        }
        first = end
      }
      return nil
    default: return nil
    }
  }

  /// Parts without parts of their own; slices that follow each other are one.
  private func byParts(_ operands: [Value], axis: Int) -> Value? {
    if operands.count == 1 { return operands[0] }
    func origin(_ value: Value, _ view: View) -> Made? {
      guard let made = made[value], case .view(view) = made.op.kernel,
        made.attributes.axis("axis") == axis
      else { return nil }
      return made
    }
    var parts: [Value] = []
    for part in operands.flatMap({ origin($0, .concatenate)?.operands ?? [$0] }) {
      guard let last = parts.last, let a = origin(last, .slice), let b = origin(part, .slice),
        a.operands == b.operands,
        case let start = a.attributes.dim("start"), case let count = a.attributes.dim("count"),
        b.attributes.dim("start") == start + count, count.isNeverNegative
      else {
        parts.append(part)
        continue
      }
      parts[parts.count - 1] = slice(
        a.operands[0], axis: axis, start: start, count: count + b.attributes.dim("count"))
    }
    return parts == operands ? nil : concatenated(parts, axis: axis)
  }

  // MARK: Rows of known number

  /// A row whose number is a literal is a slice, and a scatter of one into zeros puts zeros around
  /// it.
  func byRows(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    byRotation(op, operands, attributes) ?? byRow(op, operands, attributes)
  }

  private func byRow(_ op: Op, _ operands: [Value], _ attributes: Attributes) -> Value? {
    let axis = attributes.integer("batch")
    var shape = builder.shape(operands[0])
    guard case .integer(let row)? = constant(operands[1]), let rows = shape[axis].constant,
      (0..<rows).contains(row), builder.shape(operands[1]).count == axis
    else { return nil }
    if case .gather = op.kernel {
      let slice = slice(operands[0], axis: axis, start: Dim(row), count: 1)
      shape.remove(at: axis)
      return reshape(slice, to: shape)
    }
    guard isConstant(operands[0], 0) else { return nil }
    let dtype = builder.type(of: operands[0]).dtype
    func rowsOf(_ count: Int) -> [Dim] {
      shape[axis] = Dim(count)
      return shape
    }
    let margins = [row, rows - 1 - row].map { count -> [Value] in
      count == 0 ? [] : [zeros(like: TensorType(dtype, rowsOf(count)))]
    }
    let update = reshape(operands[2], to: rowsOf(1))
    return concatenated(margins[0] + [update] + margins[1], axis: axis)
  }
}
