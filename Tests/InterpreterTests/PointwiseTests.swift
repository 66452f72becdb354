// Scalar expressions against the same functions one element at a time.

import IR
import Interpreter
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#endif

private let edges: [Double] = [
  0, -0.0, 1, -1, 0.5, -2.25, 3.75, 100, -100, 1e30, -1e30, .infinity, -.infinity, .nan,
]

private let unary: [(ScalarExpression.Unary, @Sendable (Double) -> Double)] = [
  (.negate, { -$0 }), (.absolute, { abs($0) }),
  (.sign, { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }), (.floor, { Glibc.floor($0) }),
  (.squareRoot, { Glibc.sqrt($0) }), (.exp, { Glibc.exp($0) }), (.expm1, { Glibc.expm1($0) }),
  (.log, { Glibc.log($0) }), (.log1p, { Glibc.log1p($0) }), (.sin, { Glibc.sin($0) }),
  (.cos, { Glibc.cos($0) }), (.tanh, { Glibc.tanh($0) }),
  (.sigmoid, { 1 / (1 + Glibc.exp(-$0)) }),
  (.softplus, { $0 > 30 ? $0 : Glibc.log1p(Glibc.exp($0)) }),
]

private let binary: [(ScalarExpression.Binary, @Sendable (Double, Double) -> Double)] = [
  (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }), (.divide, { $0 / $1 }),
  (.floorDivide, { Glibc.floor($0 / $1) }), (.power, { Glibc.pow($0, $1) }),
  (.minimum, { $0.isNaN ? $0 : $1.isNaN ? $1 : min($0, $1) }),
  (.maximum, { $0.isNaN ? $0 : $1.isNaN ? $1 : max($0, $1) }),
]

private func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  if a == b || (a.isNaN && b.isNaN) { return true }
  return abs(a - b) <= tolerance * abs(b)
}

@Suite struct PointwiseTests {
  @Test(arguments: [0, 1, 2, 3, 7, 1024, 2500])
  func unaryFunctions(count: Int) throws {
    let values = (0..<count).map { edges[$0 % edges.count] }
    for (op, expected) in unary {
      let row = pointwiseRow(.real, operands: 1) { .unary(op, $0[0]) }
      let found = try run(row, [Tensor([count], reals: values, precision: .double)])[0]
      for (x, y) in zip(values, found.doubles) {
        let reference = expected(x)
        let isClose = close(y, reference, 1e-15)
        #expect(isClose, "\(op) of \(x) is \(y), expected \(reference)")
      }
      let single = try run(
        row, [Tensor([count], reals: values, precision: .single)], [:], .single)[0]
      for (x, y) in zip(values, single.doubles) where !(abs(x) >= 100) {
        let reference = expected(Double(Float(x)))
        let isClose = close(y, reference, 5e-7)
        #expect(isClose, "\(op) of \(x) in f32 is \(y), expected \(reference)")
      }
    }
  }

  @Test func binaryFunctionsWithScalarsOnEitherSide() throws {
    let left = edges.flatMap { x in edges.map { _ in x } }
    let right = edges.flatMap { _ in edges }
    for (op, expected) in binary {
      let row = pointwiseRow(.real, operands: 2) { .binary(op, $0[0], $0[1]) }
      let both = try run(row, [real(left), real(right)])[0]
      #expect(same(both.doubles, zip(left, right).map(expected)), "\(op)")
      for scalar in edges {
        let onLeft = try run(row, [Tensor(reals: [scalar], precision: .double), real(edges)])[0]
        #expect(same(onLeft.doubles, edges.map { expected(scalar, $0) }), "\(op)")
        let onRight = try run(row, [real(edges), Tensor(reals: [scalar], precision: .double)])[0]
        #expect(same(onRight.doubles, edges.map { expected($0, scalar) }), "\(op)")
      }
    }
  }

  @Test func comparisonsAndLogic() throws {
    let pairs: [(ScalarExpression.Binary, (Double, Double) -> Bool)] = [
      (.equal, { $0 == $1 }), (.less, { $0 < $1 }), (.lessOrEqual, { $0 <= $1 }),
    ]
    let left = edges.flatMap { x in edges.map { _ in x } }
    let right = edges.flatMap { _ in edges }
    for (op, expected) in pairs {
      let row = pointwiseRow(.bool, operands: 2) { .binary(op, $0[0], $0[1]) }
      let found = try run(row, [real(left), real(right)])[0]
      #expect(found == Tensor([left.count], bools: zip(left, right).map(expected)), "\(op)")
    }
    let a = Tensor([4], bools: [false, false, true, true])
    let b = Tensor([4], bools: [false, true, false, true])
    let and = pointwiseRow(.bool, operands: 2) { .binary(.and, $0[0], $0[1]) }
    let or = pointwiseRow(.bool, operands: 2) { .binary(.or, $0[0], .unary(.not, $0[1])) }
    #expect(try run(and, [a, b])[0] == Tensor([4], bools: [false, false, false, true]))
    #expect(try run(or, [a, b])[0] == Tensor([4], bools: [true, false, true, true]))
  }

