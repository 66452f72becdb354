// Value and gradient of the network rows at inputs where the textbook formulas break.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct NetworkTrapTests {
  static let weightings: [[Double]] = [
    [0, 0, 1, 0, 0], [0.2, 0.2, 0.2, 0.2, 0.2], [0, 0, 0, 0, 0], [0, 0.5, 0.5, 0, 0],
    [1e-30, 1e-20, 1e-10, 1, 0], [1e-39, 0, 0, 0, 0], [1e-7, 0, 1 - 1e-7, 0, 0],
    [1e4, -1e4, 1, 0, 1e4],
  ]
  static let strengths: [Double] = [0, 1e-6, 1, 30, 1e4]

  /// Value and first gradients hold no NaN and no infinity.
  func expectFinite(
    _ op: Op, _ operands: [Tensor], _ precision: Precision, _ label: String
  ) throws {
    let found = try values(op, operands, precision: precision).flatMap(\.doubles)
    #expect(found.allSatisfy { $0.isFinite }, "\(label), \(precision): value \(found)")
    for (operand, gradient) in try gradients(op, operands, precision: precision).enumerated() {
      let entries = gradient.doubles
      #expect(
        entries.allSatisfy { $0.isFinite }, "\(label), \(precision): gradient \(operand) \(entries)"
      )
    }
  }

  @Test(arguments: NetworkTests.precisions)
  func contentStaysFinite(precision: Precision) throws {
    let memories: [(String, [Double])] = [
      ("zero memory", [Double](repeating: 0, count: 10)),
      ("one zero row", [0, 0, 1, 2, -1, 0.5, 0, 1e-8, 3, 3]),
      ("constant memory", [Double](repeating: 1e-6, count: 10)),
      ("large memory", [1e4, -1e4, 1e4, 1e4, -1e4, -1e4, 0, 0, 1e-4, 1e4]),
    ]
    for (label, memory) in memories {
      for key in [[0.0, 0], [1, -2], [1e4, -1e4], [1e-20, 0]] {
        for beta in Self.strengths {
          let operands = [tensor([5, 2], memory), tensor([2], key), tensor([], [beta])]
          try expectFinite(
            network.content, operands, precision, "\(label), key \(key), beta \(beta)")
          let sum = try value(network.content, operands, precision: precision).reduce(0, +)
          #expect(abs(sum - 1) < 1e-6)
        }
      }
    }
  }

  @Test(arguments: NetworkTests.precisions)
  func sharpenStaysFinite(precision: Precision) throws {
    for w in Self.weightings {
      for gamma in [1.0, 1.0000001, 1.5, 2, 21, 1e4] {
        let operands = [tensor([5], w), tensor([], [gamma])]
        try expectFinite(network.sharpen, operands, precision, "w \(w), gamma \(gamma)")
        let sum = try value(network.sharpen, operands, precision: precision).reduce(0, +)
        #expect(abs(sum - 1) < 1e-6)
      }
    }
  }

  @Test(arguments: NetworkTests.precisions)
  func shiftInterpolateReadWriteStayFinite(precision: Precision) throws {
    for w in Self.weightings {
      for s in [[0.0, 0, 1], [0, 0, 0], [1e4, -1e4, 1e4]] {
        try expectFinite(
          network.shift, [tensor([5], w), tensor([3], s)], precision, "w \(w), s \(s)")
      }
      for size in [0, 1, -1e4, 1e4] {
        let memory = tensor([5, 2], [Double](repeating: size, count: 10))
        let row = tensor([2], [size, -size])
        try expectFinite(network.read, [memory, tensor([5], w)], precision, "w \(w), \(size)")
        try expectFinite(
          network.write, [memory, tensor([5], w), row, row], precision, "w \(w), \(size)")
        let gate = tensor([], [size])
        try expectFinite(
          network.interpolate, [gate, tensor([5], w), tensor([5], w)], precision, "w \(w)")
      }
    }
  }

  @Test(arguments: NetworkTests.precisions)
  func cellsStayFinite(precision: Precision) throws {
    for size in [0.0, 1e4, -1e4] {
      func filled(_ shape: [Int]) -> Tensor {
        tensor(shape, [Double](repeating: size, count: shape.reduce(1, *)))
      }
      try expectFinite(
        network.lstmStep,
        [filled([3]), filled([2]), filled([2]), filled([5, 8]), filled([8])], precision,
        "lstm at \(size)")
      try expectFinite(
        network.gruStep,
        [filled([3]), filled([2]), filled([3, 6]), filled([2, 6]), filled([6])], precision,
        "gru at \(size)")
    }
  }

  /// With y = w^gamma / sum and the cotangent g: dL/dgamma = sum_i g_i y_i (log w_i - mean), where
  /// mean = sum_j y_j log w_j and an entry 0 takes no part.
  @Test func sharpenIgnoresZeroEntriesInTheDerivativeByGamma() throws {
    let w = [0, 0.125, 0.25, 0.625, 0]
    let gamma = 1.75
    let powers = w.map { $0 == 0 ? 0 : power($0, gamma) }
    let y = powers.map { $0 / powers.reduce(0, +) }
    let logs = w.map { $0 == 0 ? 0 : logarithm($0) }
    let mean = zip(y, logs).map(*).reduce(0, +)
    let g = cotangentNumbers(5)
    var byGamma = 0.0
    for i in 0..<5 { byGamma += g[i] * y[i] * (logs[i] - mean) }
    let meanCotangent = zip(g, y).map(*).reduce(0, +)
    // gamma / w_i y_i (g_i - mean of g); 0 at a zero entry, because gamma is above 1.
    let byWeight = (0..<5).map { i in
      w[i] == 0 ? 0 : gamma / w[i] * y[i] * (g[i] - meanCotangent)
    }
    let found = try gradients(network.sharpen, [tensor([5], w), tensor([], [gamma])])
    expectClose(found[0].doubles, byWeight, 1e-12)
    expectClose(found[1].doubles, [byGamma], 1e-12)
  }

  /// At gamma 1 sharpening divides by the sum, and a zero entry counts like any other.
  @Test func sharpenAtGammaOneIsNormalisation() throws {
    let w = [0, 0.25, 0.75]
    let g = cotangentNumbers(3)
    let mean = zip(g, w).map(*).reduce(0, +)
    let found = try gradients(network.sharpen, [tensor([3], w), tensor([], [1])])
    expectClose(found[0].doubles, g.map { $0 - mean }, 1e-12)
  }

  /// A zero row scores 0 and learns towards the key: d score / d row = key / (1e-3 * norm of key).
  @Test func contentPullsAZeroRowTowardsTheKey() throws {
    let found = try gradients(
      network.content,
      [tensor([2, 2], [0, 0, 0, 0]), tensor([2], [3, 4]), tensor([], [1])])
    let g = cotangentNumbers(2)
    let norm = (25 + 1e-6).squareRoot() * 1e-3
    let first = 0.25 * (g[0] - g[1])
    expectClose(
      found[0].doubles,
      [first * 3 / norm, first * 4 / norm, -first * 3 / norm, -first * 4 / norm], 1e-9)
  }

  /// The pullback of the pullback at zero rows and zero entries.
  @Test(arguments: NetworkTests.precisions)
  func secondDerivativesStayFinite(precision: Precision) throws {
    func expectFinite(_ op: Op, _ operands: [Tensor], _ label: String) throws {
      let graph = Rows.graph(op, Rows.types(of: operands))
      let first = try reversedGradient(of: graph)
      let seed = tensor([operands[0].shape[0]], cotangentNumbers(operands[0].shape[0]))
      let second = try Rows.gradients(of: first, at: operands + [seed], precision)
      for (operand, gradient) in second.enumerated() {
        let entries = gradient.doubles
        #expect(
          entries.allSatisfy { $0.isFinite }, "\(op.name), \(label): operand \(operand) \(entries)")
      }
    }
    for w in Self.weightings where (w.max() ?? 0) > 1e-3 {
      for gamma in [1.0, 1.0000001, 1.5, 2, 21, 1e4] {
        try expectFinite(network.sharpen, [tensor([5], w), tensor([], [gamma])], "\(w) ^ \(gamma)")
      }
    }
    for memory in [[0.0, 0, 0, 0], [0, 0, 1, -2]] {
      for key in [[0.0, 0], [3, 4]] {
        for beta in Self.strengths {
          try expectFinite(
            network.content, [tensor([2, 2], memory), tensor([2], key), tensor([], [beta])],
            "memory \(memory), key \(key), beta \(beta)")
        }
      }
    }
  }
}
