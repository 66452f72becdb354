// Tensors that compiled code fills where they will stay.

import Tensors

struct OutputTensors {
  private let types: [TensorType]
  private let shapes: [[Int]]
  private let precision: Precision

  init(_ types: [TensorType], _ shapes: [[Int]], _ precision: Precision) {
    self.types = types
    self.shapes = shapes
    self.precision = precision
  }

  /// The tensors after `body` has written all their numbers to the addresses it is given; nil where
  /// it says that it has not.
  func filled(
    _ body: (UnsafePointer<UnsafeMutableRawPointer?>?) -> Bool
  ) -> [Tensor]? {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(types.count)
    var isDone = false
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: types.count) {
      addresses in
      addresses.initialize(repeating: nil)
      // The body runs inside of the making of all arrays, innermost: the last one is made first.
      func make(_ index: Int) {
        guard index < types.count else {
          isDone = body(UnsafePointer(addresses.baseAddress))
          return
        }
        func array<Element>(_: Element.Type) -> [Element] {
          let size = Layout.product(shapes[index])
          return [Element](unsafeUninitializedCapacity: size) { numbers, count in
            LargePages.prefer(for: numbers)
            addresses[index] = UnsafeMutableRawPointer(numbers.baseAddress)
            make(index + 1)
            count = isDone ? size : 0
          }
        }
        let storage: Tensor.Storage =
          switch (types[index].dtype, precision) {
          case (.real, .single): .single(array(Float.self))
          case (.real, .double): .double(array(Double.self))
          case (.int, _): .int(array(Int.self))
          case (.bool, _): .bool(array(Bool.self))
          }
        if isDone { tensors.append(Tensor(shape: shapes[index], storage: storage)) }
      }
      make(0)
    }
    return isDone ? tensors.reversed() : nil
  }
}
