// The ways a pointwise row is put together: constructors for the shapes most rows have.

import IR
import Tensors

extension Op {
  /// `f(x)` on reals; `derivative` is f'(x) as a value of the graph, given x and f(x).
  static func realFunction(
    _ name: String, _ unary: ScalarExpression.Unary, doc: String,
    refinement: @escaping @Sendable ([Refinement?]) -> Refinement? = { _ in nil },
    samples: @escaping @Sendable () -> [Sample], laws: [Law] = [],
    derivative: @escaping @Sendable (Builder, _ x: Value, _ result: Value) -> Value
  ) -> Op {
    Op(
      name, operands: ["x"], doc: doc, surface: .pointwise(), refinement: refinement,
      type: TypeRules.pointwise(1, .real),
      kernel: .pointwise { .unary(unary, $0[0]) },
      gradient: .pullback { p in
        guard let g = p.cotangents[0] else { return [nil] }
        return [p.builder.cotangentProduct(g, derivative(p.builder, p.operands[0], p.results[0]))]
      },
      samples: samples,
      rejects: [Rejection([TensorType(.int)]), Rejection([TensorType(.real), TensorType(.real)])],
      laws: laws)
  }

  /// A comparison of two operands of one type, with its operator.
  static func comparison(
    _ name: String, _ symbol: String, _ domain: TypeRules.Domain, doc: String, kernel: Kernel,
    laws: [Law] = []
  ) -> Op {
    var gradient = Gradient.zero(because: "a comparison is flat except where it jumps")
    if case .composite = kernel { gradient = .parts }
    return Op(
      name, operands: ["a", "b"], doc: doc, surface: .pointwise(operator: symbol),
      type: TypeRules.pointwise(2, domain, result: .bool), kernel: kernel, gradient: gradient,
      samples: {
        [
          Sample("reals", [Samplers.reals([4], seed: 1), Samplers.reals([4], seed: 2)]),
          Sample(
            "ints",
            [
              Samplers.ints([2, 3], in: 0...2, seed: 3), Samplers.ints([2, 3], in: 0...2, seed: 4),
            ]),
          Sample("scalar", [Samplers.ints([5], seed: 5), Tensor(ints: [0])]),
        ]
      },
      rejects: [
        Rejection([TensorType(.real), TensorType(.int)]),
        Rejection([TensorType(.real, [2]), TensorType(.real, [3])]),
      ], laws: laws)
  }
}

extension Op {
  /// `and`, `or`.
  static func connective(_ name: String, _ binary: ScalarExpression.Binary, doc: String) -> Op {
    Op(
      name, operands: ["a", "b"], doc: doc, surface: .pointwise(operator: name),
      type: TypeRules.pointwise(2, .bool),
      kernel: .pointwise { .binary(binary, $0[0], $0[1]) },
      gradient: .zero(because: "truth values have no derivative"),
      samples: {
        [
          Sample(
            "table",
            [
              Tensor([4], bools: [false, false, true, true]),
              Tensor([4], bools: [false, true, false, true]),
            ]),
          Sample("scalar", [Samplers.bools([3], seed: 1), Tensor(bools: [true])]),
        ]
      },
      rejects: [
        Rejection([TensorType(.bool), TensorType(.real)]),
        Rejection([TensorType(.bool, [2]), TensorType(.bool, [3])]),
      ],
      laws: [.commutative, .associative])
  }
}

extension Pointwise {
  /// The cotangent to the first operand where `prefersFirst` holds, else to the second.
  @Sendable static func choicePullback(_ p: Pullback, _ prefersFirst: Op) -> [Value?] {
    guard let g = p.cotangents[0] else { return [nil, nil] }
    let b = p.builder
    let first = b.emit(prefersFirst, p.operands[0], p.operands[1])
    return [b.select(first, g, b.real(0)), b.select(first, b.real(0), g)]
  }

