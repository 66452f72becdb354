// A dense, row-major value on the host.

/// A dense tensor. `real` elements are stored as `Float` or `Double` by the precision of the run.
package struct Tensor: Hashable, Sendable {
  /// The elements in row-major order.
  package enum Storage: Hashable, Sendable {
    case single([Float])
    case double([Double])
    case int([Int])
    case bool([Bool])
  }

  package var shape: [Int]
  package var storage: Storage

  /// - Precondition: the storage holds as many elements as the shape asks for.
  package init(shape: [Int], storage: Storage) {
    self.shape = shape
    self.storage = storage
    precondition(storage.count == shape.reduce(1, *), "storage does not fill the shape")
  }

  package init(_ shape: [Int] = [], reals: [Double], precision: Precision) {
    switch precision {
    case .single: self.init(shape: shape, storage: .single(Patience.mapped(reals, Float.init)))
    case .double: self.init(shape: shape, storage: .double(reals))
    }
  }

  package init(_ shape: [Int] = [], ints: [Int]) { self.init(shape: shape, storage: .int(ints)) }
  package init(_ shape: [Int] = [], bools: [Bool]) {
    self.init(shape: shape, storage: .bool(bools))
  }

  package var rank: Int { shape.count }
  package var count: Int { storage.count }

  package var dtype: DType {
    switch storage {
    case .single, .double: .real
    case .int: .int
    case .bool: .bool
    }
  }

  /// Every element as a double: ints converted, bools as 0 and 1. For printing and tests.
  package var doubles: [Double] {
    switch storage {
    case .single(let values): Patience.mapped(values, Double.init)
    case .double(let values): values
    case .int(let values): Patience.mapped(values, Double.init)
    case .bool(let values): Patience.mapped(values) { $0 ? 1 : 0 }
    }
  }

  /// The same elements in the same order.
  /// - Precondition: the shape has as many elements.
  package func reshaped(_ shape: [Int]) -> Tensor { Tensor(shape: shape, storage: storage) }

  /// The same numbers with `real` stored in `precision`.
  /// Whether reals, if these are, have the precision.
  package func holds(_ precision: Precision) -> Bool {
    switch storage {
    case .single: precision == .single
    case .double: precision == .double
    case .int, .bool: true
    }
  }

  package func converted(to precision: Precision) -> Tensor {
    switch (storage, precision) {
    case (.single(let values), .double):
      Tensor(shape: shape, storage: .double(Patience.mapped(values, Double.init)))
    case (.double(let values), .single):
      Tensor(shape: shape, storage: .single(Patience.mapped(values, Float.init)))
    default: self
    }
  }
}

extension Tensor.Storage {
  package var count: Int {
    switch self {
    case .single(let values): values.count
    case .double(let values): values.count
    case .int(let values): values.count
    case .bool(let values): values.count
    }
  }
}
