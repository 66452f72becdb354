// The loops of a matrix product: tiles of the result are summed in registers.
//
// `narrow` gives one number at a time, `wide` a vector of neighbouring columns. A tile is four rows
// by two registers, or one row by eight. The last columns, and a wide side that is not
// contiguous, go through a packed copy. A long depth is taken in pieces, each added to what those
// before it left in the result: the same sums, in the same order, from a panel that stays small.

import Tensors

/// Memory for packed columns, kept between products.
final class ProductScratch {
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0

  deinit { memory?.deallocate() }

  func reserve<Element>(_ count: Int, of _: Element.Type) -> UnsafeMutablePointer<Element> {
    let size = count * MemoryLayout<Element>.stride
    if let memory, size <= capacity { return memory.assumingMemoryBound(to: Element.self) }
    memory?.deallocate()
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: size * 2, alignment: 64)
    memory = fresh
    capacity = size * 2
    return fresh.assumingMemoryBound(to: Element.self)
  }
}

enum MatrixProduct {
  /// result[r, c] = Σ over d of narrow[r, d] · wide[d, c], each with steps of its own.
  struct Operands<Real> {
    let rows: Int
    let columns: Int
    var depth: Int
    var narrow: UnsafePointer<Real>
    let narrowStep: Int
    let narrowDepthStep: Int
    var wide: UnsafePointer<Real>
    let wideStep: Int
    let wideDepthStep: Int
    let result: UnsafeMutablePointer<Real>
    let rowStep: Int
    let columnStep: Int
    /// Whether the result holds the sums of earlier pieces of the depth.
    var accumulates = false
  }

  /// The longest piece of a depth.
  private static let longestDepth = 1 << 16

  static func single(_ operands: Operands<Float>, _ scratch: ProductScratch) {
    run(operands, SIMD8<Float>.self, SIMD16<Float>.self, scratch)
  }

  static func double(_ operands: Operands<Double>, _ scratch: ProductScratch) {
    run(operands, SIMD4<Double>.self, SIMD8<Double>.self, scratch)
  }

  /// `Vector` is as wide as two registers, `Wide` as four.
  @inline(__always)
  private static func run<Real: RealElement, Vector: SIMD, Wide: SIMD>(
    _ operands: Operands<Real>, _: Vector.Type, _: Wide.Type, _ scratch: ProductScratch
  ) where Vector.Scalar == Real, Wide.Scalar == Real {
    var patience = Patience()
    var start = 0
    while start < operands.depth {
      var piece = operands
      piece.depth = min(operands.depth - start, longestDepth)
      piece.narrow += start * operands.narrowDepthStep
      piece.wide += start * operands.wideDepthStep
      piece.accumulates = start > 0
      if multiply(piece, Vector.self, Wide.self, scratch, &patience) { return }
      start += piece.depth
    }
  }

  /// - Returns: true where the product was given up.
  @inline(__always)
  private static func multiply<Real: RealElement, Vector: SIMD, Wide: SIMD>(
    _ o: Operands<Real>, _: Vector.Type, _: Wide.Type, _ scratch: ProductScratch,
    _ patience: inout Patience
  ) -> Bool where Vector.Scalar == Real, Wide.Scalar == Real {
    let width = Vector.scalarCount
    let full = o.wideStep == 1 ? o.columns / width * width : 0
    if full > 0 {
      let isOver = columns(
        o, Vector.self, Wide.self, 0, full, o.wide, o.wideDepthStep, &patience)
      if isOver { return true }
    }
    // Packs the rest in panels of one vector, filled up with zeros.
    var start = full
    guard start < o.columns else { return false }
    let panel = scratch.reserve(o.depth * width, of: Real.self)
    while start < o.columns {
      let count = min(width, o.columns - start)
      pack(o, start, count, width, panel)
      if count == width {
        let isOver = columns(
          o, Vector.self, Wide.self, start, width, UnsafePointer(panel), width, &patience)
        if isOver { return true }
      } else if lastColumns(o, Vector.self, start, count, UnsafePointer(panel), &patience) {
        return true
      }
      start += count
    }
    return false
  }