  @Test func integersWrapAndRoundDown() throws {
    let numbers = [0, 1, -1, 2, -2, 3, -3, 7, -7, Int.max, Int.min]
    let left = numbers.flatMap { x in numbers.filter { $0 != 0 }.map { _ in x } }
    let right = numbers.flatMap { _ in numbers.filter { $0 != 0 } }
    func table(_ op: ScalarExpression.Binary) throws -> Tensor.Storage {
      let row = pointwiseRow(.int, operands: 2) { .binary(op, $0[0], $0[1]) }
      return try run(row, [Tensor([left.count], ints: left), Tensor([left.count], ints: right)])[0]
        .storage
    }
    guard case .int(let found) = try table(.floorDivide),
      case .int(let rest) = try table(.remainder)
    else {
      Issue.record("ints expected")
      return
    }
    for index in left.indices where abs(Double(left[index])) < 10 && abs(Double(right[index])) < 10
    {
      let exact = Double(left[index]) / Double(right[index])
      #expect(Double(found[index]) == exact.rounded(.down), "\(left[index]) // \(right[index])")
    }
    for index in left.indices {
      #expect(found[index] &* right[index] &+ rest[index] == left[index])
      #expect(rest[index] == 0 || (rest[index] < 0) == (right[index] < 0))
    }
    #expect(try table(.add) == .int(zip(left, right).map { $0 &+ $1 }))
    #expect(try table(.multiply) == .int(zip(left, right).map { $0 &* $1 }))
  }

  @Test func whatHasNoValueIsReported() throws {
    let zero = Tensor([3], ints: [1, 0, 2])
    for op in [ScalarExpression.Binary.divide, .floorDivide, .remainder] {
      let row = pointwiseRow(.int, operands: 2) { .binary(op, $0[0], $0[1]) }
      #expect(code { _ = try run(row, [zero, zero]) } == "division-by-zero")
    }
    let power = pointwiseRow(.int, operands: 2) { .binary(.power, $0[0], $0[1]) }
    #expect(code { _ = try run(power, [zero, Tensor(ints: [-1])]) } == "negative-exponent")
    #expect(
      try run(power, [Tensor([3], ints: [2, -3, 0]), Tensor([3], ints: [10, 3, 0])])[0]
        == Tensor([3], ints: [1024, -27, 1]))
    let convert = pointwiseRow(.int, operands: 1) { .convert($0[0], .int) }
    for value in [Double.nan, .infinity, -.infinity, 0x1p63, 1e30] {
      #expect(code { _ = try run(convert, [real([1, value])]) } == "int-out-of-range")
    }
    #expect(try run(convert, [real([-2.9, 2.9, -0x1p63])])[0] == Tensor([3], ints: [-2, 2, .min]))
  }

  @Test func conversions() throws {
    for from in DType.allCases {
      for to in DType.allCases {
        let row = pointwiseRow(to, operands: 1) { .convert($0[0], to) }
        let input = counting([4], from)
        let found = try run(row, [input])[0]
        #expect(found.dtype == to)
        let expected = to == .bool ? input.doubles.map { $0 != 0 ? 1 : 0 } : input.doubles
        #expect(found.doubles == expected, "\(from) to \(to)")
      }
    }
  }

  /// Several blocks, constants, equal parts, scalars and all kinds of temporaries at once.
  @Test(arguments: [0, 1, 5, 1023, 1025, 3000])
  func longExpressions(count: Int) throws {
    let row = pointwiseRow(.real, operands: 3) { x in
      let square = x[0] * x[0] + .unary(.absolute, x[2])
      let isSmall = ScalarExpression.binary(.less, square, .real(0.5))
      let steps = ScalarExpression.convert(.unary(.floor, x[1] * .real(10)), .int)
      return .select(isSmall, square / .real(3), .convert(steps, .real) - square + x[2])
        + .select(isSmall, .real(2), .real(4)) * .select(.boolean(true), x[1], .real(0))
    }
    let (a, b) = (noise([count], 1), noise([count], 2))
    let scalar = Tensor(reals: [0.125], precision: .double)
    let expected = zip(a.doubles, b.doubles).map { x, y in
      let square = x * x + 0.125
      let rest = square < 0.5 ? square / 3 : (y * 10).rounded(.down) - square + 0.125
      return rest + (square < 0.5 ? 2 : 4) * y
    }
    #expect(try run(row, [a, b, scalar])[0].doubles == expected)
  }

  @Test func anOperandThatIsNotReadGivesTheShape() throws {
    let first = pointwiseRow(.real, operands: 2) { $0[0] }
    let scalar = Tensor(reals: [7], precision: .double)
    #expect(try run(first, [scalar, real([1, 2, 3])])[0] == real([7, 7, 7]))
    #expect(try run(first, [real([1, 2, 3]), scalar])[0] == real([1, 2, 3]))
    let constant = pointwiseRow(.int, operands: 1) { _ in .integer(3) }
    #expect(try run(constant, [real([1, 2])])[0] == Tensor([2], ints: [3, 3]))
  }

  private func real(_ values: [Double]) -> Tensor {
    Tensor([values.count], reals: values, precision: .double)
  }
}
