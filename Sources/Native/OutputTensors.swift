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
  ///
  /// Numbers of an array stay where they are as long as it is held.
  func filled(
    _ body: (UnsafePointer<UnsafeMutableRawPointer?>?) -> Bool
  ) -> [Tensor]? {
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: types.count) {
      addresses in
      func unwritten<Element>(_ index: Int, _: Element.Type) -> [Element] {
        let size = Layout.product(shapes[index])
        return [Element](unsafeUninitializedCapacity: size) { numbers, count in
          LargePages.prefer(for: numbers)
          addresses.initializeElement(at: index, to: UnsafeMutableRawPointer(numbers.baseAddress))
          count = size
        }
      }
      let tensors = types.indices.map { index in
        let storage: Tensor.Storage =
          switch (types[index].dtype, precision) {
          case (.real, .single): .single(unwritten(index, Float.self))
          case (.real, .double): .double(unwritten(index, Double.self))
          case (.int, _): .int(unwritten(index, Int.self))
          case (.bool, _): .bool(unwritten(index, Bool.self))
          }
        return Tensor(shape: shapes[index], storage: storage)
      }
      let isDone = withExtendedLifetime(tensors) { body(UnsafePointer(addresses.baseAddress)) }
      return isDone ? tensors : nil
    }
  }
}