  @inline(__always)
  private static func pack<Real: RealElement>(
    _ o: Operands<Real>, _ start: Int, _ count: Int, _ width: Int,
    _ panel: UnsafeMutablePointer<Real>
  ) {
    if count < width {
      for index in 0..<o.depth * width { panel[index] = 0 }
    }
    var column = 0
    if o.wideDepthStep == 1 {
      while column + 4 <= count {
        packFour(o, start + column, width, panel + column)
        column += 4
      }
    }
    while column < count {
      let source = o.wide + (start + column) * o.wideStep
      let target = panel + column
      for index in 0..<o.depth { target[index * width] = source[index * o.wideDepthStep] }
      column += 1
    }
  }

  /// Four columns that are contiguous along the depth: squares of sixteen are transposed.
  @inline(__always)
  private static func packFour<Real: RealElement>(
    _ o: Operands<Real>, _ column: Int, _ width: Int, _ target: UnsafeMutablePointer<Real>
  ) {
    let a = o.wide + column * o.wideStep
    let b = a + o.wideStep
    let c = b + o.wideStep
    let d = c + o.wideStep
    var index = 0
    while index + 4 <= o.depth {
      let w = load(a + index, SIMD4<Real>.self)
      let x = load(b + index, SIMD4<Real>.self)
      let y = load(c + index, SIMD4<Real>.self)
      let z = load(d + index, SIMD4<Real>.self)
      let line = UnsafeMutableRawPointer(target + index * width)
      let step = width * MemoryLayout<Real>.stride
      line.storeBytes(of: SIMD4(w[0], x[0], y[0], z[0]), as: SIMD4<Real>.self)
      (line + step).storeBytes(of: SIMD4(w[1], x[1], y[1], z[1]), as: SIMD4<Real>.self)
      (line + 2 * step).storeBytes(of: SIMD4(w[2], x[2], y[2], z[2]), as: SIMD4<Real>.self)
      (line + 3 * step).storeBytes(of: SIMD4(w[3], x[3], y[3], z[3]), as: SIMD4<Real>.self)
      index += 4
    }
    while index < o.depth {
      let line = target + index * width
      line[0] = a[index]
      line[1] = b[index]
      line[2] = c[index]
      line[3] = d[index]
      index += 1
    }
  }

  /// Whole vectors of columns; `wide` begins with column `start`.
  @inline(__always)
  private static func columns<Real: RealElement, Vector: SIMD, Wide: SIMD>(
    _ o: Operands<Real>, _: Vector.Type, _: Wide.Type, _ start: Int, _ count: Int,
    _ wide: UnsafePointer<Real>, _ wideDepthStep: Int, _ patience: inout Patience
  ) -> Bool where Vector.Scalar == Real, Wide.Scalar == Real {
    let width = Vector.scalarCount
    let fours = o.rows / 4 * 4
    if fours > 0 {
      var column = start
      while column < start + count {
        var row = 0
        while row < fours {
          fourRows(o, Vector.self, row, column, wide + (column - start), wideDepthStep)
          row += 4
          if patience.isOver(after: o.depth * 4) { return true }
        }
        column += width
      }
    }
    for row in fours..<o.rows {
      var column = start
      while column + 2 * Wide.scalarCount <= start + count {
        oneRow(o, Wide.self, row, column, wide + (column - start), wideDepthStep)
        column += 2 * Wide.scalarCount
      }
      while column < start + count {
        let total = vector(
          o, Vector.self, row, column, width, wide + (column - start), wideDepthStep)
        store(total, o, row, column, width)
        column += width
      }
      if patience.isOver(after: o.depth * (count / width)) { return true }
    }
    return false
  }

  @inline(__always)
  private static func lastColumns<Real: RealElement, Vector: SIMD>(
    _ o: Operands<Real>, _: Vector.Type, _ start: Int, _ count: Int, _ panel: UnsafePointer<Real>,
    _ patience: inout Patience
  ) -> Bool where Vector.Scalar == Real {
    for row in 0..<o.rows {
      let total = vector(o, Vector.self, row, start, count, panel, Vector.scalarCount)
      store(total, o, row, start, count)
      if patience.isOver(after: o.depth) { return true }
    }
    return false
  }

