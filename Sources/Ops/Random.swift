// Rows that draw numbers from a key.
//
// A key is an int; a draw is a pure function of it. Entry i of a draw depends on (key, i) only and
// on nothing else that is drawn; see Random+Bits for where the bits come from. A key of shape
// [b, …] gives one draw for each of its elements: [shape] is the key's shape, then the draw's own.
//
// Other operands have a shape that [shape] starts with, so a rank-0 one counts for every element.

package import IR
import Tensors

package struct Random: OpFamily {
  package static let title = "Random numbers"

  package let foldKey: Op = Op(
    "fold_key", operands: ["key", "data"],
    doc: """
      A key for `data` under `key`; different data give unrelated keys. SplitMix64's mixing of \
      both, in wrapping 64-bit arithmetic. The shape of one operand starts with the other's.
      """,
    surface: .none,
    type: { (types, _) throws(TypeProblem) in
      try TypeRules.require(count: 2, types)
      try TypeRules.require(.int, types, at: 0)
      try TypeRules.require(.int, types, at: 1)
      let longer = types[0].rank > types[1].rank ? 0 : 1
      try Random.requirePrefix(of: types[longer].shape, types, at: 1 - longer)
      return [types[longer]]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let (key, data) = (evaluation.operands[0], evaluation.operands[1])
      let shape = key.rank > data.rank ? key.shape : data.shape
      let keys = Spread(evaluation.ints(0), over: shape)
      let values = Spread(evaluation.ints(1), over: shape)
      let folded: [Int] = Patience.filled(Layout.product(shape)) { target, range in
        for index in range {
          target[index] = RandomBits.folded(key: keys[index], data: values[index])
        }
      }
      return [Tensor(shape, ints: folded)]
    },
    element: folded,
    gradient: .zero(because: "keys are ints"),
    samples: {
      [
        Sample("scalars", [Tensor(ints: [1]), Tensor(ints: [2])]),
        Sample("key and vector", [Tensor(ints: [7]), Tensor([4], ints: [0, 1, 2, 3])]),
        Sample("keys and matrix", [Samplers.ints([2], seed: 1), Samplers.ints([2, 3], seed: 2)]),
        Sample("keys and scalar", [Samplers.ints([3], seed: 3), Tensor(ints: [-1])]),
      ]
    },
    rejects: [
      Rejection([TensorType(.int), TensorType(.real)]),
      Rejection([TensorType(.int, [2]), TensorType(.int, [3])]),
      Rejection([TensorType(.int)]),
    ])

  package let randomUniform: Op = draw(
    "random_uniform",
    doc: """
      Reals spread evenly over 0 ..< 1: the top 53 bits of the stream, in f32 the top 24, so that \
      1 is never drawn.
      """,
    surface: "rng.uniform[N, …]() -> unit [N, …]", refinement: .unit, rule: unit
  ) { bits, precision in
    precision == .single ? RandomBits.shortUnit(bits) : RandomBits.unit(bits)
  }

  package let randomNormal: Op = draw(
    "random_normal",
    doc: """
      Standard normal reals, by the inverse of the distribution function (Wichura's AS241) of the \
      top 52 bits, in double precision whatever the run's.
      """,
    surface: "rng.normal[N, …]() -> [N, …]", refinement: nil
  ) { bits, _ in NormalQuantile.at(RandomBits.openUnit(bits)) }

  package let randomBernoulli: Op = Op(
    "random_bernoulli", operands: ["key", "p"],
    doc: "1.0 with probability `p`, else 0.0. No gradient reaches `p`.",
    surface: .special("rng.bernoulli[N, …](p: unit) -> unit [N, …]"), refinement: { _ in .unit },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 2, types)
      try TypeRules.require(.real, types, at: 1)
      let shape = try Random.drawShape(types, attributes)
      try Random.requirePrefix(of: shape, types, at: 1)
      return [TensorType(.real, shape)]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let shape = try evaluation.sizes(evaluation.attributes.shape("shape"))
      let chances = Spread(evaluation.doubles(1), over: shape)
      let bits = Random.Bits(evaluation, shape)
      return [evaluation.real(shape) { RandomBits.unit(bits[$0]) < chances[$0] ? 1 : 0 }]
    },
    element: bernoulli,
    gradient: .zero(because: "a draw of 0 or 1 is flat in `p` except where it jumps"),
    samples: {
      [
        Sample("one p", [Tensor(ints: [3]), Samplers.scalar(0.5)], ["shape": .shape([2, 3])]),
        Sample(
          "own p", [Tensor(ints: [4]), Samplers.reals([4], in: 0...1, seed: 1)],
          ["shape": .shape([4])]),
        Sample(
          "keys", [Tensor([2], ints: [5, 6]), Samplers.reals([2], in: 0...1, seed: 2)],
          ["shape": .shape([2, 3])]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real), TensorType(.real)], ["shape": .shape([2])]),
      Rejection([TensorType(.int), TensorType(.int)], ["shape": .shape([2])]),
      Rejection([TensorType(.int), TensorType(.real, [3])], ["shape": .shape([2])]),
    ])

  package let randomInt: Op = Op(
    "random_int", operands: ["key", "low", "high"],
    doc: "Ints spread evenly over `low` to `high`, both included.",
    surface: .special("rng.int[N, …](low: int, high: int) -> int [N, …]"),
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 3, types)
      let shape = try Random.drawShape(types, attributes)
      for index in 1...2 {
        try TypeRules.require(.int, types, at: index)
        try Random.requirePrefix(of: shape, types, at: index)
      }
      return [TensorType(.int, shape)]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let shape = try evaluation.sizes(evaluation.attributes.shape("shape"))
      let lows = Spread(evaluation.ints(1), over: shape)
      let highs = Spread(evaluation.ints(2), over: shape)
      let bits = Random.Bits(evaluation, shape)
      var empty: Int?
      let values: [Int] = Patience.filled(Layout.product(shape)) { target, range in
        for index in range {
          let (low, high) = (lows[index], highs[index])
          if low > high, empty == nil { empty = index }
          target[index] = Random.scaled(bits[index], low: low, high: high)
        }
      }
      if let empty {
        throw EvaluationProblem(
          "empty-range", "there is no int from \(lows[empty]) to \(highs[empty])")
      }
      return [Tensor(shape, ints: values)]
    },
    element: int,
    gradient: .zero(because: "ints have no derivative"),
    samples: {
      [
        Sample(
          "dice", [Tensor(ints: [3]), Tensor(ints: [1]), Tensor(ints: [6])],
          ["shape": .shape([5])]),
        Sample(
          "one", [Tensor(ints: [3]), Tensor(ints: [4]), Tensor(ints: [4])], ["shape": .shape([])]),
        Sample(
          "keys", [Tensor([2], ints: [5, 6]), Tensor([2], ints: [0, 10]), Tensor(ints: [20])],
          ["shape": .shape([2, 3])]),
      ]
    },
    rejects: [
      Rejection([TensorType(.int), TensorType(.real), TensorType(.int)], ["shape": .shape([2])]),
      Rejection(
        [TensorType(.int, [3]), TensorType(.int), TensorType(.int)], ["shape": .shape([2])]),
    ])

  package let randomPermutation: Op = Op(
    "random_permutation", operands: ["key"],
    doc: "The positions 0, 1, 2, … along a dim in a random order.",
    surface: .special("rng.permutation[N]() -> int [N]"),
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(.int, types, at: 0)
      return [TensorType(.int, types[0].shape + [attributes.dim("dim")])]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let size = try evaluation.size(evaluation.attributes.dim("dim"))
      let shape = evaluation.operands[0].shape + [size]
      let bits = Random.Bits(evaluation, shape)
      var orders: [[Int]] = []
      for lane in evaluation.ints(0).indices {
        orders.append(
          try Ordering.places(size) { bits[lane * size + $0] < bits[lane * size + $1] })
      }
      return [Tensor(shape, ints: Array(orders.joined()))]
    },
    gradient: .zero(because: "positions are ints"),
    samples: {
      [
        Sample("six", [Tensor(ints: [3])], ["dim": .dim(6)]),
        Sample("none", [Tensor(ints: [3])], ["dim": .dim(0)]),
        Sample("keys", [Tensor([2], ints: [3, 4])], ["dim": .dim(4)]),
      ]
    },
    rejects: [Rejection([TensorType(.real)], ["dim": .dim(4)])])
}

package let random: Random = Random()
