// Rows that work element by element.
//
// Operands have one shape or rank 0. A pullback multiplies the cotangent with the local derivative
// by `cotangent_product`, so that a zero cotangent gives a zero gradient even where the derivative
// is infinite. Derivatives are written in the rows of this table, so they can be differentiated.

package import IR
import Tensors

package struct Pointwise: OpFamily {
  package static let title = "Element by element"

  // MARK: Arithmetic

  package let add: Op = Op(
    "add", operands: ["a", "b"],
    doc: "The sum of `a` and `b`.",
    surface: .pointwise(operator: "+"), refinement: Claims.sum,
    type: TypeRules.pointwise(2, .number),
    kernel: .pointwise { $0[0] + $0[1] },
    gradient: .pullback { p in [p.cotangents[0], p.cotangents[0]] },
    samples: { PointwiseSamples.two() + PointwiseSamples.ints() },
    rejects: PointwiseSamples.mismatches,
    laws: [.commutative, .associative, .identity(0)])

  package let sub: Op = Op(
    "sub", operands: ["a", "b"],
    doc: "The difference of `a` and `b`.",
    surface: .pointwise(operator: "-"),
    type: TypeRules.pointwise(2, .number),
    kernel: .pointwise { $0[0] - $0[1] },
    gradient: .pullback { p in [p.cotangents[0], p.cotangents[0].map { p.builder.neg($0) }] },
    samples: { PointwiseSamples.two() + PointwiseSamples.ints() },
    rejects: PointwiseSamples.mismatches,
    laws: [.identity(0)])

  package let mul: Op = Op(
    "mul", operands: ["a", "b"],
    doc: "The product of `a` and `b`.",
    surface: .pointwise(operator: "*"), refinement: Claims.product,
    type: TypeRules.pointwise(2, .number),
    kernel: .pointwise { $0[0] * $0[1] },
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil, nil] }
      return [
        p.builder.cotangentProduct(g, p.operands[1]), p.builder.cotangentProduct(g, p.operands[0]),
      ]
    },
    samples: { PointwiseSamples.two() + PointwiseSamples.ints() },
    rejects: PointwiseSamples.mismatches,
    laws: [.commutative, .associative, .identity(1), .absorbing(0)])

  package let div: Op = Op(
    "div", operands: ["a", "b"],
    doc: "The quotient of `a` and `b`, as IEEE 754 has it.",
    surface: .pointwise(operator: "/"), refinement: Claims.quotient,
    type: TypeRules.pointwise(2, .real),
    kernel: .pointwise { $0[0] / $0[1] },
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil, nil] }
      let b = p.builder
      let slope = b.div(b.real(1), p.operands[1])
      let bend = b.neg(b.div(p.results[0], p.operands[1]))
      return [b.cotangentProduct(g, slope), b.cotangentProduct(g, bend)]
    },
    samples: { PointwiseSamples.two(-2...2, 0.5...2) + PointwiseSamples.two(-2...2, -2...(-0.5)) },
    rejects: PointwiseSamples.mismatches + [Rejection([TensorType(.int), TensorType(.int)])],
    laws: [.identity(1)])

  package let neg: Op = Op(
    "neg", operands: ["x"],
    doc: "The negative of `x`.",
    surface: .pointwise(operator: "-"),
    type: TypeRules.pointwise(1, .number),
    kernel: .pointwise { -$0[0] },
    gradient: .pullback { p in [p.cotangents[0].map { p.builder.neg($0) }] },
    samples: { PointwiseSamples.one() + [Sample("ints", [Samplers.ints([4], seed: 4)])] },
    rejects: [Rejection([TensorType(.bool)])],
    laws: [.involution])

  // MARK: Comparisons

  package let equal: Op = Op.comparison(
    "equal", "==", .any, doc: "True where `a` and `b` are the same.",
    kernel: .pointwise { .binary(.equal, $0[0], $0[1]) }, laws: [.commutative])

  package let less: Op = Op.comparison(
    "less", "<", .number, doc: "True where `a` is below `b`.",
    kernel: .pointwise { .binary(.less, $0[0], $0[1]) })

  // MARK: Choice

  package let select: Op = Op(
    "select", operands: ["condition", "a", "b"],
    doc: "`a` where the condition is true, `b` elsewhere.",
    surface: .special("select(condition: bool, a, b), all of one shape or scalars"),
    refinement: Claims.choice,
    type: { (types, _) throws(TypeProblem) in
      try TypeRules.require(count: 3, types)
      try TypeRules.require(.bool, types, at: 0)
      if types[2].dtype != types[1].dtype {
        throw TypeProblem(
          operand: 2, expected: types[1].dtype.rawValue, found: types[2].dtype.rawValue)
      }
      return [TensorType(types[1].dtype, try TypeRules.joinedShape(types))]
    },
    kernel: .pointwise { .select($0[0], $0[1], $0[2]) },
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil, nil, nil] }
      let zero = p.builder.real(0)
      return [
        nil, p.builder.select(p.operands[0], g, zero), p.builder.select(p.operands[0], zero, g),
      ]
    },
    samples: {
      [
        Sample(
          "vectors",
          [
            Samplers.bools([5], seed: 1), Samplers.reals([5], seed: 2),
            Samplers.reals([5], seed: 3),
          ]),
        Sample(
          "scalar branch",
          [Samplers.bools([2, 2], seed: 4), Samplers.reals([2, 2], seed: 5), Samplers.scalar(0)]),
        Sample(
          "scalar condition",
          [Tensor(bools: [false]), Samplers.reals([3], seed: 6), Samplers.reals([3], seed: 7)]),
        Sample(
          "ints", [Samplers.bools([3], seed: 8), Samplers.ints([3], seed: 9), Tensor(ints: [7])]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real), TensorType(.real), TensorType(.real)]),
      Rejection([TensorType(.bool), TensorType(.real), TensorType(.int)]),
      Rejection([TensorType(.bool, [2]), TensorType(.real, [3]), TensorType(.real, [3])]),
    ])

  // MARK: Differentiation

  package let stop: Op = Op(
    "stop", operands: ["x"],
    doc: "`x`, through which no gradient flows.",
    surface: .pointwise(), refinement: { $0[0] },
    type: TypeRules.pointwise(1, .any),
    kernel: .pointwise { $0[0] },
    gradient: .zero(because: "stopping the gradient is what it is for"),
    samples: {
      [Sample("vector", [Samplers.reals([3], seed: 1)], isSmooth: false)]
        + [Sample("ints", [Samplers.ints([3], seed: 2)])]
    },
    rejects: [Rejection([TensorType(.real), TensorType(.real)])],
    laws: [.idempotent])

  package let cotangentProduct: Op = Op(
    "cotangent_product", operands: ["g", "x"],
    doc: """
      The product of `g` and `x`, and 0 where `g` is 0 even if `x` is infinite or not a number. \
      Pullbacks use it, so that a branch not taken gives no gradient. Its own derivative is the \
      product's.
      """,
    surface: .none,
    type: TypeRules.pointwise(2, .real),
    kernel: .pointwise { x in
      .select(.binary(.equal, x[0], .real(0)), .real(0), x[0] * x[1])
    },
    gradient: .pullback { p in
      guard let c = p.cotangents[0] else { return [nil, nil] }
      return [
        p.builder.cotangentProduct(c, p.operands[1]), p.builder.cotangentProduct(c, p.operands[0]),
      ]
    },
    samples: {
      PointwiseSamples.two() + [
        Sample("zero cotangent", [Samplers.given([0, 1, 0]), Samplers.given([3, 2, -1])])
      ]
    },
    rejects: PointwiseSamples.mismatches + [Rejection([TensorType(.int), TensorType(.int)])],
    laws: [.identity(1)])
}

package let pointwise = Pointwise()
