// Index arithmetic of dense row-major tensors, and copies between layouts.
//
// A layout is a shape with a stride for each axis. Copies collapse neighbouring axes first, so that
// the inner loops are long, and move whole runs where the source is contiguous.

/// Sizes and strides of shapes.
package enum Layout {
  /// The number of elements of a shape; nil for a negative size or a number out of range. A size of 0
  /// does not excuse the others: parts of the shape are counted, too.
  package static func count(_ shape: [Int]) -> Int? {
    var total = 1
    var isEmpty = false
    for size in shape {
      if size < 0 { return nil }
      if size == 0 {
        isEmpty = true
        continue
      }
      let (product, overflow) = total.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      total = product
    }
    return isEmpty ? 0 : total
  }

  /// The distance between neighbours along each axis in row-major order.
  package static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    var axis = shape.count - 1
    while axis > 0 {
      strides[axis - 1] = strides[axis] * max(shape[axis], 1)
      axis -= 1
    }
    return strides
  }

  /// The product of the sizes of some axes.
  package static func product(_ sizes: some Sequence<Int>) -> Int { sizes.reduce(1, *) }

  /// As above, for what is asked many times a call.
  package static func product(_ sizes: [Int]) -> Int { sizes.reduce(1, *) }

  /// Where entry `index` of `size` goes when all move by `by`, round the end; 0 of none.
  package static func rotated(_ index: Int, by: Int, _ size: Int) -> Int {
    if size == 0 { return 0 }
    let place = (index + by % size) % size
    return place < 0 ? place + size : place
  }

  /// The index of an element, by its place in row-major order.
  package static func index(_ place: Int, in shape: [Int]) -> [Int] {
    zip(strides(shape), shape).map { place / $0 % max($1, 1) }
  }
}

extension [Int] {
  /// An entry of a batch in the words of a report: `2`, or `(1, 0)` in a batch of batches.
  package var entryWords: String {
    let numbers = map(String.init).joined(separator: ", ")
    return count == 1 ? numbers : "(\(numbers))"
  }
}

/// Fills a row-major result from a source that is read with strides of its own.
package struct StridedCopy: Sendable {
  /// Where the first element of the result lies in the source.
  package let offset: Int
  /// How many elements the result has.
  package let count: Int
  private let shape: [Int]
  private let strides: [Int]

  package init(shape: [Int], strides: [Int], offset: Int = 0) {
    precondition(shape.count == strides.count, "a layout needs a stride for each axis")
    var sizes: [Int] = []
    var steps: [Int] = []
    for (size, step) in zip(shape, strides) where size != 1 {
      if let last = steps.last, last == step * size {
        sizes[sizes.count - 1] *= size
        steps[steps.count - 1] = step
      } else {
        sizes.append(size)
        steps.append(step)
      }
    }
    self.offset = offset
    self.count = sizes.reduce(1, *)
    self.shape = sizes
    self.strides = steps
  }

  /// True where the result is a run of the source.
  package var isContiguous: Bool { shape.isEmpty || (shape.count == 1 && strides[0] == 1) }

  /// The copy, in the element type of the source.
  package func callAsFunction(_ storage: Tensor.Storage) -> Tensor.Storage {
    switch storage {
    case .single(let values): .single(copied(values))
    case .double(let values): .double(copied(values))
    case .int(let values): .int(copied(values))
    case .bool(let values): .bool(copied(values))
    }
  }

  package func copied<Element>(_ source: [Element]) -> [Element] {
    if count == 0 { return [] }
    return source.withUnsafeBufferPointer { source in
      [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        LargePages.prefer(for: buffer)
        if let from = source.baseAddress, let to = buffer.baseAddress {
          copy(from, to)
          initialized = count
        }
      }
    }
  }

  /// - Precondition: `target` has room for `count` elements and the source covers the layout.
  package func copy<Element>(
    _ source: UnsafePointer<Element>, _ target: UnsafeMutablePointer<Element>
  ) {
    if count == 0 { return }
    var patience = Patience()
    copyAxes(0, source + offset, target, &patience)
  }

  /// Copies everything from axis `axis` inwards; the result is filled from its start.
  /// - Returns: true where the copy was given up.
  @discardableResult
  private func copyAxes<Element>(
    _ axis: Int, _ source: UnsafePointer<Element>, _ target: UnsafeMutablePointer<Element>,
    _ patience: inout Patience
  ) -> Bool {
    switch shape.count - axis {
    case 0:
      target.initialize(to: source[0])
      return false
    case 1: return copyLongRun(source, target, shape[axis], strides[axis], &patience)
    case 2: return copyPlane(axis, source, target, &patience)
    default:
      let inner = shape[(axis + 1)...].reduce(1, *)
      for index in 0..<shape[axis] {
        let isOver = copyAxes(
          axis + 1, source + index * strides[axis], target + index * inner, &patience)
        if isOver { return true }
      }
      return false
    }
  }

  private func copyLongRun<Element>(
    _ source: UnsafePointer<Element>, _ target: UnsafeMutablePointer<Element>, _ size: Int,
    _ step: Int, _ patience: inout Patience
  ) -> Bool {
    var start = 0
    while start < size {
      let count = min(size - start, Patience.block)
      copyRun(source + start * step, target + start, count, step)
      start += count
      if patience.isOver(after: count) { return true }
    }
    return false
  }

  @inline(__always)
  private func copyRun<Element>(
    _ source: UnsafePointer<Element>, _ target: UnsafeMutablePointer<Element>, _ size: Int,
    _ step: Int
  ) {
    if step == 1 {
      target.update(from: source, count: size)
    } else if step == 0 {
      let value = source[0]
      for index in 0..<size { target[index] = value }
    } else {
      for index in 0..<size { target[index] = source[index * step] }
    }
  }

  private func copyPlane<Element>(
    _ axis: Int, _ source: UnsafePointer<Element>, _ target: UnsafeMutablePointer<Element>,
    _ patience: inout Patience
  ) -> Bool {
    let rows = shape[axis]
    let columns = shape[axis + 1]
    let rowStep = strides[axis]
    let columnStep = strides[axis + 1]
    if columnStep == 1 || columnStep == 0 || rowStep != 1 {
      for row in 0..<rows {
        let isOver = copyLongRun(
          source + row * rowStep, target + row * columns, columns, columnStep, &patience)
        if isOver { return true }
      }
      return false
    }
    // A transposition: in tiles, so that both sides stay in the cache.
    let tile = 16
    var rowStart = 0
    while rowStart < rows {
      let rowEnd = min(rowStart + tile, rows)
      var columnStart = 0
      while columnStart < columns {
        let columnEnd = min(columnStart + tile, columns)
        for row in rowStart..<rowEnd {
          let line = target + row * columns
          for column in columnStart..<columnEnd { line[column] = source[row + column * columnStep] }
        }
        columnStart = columnEnd
        if patience.isOver(after: tile * tile) { return true }
      }
      rowStart = rowEnd
    }
    return false
  }
}

