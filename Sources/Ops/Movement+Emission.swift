// Emission of moves that rows and pullbacks need beyond the views themselves.
//
// Promise: a move that would change nothing is its operand.

import IR
import Tensors

extension Builder {
  /// The operand's axis k is the result's axis `places[k]`: the inverse of `transpose`.
  func transposed(_ x: Value, toPlaces places: [Int]) -> Value {
    transpose(x, places.indices.sorted { places[$0] < places[$1] })
  }

  /// `x` between copies of `value`, which has rank 0 and the element type of `x`.
  func padded(_ x: Value, with value: Value, axis: Int, before: Dim, after: Dim) -> Value {
    func margin(_ width: Dim) -> [Value] {
      if width == 0 { return [] }
      var shape = shape(x)
      shape[axis] = width
      return [broadcast(value, to: shape)]
    }
    return concatenate(margin(before) + [x] + margin(after), axis: axis)
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
