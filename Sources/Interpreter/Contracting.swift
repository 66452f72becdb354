// Contractions as batches of matrix products.
//
// Axes are sorted into batch, rows, columns and depth. An operand whose groups of axes each have one
// stride is read where it lies; another is permuted first. The product then walks whichever side is
// contiguous in its own axis; `MatrixProduct` has the loops. Every element of the result is the sum
// over the depth in index order, whatever the sizes beside it: no batch changes a bit.

import IR
import Tensors

struct Contraction: Sendable {
  private let leftShape: [Int]
  private let rightShape: [Int]
  let resultShape: [Int]
  private let batches: Int
  private let rows: Int
  private let columns: Int
  private let depth: Int
  private let left: Side
  private let right: Side

  /// How one operand is read.
  private struct Side: Sendable {
    /// Copies the operand to `batch × own × depth` order, where it has no strides as it lies.
    var permutation: StridedCopy?
    var batchStep: Int
    /// Along the axes that only this operand has.
    var ownStep: Int
    var depthStep: Int
  }

  init(_ leftShape: [Int], _ rightShape: [Int], _ attributes: Attributes) {
    let leftBatch = attributes.axes("leftBatch")
    let rightBatch = attributes.axes("rightBatch")
    let leftContracted = attributes.axes("leftContracted")
    let rightContracted = attributes.axes("rightContracted")
    let leftOwn = leftShape.indices.filter {
      !leftBatch.contains($0) && !leftContracted.contains($0)
    }
    let rightOwn = rightShape.indices.filter {
      !rightBatch.contains($0) && !rightContracted.contains($0)
    }
    self.leftShape = leftShape
    self.rightShape = rightShape
    resultShape =
      leftBatch.map { leftShape[$0] } + leftOwn.map { leftShape[$0] }
      + rightOwn.map { rightShape[$0] }
    batches = Layout.product(leftBatch.map { leftShape[$0] })
    rows = Layout.product(leftOwn.map { leftShape[$0] })
    columns = Layout.product(rightOwn.map { rightShape[$0] })
    depth = Layout.product(leftContracted.map { leftShape[$0] })
    left = Self.side(leftShape, leftBatch, leftOwn, leftContracted)
    right = Self.side(rightShape, rightBatch, rightOwn, rightContracted)
  }

  func matches(_ left: [Int], _ right: [Int]) -> Bool { left == leftShape && right == rightShape }

  private static func side(
    _ shape: [Int], _ batch: [Int], _ own: [Int], _ depth: [Int]
  ) -> Side {
    let strides = Layout.strides(shape)
    if let batchStep = step(shape, strides, batch), let ownStep = step(shape, strides, own),
      let depthStep = step(shape, strides, depth)
    {
      return Side(batchStep: batchStep, ownStep: ownStep, depthStep: depthStep)
    }
    let order = batch + own + depth
    let depthSize = Layout.product(depth.map { shape[$0] })
    return Side(
      permutation: StridedCopy(shape: order.map { shape[$0] }, strides: order.map { strides[$0] }),
      batchStep: Layout.product(own.map { shape[$0] }) * depthSize, ownStep: depthSize,
      depthStep: 1)
  }

  /// The one stride of a group of axes read in order; nil where there is none.
  private static func step(_ shape: [Int], _ strides: [Int], _ axes: [Int]) -> Int? {
    var inner: (size: Int, step: Int)?
    for axis in axes.reversed() where shape[axis] != 1 {
      if let known = inner {
        if strides[axis] != known.step * known.size { return nil }
        inner = (known.size * shape[axis], known.step)
      } else {
        inner = (shape[axis], strides[axis])
      }
    }
    return inner?.step ?? 1
  }

  /// - Precondition: the operands have the shapes this was made for.
  func run(_ a: Tensor, _ b: Tensor, _ scratch: ProductScratch) -> Tensor {
    let first = left.permutation?(a.storage) ?? a.storage
    let second = right.permutation?(b.storage) ?? b.storage
    switch (first, second) {
    case (.single(let x), .single(let y)):
      return Tensor(
        shape: resultShape, storage: .single(reals(x, y, scratch, MatrixProduct.single)))
    case (.double(let x), .double(let y)):
      return Tensor(
        shape: resultShape, storage: .double(reals(x, y, scratch, MatrixProduct.double)))
    case (.int(let x), .int(let y)):
      return Tensor(shape: resultShape, storage: .int(integers(x, y)))
    default: preconditionFailure("a contraction of two element types, or of bools")
    }
  }

  private func reals<Real: RealElement>(
    _ a: [Real], _ b: [Real], _ scratch: ProductScratch,
    _ product: (MatrixProduct.Operands<Real>, ProductScratch) -> Void
  ) -> [Real] {
    let count = batches * rows * columns
    if count == 0 { return [] }
    if depth == 0 { return Patience.repeating(0, count) }
    // The wide side is read a vector at a time, so it should lie contiguously.
    let isSwapped =
      right.ownStep == 1 && columns >= 8 ? false : left.ownStep == 1 && rows >= 8 || rows > columns
    let narrow = isSwapped ? right : left
    let wide = isSwapped ? left : right
    return a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        [Real](unsafeUninitializedCapacity: count) { buffer, initialized in
          guard let result = buffer.baseAddress, let x = a.baseAddress, let y = b.baseAddress else {
            return
          }
          initialized = count
          LargePages.prefer(for: buffer)
          var patience = Patience()
          for batch in 0..<batches {
            if patience.isOver(after: rows * columns) { return }
            let lhs = x + batch * left.batchStep
            let rhs = y + batch * right.batchStep
            product(
              MatrixProduct.Operands(
                rows: isSwapped ? columns : rows, columns: isSwapped ? rows : columns,
                depth: depth, narrow: isSwapped ? rhs : lhs, narrowStep: narrow.ownStep,
                narrowDepthStep: narrow.depthStep, wide: isSwapped ? lhs : rhs,
                wideStep: wide.ownStep, wideDepthStep: wide.depthStep,
                result: result + batch * rows * columns, rowStep: isSwapped ? 1 : columns,
                columnStep: isSwapped ? columns : 1),
              scratch)
          }
        }
      }
    }
  }

  private func integers(_ a: [Int], _ b: [Int]) -> [Int] {
    var result = Patience.repeating(0, batches * rows * columns)
    var position = 0
    var patience = Patience()
    for batch in 0..<batches {
      for row in 0..<rows {
        for column in 0..<columns {
          var total = 0
          for index in 0..<depth {
            let x = a[batch * left.batchStep + row * left.ownStep + index * left.depthStep]
            let y = b[batch * right.batchStep + column * right.ownStep + index * right.depthStep]
            total = total &+ x &* y
          }
          result[position] = total
          position += 1
          if patience.isOver(after: depth + 1) { return result }
        }
      }
    }
    return result
  }
}
