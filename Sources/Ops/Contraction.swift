// Products that sum over shared axes: the one primitive, and shorthands for vectors and matrices.
//
// `contract` names every axis of both operands exactly once: paired and kept (batch), paired and
// summed (contracted), or free. Its pullback is two contractions and a transposition each, for any
// layout, so second order needs nothing of its own.
//
// That a zero cotangent gives a zero gradient holds for finite operands. With an infinite one the
// gradient of the other is NaN, as the products 0 · ∞ are formed inside the kernel; a guard there
// would cost every product a comparison. Pointwise rows have the guard: `sum(a * b)` is the way
// round it.

package import IR
import Tensors

package struct Contraction: OpFamily {
  package static let title = "Products"

  package let contract: Op = Op(
    "contract", operands: ["left", "right"],
    doc: """
      Sum of products over paired axes. The result's axes are the paired batch axes, then the free \
      axes of `left`, then the free axes of `right`, each in the order of the operand. A zero \
      cotangent gives a zero gradient where the operands are finite.
      """,
    surface: .none,
    refinement: Claims.nonneg,
    type: { (types, attributes) throws(TypeProblem) in [try contractType(types, attributes)] },
    kernel: .contract,
    gradient: .pullback(contractPullback),
    samples: {
      [
        Sample(
          "matrix product", [Samplers.reals([2, 3], seed: 1), Samplers.reals([3, 4], seed: 2)],
          contractAttributes(contracted: ([1], [0]))),
        Sample(
          "batch axes out of place, contracted axes crossed",
          [Samplers.reals([2, 5, 3, 4], seed: 3), Samplers.reals([4, 2, 3, 6, 5], seed: 4)],
          contractAttributes(batch: ([3, 1], [0, 4]), contracted: ([2, 0], [2, 1]))),
        Sample(
          "row products", [Samplers.reals([3, 4], seed: 5), Samplers.reals([3, 4], seed: 6)],
          contractAttributes(batch: ([0], [0]), contracted: ([1], [1]))),
        Sample(
          "outer", [Samplers.reals([2], seed: 7), Samplers.reals([3], seed: 8)],
          contractAttributes()),
        Sample(
          "scalar", [Samplers.reals([], seed: 9), Samplers.reals([2, 2], seed: 10)],
          contractAttributes()),
        Sample(
          "empty sum", [Samplers.reals([2, 0], seed: 11), Samplers.reals([0, 3], seed: 12)],
          contractAttributes(contracted: ([1], [0]))),
      ]
    },
    rejects: [
      Rejection(
        [TensorType(.real, [2, 3]), TensorType(.real, [4, 2])],
        contractAttributes(contracted: ([1], [0]))),
      Rejection(
        [TensorType(.real, [2]), TensorType(.int, [2])],
        contractAttributes(contracted: ([0], [0]))),
      Rejection(
        [TensorType(.real, [2]), TensorType(.real, [2])],
        contractAttributes(batch: ([0], [0]), contracted: ([0], [0]))),
    ])

  package let dot: Op = Op(
    "dot", operands: ["a", "b"],
    doc: """
      Sum of the products of two vectors' entries. Where an entry may be infinite, `sum(a * b)` \
      keeps a zero cotangent's gradient zero and this does not.
      """,
    surface: .signature("(a: [N], b: [N]) -> real"),
    refinement: Claims.nonneg,
    type: fixedRanks([[dimN], [dimN]], gives: [[]]),
    kernel: .composite { b, x, _ in
      [b.contract(x[0], x[1], contracted: ([0], [0]))]
    },
    gradient: .parts,
    samples: { [Sample("vectors", [Samplers.reals([3], seed: 1), Samplers.reals([3], seed: 2)])] },
    rejects: [Rejection([TensorType(.real, [2]), TensorType(.real, [3])])],
    laws: [.commutative])

  package let outer: Op = Op(
    "outer", operands: ["a", "b"],
    doc: "Every product of an entry of `a` with an entry of `b`.",
    surface: .signature("(a: [N], b: [M]) -> [N, M]"),
    refinement: Claims.nonneg,
    type: fixedRanks([[dimN], [dimM]], gives: [[dimN, dimM]]),
    kernel: .composite { b, x, _ in [b.contract(x[0], x[1])] },
    gradient: .parts,
    samples: { [Sample("vectors", [Samplers.reals([3], seed: 1), Samplers.reals([2], seed: 2)])] },
    rejects: [Rejection([TensorType(.real, []), TensorType(.real, [3])])])

  package let matmul: Op = Op(
    "matmul", operands: ["left", "right"],
    doc: """
      Sums over the last axis of `left` and the first of `right`, by position: `w @ memory` is a \
      read, `memory @ key` the scores of the rows. A zero cotangent gives a zero gradient where the \
      operands are finite.
      """,
    surface: .special("left @ right: [.., K] @ [K, ..] -> [.., ..]"),
    refinement: Claims.nonneg,
    type: { (types, _) throws(TypeProblem) in
      try TypeRules.require(count: 2, types)
      for operand in 0..<2 where types[operand].rank == 0 {
        throw TypeProblem(
          operand: operand, expected: "at least one dim", found: types[operand].written)
      }
      let contracted = ([types[0].rank - 1], [0])
      return [try contractType(types, contractAttributes(contracted: contracted))]
    },
    kernel: .composite { b, x, _ in
      [b.contract(x[0], x[1], contracted: ([b.type(of: x[0]).rank - 1], [0]))]
    },
    gradient: .parts,
    samples: {
      [
        Sample("matrices", [Samplers.reals([2, 3], seed: 1), Samplers.reals([3, 4], seed: 2)]),
        Sample("row and matrix", [Samplers.reals([3], seed: 3), Samplers.reals([3, 4], seed: 4)]),
        Sample(
          "matrix and column", [Samplers.reals([2, 3], seed: 5), Samplers.reals([3], seed: 6)]),
        Sample(
          "rank three", [Samplers.reals([2, 2, 3], seed: 7), Samplers.reals([3, 2, 2], seed: 8)]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [2, 3]), TensorType(.real, [2, 3])]),
      Rejection([TensorType(.real, []), TensorType(.real, [3])]),
    ])
}