// MARK: Storage of an element type chosen at run time

extension Tensor.Storage {
  package static func zeros(_ dtype: DType, _ precision: Precision, count: Int) -> Self {
    switch (dtype, precision) {
    case (.real, .single): .single(Patience.repeating(0, count))
    case (.real, .double): .double(Patience.repeating(0, count))
    case (.int, _): .int(Patience.repeating(0, count))
    case (.bool, _): .bool(Patience.repeating(false, count))
    }
  }

  /// A run of elements as storage of its own.
  package func slice(_ start: Int, _ count: Int) -> Self {
    switch self {
    case .single(let values): .single(Array(values[start..<start + count]))
    case .double(let values): .double(Array(values[start..<start + count]))
    case .int(let values): .int(Array(values[start..<start + count]))
    case .bool(let values): .bool(Array(values[start..<start + count]))
    }
  }

  /// Overwrites the elements from `start` on with all of `source`, in place where nobody else
  /// holds this storage.
  ///
  /// - Precondition: both have the same element type and the elements fit.
  package mutating func write(_ source: Self, at start: Int) {
    // Given up, and not by way of a tuple: a second reference would force a copy of all of it.
    switch consume self {
    case .single(var target):
      guard case .single(let values) = source else { Self.refuse() }
      Self.overwrite(&target, values, start)
      self = .single(target)
    case .double(var target):
      guard case .double(let values) = source else { Self.refuse() }
      Self.overwrite(&target, values, start)
      self = .double(target)
    case .int(var target):
      guard case .int(let values) = source else { Self.refuse() }
      Self.overwrite(&target, values, start)
      self = .int(target)
    case .bool(var target):
      guard case .bool(let values) = source else { Self.refuse() }
      Self.overwrite(&target, values, start)
      self = .bool(target)
    }
  }

  private static func refuse() -> Never {
    preconditionFailure("elements of two types in one tensor")
  }

  private static func overwrite<Element>(_ target: inout [Element], _ values: [Element], _ at: Int)
  {
    precondition(at >= 0 && at + values.count <= target.count, "a write past the end of a tensor")
    target.withUnsafeMutableBufferPointer { target in
      values.withUnsafeBufferPointer { values in
        guard let to = target.baseAddress, let from = values.baseAddress else { return }
        (to + at).update(from: from, count: values.count)
      }
    }
  }
}

extension Tensor {
  /// What stands at `places` in row-major order of the first `rank` axes, one after another.
  package func rows(_ places: [Int], behind rank: Int) -> Tensor {
    let rest = Array(shape.dropFirst(rank))
    let size = Layout.product(rest)
    func chosen<Element>(_ values: [Element]) -> [Element] {
      places.flatMap { values[($0 * size)..<(($0 + 1) * size)] }
    }
    let kept: Storage =
      switch storage {
      case .single(let values): .single(chosen(values))
      case .double(let values): .double(chosen(values))
      case .int(let values): .int(chosen(values))
      case .bool(let values): .bool(chosen(values))
      }
    return Tensor(shape: [places.count] + rest, storage: kept)
  }

  /// The tensor with elements cut off or zeros added at the end of its axes.
  /// - Precondition: as many sizes as axes.
  package func resized(to sizes: [Int]) -> Tensor {
    if sizes == shape { return self }
    let precision: Precision = if case .double = storage { .double } else { .single }
    var result = Storage.zeros(dtype, precision, count: Layout.product(sizes))
    let kept = zip(shape, sizes).map(min)
    let rows = Array(kept.dropLast())
    let strides = (old: Layout.strides(shape), new: Layout.strides(sizes))
    for row in 0..<(kept.contains(0) ? 0 : Layout.product(rows)) {
      let index = Layout.index(row, in: rows)
      let from = zip(index, strides.old).reduce(0) { $0 + $1.0 * $1.1 }
      let run = storage.slice(from, kept.last ?? 1)
      result.write(run, at: zip(index, strides.new).reduce(0) { $0 + $1.0 * $1.1 })
    }
    return Tensor(shape: sizes, storage: result)
  }
}
