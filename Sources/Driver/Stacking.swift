// Elements of stacked values, and values stacked from elements, on the host.

import Lowering
import Tensors

enum Stacking {
  /// Entry `index` along the first axis of every leaf.
  static func element(_ value: HostValue, _ index: Int) -> HostValue {
    let types = (value.types.unstacked ?? value.types).map {
      TensorType($0.dtype, Array($0.shape.dropFirst()))
    }
    return HostValue(types, value.tensors.map { entry(of: $0, index) })
  }

  /// Values of one structure side by side, each leaf with `trip` in front.
  static func stack(_ values: [HostValue], trip: Dim, count: Int) -> HostValue {
    guard let first = values.first else { return .unit }
    let types = first.types.stacked(trip).map { TensorType($0.dtype, [trip] + $0.shape) }
    let tensors = first.tensors.indices.map { leaf in
      joined(values.map { $0.tensors[leaf] })
    }
    return HostValue(types, tensors)
  }

  private static func entry(of tensor: Tensor, _ index: Int) -> Tensor {
    let shape = Array(tensor.shape.dropFirst())
    let size = shape.reduce(1, *)
    let range = (index * size)..<((index + 1) * size)
    return switch tensor.storage {
    case .single(let values): Tensor(shape: shape, storage: .single(Array(values[range])))
    case .double(let values): Tensor(shape: shape, storage: .double(Array(values[range])))
    case .int(let values): Tensor(shape: shape, storage: .int(Array(values[range])))
    case .bool(let values): Tensor(shape: shape, storage: .bool(Array(values[range])))
    }
  }

  /// - Precondition: at least one tensor, all of one shape and element type.
  private static func joined(_ tensors: [Tensor]) -> Tensor {
    let shape = [tensors.count] + tensors[0].shape
    var single: [Float] = []
    var double: [Double] = []
    var int: [Int] = []
    var bool: [Bool] = []
    for tensor in tensors {
      switch tensor.storage {
      case .single(let values): single += values
      case .double(let values): double += values
      case .int(let values): int += values
      case .bool(let values): bool += values
      }
    }
    return switch tensors[0].storage {
    case .single: Tensor(shape: shape, storage: .single(single))
    case .double: Tensor(shape: shape, storage: .double(double))
    case .int: Tensor(shape: shape, storage: .int(int))
    case .bool: Tensor(shape: shape, storage: .bool(bool))
    }
  }
}
