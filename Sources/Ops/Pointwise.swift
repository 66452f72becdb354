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
      // One quotient, which depends on `b` alone: where that repeats, it is not taken for each `a`.
      let slope = b.div(b.real(1), p.operands[1])
      let bend = b.neg(b.mul(p.results[0], slope))
      return [b.cotangentProduct(g, slope), b.cotangentProduct(g, bend)]
    },
    samples: {
      PointwiseSamples.two(-2...2, 0.5...2)
        + PointwiseSamples.two(-2...2, -2...(-0.5), " below 0")
    },
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

  package let pow: Op = powRow()

  package let floorDiv: Op = Op(
    "floor_div", operands: ["a", "b"],
    doc: "The quotient of two ints, rounded towards minus infinity. `b` must not be 0.",
    surface: .pointwise(operator: "div"),
    type: TypeRules.pointwise(2, .int),
    kernel: .pointwise { .binary(.floorDivide, $0[0], $0[1]) },
    gradient: .zero(because: "ints have no derivative"),
    samples: {
      PointwiseSamples.ints(1...4) + PointwiseSamples.ints(-4...(-1), " below 0")
        + PointwiseSamples.wrapping
    },
    rejects: PointwiseSamples.mismatches + [Rejection([TensorType(.real), TensorType(.real)])],
    laws: [.identity(1)])

  package let mod: Op = modRow()

  package let minimum: Op = Op(
    "minimum", operands: ["a", "b"],
    doc: "The smaller of `a` and `b`. At a tie the gradient goes to `a`.",
    surface: .pointwise(), refinement: Claims.smaller,
    type: TypeRules.pointwise(2, .number),
    kernel: .pointwise { .binary(.minimum, $0[0], $0[1]) },
    gradient: .pullback { p in Pointwise.choicePullback(p, pointwise.lessEqual) },
    samples: { PointwiseSamples.two() + PointwiseSamples.ints() + PointwiseSamples.tie },
    rejects: PointwiseSamples.mismatches,
    laws: [.commutative, .associative])

  package let maximum: Op = Op(
    "maximum", operands: ["a", "b"],
    doc: "The larger of `a` and `b`. At a tie the gradient goes to `a`.",
    surface: .pointwise(), refinement: Claims.larger,
    type: TypeRules.pointwise(2, .number),
    kernel: .pointwise { .binary(.maximum, $0[0], $0[1]) },
    gradient: .pullback { p in Pointwise.choicePullback(p, pointwise.greaterEqual) },
    samples: { PointwiseSamples.two() + PointwiseSamples.ints() + PointwiseSamples.tie },
    rejects: PointwiseSamples.mismatches,
    laws: [.commutative, .associative])

  package let clamp: Op = clampRow()

  package let abs: Op = Op(
    "abs", operands: ["x"],
    doc: "The size of `x` without its sign. The derivative at 0 is 0.",
    surface: .pointwise(),
    refinement: { Claims.elementwise($0) ?? .nonneg },
    type: TypeRules.pointwise(1, .number),
    kernel: .pointwise { .unary(.absolute, $0[0]) },
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil] }
      return [p.builder.cotangentProduct(g, p.builder.emit(pointwise.sign, p.operands[0]))]
    },
    samples: {
      PointwiseSamples.awayFromZero() + [
        Sample("ints", [Samplers.ints([4], seed: 3)]),
        Sample("zero", [Samplers.given([0])], isSmooth: false),
      ]
    },
    rejects: [Rejection([TensorType(.bool)])],
    laws: [.idempotent])

  package let sign: Op = Op(
    "sign", operands: ["x"],
    doc: "-1, 0 or 1 as `x` is below, at or above 0.",
    surface: .pointwise(), refinement: { $0[0] == nil ? nil : .unit },
    type: TypeRules.pointwise(1, .number),
    kernel: .pointwise { .unary(.sign, $0[0]) },
    gradient: .zero(because: "it is flat except at 0, where it jumps"),
    samples: {
      PointwiseSamples.awayFromZero() + [
        Sample("ints", [Samplers.ints([4], in: -1...1, seed: 3)]),
        Sample("zero", [Samplers.given([0])], isSmooth: false),
      ]
    },
    rejects: [Rejection([TensorType(.bool)])],
    laws: [.idempotent])

  package let floor: Op = Op(
    "floor", operands: ["x"],
    doc: "The largest whole number not above `x`, as a real.",
    surface: .pointwise(),
    refinement: { $0[0] == nil ? nil : $0[0] == .aboveOne ? .aboveOne : .nonneg },
    type: TypeRules.pointwise(1, .real),
    kernel: .pointwise { .unary(.floor, $0[0]) },
    gradient: .zero(because: "it is flat except at whole numbers, where it jumps"),
    samples: {
      [
        Sample("vector", [Samplers.given([-1.5, -0.2, 0.3, 1.7, 1e4 + 0.5])]),
        Sample("whole", [Samplers.given([-2, 0, 3])], isSmooth: false),
      ]
    },
    rejects: [Rejection([TensorType(.int)])],
    laws: [.idempotent])

  // MARK: Comparisons

  package let equal: Op = Op.comparison(
    "equal", "==", .any, doc: "True where `a` and `b` are the same.",
    kernel: .pointwise { .binary(.equal, $0[0], $0[1]) }, laws: [.commutative])

  package let less: Op = Op.comparison(
    "less", "<", .number, doc: "True where `a` is below `b`.",
    kernel: .pointwise { .binary(.less, $0[0], $0[1]) })

  package let notEqual: Op = Op.comparison(
    "not_equal", "!=", .any, doc: "True where `a` and `b` differ.",
    kernel: .composite { b, operands, _ in
      [b.emit(pointwise.not, b.emit(pointwise.equal, operands[0], operands[1]))]
    }, laws: [.commutative])

  package let lessEqual: Op = Op.comparison(
    "less_equal", "<=", .number, doc: "True where `a` is not above `b`.",
    kernel: .pointwise { .binary(.lessOrEqual, $0[0], $0[1]) })

  package let greater: Op = Op.comparison(
    "greater", ">", .number, doc: "True where `a` is above `b`.",
    kernel: .composite { b, operands, _ in [b.emit(pointwise.less, operands[1], operands[0])] })

  package let greaterEqual: Op = Op.comparison(
    "greater_equal", ">=", .number, doc: "True where `a` is not below `b`.",
    kernel: .composite { b, operands, _ in
      [b.emit(pointwise.lessEqual, operands[1], operands[0])]
    })

  package let isFinite: Op = Op(
    "is_finite", operands: ["x"],
    doc: "True where `x` is neither infinite nor not a number.",
    surface: .pointwise(),
    type: TypeRules.pointwise(1, .real, result: .bool),
    kernel: .pointwise { .unary(.isFinite, $0[0]) },
    gradient: .zero(because: "truth values have no derivative"),
    samples: {
      [
        Sample("finite", [Samplers.reals([3], seed: 1)]),
        Sample("mixed", [Samplers.given([.infinity, -.infinity, .nan, 0, 1e4])], isSmooth: false),
      ]
    },
    rejects: [Rejection([TensorType(.int)])])

  // MARK: Truth values

  package let and: Op = Op.connective(
    "and", .and, doc: "True where both `a` and `b` are.")

  package let or: Op = Op.connective(
    "or", .or, doc: "True where `a` or `b` is, or both.")

  package let not: Op = Op(
    "not", operands: ["x"],
    doc: "True where `x` is false.",
    surface: .pointwise(operator: "not"),
    type: TypeRules.pointwise(1, .bool),
    kernel: .pointwise { .unary(.not, $0[0]) },
    gradient: .zero(because: "truth values have no derivative"),
    samples: { [Sample("vector", [Samplers.bools([4], seed: 1)])] },
    rejects: [Rejection([TensorType(.real)]), Rejection([TensorType(.bool), TensorType(.bool)])],
    laws: [.involution])

  // MARK: Functions of a real

  package let exp: Op = Op.realFunction(
    "exp", .exp, doc: "The exponential of `x`.", refinement: { _ in .positive },
    samples: { PointwiseSamples.one() }
  ) { _, _, result in result }

  package let expm1: Op = Op.realFunction(
    "expm1", .expm1, doc: "The exponential of `x` less 1, exact near 0.",
    refinement: { $0[0] == nil ? nil : $0[0]?.implies(.positive) == true ? .positive : .nonneg },
    samples: { PointwiseSamples.one() + [Sample("tiny", [Samplers.given([1e-9, -1e-9, 0])])] }
  ) { b, x, _ in b.emit(pointwise.exp, x) }

  package let log: Op = Op.realFunction(
    "log", .log, doc: "The natural logarithm of `x`; minus infinity at 0.",
    refinement: { $0[0] == .aboveOne ? .nonneg : nil },
    samples: { PointwiseSamples.one(in: 0.3...3) }
  ) { b, x, _ in b.div(b.real(1), x) }

  package let log1p: Op = Op.realFunction(
    "log1p", .log1p, doc: "The natural logarithm of 1 + `x`, exact near 0.",
    refinement: { $0[0] == nil ? nil : $0[0]?.implies(.positive) == true ? .positive : .nonneg },
    samples: {
      PointwiseSamples.one(in: -0.6...2) + [Sample("tiny", [Samplers.given([1e-9, -1e-9, 0])])]
    }
  ) { b, x, _ in b.div(b.real(1), b.add(b.real(1), x)) }

  package let sqrt: Op = Op.realFunction(
    "sqrt", .squareRoot,
    doc: """
      The square root of `x`. Its slope at 0 is infinite and counts as 0 in derivatives, so that \
      the length of a zero vector has a zero gradient.
      """,
    refinement: Claims.elementwise,
    samples: {
      PointwiseSamples.one(in: 0.3...3) + [Sample("zero", [Samplers.given([0])], isSmooth: false)]
    }
  ) { b, x, result in
    let isPositive = b.emit(pointwise.less, b.real(0), x)
    return b.select(isPositive, b.div(b.real(0.5), result), b.real(0))
  }

  package let sin: Op = Op.realFunction(
    "sin", .sin, doc: "The sine of `x`, in radians.", samples: { PointwiseSamples.one() }
  ) { b, x, _ in b.emit(pointwise.cos, x) }

  package let cos: Op = Op.realFunction(
    "cos", .cos, doc: "The cosine of `x`, in radians.", samples: { PointwiseSamples.one() }
  ) { b, x, _ in b.neg(b.emit(pointwise.sin, x)) }

  package let tanh: Op = Op.realFunction(
    "tanh", .tanh, doc: "The hyperbolic tangent of `x`: from -1 to 1.",
    refinement: { $0[0] == nil ? nil : .unit },
    samples: { PointwiseSamples.one() + PointwiseSamples.large }
  ) { b, _, result in b.sub(b.real(1), b.mul(result, result)) }

  package let sigmoid: Op = Op.realFunction(
    "sigmoid", .sigmoid, doc: "1 / (1 + exp(-`x`)), without overflow: from 0 to 1.",
    refinement: { _ in .unit },
    samples: { PointwiseSamples.one() + PointwiseSamples.large }
  ) { b, x, result in b.mul(result, b.emit(pointwise.sigmoid, b.neg(x))) }

  package let softplus: Op = Op.realFunction(
    "softplus", .softplus,
    doc: "log(1 + exp(`x`)), as max(`x`, 0) + log1p(exp(-|`x`|)), without overflow.",
    refinement: { _ in .positive },
    samples: { PointwiseSamples.one() + PointwiseSamples.large }
  ) { b, x, _ in b.emit(pointwise.sigmoid, x) }

  package let relu: Op = Op(
    "relu", operands: ["x"],
    doc: "`x` where it is above 0, else 0. The derivative at 0 is 0.",
    surface: .pointwise(), refinement: { Claims.elementwise($0) ?? .nonneg },
    type: TypeRules.pointwise(1, .real),
    kernel: .composite { b, operands, _ in
      [b.emit(pointwise.maximum, b.real(0), operands[0])]
    },
    gradient: .parts,
    samples: {
      PointwiseSamples.awayFromZero() + [Sample("zero", [Samplers.given([0])], isSmooth: false)]
    },
    rejects: [Rejection([TensorType(.int)])],
    laws: [.idempotent])

  // MARK: Conversions

  package let toReal: Op = Op(
    "to_real", operands: ["x"],
    doc: "`x` as a real; true is 1 and false 0.",
    surface: .special("real(x): an int or bool of any shape"),
    refinement: { $0[0] },
    type: { (types, _) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      if types[0].dtype == .real {
        throw TypeProblem(operand: 0, expected: "int or bool", found: types[0].written)
      }
      return [TensorType(.real, types[0].shape)]
    },
    kernel: .pointwise { .convert($0[0], .real) },
    gradient: .zero(because: "ints and truth values have no derivative"),
    samples: {
      [
        Sample("ints", [Samplers.ints([4], seed: 1)]),
        Sample("bools", [Samplers.bools([2, 2], seed: 2)]),
      ]
    },
    rejects: [Rejection([TensorType(.real)])])

  package let toInt: Op = Op(
    "to_int", operands: ["x"],
    doc: "`x` as an int, rounded towards 0; true is 1 and false 0.",
    surface: .special("int(x): a real or bool of any shape"),
    refinement: { $0[0].map { $0 == .aboveOne ? .aboveOne : .nonneg } },
    type: { (types, _) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      if types[0].dtype == .int {
        throw TypeProblem(operand: 0, expected: "real or bool", found: types[0].written)
      }
      return [TensorType(.int, types[0].shape)]
    },
    kernel: .pointwise { .convert($0[0], .int) },
    gradient: .zero(because: "ints have no derivative"),
    samples: {
      [
        Sample("reals", [Samplers.given([-1.7, -0.2, 0.9, 2.5, 1e4])]),
        Sample("bools", [Samplers.bools([2, 2], seed: 2)]),
      ]
    },
    rejects: [Rejection([TensorType(.int)])])

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

package let pointwise: Pointwise = Pointwise()
