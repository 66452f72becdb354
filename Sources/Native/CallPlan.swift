// What a call of compiled code needs that follows from sizes alone, so that calls with sizes that
// were seen before do not find it again.

import IR
import Tensors

final class CallPlan {
  /// What tells plans of one function apart: sizes that were known, and the shapes of the inputs.
  private let given: [Int]
  private let shapes: [[Int]]
  private let dtypes: [DType]
  let sizes: [DimSymbol: Int]
  /// Of the symbols of the interface, in its order.
  let numbers: [Int64]
  let offsets: [Int64]
  /// Bytes; those of `localSize` for each thread.
  let sharedSize: Int
  let localSize: Int
  let constants: [Tensor]
  let outputs: [OutputTensors.Form]
  /// Bytes of all outputs.
  let outputSize: Int

  /// nil where the shapes of the inputs do not fit the types, or make a size that nothing can have.
  init?(
    _ known: [Int], _ interface: NativeInterface, slots: Int, _ layout: NativeFunction.Layout,
    _ inputs: [Tensor], _ given: [DimSymbol: Int]
  ) {
    guard let sizes = SizeBinding.bind(interface.types, inputs, given) else { return nil }
    let numbers = interface.symbols.compactMap { sizes[$0].map(Int64.init) }
    guard numbers.count == interface.symbols.count else { return nil }
    guard interface.limits.allow(sizes) else { return nil }
    // Without a block there is nothing that sums could start from.
    if let lane = interface.lane, sizes[lane] == 0 { return nil }
    var constants: [Tensor] = []
    for constant in interface.constants {
      guard let value = constant.tensor(constants, interface.precision, sizes) else { return nil }
      constants.append(value)
    }
    // What a stop has left unset must not be kept.
    if Patience.isOver() { return nil }
    var outputs: [OutputTensors.Form] = []
    var outputSize = 0
    for type in interface.outputTypes {
      let shape = type.shape.compactMap { $0.evaluated(sizes) }
      guard shape.count == type.rank,
        let count = AvailableMemory.count(shape, of: type.dtype, interface.precision)
      else { return nil }
      outputs.append(.init(dtype: type.dtype, shape: shape, count: count))
      outputSize += count * type.dtype.size(interface.precision)
    }
    var offsets = [Int64](repeating: 0, count: max(slots, 1))
    var localSize: Int64 = 0
    sharedSize = Int(layout(numbers, &offsets, &localSize))
    self.given = known
    shapes = inputs.map(\.shape)
    dtypes = inputs.map(\.dtype)
    self.sizes = sizes
    self.numbers = numbers
    self.offsets = offsets
    self.localSize = Int(localSize)
    self.constants = constants
    self.outputs = outputs
    self.outputSize = outputSize
  }

  func isFor(_ inputs: [Tensor], _ given: [Int]) -> Bool {
    self.given == given && inputs.count == shapes.count
      && inputs.indices.allSatisfy {
        dtypes[$0] == inputs[$0].dtype && shapes[$0] == inputs[$0].shape
      }
  }
}
