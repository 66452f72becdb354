// What the evaluations of library rows share: operands as plain arrays, and walking along an axis.

package import IR
package import Tensors

extension Evaluation {
  /// The elements of an int operand.
  package func ints(_ index: Int) -> [Int] {
    guard case .int(let values) = operands[index].storage else {
      preconditionFailure("operand \(index) of a library row should be int")
    }
    return values
  }

  /// The elements of a real operand, as doubles.
  package func doubles(_ index: Int) -> [Double] { operands[index].doubles }

  /// A real tensor in the precision of the run.
  package func real(_ shape: [Int], _ values: [Double]) -> Tensor {
    Tensor(shape, reals: values, precision: precision)
  }

  /// A real tensor in the precision of the run, element by element, which a user may stop.
  package func real(_ shape: [Int], element: (Int) -> Double) -> Tensor {
    let count = Layout.product(shape)
    switch precision {
    case .single:
      let values: [Float] = Patience.filled(count) { target, range in
        for index in range { target[index] = Float(element(index)) }
      }
      return Tensor(shape: shape, storage: .single(values))
    case .double:
      let values: [Double] = Patience.filled(count) { target, range in
        for index in range { target[index] = element(index) }
      }
      return Tensor(shape: shape, storage: .double(values))
    }
  }

  package func sizes(_ dims: [Dim]) throws(EvaluationProblem) -> [Int] {
    var sizes: [Int] = []
    for dim in dims { sizes.append(try size(dim)) }
    return sizes
  }
}

/// The lines of a row-major tensor along one axis.
package struct Lanes: Sendable {
  /// How many entries a line has.
  package let length: Int
  /// How many lines there are.
  package let count: Int
  private let stride: Int

  package init(_ shape: [Int], axis: Int) {
    length = shape[axis]
    stride = shape[(axis + 1)...].reduce(1, *)
    count = shape[..<axis].reduce(1, *) * stride
  }

  /// Where entry `index` of line `lane` is stored. Lines are in row-major order of the other axes.
  package func offset(_ lane: Int, _ index: Int) -> Int {
    (lane / stride * length + index) * stride + lane % stride
  }
}
