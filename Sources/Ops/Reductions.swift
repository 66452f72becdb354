// Rows that join the elements along axes, and those that run along one.
//
// `sum`, `prod`, `max`, `min`, `any` and `all` are reductions of Kernel.swift. Running sums and
// products, and the gradients of products, are all the one recurrence r(i) = t(i) + f(i) r(i - 1),
// whose pullback is the same recurrence backwards: exact with zeros, to any order.

package import IR
import Tensors

package struct Reductions: OpFamily {
  package static let title = "Reductions"

  // MARK: Over axes

  package let sum: Op = Op(
    "sum", operands: ["x"],
    doc: "The sum of the elements along the dims; 0 where there are none.",
    surface: .reduction,
    refinement: { $0[0].map { $0.implies(.positive) ? .positive : .nonneg } },
    type: TypeRules.reduction(.number),
    kernel: .reduce(.sum),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil] }
      let shape = p.type(p.operands[0]).shape
      return [p.builder.restore(g, axes: p.attributes.axes("axes"), of: shape)]
    },
    samples: { ReductionSamples.all() + ReductionSamples.ints() + ReductionSamples.empty() },
    rejects: ReductionSamples.rejects)

  package let prod: Op = Op(
    "prod", operands: ["x"],
    doc: """
      The product of the elements along the dims; 1 where there are none. The gradient is right \
      where elements are 0.
      """,
    surface: .reduction,
    refinement: { $0[0].map { $0 == .aboveOne ? .aboveOne : $0.implies(.unit) ? .unit : $0 } },
    type: TypeRules.reduction(.number),
    kernel: .reduce(.product),
    gradient: .pullback(Reductions.productPullback),
    samples: {
      ReductionSamples.all() + ReductionSamples.ints() + ReductionSamples.empty() + [
        Sample("one zero", [Samplers.given([1.5, 0, -2])], ["axes": .axes([0])]),
        Sample("two zeros", [Samplers.given([0, 2, 0, 3], [2, 2])], ["axes": .axes([0, 1])]),
      ]
    },
    rejects: ReductionSamples.rejects)

  package let max: Op = Op(
    "max", operands: ["x"],
    doc: """
      The largest element along the dims. At a tie the gradient goes to the first of the largest, \
      in row-major order. There must be an element.
      """,
    surface: .reduction, refinement: Claims.elementwise,
    type: TypeRules.reduction(.number),
    kernel: .reduce(.maximum),
    gradient: .pullback { p in Reductions.extremePullback(p, reductions.argmax) },
    samples: { ReductionSamples.distinct() + ReductionSamples.ints() + ReductionSamples.tie() },
    rejects: ReductionSamples.rejects)

  package let min: Op = Op(
    "min", operands: ["x"],
    doc: """
      The smallest element along the dims. At a tie the gradient goes to the first of the \
      smallest, in row-major order. There must be an element.
      """,
    surface: .reduction, refinement: Claims.elementwise,
    type: TypeRules.reduction(.number),
    kernel: .reduce(.minimum),
    gradient: .pullback { p in Reductions.extremePullback(p, reductions.argmin) },
    samples: { ReductionSamples.distinct() + ReductionSamples.ints() + ReductionSamples.tie() },
    rejects: ReductionSamples.rejects)

  package let any: Op = truthReduction(
    "any", .any, doc: "True if an element along the dims is; false where there are none.")

  package let all: Op = truthReduction(
    "all", .all, doc: "True if every element along the dims is; true where there are none.")

  package let mean: Op = Op(
    "mean", operands: ["x"],
    doc: "The mean of the elements along the dims. There must be an element.",
    surface: .reduction, refinement: Claims.elementwise,
    type: TypeRules.reduction(.real),
    kernel: .composite { b, operands, attributes in
      let axes = attributes.axes("axes")
      let shape = b.shape(operands[0])
      let count = axes.map { shape[$0] }.reduce(1, *)
      let divisor = b.emit(reductions.elementCount, [], ["dim": .dim(count)])[0]
      return [b.div(b.sum(operands[0], axes: axes), divisor)]
    },
    gradient: .parts,
    samples: { ReductionSamples.all() },
    rejects: ReductionSamples.rejects)

  package let elementCount: Op = Op(
    "element_count", operands: [],
    doc: "How many elements a mean is over, as a real; an error where there are none.",
    surface: .none, refinement: { _ in .aboveOne },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 0, types)
      _ = attributes.dim("dim")
      return [TensorType(.real)]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let count = try evaluation.size(evaluation.attributes.dim("dim"))
      if count == 0 { throw Reductions.emptyReduction("mean") }
      return [evaluation.real([], [Double(count)])]
    },
    gradient: .zero(because: "a size is a whole number"),
    samples: { [Sample("five", [], ["dim": .dim(5)]), Sample("one", [], ["dim": .dim(1)])] },
    rejects: [Rejection([TensorType(.real)], ["dim": .dim(5)])])

  package let logsumexp: Op = Op(
    "logsumexp", operands: ["x"],
    doc: """
      The logarithm of the sum of the exponentials along the dims, without overflow. There must be \
      an element.
      """,
    surface: .reduction,
    type: TypeRules.reduction(.real),
    kernel: .composite { b, operands, attributes in
      let axes = attributes.axes("axes")
      let peak = b.finitePeak(operands[0], axes: axes)
      let shifted = b.sub(operands[0], b.restore(peak, axes: axes, of: b.shape(operands[0])))
      let total = b.sum(b.emit(pointwise.exp, shifted), axes: axes)
      return [b.add(b.emit(pointwise.log, total), peak)]
    },
    gradient: .parts,
    samples: {
      ReductionSamples.all() + [
        Sample("large", [Samplers.given([1e4, 1e4 + 0.5, -1e4])], ["axes": .axes([0])])
      ]
    },
    rejects: ReductionSamples.rejects)

  // MARK: Along an axis

  package let softmax: Op = Op(
    "softmax", operands: ["x"],
    doc: "The exponentials along a dim, divided by their sum; computed from `x` less its maximum.",
    surface: .along, refinement: { _ in .simplex },
    type: TypeRules.along(.real),
    kernel: .composite { b, operands, attributes in
      let axes = [attributes.axis("axis")]
      let shape = b.shape(operands[0])
      let peak = b.finitePeak(operands[0], axes: axes)
      let powers = b.emit(
        pointwise.exp, b.sub(operands[0], b.restore(peak, axes: axes, of: shape)))
      return [b.div(powers, b.restore(b.sum(powers, axes: axes), axes: axes, of: shape))]
    },
    gradient: .parts,
    samples: {
      ReductionSamples.along() + [
        Sample("large", [Samplers.given([1e4, 1e4 - 1, -1e4])], ["axis": .axis(0)])
      ]
    },
    rejects: ReductionSamples.alongRejects)

  package let argmax: Op = argument("argmax", isLargest: true)

  package let argmin: Op = argument("argmin", isLargest: false)

  package let recurrence: Op = Op(
    "recurrence", operands: ["factors", "terms"],
    doc: """
      Entry i along the axis is `terms`(i) + `factors`(i) times entry i - 1; entry 0 is \
      `terms`(0). Its pullback is the same recurrence from the other end.
      """,
    surface: .none,
    type: TypeRules.along(.number, count: 2),
    kernel: .library,
    evaluate: Reductions.evaluateRecurrence,
    routine: .recurrence,
    gradient: .pullback(Reductions.recurrencePullback),
    samples: {
      [
        Sample(
          "vectors", [Samplers.reals([5], seed: 1), Samplers.reals([5], seed: 2)],
          ["axis": .axis(0)]),
        Sample(
          "rows", [Samplers.reals([3, 2], seed: 3), Samplers.reals([3, 2], seed: 4)],
          ["axis": .axis(0)]),
        Sample(
          "zero factors", [Samplers.given([0, 0, 2, 0]), Samplers.reals([4], seed: 5)],
          ["axis": .axis(0)]),
        Sample(
          "ints", [Samplers.ints([4], seed: 6), Samplers.ints([4], seed: 7)], ["axis": .axis(0)]),
        Sample("empty", [Samplers.given([]), Samplers.given([])], ["axis": .axis(0)]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [3]), TensorType(.real, [2])], ["axis": .axis(0)]),
      Rejection([TensorType(.real, [3]), TensorType(.int, [3])], ["axis": .axis(0)]),
      Rejection([TensorType(.real, [3])], ["axis": .axis(0)]),
    ])

  package let cumsum: Op = Op(
    "cumsum", operands: ["x"],
    doc: "Running sums along a dim: entry i is the sum of the entries up to and with i.",
    surface: .along, refinement: { $0[0].map { $0 == .aboveOne ? .aboveOne : .nonneg } },
    type: TypeRules.along(.number),
    kernel: .composite { b, operands, attributes in
      let type = b.type(of: operands[0])
      let ones = b.broadcast(b.number(1, type.dtype), to: type.shape)
      return b.emit(
        reductions.recurrence, [ones, operands[0]], ["axis": .axis(attributes.axis("axis"))])
    },
    gradient: .parts,
    samples: {
      ReductionSamples.along() + [Sample("ints", [Samplers.ints([4], seed: 9)], ["axis": .axis(0)])]
    },
    rejects: ReductionSamples.alongRejects)

  package let cumprod: Op = Op(
    "cumprod", operands: ["x"],
    doc: """
      Running products along a dim: entry i is the product of the entries up to and with i. The \
      gradient is right where elements are 0.
      """,
    surface: .along,
    refinement: { $0[0].map { $0 == .simplex ? .unit : $0 } },
    type: TypeRules.along(.number),
    kernel: .composite { b, operands, attributes in
      let axis = attributes.axis("axis")
      return [b.mul(b.productsBefore(operands[0], axis: axis), operands[0])]
    },
    gradient: .parts,
    samples: {
      ReductionSamples.along() + [
        Sample("ints", [Samplers.ints([4], seed: 9)], ["axis": .axis(0)]),
        Sample("zeros", [Samplers.given([2, 0, -1.5, 0, 3])], ["axis": .axis(0)]),
      ]
    },
    rejects: ReductionSamples.alongRejects)
}

package let reductions: Reductions = Reductions()
