// The entries of a lifted input: each a little different from the others.

import IR
import Tensors

enum Entries {
  /// The tensor with its elements moved round by `entry` places, so that they stay in the domain of
  /// the row; a single real is made a little larger.
  static func entry(_ number: Int, of tensor: Tensor) -> Tensor {
    func moved<Element>(_ values: [Element]) -> [Element] {
      values.indices.map { values[($0 + number) % values.count] }
    }
    let storage: Tensor.Storage =
      switch tensor.storage {
      case .single(let values): .single(moved(values))
      case .double(let values) where values.count == 1:
        .double([values[0] * (1 + Double(number) / 64)])
      case .double(let values): .double(moved(values))
      case .int(let values): .int(moved(values))
      case .bool(let values): .bool(moved(values))
      }
    return Tensor(shape: tensor.shape, storage: storage)
  }

  /// Tensors behind one another along a new first axis.
  static func stacked(_ parts: [Tensor]) -> Tensor {
    let shape = [parts.count] + parts[0].shape
    return switch parts[0].dtype {
    case .real: Tensor(shape, reals: parts.flatMap(\.doubles), precision: .double)
    case .int: Tensor(shape, ints: parts.flatMap { $0.doubles.map { Int($0) } })
    case .bool: Tensor(shape, bools: parts.flatMap { $0.doubles.map { $0 != 0 } })
    }
  }

  /// Inputs of a lifted graph for `batch` entries.
  static func batch(_ count: Int, of inputs: [Tensor], marks: [Bool]) -> [Tensor] {
    zip(inputs, marks).map { input, isLifted in
      isLifted ? stacked((0..<count).map { entry($0, of: input) }) : input
    }
  }
}
