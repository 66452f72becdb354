// The rows that move numbers, against index arithmetic written out; orders of ties and NaN.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct MovementTests {
  /// Every index of a shape, in row-major order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { prefixes, size in
      prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } }
    }
  }

  static func position(_ index: [Int], _ shape: [Int]) -> Int {
    zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// The tensor whose element at an index is what `element` says.
  static func expected(_ shape: [Int], _ element: ([Int]) -> Double) -> [Double] {
    indices(shape).map(element)
  }

  let shape = [2, 3, 4]
  var x: [Double] { numbers(24, seed: 1) }
  var operand: Tensor { tensor(shape, x) }

  @Test func broadcastPutsAxesInPlace() throws {
    let found = try values(
      movement.broadcast, [tensor([3, 2], numbers(6, seed: 2))],
      ["axes": .axes([2, 0]), "shape": .shape([2, 4, 3])])[0]
    #expect(found.shape == [2, 4, 3])
    #expect(found.doubles == Self.expected([2, 4, 3]) { numbers(6, seed: 2)[$0[2] * 2 + $0[0]] })
  }

  @Test func transposeAndReverse() throws {
    let turned = try values(movement.transpose, [operand], ["axes": .axes([2, 0, 1])])[0]
    #expect(turned.shape == [4, 2, 3])
    #expect(
      turned.doubles
        == Self.expected([4, 2, 3]) { x[Self.position([$0[1], $0[2], $0[0]], shape)] })
    for axis in 0..<3 {
      let reversed = try value(movement.reverse, [operand], ["axis": .axis(axis)])
      #expect(
        reversed
          == Self.expected(shape) { index in
            var source = index
            source[axis] = shape[axis] - 1 - index[axis]
            return x[Self.position(source, shape)]
          })
    }
  }

  @Test(arguments: [-9, -1, 0, 1, 2, 11])
  func rotateGoesRoundTheEnd(by: Int) throws {
    for axis in 0..<3 {
      let rotated = try value(
        movement.rotate, [operand], ["axis": .axis(axis), "by": .integer(by)])
      #expect(
        rotated
          == Self.expected(shape) { index in
            var source = index
            source[axis] = ((index[axis] - by) % shape[axis] + shape[axis]) % shape[axis]
            return x[Self.position(source, shape)]
          })
    }
  }

  @Test func sliceTakesARun() throws {
    for axis in 0..<3 {
      for start in 0...shape[axis] {
        for count in 0...(shape[axis] - start) {
          var result = shape
          result[axis] = count
          let found = try values(
            movement.slice, [operand],
            ["axis": .axis(axis), "start": .dim(Dim(start)), "count": .dim(Dim(count))])[0]
          #expect(found.shape == result)
          #expect(
            found.doubles
              == Self.expected(result) { index in
                var source = index
                source[axis] += start
                return x[Self.position(source, shape)]
              })
        }
      }
    }
  }

  @Test func concatenateAndStackAndPad() throws {
    let parts = [tensor([2, 1], [1, 2]), tensor([2, 0], []), tensor([2, 2], [3, 4, 5, 6])]
    #expect(
      try value(movement.concatenate, parts, ["axis": .axis(1)]) == [1, 3, 4, 2, 5, 6])
    let rows = [tensor([2], [1, 2]), tensor([2], [3, 4]), tensor([2], [5, 6])]
    #expect(try value(movement.stack, rows, ["axis": .axis(0)]) == [1, 2, 3, 4, 5, 6])
    let columns = try values(movement.stack, rows, ["axis": .axis(1)])[0]
    #expect(columns.shape == [2, 3])
    #expect(columns.doubles == [1, 3, 5, 2, 4, 6])
    let padded = try values(
      movement.pad, [tensor([2, 1], [1, 2]), tensor([], [9])],
      ["axis": .axis(1), "before": .dim(1), "after": .dim(2)])[0]
    #expect(padded.shape == [2, 4])
    #expect(padded.doubles == [9, 1, 9, 9, 9, 2, 9, 9])
  }

  @Test func rollGoesRoundEitherWay() throws {
    for axis in 0..<3 {
      for shift in [-9, -1, 0, 1, 2, 3, 7] {
        let found = try value(
          movement.roll, [operand, Tensor(ints: [shift])], ["axis": .axis(axis)])
        #expect(
          found
            == Self.expected(shape) { index in
              var source = index
              source[axis] = modulo(index[axis] - shift, shape[axis])
              return x[Self.position(source, shape)]
            }, "axis \(axis), shift \(shift)")
      }
    }
  }

  // MARK: Order

  @Test func sortOrdersEachLane() throws {
    for axis in 0..<3 {
      for descending in [false, true] {
        let found = try values(
          movement.sort, [operand], ["axis": .axis(axis), "descending": .flag(descending)])
        for index in Self.indices(shape) where index[axis] == 0 {
          var lane: [Double] = []
          var sorted: [Double] = []
          var places: [Int] = []
          for place in 0..<shape[axis] {
            var at = index
            at[axis] = place
            lane.append(x[Self.position(at, shape)])
            sorted.append(found[0].doubles[Self.position(at, shape)])
            places.append(Int(found[1].doubles[Self.position(at, shape)]))
          }
          #expect(sorted == lane.sorted(by: { descending ? $0 > $1 : $0 < $1 }))
          #expect(places.map { lane[$0] } == sorted)
          #expect(places.sorted() == Array(lane.indices))
        }
      }
    }
  }

  @Test func equalEntriesKeepTheirOrderAndNaNComesLast() throws {
    let ties = tensor([5], [1, .nan, 0, 1, 0])
    for precision in [Precision.single, .double] {
      let up = try values(
        movement.sort, [ties], ["axis": .axis(0), "descending": .flag(false)],
        precision: precision)
      #expect(up[1].doubles == [2, 4, 0, 3, 1])
      let down = try values(
        movement.sort, [ties], ["axis": .axis(0), "descending": .flag(true)],
        precision: precision)
      #expect(down[1].doubles == [0, 3, 2, 4, 1])
    }
  }

  @Test func intsAreSortedToo() throws {
    let found = try values(
      movement.sort, [Tensor([3], ints: [5, -7, 0])],
      ["axis": .axis(0), "descending": .flag(true)])
    #expect(found == [Tensor([3], ints: [5, 0, -7]), Tensor([3], ints: [0, 2, 1])])
  }

  @Test func topkTakesTheLargestOfEachLane() throws {
    let found = try values(
      movement.topk, [tensor([3, 2], [1, 6, 3, 4, 3, 5])], ["axis": .axis(0), "count": .dim(2)])
    #expect(found[0].shape == [2, 2])
    #expect(found[0].doubles == [3, 6, 3, 5])
    #expect(found[1].doubles == [1, 0, 2, 2])
  }

  @Test func topkOfTooFewIsAProblem() throws {
    let forward = Rows.graph(
      movement.topk, [TensorType(.real, [Dim(DimSymbol("N"))])],
      ["axis": .axis(0), "count": .dim(3)])
    #expect(throws: (any Error).self) { try Rows.run(forward, [tensor([2], [1, 2])]) }
    #expect(try Rows.run(forward, [tensor([4], [1, 2, 3, 4])])[0].doubles == [4, 3, 2])
  }

  @Test func orderSendsTheGradientBackToWhereValuesCameFrom() throws {
    let x = tensor([4], [0.5, -1, 2, 0])
    let sorted = try gradients(movement.sort, [x], ["axis": .axis(0), "descending": .flag(false)])
    let g = cotangentNumbers(4)
    #expect(sorted[0].doubles == [g[2], g[0], g[3], g[1]])
    let top = try gradients(movement.topk, [x], ["axis": .axis(0), "count": .dim(2)])
    let h = cotangentNumbers(2)
    #expect(top[0].doubles == [h[1], 0, h[0], 0])
  }

  // MARK: Symbolic sizes

  @Test func typesWorkWithoutNumbers() throws {
    let t = Dim(DimSymbol("T"))
    let n = Dim(DimSymbol("N"))
    let slice: Attributes = ["axis": .axis(0), "start": .dim(t), "count": .dim(t + 1)]
    #expect(
      try movement.slice.type([TensorType(.real, [2 * t + 1, n])], slice)
        == [TensorType(.real, [t + 1, n])])
    // One entry too many, for every T.
    #expect(throws: TypeProblem.self) {
      try movement.slice.type([TensorType(.real, [2 * t, n])], slice)
    }
    #expect(
      try movement.concatenate.type(
        [TensorType(.real, [t]), TensorType(.real, [1]), TensorType(.real, [t])],
        ["axis": .axis(0)]) == [TensorType(.real, [2 * t + 1])])
    #expect(
      try movement.reshape.type([TensorType(.real, [t, n])], ["shape": .shape([n * t])])
        == [TensorType(.real, [n * t])])
    #expect(throws: TypeProblem.self) {
      try movement.reshape.type([TensorType(.real, [t])], ["shape": .shape([n])])
    }
  }
}
