// Rows that join the elements along axes.

package import IR
import Tensors

package struct Reductions: OpFamily {
  package static let title = "Reductions"

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

  package let max: Op = Op(
    "max", operands: ["x"],
    doc: """
      The largest element along the dims. At a tie the gradient goes to the first of the largest. \
      There must be an element.
      """,
    surface: .reduction, refinement: Claims.elementwise,
    type: TypeRules.reduction(.number),
    kernel: .reduce(.maximum),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil] }
      let b = p.builder
      let shape = p.type(p.operands[0]).shape
      let axes = p.attributes.axes("axes")
      let isLargest = b.emit(
        pointwise.equal, p.operands[0], b.restore(p.results[0], axes: axes, of: shape))
      return [b.select(isLargest, b.restore(g, axes: axes, of: shape), b.real(0))]
    },
    samples: { ReductionSamples.distinct() + ReductionSamples.ints() },
    rejects: ReductionSamples.rejects)
}

package let reductions = Reductions()

/// Samples of reductions.
enum ReductionSamples {
  static func all(in range: ClosedRange<Double> = -2...2) -> [Sample] {
    [
      Sample("vector", [Samplers.reals([5], in: range, seed: 1)], ["axes": .axes([0])]),
      Sample("rows", [Samplers.reals([3, 4], in: range, seed: 2)], ["axes": .axes([0])]),
      Sample("columns", [Samplers.reals([3, 4], in: range, seed: 3)], ["axes": .axes([1])]),
      Sample("two of three", [Samplers.reals([2, 3, 2], in: range, seed: 4)], ["axes": .axes([2, 0])]),
      Sample("no axis", [Samplers.reals([3], in: range, seed: 5)], ["axes": .axes([])]),
    ]
  }

  /// As `all`, with no ties.
  static func distinct() -> [Sample] {
    [
      Sample("vector", [Samplers.distinct([5], seed: 1)], ["axes": .axes([0])]),
      Sample("rows", [Samplers.distinct([3, 4], seed: 2)], ["axes": .axes([0])]),
      Sample("columns", [Samplers.distinct([3, 4], seed: 3)], ["axes": .axes([1])]),
      Sample("two of three", [Samplers.distinct([2, 3, 2], seed: 4)], ["axes": .axes([2, 0])]),
      Sample("no axis", [Samplers.distinct([3], seed: 5)], ["axes": .axes([])]),
    ]
  }

  static func ints() -> [Sample] {
    [Sample("ints", [Samplers.ints([3, 2], seed: 6)], ["axes": .axes([1])])]
  }

  static func empty() -> [Sample] {
    [Sample("empty", [Samplers.reals([0, 2], seed: 7)], ["axes": .axes([0])])]
  }

  static let rejects = [
    Rejection([TensorType(.real, [3])], ["axes": .axes([1])]),
    Rejection([TensorType(.real, [3, 3])], ["axes": .axes([1, 1])]),
    Rejection([TensorType(.bool, [3])], ["axes": .axes([0])]),
  ]
}
