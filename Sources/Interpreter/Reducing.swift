// Reductions over any axes, in an order that only the sizes of the reduced axes decide.
//
// Neighbouring axes of one kind are merged, so that one pass sees `outer × reduced × inner`
// elements. A run of reduced elements goes to eight lanes by position, which are joined pairwise at
// the end; with elements between the reduced ones, each result is joined in index order.

import IR
import Tensors

enum Reducing {
  static func run(
    _ reduction: Reduction, _ tensor: Tensor, axes: [Int]
  ) throws(EvaluationProblem) -> Tensor {
    let removed = Set(axes)
    let shape = tensor.shape.indices.filter { !removed.contains($0) }.map { tensor.shape[$0] }
    let reduced = Layout.product(axes.map { tensor.shape[$0] })
    if reduced == 0, Layout.product(shape) > 0, reduction == .minimum || reduction == .maximum {
      throw EvaluationProblem(
        "empty-reduction", "the \(reduction.rawValue) of no elements has no value")
    }
    var groups: [(size: Int, isReduced: Bool)] = []
    for (axis, size) in tensor.shape.enumerated() where size != 1 {
      let isReduced = removed.contains(axis)
      if let last = groups.last, last.isReduced == isReduced {
        groups[groups.count - 1].size = last.size * size
      } else {
        groups.append((size, isReduced))
      }
    }
    var storage = tensor.storage
    // From the last group to the first: each pass removes one.
    while let position = groups.lastIndex(where: \.isReduced) {
      let outer = Layout.product(groups[..<position].map(\.size))
      let inner = Layout.product(groups[(position + 1)...].map(\.size))
      storage = pass(reduction, storage, outer, groups[position].size, inner)
      groups.remove(at: position)
    }
    return Tensor(shape: shape, storage: storage)
  }

  private static func pass(
    _ reduction: Reduction, _ storage: Tensor.Storage, _ outer: Int, _ size: Int, _ inner: Int
  ) -> Tensor.Storage {
    switch storage {
    case .single(let values): .single(reals(reduction, values, outer, size, inner))
    case .double(let values): .double(reals(reduction, values, outer, size, inner))
    case .int(let values): .int(integers(reduction, values, outer, size, inner))
    case .bool(let values): .bool(booleans(reduction, values, outer, size, inner))
    }
  }

  // MARK: Reals

  private static func reals<Real: RealElement>(
    _ reduction: Reduction, _ values: [Real], _ outer: Int, _ size: Int, _ inner: Int
  ) -> [Real] {
    switch reduction {
    case .sum:
      lanes(values, outer, size, inner, 0, { $0 + $1 }, { $0 + $1 })
    case .product:
      lanes(values, outer, size, inner, 1, { $0 * $1 }, { $0 * $1 })
    case .minimum:
      lanes(
        values, outer, size, inner, nil, { Real.lesser($0, $1) },
        { $1.replacing(with: $0, where: ($0 .<= $1) .| ($0 .!= $0)) })
    case .maximum:
      lanes(
        values, outer, size, inner, nil, { Real.greater($0, $1) },
        { $1.replacing(with: $0, where: ($0 .>= $1) .| ($0 .!= $0)) })
    case .any, .all: preconditionFailure("`\(reduction.rawValue)` of reals")
    }
  }

  /// `start` is nil where the first element starts the reduction.
  @inline(__always)
  private static func lanes<Real: RealElement>(
    _ values: [Real], _ outer: Int, _ size: Int, _ inner: Int, _ start: Real?,
    _ join: (Real, Real) -> Real, _ joinLanes: (SIMD8<Real>, SIMD8<Real>) -> SIMD8<Real>
  ) -> [Real] {
    if inner != 1 { return rows(values, outer, size, inner, start, join) }
    return filled(values, outer) { source, target in
      var patience = Patience()
      for row in 0..<outer {
        if patience.isOver(after: size) { return }
        let run = source + row * size
        var index = 0
        var total: Real
        if size >= 16 {
          let bytes = UnsafeRawPointer(run)
          let width = 8 * MemoryLayout<Real>.stride
          var sums = bytes.loadUnaligned(as: SIMD8<Real>.self)
          let blocks = size / 8
          var block = 1
          while block < blocks {
            let end = min(block + Patience.block / 8, blocks)
            while block < end {
              let next = bytes.loadUnaligned(fromByteOffset: block * width, as: SIMD8<Real>.self)
              sums = joinLanes(sums, next)
              block += 1
            }
            if block < blocks, Patience.isOver() { return }
          }
          let left = join(join(sums[0], sums[4]), join(sums[2], sums[6]))
          let right = join(join(sums[1], sums[5]), join(sums[3], sums[7]))
          total = join(left, right)
          index = blocks * 8
        } else if let start {
          total = start
        } else {
          total = run[0]
          index = 1
        }
        while index < size {
          total = join(total, run[index])
          index += 1
        }
        target[row] = total
      }
    }
  }

  // MARK: Any element type

  /// Joins rows of `inner` elements in index order.
  @inline(__always)
  private static func rows<Element>(
    _ values: [Element], _ outer: Int, _ size: Int, _ inner: Int, _ start: Element?,
    _ join: (Element, Element) -> Element
  ) -> [Element] {
    filled(values, outer * inner) { source, target in
      var patience = Patience()
      for block in 0..<outer {
        var first = 0
        while first < inner {
          let count = min(inner - first, Patience.block)
          let from = source + block * size * inner + first
          let to = target + block * inner + first
          var row = 0
          if let start {
            for index in 0..<count { to[index] = start }
          } else {
            for index in 0..<count { to[index] = from[index] }
            row = 1
          }
          while row < size {
            if patience.isOver(after: count) { return }
            let line = from + row * inner
            for index in 0..<count { to[index] = join(to[index], line[index]) }
            row += 1
          }
          first += count
        }
      }
    }
  }

  private static func integers(
    _ reduction: Reduction, _ values: [Int], _ outer: Int, _ size: Int, _ inner: Int
  ) -> [Int] {
    switch reduction {
    case .sum: rows(values, outer, size, inner, 0) { $0 &+ $1 }
    case .product: rows(values, outer, size, inner, 1) { $0 &* $1 }
    case .minimum: rows(values, outer, size, inner, nil) { min($0, $1) }
    case .maximum: rows(values, outer, size, inner, nil) { max($0, $1) }
    case .any, .all: preconditionFailure("`\(reduction.rawValue)` of ints")
    }
  }

  private static func booleans(
    _ reduction: Reduction, _ values: [Bool], _ outer: Int, _ size: Int, _ inner: Int
  ) -> [Bool] {
    switch reduction {
    case .any: rows(values, outer, size, inner, false) { $0 || $1 }
    case .all: rows(values, outer, size, inner, true) { $0 && $1 }
    default: preconditionFailure("`\(reduction.rawValue)` of bools")
    }
  }

  @inline(__always)
  private static func filled<Element>(
    _ values: [Element], _ count: Int,
    _ fill: (UnsafePointer<Element>, UnsafeMutablePointer<Element>) -> Void
  ) -> [Element] {
    if count == 0 { return [] }
    return values.withUnsafeBufferPointer { source in
      [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        guard let to = buffer.baseAddress else { return }
        LargePages.prefer(for: buffer)
        // An empty source has no address, and nothing of it is read then.
        fill(source.baseAddress ?? UnsafePointer(to), to)
        initialized = count
      }
    }
  }
}
