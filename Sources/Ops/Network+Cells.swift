// Recurrent cells with one product for each set of weights.
//
// The gates lie side by side on the last axis of the weights, so that a step is one product and a
// few slices.

import IR
import Tensors

let lstmStepRow: Op = Op(
  "lstm_step", operands: ["x", "h", "c", "weight", "bias"],
  doc: """
    One step of an LSTM without peepholes: gates from `(x ++ h) @ weight + bias`, in the order \
    input, forget, output (sigmoid) and update (tanh), each H wide; c' = forget * c + input * \
    update, h' = output * tanh(c'). A forget bias is part of `bias`.
    """,
  surface: .signature(
    "(x: [X], h: [H], c: [H], weight: [X + H, 4*H], bias: [4*H]) -> (h: [H], c: [H])"),
  type: fixedRanks(
    [[dimX], [dimH], [dimH], [dimX + dimH, 4 * dimH], [4 * dimH]], gives: [[dimH], [dimH]]),
  kernel: .composite { b, x, _ in
    let hidden = b.type(of: x[1]).shape[0]
    let input = b.concatenate([x[0], x[1]], axis: 0)
    let sums = b.add(b.contract(input, x[3], contracted: ([0], [0])), x[4])
    func gate(_ number: Int, _ squash: Op) -> Value {
      b.emit(squash, b.block(sums, number, of: hidden))
    }
    let kept = b.mul(gate(1, pointwise.sigmoid), x[2])
    let entered = b.mul(gate(0, pointwise.sigmoid), gate(3, pointwise.tanh))
    let cell = b.add(kept, entered)
    let shown = b.mul(gate(2, pointwise.sigmoid), b.emit(pointwise.tanh, cell))
    return [shown, cell]
  },
  gradient: .parts,
  samples: {
    [
      Sample(
        "step",
        [
          Samplers.reals([3], seed: 1), Samplers.reals([2], seed: 2), Samplers.reals([2], seed: 3),
          Samplers.reals([5, 8], seed: 4), Samplers.reals([8], seed: 5),
        ])
    ]
  },
  rejects: [
    Rejection([
      TensorType(.real, [3]), TensorType(.real, [2]), TensorType(.real, [2]),
      TensorType(.real, [3, 8]), TensorType(.real, [8]),
    ]),
    Rejection([
      TensorType(.real, [3]), TensorType(.real, [2]), TensorType(.real, [2]),
      TensorType(.real, [5, 8]), TensorType(.real, [2]),
    ]),
  ])

let gruStepRow: Op = Op(
  "gru_step", operands: ["x", "h", "input", "recurrent", "bias"],
  doc: """
    One step of a gated recurrent unit: update gate z, reset gate r (sigmoid) and candidate \
    (tanh), in this order, each H wide. The reset gate acts after the recurrent product, so that \
    one product serves all three: candidate = tanh(x @ input + bias + r * (h @ recurrent)); \
    h' = (1 - z) * candidate + z * h.
    """,
  surface: .signature(
    "(x: [X], h: [H], input: [X, 3*H], recurrent: [H, 3*H], bias: [3*H]) -> [H]"),
  type: fixedRanks(
    [[dimX], [dimH], [dimX, 3 * dimH], [dimH, 3 * dimH], [3 * dimH]], gives: [[dimH]]),
  kernel: .composite { b, x, _ in
    let hidden = b.type(of: x[1]).shape[0]
    let fromInput = b.add(b.contract(x[0], x[2], contracted: ([0], [0])), x[4])
    let fromHidden = b.contract(x[1], x[3], contracted: ([0], [0]))
    func gate(_ number: Int) -> Value {
      b.emit(
        pointwise.sigmoid,
        b.add(
          b.block(fromInput, number, of: hidden),
          b.block(fromHidden, number, of: hidden)))
    }
    let remembered = b.mul(gate(1), b.block(fromHidden, 2, of: hidden))
    let candidate = b.emit(
      pointwise.tanh, b.add(b.block(fromInput, 2, of: hidden), remembered))
    return [b.mixed(gate(0), x[1], candidate)]
  },
  gradient: .parts,
  samples: {
    [
      Sample(
        "step",
        [
          Samplers.reals([3], seed: 1), Samplers.reals([2], seed: 2),
          Samplers.reals([3, 6], seed: 3), Samplers.reals([2, 6], seed: 4),
          Samplers.reals([6], seed: 5),
        ])
    ]
  },
  rejects: [
    Rejection([
      TensorType(.real, [3]), TensorType(.real, [2]), TensorType(.real, [2, 6]),
      TensorType(.real, [2, 6]), TensorType(.real, [6]),
    ])
  ])

extension Builder {
  /// The numbered stretch of `width` entries of a vector.
  fileprivate func block(_ x: Value, _ number: Int, of width: Dim) -> Value {
    slice(x, axis: 0, start: Dim(number) * width, count: width)
  }
}
