// Reductions, views, indexing and contractions over all small shapes, against code that walks the
// positions one by one.

import IR
import Interpreter
import Ops
import Tensors
import Testing

@Suite struct FormTests {
  // MARK: Reductions

  private static func join(_ row: Op, _ x: Double, _ y: Double) -> Double {
    switch row {
    case reductions.sum: x + y
    case reductions.prod: x * y
    case reductions.max: max(x, y)
    default: min(x, y)
    }
  }

  @Test(arguments: 0...4)
  func reductionsOverAnyAxes(rank: Int) throws {
    for shape in shapes(rank: rank) where rank < 4 || !shape.contains(1) {
      for axes in subsets(rank) {
        let kept = (0..<rank).filter { !axes.contains($0) }
        let resultShape = kept.map { shape[$0] }
        for row in [reductions.sum, reductions.prod, reductions.max, reductions.min] {
          for dtype in [DType.real, .int] {
            // Small ints, so that products are exact in the reference.
            let small = (0..<shape.reduce(1, *)).map { $0 % 4 - 1 }
            let input = dtype == .real ? noise(shape, 3) : Tensor(shape, ints: small)
            var found: [Int: Double] = [:]
            for (position, value) in zip(positions(shape), input.doubles) {
              let place = offset(kept.map { position[$0] }, resultShape)
              found[place] = found[place].map { Self.join(row, $0, value) } ?? value
            }
            let count = resultShape.reduce(1, *)
            let attributes: Attributes = ["axes": .axes(axes)]
            if found.isEmpty && count > 0 && (row == reductions.max || row == reductions.min) {
              #expect(code { _ = try run(row, [input], attributes) } == "empty-reduction")
              continue
            }
            let result = try run(row, [input], attributes)[0]
            #expect(result.shape == resultShape)
            let identity: Double = row == reductions.prod ? 1 : 0
            for (place, value) in result.doubles.enumerated() {
              #expect(
                abs(value - (found[place] ?? identity)) < 1e-12, "\(row.name) \(shape) \(axes)")
            }
          }
        }
      }
    }
  }

  @Test func longRunsAndNumbersThatAreNone() throws {
    for count in [15, 16, 17, 31, 100, 1001] {
      let input = noise([3, count], 5)
      let sums = try run(reductions.sum, [input], ["axes": .axes([1])])[0].doubles
      for row in 0..<3 {
        let expected = input.doubles[row * count..<(row + 1) * count].reduce(0, +)
        #expect(abs(sums[row] - expected) < 1e-12)
      }
      let alone = try run(
        reductions.sum,
        [Tensor([count], reals: Array(input.doubles[..<count]), precision: .double)],
        ["axes": .axes([0])])[0]
      #expect(alone.doubles[0] == sums[0], "a batch changes a sum")
      var values = noise([count], 6).doubles
      let high = try run(reductions.max, [vector(values)], ["axes": .axes([0])])[0].doubles[0]
      #expect(high == values.max())
      for place in [0, count / 2, count - 1] {
        let saved = values[place]
        values[place] = .nan
        for row in [reductions.max, reductions.min] {
          #expect(try run(row, [vector(values)], ["axes": .axes([0])])[0].doubles[0].isNaN)
        }
        values[place] = saved
      }
    }
  }

  @Test func truthReductions() throws {
    for shape in shapes(rank: 2) {
      let input = counting(shape, .bool)
      for axes in subsets(2) {
        let kept = (0..<2).filter { !axes.contains($0) }
        var any: [Int: Bool] = [:]
        var all: [Int: Bool] = [:]
        for (position, value) in zip(positions(shape), input.doubles) {
          let place = offset(kept.map { position[$0] }, kept.map { shape[$0] })
          any[place] = (any[place] ?? false) || value == 1
          all[place] = (all[place] ?? true) && value == 1
        }
        let anys = try run(reductions.any, [input], ["axes": .axes(axes)])[0].doubles
        let alls = try run(reductions.all, [input], ["axes": .axes(axes)])[0].doubles
        for place in anys.indices {
          #expect(anys[place] == (any[place] ?? false ? 1 : 0))
          #expect(alls[place] == (all[place] ?? true ? 1 : 0))
        }
      }
    }
  }

  // MARK: Views

  @Test(arguments: DType.allCases)
  func transposesAndReversals(dtype: DType) throws {
    for rank in 0...3 {
      for shape in shapes(rank: rank) {
        let input = counting(shape, dtype)
        for axes in permutations(rank) {
          let result = try run(movement.transpose, [input], ["axes": .axes(axes)])[0]
          #expect(result.shape == axes.map { shape[$0] })
          for (position, value) in zip(positions(result.shape), result.doubles) {
            var source = position
            for (place, axis) in axes.enumerated() { source[axis] = position[place] }
            #expect(value == input.doubles[offset(source, shape)])
          }
        }
        for axis in 0..<rank {
          let result = try run(movement.reverse, [input], ["axis": .axis(axis)])[0]
          for (position, value) in zip(positions(shape), result.doubles) {
            var source = position
            source[axis] = shape[axis] - 1 - source[axis]
            #expect(value == input.doubles[offset(source, shape)])
          }
        }
      }
    }
  }

  @Test func largeTranspositionsAreTiled() throws {
    for shape in [[33, 50], [16, 17], [1, 40], [40, 1]] {
      let input = counting(shape)
      let result = try run(movement.transpose, [input], ["axes": .axes([1, 0])])[0]
      for (position, value) in zip(positions(result.shape), result.doubles) {
        #expect(value == Double(position[1] * shape[1] + position[0]))
      }
    }
  }

  @Test(arguments: DType.allCases)
  func broadcasts(dtype: DType) throws {
    for rank in 0...3 {
      for shape in shapes(rank: rank) {
        for axes in subsets(rank) {
          let input = counting(axes.map { shape[$0] }, dtype)
          let result = try run(
            movement.broadcast, [input],
            ["axes": .axes(axes), "shape": .shape(shape.map { Dim($0) })])[0]
          #expect(result.shape == shape)
          for (position, value) in zip(positions(shape), result.doubles) {
            #expect(value == input.doubles[offset(axes.map { position[$0] }, input.shape)])
          }
        }
      }
    }
  }

  @Test func slicesAndConcatenations() throws {
    for shape in shapes(rank: 2) {
      let input = counting(shape)
      for axis in 0..<2 {
        var parts: [Tensor] = []
        for start in 0...shape[axis] {
          for count in 0...(shape[axis] - start) {
            let attributes: Attributes = [
              "axis": .axis(axis), "start": .dim(Dim(start)), "count": .dim(Dim(count)),
            ]
            let result = try run(movement.slice, [input], attributes)[0]
            #expect(result.shape[axis] == count)
            for (position, value) in zip(positions(result.shape), result.doubles) {
              var source = position
              source[axis] += start
              #expect(value == input.doubles[offset(source, shape)])
            }
          }
          if start < shape[axis] {
            parts.append(
              try run(
                movement.slice, [input],
                ["axis": .axis(axis), "start": .dim(Dim(start)), "count": .dim(1)])[0])
          }
        }
        if !parts.isEmpty {
          #expect(try run(movement.concatenate, parts, ["axis": .axis(axis)])[0] == input)
        }
      }
    }
  }

  // MARK: Indexing

  @Test(arguments: [0, 1])
  func gathersAndScatters(batch: Int) throws {
    for rows in 0...3 {
      for width in 0...3 {
        for picks in 0...3 {
          let group = batch == 1 ? [2] : []
          let table = noise(group + [rows, width], 2)
          let numbers = (0..<(batch == 1 ? 2 : 1) * picks).map { ($0 * 2 + 1) % max(rows, 1) }
          let indices = Tensor(group + [picks], ints: numbers)
          let gatherAttributes: Attributes = ["batch": .integer(batch), "clamped": .flag(false)]
          if rows == 0 && picks > 0 {
            #expect(
              code { _ = try run(indexing.gather, [table, indices], gatherAttributes) }
                == "index-out-of-range")
            continue
          }
          let gathered = try run(indexing.gather, [table, indices], gatherAttributes)[0]
          var base = table.doubles
          var replaced = table.doubles
          let updates = noise(gathered.shape, 9)
          for (pick, number) in numbers.enumerated() {
            let row = (picks == 0 ? 0 : pick / picks) * rows + number
            for column in 0..<width {
              #expect(
                gathered.doubles[pick * width + column] == table.doubles[row * width + column])
              base[row * width + column] += updates.doubles[pick * width + column]
              replaced[row * width + column] = updates.doubles[pick * width + column]
            }
          }
          let operands = [table, indices, updates]
          #expect(
            try run(
              indexing.scatterAdd, operands,
              ["batch": .integer(batch), "replaces": .flag(false)])[0].doubles == base)
          #expect(
            try run(
              indexing.scatterSet, operands, ["batch": .integer(batch), "replaces": .flag(true)])[0]
              .doubles == replaced)
        }
      }
    }
  }

  @Test func clampedIndicesTakeTheNearestRow() throws {
    let table = Tensor([3], ints: [10, 20, 30])
    let indices = Tensor([4], ints: [-5, 1, 3, Int.max])
    #expect(
      try run(indexing.gather, [table, indices], ["batch": .integer(0), "clamped": .flag(true)])[0]
        == Tensor([4], ints: [10, 20, 30, 30]))
    #expect(
      code {
        _ = try run(
          indexing.gather, [table, indices], ["batch": .integer(0), "clamped": .flag(false)])
      } == "index-out-of-range")
  }

  // MARK: Contractions

  /// The sum over the depth in index order, as every contraction promises.
  private func product(
    _ a: Tensor, _ b: Tensor, batch: ([Int], [Int]), contracted: ([Int], [Int])
  ) -> (shape: [Int], values: [Double]) {
    let leftFree = a.shape.indices.filter { !batch.0.contains($0) && !contracted.0.contains($0) }
    let rightFree = b.shape.indices.filter { !batch.1.contains($0) && !contracted.1.contains($0) }
    let shape =
      batch.0.map { a.shape[$0] } + leftFree.map { a.shape[$0] } + rightFree.map { b.shape[$0] }
    let depth = contracted.0.map { a.shape[$0] }
    let (x, y) = (a.doubles, b.doubles)
    let values = positions(shape).map { position in
      var left = a.shape.map { _ in 0 }
      var right = b.shape.map { _ in 0 }
      for (place, axis) in batch.0.enumerated() { left[axis] = position[place] }
      for (place, axis) in batch.1.enumerated() { right[axis] = position[place] }
      for (place, axis) in leftFree.enumerated() { left[axis] = position[batch.0.count + place] }
      for (place, axis) in rightFree.enumerated() {
        right[axis] = position[batch.0.count + leftFree.count + place]
      }
      var total = 0.0
      for inner in positions(depth) {
        for (place, axis) in contracted.0.enumerated() { left[axis] = inner[place] }
        for (place, axis) in contracted.1.enumerated() { right[axis] = inner[place] }
        total += x[offset(left, a.shape)] * y[offset(right, b.shape)]
      }
      return total
    }
    return (shape, values)
  }

  private func check(
    _ leftShape: [Int], _ rightShape: [Int], batch: ([Int], [Int]) = ([], []),
    contracted: ([Int], [Int])
  ) throws {
    let (a, b) = (noise(leftShape, 11), noise(rightShape, 12))
    let attributes: Attributes = [
      "leftBatch": .axes(batch.0), "rightBatch": .axes(batch.1),
      "leftContracted": .axes(contracted.0), "rightContracted": .axes(contracted.1),
    ]
    let expected = product(a, b, batch: batch, contracted: contracted)
    let found = try run(contraction.contract, [a, b], attributes)[0]
    #expect(found.shape == expected.shape)
    #expect(found.doubles == expected.values, "\(leftShape) by \(rightShape)")
    let single = try run(
      contraction.contract, [a.converted(to: .single), b.converted(to: .single)], attributes,
      .single)[0]
    for (x, y) in zip(single.doubles, expected.values) { #expect(abs(x - y) < 1e-4) }
  }

  @Test func matricesOfAllSmallSizes() throws {
    let sizes = [0, 1, 2, 3, 4, 5, 8, 9, 13]
    for rows in sizes {
      for columns in sizes {
        for depth in [0, 1, 2, 3, 7] {
          try check([rows, depth], [depth, columns], contracted: ([1], [0]))
          try check([rows, depth], [columns, depth], contracted: ([1], [1]))
          try check([depth, rows], [depth, columns], contracted: ([0], [0]))
          try check([depth, rows], [columns, depth], contracted: ([0], [1]))
        }
      }
    }
  }

  @Test func wideMatrices() throws {
    try check([1, 9], [9, 100], contracted: ([1], [0]))
    try check([100, 9], [9], contracted: ([1], [0]))
    try check([9], [9, 67], contracted: ([0], [0]))
    try check([5, 20], [20, 37], contracted: ([1], [0]))
    try check([70, 3], [2, 3], contracted: ([1], [1]))
  }

  @Test(arguments: [Precision.single, .double])
  func aBatchChangesNoBit(precision: Precision) throws {
    for isTransposed in [false, true] {
      let right = noise(isTransposed ? [37, 23] : [23, 37], 8, precision)
      let attributes = contractAttributes(contracted: ([1], [isTransposed ? 1 : 0]))
      let left = noise([9, 23], 7, precision)
      let all = try run(contraction.contract, [left, right], attributes, precision)[0].doubles
      for row in 0..<9 {
        let one = Tensor(
          [1, 23], reals: Array(left.doubles[row * 23..<(row + 1) * 23]), precision: precision)
        let alone = try run(contraction.contract, [one, right], attributes, precision)[0].doubles
        #expect(alone == Array(all[row * 37..<(row + 1) * 37]))
      }
    }
  }

  @Test func anyAxes() throws {
    for shape in shapes(rank: 3) where !shape.contains(1) {
      try check(shape, shape, batch: ([0], [0]), contracted: ([2], [2]))
      try check(shape, shape, batch: ([1], [1]), contracted: ([2], [2]))
      try check(shape, shape, batch: ([2], [2]), contracted: ([0, 1], [0, 1]))
      try check(shape, shape.reversed(), contracted: ([0, 2], [2, 0]))
      try check(shape, shape.reversed(), batch: ([1, 2], [1, 0]), contracted: ([0], [2]))
      try check(shape, [2], contracted: ([], []))
    }
  }

  private func vector(_ values: [Double]) -> Tensor {
    Tensor([values.count], reals: values, precision: .double)
  }
}
