// The rows of `Pointwise` whose derivatives have conventions of their own: powers, remainders,
// bounds.

import IR
import Tensors

extension Pointwise {
  static func powRow() -> Op {
    Op(
      "pow", operands: ["a", "b"],
      doc: """
        `a` to the power of `b`. Where the power is finite so are its derivatives: at `a` = 0 an \
        infinite slope in `a` counts as 0, and where `a` is not above 0 the slope in `b` counts as \
        0.
        """,
      surface: .pointwise(operator: "^"), refinement: Claims.power,
      type: TypeRules.pointwise(2, .real),
      kernel: .pointwise { .binary(.power, $0[0], $0[1]) },
      gradient: .pullback(Pointwise.powerPullback),
      samples: {
        PointwiseSamples.two(0.3...2, -2...2) + [
          Sample(
            "whole", [Samplers.given([-2, -1.5, 0.5, 2]), Samplers.scalar(3)], isSmooth: false),
          Sample(
            "zero base", [Samplers.given([0, 0, 0, 0]), Samplers.given([0, 0.5, 1, 2])],
            isSmooth: false),
        ]
      },
      rejects: PointwiseSamples.mismatches + [Rejection([TensorType(.int), TensorType(.int)])],
      laws: [.identity(1)])
  }

  static func modRow() -> Op {
    Op(
      "mod", operands: ["a", "b"],
      doc: """
        What is left of `a` after taking `b` from it a whole number of times: `a` - `b` floor(`a` \
        / `b`), which has the sign of `b`. Where it jumps, the derivative is that of the formula \
        with the floor held.
        """,
      surface: .pointwise(operator: "%"),
      type: TypeRules.pointwise(2, .number),
      kernel: .pointwise { .binary(.remainder, $0[0], $0[1]) },
      gradient: .pullback { p in
        guard let g = p.cotangents[0] else { return [nil, nil] }
        let b = p.builder
        let times = b.emit(pointwise.floor, b.div(p.operands[0], p.operands[1]))
        return [g, b.cotangentProduct(g, b.neg(times))]
      },
      samples: {
        [
          Sample(
            "both signs",
            [Samplers.given([2.3, -2.3, 2.3, -2.3]), Samplers.given([0.7, 0.7, -0.7, -0.7])]),
          Sample("scalar", [Samplers.given([0.1, 1.2, 5.9]), Samplers.scalar(1)]),
          Sample("whole", [Samplers.given([2, -4]), Samplers.scalar(2)], isSmooth: false),
        ] + PointwiseSamples.ints(1...4) + PointwiseSamples.ints(-4...(-1), " below 0")
          + PointwiseSamples.wrapping
      },
      rejects: PointwiseSamples.mismatches)
  }

  static func clampRow() -> Op {
    Op(
      "clamp", operands: ["x", "low", "high"],
      doc: """
        `x`, or the nearer bound where it is outside `low` to `high`. At a bound the gradient goes \
        to `x`. Where the bounds are the wrong way round the result is `high`.
        """,
      surface: .pointwise(), refinement: Claims.between,
      type: TypeRules.pointwise(3, .number),
      kernel: .composite { b, operands, _ in
        let raised = b.emit(pointwise.maximum, operands[0], operands[1])
        return [b.emit(pointwise.minimum, raised, operands[2])]
      },
      gradient: .parts,
      samples: {
        [
          Sample(
            "scalar bounds",
            [Samplers.given([-2, -0.5, 0.5, 2]), Samplers.scalar(-1), Samplers.scalar(1)]),
          Sample(
            "own bounds",
            [Samplers.given([0, 3, 1]), Samplers.given([-1, 1, 2]), Samplers.given([1, 2, 3])]),
          Sample("ints", [Samplers.ints([4], seed: 1), Tensor(ints: [-2]), Tensor(ints: [2])]),
          Sample(
            "at the bounds", [Samplers.given([-1, 1]), Samplers.scalar(-1), Samplers.scalar(1)],
            isSmooth: false),
        ]
      },
      rejects: [
        Rejection([TensorType(.real), TensorType(.real)]),
        Rejection([TensorType(.real), TensorType(.int), TensorType(.int)]),
        Rejection([TensorType(.real, [2]), TensorType(.real, [3]), TensorType(.real)]),
      ])
  }
}
