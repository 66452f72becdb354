// Views by call instead of by attribute, for rows and transforms that put them together.
//
// Promise: a view that would change nothing is its operand.

package import IR
package import Tensors

extension Builder {
  package func broadcast(_ x: Value, to: [Dim], axes: [Int]) -> Value {
    if axes == Array(0..<shape.count) { return x }
    return emit(movement.broadcast, x, attributes: broadcastAttributes(axes, shape))
  }

  package func reshaped(_ x: Value, _ shape: [Dim]) -> Value {
    if type(of: x).shape == shape { return x }
    return emit(movement.reshape, x, attributes: ["shape": .shape(shape)])
  }

  /// The result's axis k is the operand's axis `axes[k]`.
  package func transposed(_ x: Value, axes: [Int]) -> Value {
    if axes == Array(0..<axes.count) { return x }
    return emit(movement.transpose, x, attributes: ["axes": .axes(axes)])
  }

  /// The operand's axis k is the result's axis `places[k]`.
  package func transposed(_ x: Value, toPlaces places: [Int]) -> Value {
    transposed(x, axes: places.indices.sorted { places[$0] < places[$1] })
  }

  package func slice(_ x: Value, axis: Int, start: Dim, count: Dim) -> Value {
    if start == 0 && count == type(of: x).shape[axis] { return x }
    return emit(movement.slice, x, attributes: sliceAttributes(axis, start, count))
  }

  package func concatenated(_ parts: [Value], axis: Int) -> Value {
    if parts.count == 1 { return parts[0] }
    return emit(movement.concatenate, parts, ["axis": .axis(axis)])[0]
  }

  /// `x` between copies of the rank-0 `value`; of the same dtype.
  package func padded(
    _ x: Value, with value: Value, axis: Int, before: Dim, after: Dim
  ) -> Value {
    var shape = type(of: x).shape
    func margin(_ width: Dim) -> [Value] {
      if width == 0 { return [] }
      shape[axis] = width
      return [broadcast(value, to: shape, axes: [])]
    }
    return concatenated(margin(before) + [x] + margin(after), axis: axis)
  }

  package func zeroPadded(_ x: Value, axis: Int, before: Dim, after: Dim) -> Value {
    padded(x, with: real(0), axis: axis, before: before, after: after)
  }
}

// MARK: Attributes

func broadcastAttributes(_ axes: [Int], _ shape: [Dim]) -> Attributes {
  ["axes": .axes(axes), "shape": .shape(shape)]
}

func sliceAttributes(_ axis: Int, _ start: Dim, _ count: Dim) -> Attributes {
  ["axis": .axis(axis), "start": .dim(start), "count": .dim(count)]
}

func padAttributes(_ axis: Int, _ before: Dim, _ after: Dim) -> Attributes {
  ["axis": .axis(axis), "before": .dim(before), "after": .dim(after)]
}
