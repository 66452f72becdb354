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
}

/// Values of one structure, stacked as they come.
///
/// Kept as one growing array a leaf: thousands of small tensors, each among what its step freed,
/// would leave holes in the heap that outweigh them ten times.
struct StackedSteps {
  private(set) var count = 0
  private var types = Aggregate<TensorType>.unit
  /// The shape of one entry, and the entries in a row.
  private var leaves: [(shape: [Int], entries: Tensor.Storage)] = []

  var isEmpty: Bool { count == 0 }

  mutating func append(_ value: HostValue) {
    if isEmpty {
      types = value.types
      leaves = value.tensors.map { ($0.shape, $0.storage) }
    } else {
      for (index, tensor) in value.tensors.enumerated() {
        leaves[index].entries.append(contentsOf: tensor.storage)
      }
    }
    count += 1
  }

  /// All of them, each leaf with `trip` in front.
  func value(trip: Dim) -> HostValue {
    HostValue(
      types.stacked(trip).map { TensorType($0.dtype, [trip] + $0.shape) },
      leaves.map { Tensor(shape: [count] + $0.shape, storage: $0.entries) })
  }
}

extension Tensor.Storage {
  /// - Precondition: of one element type.
  fileprivate mutating func append(contentsOf other: Tensor.Storage) {
    // The array is taken out and put back, so that it grows in place.
    switch self {
    case .single(var values):
      self = .single([])
      if case .single(let more) = other { values += more }
      self = .single(values)
    case .double(var values):
      self = .double([])
      if case .double(let more) = other { values += more }
      self = .double(values)
    case .int(var values):
      self = .int([])
      if case .int(let more) = other { values += more }
      self = .int(values)
    case .bool(var values):
      self = .bool([])
      if case .bool(let more) = other { values += more }
      self = .bool(values)
    }
  }
}
