// Tensors that compiled code fills where they will stay.

import Tensors

enum OutputTensors {
  struct Form {
    let dtype: DType
    let shape: [Int]
    let count: Int
  }

  /// The tensors after `body` has written all their numbers to the addresses it is given; nil where
  /// it says that it has not.
  ///
  /// Numbers of an array stay where they are as long as it is held.
  static func filled(
    _ forms: [Form], _ precision: Precision,
    _ body: (UnsafePointer<UnsafeMutableRawPointer?>?) -> Bool
  ) -> [Tensor]? {
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: forms.count) {
      addresses in
      var tensors: [Tensor] = []
      tensors.reserveCapacity(forms.count)
      for form in forms {
        let (storage, address): (Tensor.Storage, UnsafeMutableRawPointer?)
        switch (form.dtype, precision) {
        case (.real, .single): (storage, address) = unwritten(form, Tensor.Storage.single)
        case (.real, .double): (storage, address) = unwritten(form, Tensor.Storage.double)
        case (.int, _): (storage, address) = unwritten(form, Tensor.Storage.int)
        case (.bool, _): (storage, address) = unwritten(form, Tensor.Storage.bool)
        }
        addresses.initializeElement(at: tensors.count, to: address)
        tensors.append(Tensor(shape: form.shape, storage: storage))
      }
      let isDone = withExtendedLifetime(tensors) { body(UnsafePointer(addresses.baseAddress)) }
      return isDone ? tensors : nil
    }
  }

  /// An array of numbers to come, and where they lie.
  private static func unwritten<Element>(
    _ form: Form, _ storage: ([Element]) -> Tensor.Storage
  ) -> (Tensor.Storage, UnsafeMutableRawPointer?) {
    var address: UnsafeMutableRawPointer?
    let array = [Element](unsafeUninitializedCapacity: form.count) { numbers, count in
      LargePages.prefer(for: numbers)
      address = UnsafeMutableRawPointer(numbers.baseAddress)
      count = form.count
    }
    return (storage(array), address)
  }
}