  /// What the sums of a run of the result start from.
  @inline(__always)
  private static func begin<Real: RealElement, Vector: SIMD>(
    _: Vector.Type, _ o: Operands<Real>, _ row: Int, _ column: Int, _ count: Int
  ) -> Vector where Vector.Scalar == Real {
    var vector = Vector(repeating: 0)
    if o.accumulates {
      let source = o.result + row * o.rowStep + column * o.columnStep
      for index in 0..<count { vector[index] = source[index * o.columnStep] }
    }
    return vector
  }

  @inline(__always)
  private static func load<Real, Vector: SIMD>(
    _ pointer: UnsafePointer<Real>, _: Vector.Type
  ) -> Vector {
    UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  private static func store<Real: RealElement, Vector: SIMD>(
    _ vector: Vector, _ o: Operands<Real>, _ row: Int, _ column: Int, _ count: Int
  ) where Vector.Scalar == Real {
    let target = o.result + row * o.rowStep + column * o.columnStep
    if o.columnStep == 1 && count == Vector.scalarCount {
      UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
    } else {
      for index in 0..<count { target[index * o.columnStep] = vector[index] }
    }
  }

  /// One row by one vector.
  @inline(__always)
  private static func vector<Real: RealElement, Vector: SIMD>(
    _ o: Operands<Real>, _: Vector.Type, _ row: Int, _ column: Int, _ count: Int,
    _ wide: UnsafePointer<Real>, _ step: Int
  ) -> Vector where Vector.Scalar == Real {
    var total = begin(Vector.self, o, row, column, count)
    let x = o.narrow + row * o.narrowStep
    for index in 0..<o.depth {
      let next = load(wide + index * step, Vector.self)
      total = total + next * x[index * o.narrowDepthStep]
    }
    return total
  }

  /// One row by two wide vectors; `wide` begins with the first column.
  @inline(__always)
  private static func oneRow<Real: RealElement, Wide: SIMD>(
    _ o: Operands<Real>, _: Wide.Type, _ row: Int, _ column: Int, _ wide: UnsafePointer<Real>,
    _ step: Int
  ) where Wide.Scalar == Real {
    let width = Wide.scalarCount
    var first = begin(Wide.self, o, row, column, width)
    var second = begin(Wide.self, o, row, column + width, width)
    let x = o.narrow + row * o.narrowStep
    for index in 0..<o.depth {
      let factor = x[index * o.narrowDepthStep]
      let line = wide + index * step
      first = first + load(line, Wide.self) * factor
      second = second + load(line + width, Wide.self) * factor
    }
    store(first, o, row, column, width)
    store(second, o, row, column + width, width)
  }

  /// Four rows by one vector; `wide` begins with the first column.
  @inline(__always)
  private static func fourRows<Real: RealElement, Vector: SIMD>(
    _ o: Operands<Real>, _: Vector.Type, _ row: Int, _ column: Int, _ wide: UnsafePointer<Real>,
    _ step: Int
  ) where Vector.Scalar == Real {
    let width = Vector.scalarCount
    var first = begin(Vector.self, o, row, column, width)
    var second = begin(Vector.self, o, row + 1, column, width)
    var third = begin(Vector.self, o, row + 2, column, width)
    var fourth = begin(Vector.self, o, row + 3, column, width)
    let x = o.narrow + row * o.narrowStep
    let rowStep = o.narrowStep
    for index in 0..<o.depth {
      let next = load(wide + index * step, Vector.self)
      let factors = x + index * o.narrowDepthStep
      first = first + next * factors[0]
      second = second + next * factors[rowStep]
      third = third + next * factors[2 * rowStep]
      fourth = fourth + next * factors[3 * rowStep]
    }
    store(first, o, row, column, width)
    store(second, o, row + 1, column, width)
    store(third, o, row + 2, column, width)
    store(fourth, o, row + 3, column, width)
  }
}
