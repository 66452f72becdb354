// Short names for the nodes that rules and transforms add all the time.
//
// Each gives its operand back where the node would change nothing, so callers need not ask.

package import IR
package import Tensors

extension Builder {
  // MARK: Constants

  package func real(_ value: Double) -> Value {
    emit(making.constant, [], ["value": .real(value), "dtype": .dtype(.real)])[0]
  }

  package func integer(_ value: Int) -> Value {
    emit(making.constant, [], ["value": .integer(value), "dtype": .dtype(.int)])[0]
  }

  package func flag(_ value: Bool) -> Value {
    emit(making.constant, [], ["value": .flag(value), "dtype": .dtype(.bool)])[0]
  }

  /// A small whole number of any element type, rank 0; 0 is false and all else true.
  package func number(_ value: Int, _ dtype: DType) -> Value {
    switch dtype {
    case .real: real(Double(value))
    case .int: integer(value)
    case .bool: flag(value != 0)
    }
  }

  /// Zeros (false) of a type.
  package func zeros(like type: TensorType) -> Value {
    broadcast(number(0, type.dtype), to: type.shape)
  }

  /// The size of a dim, an int of rank 0.
  package func size(_ dim: Dim) -> Value { emit(making.size, [], ["dim": .dim(dim)])[0] }

  /// 0, 1, 2, … along a dim.
  package func iota(_ dim: Dim) -> Value { emit(making.iota, [], ["dim": .dim(dim)])[0] }

  // MARK: Arithmetic

  package func add(_ a: Value, _ b: Value) -> Value { emit(pointwise.add, a, b) }
  package func sub(_ a: Value, _ b: Value) -> Value { emit(pointwise.sub, a, b) }
  package func mul(_ a: Value, _ b: Value) -> Value { emit(pointwise.mul, a, b) }
  package func div(_ a: Value, _ b: Value) -> Value { emit(pointwise.div, a, b) }
  package func neg(_ a: Value) -> Value { emit(pointwise.neg, a) }
  package func select(_ condition: Value, _ a: Value, _ b: Value) -> Value {
    emit(pointwise.select, condition, a, b)
  }

  /// `cotangent` times a local derivative: 0 where the cotangent is 0, whatever the derivative is.
  package func cotangentProduct(_ cotangent: Value, _ derivative: Value) -> Value {
    emit(pointwise.cotangentProduct, cotangent, derivative)
  }

  // MARK: Shapes

  package func shape(_ value: Value) -> [Dim] { type(of: value).shape }

  /// A tensor of `shape`, every element of which is the rank-0 `scalar`.
  package func broadcast(_ scalar: Value, to shape: [Dim]) -> Value {
    broadcast(scalar, to: shape, axes: [])
  }

  /// Axis k of `x` becomes axis `axes[k]` of the result.
  package func broadcast(_ x: Value, to shape: [Dim], axes: [Int]) -> Value {
    if self.shape(x) == shape, axes == Array(shape.indices) { return x }
    return emit(movement.broadcast, x, attributes: ["axes": .axes(axes), "shape": .shape(shape)])
  }

  /// Puts axes that a reduction removed from `shape` back, by repetition.
  package func restore(_ x: Value, axes: [Int], of shape: [Dim]) -> Value {
    broadcast(x, to: shape, axes: shape.indices.filter { !axes.contains($0) })
  }

  package func reshape(_ x: Value, to shape: [Dim]) -> Value {
    if self.shape(x) == shape { return x }
    return emit(movement.reshape, x, attributes: ["shape": .shape(shape)])
  }

  /// The result's axis k is axis `axes[k]` of `x`.
  package func transpose(_ x: Value, _ axes: [Int]) -> Value {
    if axes == Array(axes.indices) { return x }
    return emit(movement.transpose, x, attributes: ["axes": .axes(axes)])
  }

  /// Entries `start` ..< `start` + `count` along `axis`.
  package func slice(_ x: Value, axis: Int, start: Dim, count: Dim) -> Value {
    if start == 0, shape(x)[axis] == count { return x }
    return emit(
      movement.slice, x,
      attributes: ["axis": .axis(axis), "start": .dim(start), "count": .dim(count)])
  }

  package func concatenate(_ parts: [Value], axis: Int) -> Value {
    if parts.count == 1 { return parts[0] }
    return emit(movement.concatenate, parts, ["axis": .axis(axis)])[0]
  }

  package func reverse(_ x: Value, axis: Int) -> Value {
    emit(movement.reverse, x, attributes: ["axis": .axis(axis)])
  }

  package func rotate(_ x: Value, axis: Int, by: Int) -> Value {
    by == 0 ? x : emit(movement.rotate, x, attributes: ["axis": .axis(axis), "by": .integer(by)])
  }

  // MARK: Reductions

  package func sum(_ x: Value, axes: [Int]) -> Value {
    if axes.isEmpty { return x }
    return emit(reductions.sum, x, attributes: ["axes": .axes(axes)])
  }

  /// The sum over every axis.
  package func total(_ x: Value) -> Value { sum(x, axes: Array(shape(x).indices)) }
}
