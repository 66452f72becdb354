// The built-ins of memory-augmented networks: content addressing, reading and writing.
//
// Every row is composite, so that its value and its derivatives of any order are those of plain
// parts. The textbook formulas are rearranged until value and gradient are finite for every memory
// (zero rows too), every weighting (one-hot, uniform, all zero) and key strengths and sharpening
// exponents of ten thousand, in both precisions. `Network+Weightings.swift` and
// `Network+Cells.swift` hold the parts that make weightings and the recurrent cells.
//
// Promise: types are those of a single example; lifting adds batch axes to the parts.

package import IR
import Tensors

package struct Network: OpFamily {
  package static let title = "Memory networks"

  package let content: Op = Op(
    "content", operands: ["memory", "key", "beta"],
    doc: """
      Weighting of the rows of `memory` by likeness to `key`: softmax over the rows of `beta` \
      times the cosine. Each norm is sqrt(sum of squares + 1e-6), so a zero row or a zero key scores 0 \
      and has a finite gradient; rows whose norm is far below 1e-3 score near 0 whatever the key. \
      Graves, Wayne and Danihelka 2014, equations 5 and 6.
      """,
    surface: .signature("(memory: [N, M], key: [M], beta: positive) -> simplex [N]"),
    refinement: { _ in .simplex },
    type: fixedRanks([[dimN, dimM], [dimM], []], gives: [[dimN]]),
    kernel: .composite { b, x, _ in
      let (memory, key, beta) = (x[0], x[1], x[2])
      let scores = b.contract(memory, key, contracted: ([1], [0]))
      let norms = b.mul(b.smoothNorm(memory, axis: 1), b.smoothNorm(key, axis: 0))
      let cosine = b.div(scores, norms)
      return [
        b.emit(
          reductions.softmax, b.mul(beta, cosine), attributes: ["axis": .axis(0)])
      ]
    },
    gradient: .parts,
    samples: {
      [
        Sample(
          "rows",
          [Samplers.reals([4, 3], seed: 1), Samplers.reals([3], seed: 2), Samplers.scalar(2.5)]),
        // A zero row is curved too sharply, over 1e-3, for differences; it is tested by itself.
        Sample(
          "a small row",
          [
            Samplers.given([0.1, -0.05, 1, -2, 0.5, 0.25], [3, 2]), Samplers.reals([2], seed: 3),
            Samplers.scalar(5),
          ]),
        Sample(
          "one row",
          [Samplers.reals([1, 2], seed: 4), Samplers.reals([2], seed: 5), Samplers.scalar(1)]),
      ]
    },
    rejects: [
      // A key is one row wide, whatever the number of rows.
      Rejection([TensorType(.real, [4, 3]), TensorType(.real, [4]), TensorType(.real)]),
      Rejection([TensorType(.real, [4, 3]), TensorType(.real, [3]), TensorType(.real, [4])]),
      Rejection([TensorType(.real, [4, 3]), TensorType(.real, [3]), TensorType(.int)]),
    ])

  package let interpolate: Op = Op(
    "interpolate", operands: ["gate", "new", "old"],
    doc: """
      `gate * new + (1 - gate) * old`, a step between two weightings; exactly `new` at gate 1 and \
      exactly `old` at gate 0. Graves, Wayne and Danihelka 2014, equation 7.
      """,
    surface: .signature("(gate: unit, new: simplex [N], old: simplex [N]) -> simplex [N]"),
    refinement: { _ in .simplex },
    type: fixedRanks([[], [dimN], [dimN]], gives: [[dimN]]),
    kernel: .composite { b, x, _ in [b.mixed(x[0], x[1], x[2])] },
    gradient: .parts,
    samples: {
      [
        Sample(
          "weightings",
          [Samplers.scalar(0.3), Samplers.simplex([4], seed: 1), Samplers.simplex([4], seed: 2)])
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [4]), TensorType(.real, [4]), TensorType(.real, [4])]),
      Rejection([TensorType(.real), TensorType(.real, [4]), TensorType(.real, [3])]),
    ])

  package let shift: Op = Op(
    "shift", operands: ["w", "s"],
    doc: """
      Circular convolution: entry j of `s` moves `w` by j - S/2 rows (rounded down), so that three \
      entries stand for one back, none and one on. Exact for every N, also below S, where moves \
      that differ by N add up. Graves, Wayne and Danihelka 2014, equation 8.
      """,
    surface: .signature("(w: simplex [N], s: simplex [S]) -> simplex [N]"),
    refinement: { _ in .simplex },
    type: fixedRanks([[dimN], [dimS]], gives: [[dimN]]),
    kernel: .composite { b, x, _ in [b.shifted(x[0], by: x[1])] },
    gradient: .parts,
    samples: {
      [
        Sample("three moves", [Samplers.simplex([5], seed: 1), Samplers.simplex([3], seed: 2)]),
        Sample("four moves", [Samplers.simplex([5], seed: 3), Samplers.simplex([4], seed: 4)]),
        Sample(
          "more moves than rows", [Samplers.simplex([2], seed: 5), Samplers.simplex([5], seed: 6)]),
        Sample("one row", [Samplers.simplex([1], seed: 7), Samplers.simplex([3], seed: 8)]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [4, 2]), TensorType(.real, [3])]),
      Rejection([TensorType(.real, [4]), TensorType(.int, [3])]),
    ])

  package let sharpen: Op = Op(
    "sharpen", operands: ["w", "gamma"],
    doc: """
      `w ^ gamma`, divided by its sum. Worked out as (w / max w) ^ gamma, so that no power is \
      lost to underflow where all are small; the derivative by `gamma` of an entry 0 is 0. \
      Negative entries count as 0; a weighting with no entry above 1e-30 gives the uniform one, \
      with zero gradient. Graves, Wayne and Danihelka 2014, equation 9.
      """,
    surface: .signature("(w: simplex [N], gamma: above_one) -> simplex [N]"),
    refinement: { _ in .simplex },
    type: fixedRanks([[dimN], []], gives: [[dimN]]),
    kernel: .composite { b, x, _ in [b.sharpened(x[0], gamma: x[1])] },
    gradient: .parts,
    samples: {
      [
        Sample("weighting", [Samplers.simplex([5], seed: 1), Samplers.scalar(3.5)]),
        Sample("one row", [Samplers.simplex([1], seed: 2), Samplers.scalar(2)]),
        Sample(
          "a zero entry",
          [Samplers.given([0, 0.25, 0.75]), Samplers.scalar(2)],
          // The clamp at 0 is a kink.
          isSmooth: false),
        Sample(
          "all zero", [Samplers.given([0, 0, 0]), Samplers.scalar(2)],
          isSmooth: false),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [4]), TensorType(.real, [4])]),
      Rejection([TensorType(.real), TensorType(.real)]),
    ])

  package let mix: Op = Op(
    "mix", operands: ["gate", "a", "b"],
    doc: """
      `gate * a + (1 - gate) * b` for any two equal shapes; exactly `a` at gate 1 and exactly `b` \
      at gate 0.
      """,
    surface: .special("mix(gate: unit, a: [..], b: [..]) -> [..]"),
    refinement: { claims in
      guard claims.count == 3, let a = claims[1], let b = claims[2] else { return nil }
      return a.implies(b) ? b : b.implies(a) ? a : nil
    },
    type: { (types, _) throws(TypeProblem) in
      try TypeRules.require(count: 3, types)
      for operand in 0..<3 { try TypeRules.require(.real, types, at: operand) }
      if types[2] != types[1] {
        throw TypeProblem(operand: 2, expected: types[1].written, found: types[2].written)
      }
      if types[0].rank != 0 && types[0] != types[1] {
        throw TypeProblem(
          operand: 0, expected: "real or \(types[1].written)", found: types[0].written)
      }
      return [types[1]]
    },
    kernel: .composite { b, x, _ in [b.mixed(x[0], x[1], x[2])] },
    gradient: .parts,
    samples: {
      [
        Sample(
          "matrices",
          [
            Samplers.scalar(0.25), Samplers.reals([2, 3], seed: 1),
            Samplers.reals([2, 3], seed: 2),
          ]),
        Sample(
          "a gate for each entry",
          [
            Samplers.simplex([3], seed: 3), Samplers.reals([3], seed: 4),
            Samplers.reals([3], seed: 5),
          ]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real), TensorType(.real, [2]), TensorType(.real, [3])]),
      Rejection([TensorType(.real, [3]), TensorType(.real, [2]), TensorType(.real, [2])]),
    ])

  package let read: Op = Op(
    "read", operands: ["memory", "w"],
    doc: """
      Mean of the rows of `memory`, weighted by `w`. Graves, Wayne and Danihelka 2014, equation 2.
      """,
    surface: .signature("(memory: [N, M], w: [N]) -> [M]"),
    refinement: Claims.nonneg,
    type: fixedRanks([[dimN, dimM], [dimN]], gives: [[dimM]]),
    kernel: .composite { b, x, _ in [b.contract(x[1], x[0], contracted: ([0], [0]))] },
    gradient: .parts,
    samples: {
      [Sample("memory", [Samplers.reals([4, 3], seed: 1), Samplers.simplex([4], seed: 2)])]
    },
    rejects: [Rejection([TensorType(.real, [4, 3]), TensorType(.real, [3])])])

  package let write: Op = Op(
    "write", operands: ["memory", "w", "erase", "add"],
    doc: """
      `memory` with row i erased by `w[i] * erase` and `w[i] * add` added: \
      `memory * (1 - outer(w, erase)) + outer(w, add)`. Graves, Wayne and Danihelka 2014, \
      equations 3 and 4.
      """,
    surface: .signature("(memory: [N, M], w: [N], erase: [M], add: [M]) -> [N, M]"),
    type: fixedRanks([[dimN, dimM], [dimN], [dimM], [dimM]], gives: [[dimN, dimM]]),
    kernel: .composite { b, x, _ in
      let kept = b.sub(b.real(1), b.contract(x[1], x[2]))
      return [
        b.add(b.mul(x[0], kept), b.contract(x[1], x[3]))
      ]
    },
    gradient: .parts,
    samples: {
      [
        Sample(
          "memory",
          [
            Samplers.reals([4, 3], seed: 1), Samplers.simplex([4], seed: 2),
            Samplers.reals([3], seed: 3), Samplers.reals([3], seed: 4),
          ])
      ]
    },
    rejects: [
      Rejection([
        TensorType(.real, [4, 3]), TensorType(.real, [3]), TensorType(.real, [3]),
        TensorType(.real, [3]),
      ]),
      Rejection([
        TensorType(.real, [4, 3]), TensorType(.real, [4]), TensorType(.real, [3]),
        TensorType(.real, [4]),
      ]),
    ])

  package let lstmStep: Op = lstmStepRow
  package let gruStep: Op = gruStepRow
}

package let network = Network()

extension Builder {
  /// sqrt(sum of squares along one axis + 1e-6): smooth, and 1e-3 at zero.
  func smoothNorm(_ x: Value, axis: Int) -> Value {
    let squares = sum(mul(x, x), axes: [axis])
    return emit(pointwise.sqrt, add(squares, real(1e-6)))
  }

  /// gate * a + (1 - gate) * b
  func mixed(_ gate: Value, _ a: Value, _ b: Value) -> Value {
    let rest = sub(real(1), gate)
    return add(mul(gate, a), mul(rest, b))
  }
}