package let contraction = Contraction()

// MARK: Attributes

package func contractAttributes(
  batch: ([Int], [Int]) = ([], []), contracted: ([Int], [Int]) = ([], [])
) -> Attributes {
  [
    "leftBatch": .axes(batch.0), "rightBatch": .axes(batch.1),
    "leftContracted": .axes(contracted.0), "rightContracted": .axes(contracted.1),
  ]
}

extension Builder {
  /// `contraction.contract`; each pair lists axes of the left and the right that belong together.
  package func contract(
    _ left: Value, _ right: Value,
    batch: ([Int], [Int]) = ([], []), contracted: ([Int], [Int]) = ([], [])
  ) -> Value {
    emit(
      contraction.contract, left, right,
      attributes: contractAttributes(batch: batch, contracted: contracted))
  }
}

/// The axes of a rank that are in neither list, in order.
func freeAxes(_ rank: Int, _ batch: [Int], _ contracted: [Int]) -> [Int] {
  (0..<rank).filter { !batch.contains($0) && !contracted.contains($0) }
}

// MARK: Type and pullback

private func contractType(
  _ types: [TensorType], _ attributes: Attributes
) throws(TypeProblem) -> TensorType {
  try TypeRules.require(count: 2, types)
  let (left, right) = (types[0], types[1])
  if left.dtype == .bool {
    throw TypeProblem(operand: 0, expected: "numbers", found: left.written)
  }
  if right.dtype != left.dtype {
    throw TypeProblem(operand: 1, expected: "\(left.dtype) elements", found: right.written)
  }
  let batch = (attributes.axes("leftBatch"), attributes.axes("rightBatch"))
  let contracted = (attributes.axes("leftContracted"), attributes.axes("rightContracted"))
  try TypeRules.require(axes: batch.0 + contracted.0, types, at: 0)
  try TypeRules.require(axes: batch.1 + contracted.1, types, at: 1)
  if batch.0.count != batch.1.count || contracted.0.count != contracted.1.count {
    throw TypeProblem(
      operand: nil, expected: "as many paired dims on the left as on the right",
      found: "\(batch.0 + contracted.0) and \(batch.1 + contracted.1)")
  }
  for (a, b) in zip(batch.0 + contracted.0, batch.1 + contracted.1)
  where left.shape[a] != right.shape[b] {
    throw TypeProblem(
      operand: 1, expected: "`\(left.shape[a].written)` as its \(TypeRules.ordinal(b)) dim",
      found: "`\(right.shape[b].written)`")
  }
  let shape =
    batch.0.map { left.shape[$0] }
    + freeAxes(left.rank, batch.0, contracted.0).map { left.shape[$0] }
    + freeAxes(right.rank, batch.1, contracted.1).map { right.shape[$0] }
  return TensorType(left.dtype, shape)
}

@Sendable private func contractPullback(_ p: Pullback) -> [Value?] {
  guard let g = p.cotangents[0] else { return [nil, nil] }
  let b = p.builder
  let batch = (p.attributes.axes("leftBatch"), p.attributes.axes("rightBatch"))
  let contracted = (p.attributes.axes("leftContracted"), p.attributes.axes("rightContracted"))
  let leftFree = freeAxes(p.type(p.operands[0]).rank, batch.0, contracted.0)
  let rightFree = freeAxes(p.type(p.operands[1]).rank, batch.1, contracted.1)
  // Axes of the cotangent, by what they stand for.
  let kept = Array(0..<batch.0.count)
  let ofLeft = Array(kept.count..<kept.count + leftFree.count)
  let ofRight = Array(
    kept.count + leftFree.count..<kept.count + leftFree.count + rightFree.count)

  // Summing over the other side's free axes leaves: batch, this side's free axes, and this side's
  // contracted axes in the order in which the other side has them.
  func side(
    other: Value, otherBatch: [Int], otherFree: [Int], cotangentAxes: [Int],
    batch: [Int], free: [Int], contracted: [Int], otherContracted: [Int]
  ) -> Value {
    let raw = b.contract(
      g, other, batch: (kept, otherBatch), contracted: (cotangentAxes, otherFree))
    let paired = zip(otherContracted, contracted).sorted { $0.0 < $1.0 }.map(\.1)
    return b.transposed(raw, toPlaces: batch + free + paired)
  }
  return [
    side(
      other: p.operands[1], otherBatch: batch.1, otherFree: rightFree, cotangentAxes: ofRight,
      batch: batch.0, free: leftFree, contracted: contracted.0, otherContracted: contracted.1),
    side(
      other: p.operands[0], otherBatch: batch.0, otherFree: leftFree, cotangentAxes: ofLeft,
      batch: batch.1, free: rightFree, contracted: contracted.1, otherContracted: contracted.0),
  ]
}
