// Gather and scatter along one axis, with leading axes in common.
//
// Everything is in terms of rows: a table is `groups × rows × width` elements, the indices
// `groups × picks`.

import IR
import Tensors

struct Indexing {
  private let groups: Int
  private let rows: Int
  private let width: Int
  private let picks: Int

  /// - Parameter batch: how many leading axes of the table and the indices are in common.
  init(table: [Int], indices: [Int], batch: Int) {
    precondition(batch < table.count && batch <= indices.count, "indexing needs an axis of rows")
    groups = Layout.product(table[..<batch])
    rows = table[batch]
    width = Layout.product(table[(batch + 1)...])
    picks = Layout.product(indices[batch...])
  }

  static func resultShape(table: [Int], indices: [Int], batch: Int) -> [Int] {
    indices + table[(batch + 1)...]
  }

  /// Calls `body` with the row of the whole table for each pick, in order; nil is no row.
  @inline(__always)
  private func forEachRow(
    _ indices: Tensor, _ bounds: RowBounds, _ body: (_ row: Int?, _ pick: Int) -> Void
  ) throws(EvaluationProblem) {
    guard case .int(let numbers) = indices.storage else {
      preconditionFailure("indices that are not ints")
    }
    var patience = Patience()
    for group in 0..<groups {
      for pick in group * picks..<(group + 1) * picks {
        let index = numbers[pick]
        let row = bounds.row(index, of: rows)
        if row == nil && bounds.isError(index) {
          let noun = rows == 1 ? "row" : "rows"
          let place = Layout.index(pick, in: indices.shape)
          let entry = place.isEmpty ? "" : ": it is entry \(place.entryWords) of the indices"
          throw EvaluationProblem(
            "index-out-of-range",
            "index \(index) is out of range for \(rows) \(noun)\(entry)")
        }
        body(row.map { group * rows + $0 }, pick)
        if patience.isOver(after: width + 1) {
          throw EvaluationProblem("interrupted", "stopped between two rows")
        }
      }
    }
  }

  func gather(
    _ table: Tensor, _ indices: Tensor, bounds: RowBounds, shape: [Int]
  ) throws(EvaluationProblem) -> Tensor {
    let storage: Tensor.Storage =
      switch table.storage {
      case .single(let values): .single(try gathered(values, indices, bounds, 0))
      case .double(let values): .double(try gathered(values, indices, bounds, 0))
      case .int(let values): .int(try gathered(values, indices, bounds, 0))
      case .bool(let values): .bool(try gathered(values, indices, bounds, false))
      }
    return Tensor(shape: shape, storage: storage)
  }

  private func gathered<Element>(
    _ values: [Element], _ indices: Tensor, _ bounds: RowBounds, _ zero: Element
  ) throws(EvaluationProblem) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(groups * picks * width)
    LargePages.prefer(forRoomOf: result)
    try values.withUnsafeBufferPointer { (source) throws(EvaluationProblem) in
      try forEachRow(indices, bounds) { row, _ in
        guard let row else {
          result.append(contentsOf: repeatElement(zero, count: width))
          return
        }
        if width == 1 {
          result.append(source[row])
        } else {
          result.append(contentsOf: source[row * width..<(row + 1) * width])
        }
      }
    }
    return result
  }

  /// Works in place where nobody else holds the base. Reals are added in IEEE arithmetic, ints wrap.
  func scatter(
    _ base: consuming Tensor, _ indices: Tensor, _ updates: Tensor, replaces: Bool,
    bounds: RowBounds
  ) throws(EvaluationProblem) -> Tensor {
    let shape = base.shape
    // The base gives up its reference, and not by way of a tuple, or the numbers would be copied.
    let storage = base.storage
    base = Tensor(shape: [0], storage: .bool([]))
    switch consume storage {
    case .single(var target):
      guard case .single(let values) = updates.storage else { Self.refuse() }
      try scatter(&target, indices, values, replaces, bounds) { $0 + $1 }
      return Tensor(shape: shape, storage: .single(target))
    case .double(var target):
      guard case .double(let values) = updates.storage else { Self.refuse() }
      try scatter(&target, indices, values, replaces, bounds) { $0 + $1 }
      return Tensor(shape: shape, storage: .double(target))
    case .int(var target):
      guard case .int(let values) = updates.storage else { Self.refuse() }
      try scatter(&target, indices, values, replaces, bounds) { $0 &+ $1 }
      return Tensor(shape: shape, storage: .int(target))
    case .bool(var target):
      guard case .bool(let values) = updates.storage else { Self.refuse() }
      precondition(replaces, "bools are added")
      try scatter(&target, indices, values, replaces, bounds) { $1 }
      return Tensor(shape: shape, storage: .bool(target))
    }
  }

  private static func refuse() -> Never { preconditionFailure("updates of another element type") }

  @inline(__always)
  private func scatter<Element>(
    _ target: inout [Element], _ indices: Tensor, _ values: [Element], _ replaces: Bool,
    _ bounds: RowBounds, _ sum: (Element, Element) -> Element
  ) throws(EvaluationProblem) {
    try target.withUnsafeMutableBufferPointer { (target) throws(EvaluationProblem) in
      try values.withUnsafeBufferPointer { (values) throws(EvaluationProblem) in
        guard let to = target.baseAddress, let from = values.baseAddress else {
          // Nothing to write; the indices must be in range nevertheless.
          return try forEachRow(indices, bounds) { _, _ in }
        }
        try forEachRow(indices, bounds) { row, pick in
          guard let row else { return }
          let line = to + row * width
          let update = from + pick * width
          if replaces {
            line.update(from: update, count: width)
          } else {
            for index in 0..<width { line[index] = sum(line[index], update[index]) }
          }
        }
      }
    }
  }
}