  /// b a^(b - 1) and a^b log a, each 0 where it would be infinite although a^b is finite.
  @Sendable static func powerPullback(_ p: Pullback) -> [Value?] {
    guard let g = p.cotangents[0] else { return [nil, nil] }
    let b = p.builder
    let (base, exponent) = (p.operands[0], p.operands[1])
    let (zero, one) = (b.real(0), b.real(1))
    let isSteep = b.emit(
      pointwise.and, b.emit(pointwise.equal, base, zero), b.emit(pointwise.less, exponent, one))
    let slope = b.mul(exponent, b.emit(pointwise.pow, base, b.sub(exponent, one)))
    let isPositive = b.emit(pointwise.less, zero, base)
    // Of the base itself, as the power takes it, so that both share one logarithm.
    let logarithm = b.select(isPositive, b.emit(pointwise.log, base), zero)
    return [
      b.cotangentProduct(g, b.select(isSteep, zero, slope)),
      b.cotangentProduct(g, b.mul(p.results[0], logarithm)),
    ]
  }
}

/// Samples of pointwise rows.
enum PointwiseSamples {
  /// A scalar, a vector and a matrix with elements in `range`.
  static func one(in range: ClosedRange<Double> = -2...2) -> [Sample] {
    [
      Sample("scalar", [Samplers.reals(in: range, seed: 1)]),
      Sample("vector", [Samplers.reals([5], in: range, seed: 2)]),
      Sample("matrix", [Samplers.reals([2, 3], in: range, seed: 3)]),
    ]
  }

  /// One operand of either sign, away from 0.
  static func awayFromZero() -> [Sample] {
    [
      Sample("scalar", [Samplers.awayFromZero(seed: 1)]),
      Sample("vector", [Samplers.awayFromZero([5], seed: 2)]),
    ]
  }

  /// Two real operands of one shape, and with a scalar on either side.
  static func two(
    _ first: ClosedRange<Double> = -2...2, _ second: ClosedRange<Double> = -2...2,
    _ suffix: String = ""
  ) -> [Sample] {
    [
      Sample(
        "vectors\(suffix)",
        [Samplers.reals([4], in: first, seed: 1), Samplers.reals([4], in: second, seed: 2)]),
      Sample(
        "matrix and scalar\(suffix)",
        [Samplers.reals([2, 3], in: first, seed: 3), Samplers.reals(in: second, seed: 4)]),
      Sample(
        "scalar and vector\(suffix)",
        [Samplers.reals(in: first, seed: 5), Samplers.reals([3], in: second, seed: 6)]),
      Sample(
        "scalars\(suffix)",
        [Samplers.reals(in: first, seed: 7), Samplers.reals(in: second, seed: 8)]),
      Sample(
        "empty\(suffix)",
        [Samplers.reals([0], in: first, seed: 9), Samplers.reals([0], in: second, seed: 9)]),
    ]
  }

  static func ints(_ second: ClosedRange<Int> = -5...5, _ suffix: String = "") -> [Sample] {
    let operands = [Samplers.ints([4], seed: 1), Samplers.ints([4], in: second, seed: 2)]
    return [Sample("ints\(suffix)", operands)]
  }

  /// The one quotient that no int is, and the remainder that goes with it.
  static let wrapping = [
    Sample(
      "wrapping",
      [Tensor([3], ints: [.min, .min, .min]), Tensor([3], ints: [-1, 1, 3])])
  ]

  static let tie = [
    Sample("tie", [Samplers.given([1, -2]), Samplers.given([1, -2])], isSmooth: false)
  ]

  /// Where textbook formulas overflow.
  static let large = [Sample("large", [Samplers.given([-1e4, -100, 100, 1e4])])]

  /// Operands of different element types, and of shapes that do not join.
  static let mismatches = [
    Rejection([TensorType(.real), TensorType(.int)]),
    Rejection([TensorType(.bool), TensorType(.bool)]),
    Rejection([TensorType(.real, [2]), TensorType(.real, [3])]),
    Rejection([
      TensorType(.real, [Dim(DimSymbol("N"))]), TensorType(.real, [Dim(DimSymbol("M"))]),
    ]),
    Rejection([TensorType(.real)]),
  ]
}
