// The network rows against the formulas of the paper, written as loops over doubles.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct NetworkTests {
  static let precisions: [Precision] = [.double, .single]

  /// How far a value of order one may be off.
  static func tolerance(_ precision: Precision) -> Double { precision == .double ? 1e-12 : 2e-6 }

  @Test(arguments: precisions)
  func contentIsSoftmaxOfCosines(precision: Precision) throws {
    let (rows, width) = (6, 4)
    let memory = numbers(rows * width, seed: 1)
    let key = numbers(width, seed: 2)
    for beta in [0.0, 0.7, 5, 50] {
      var scores: [Double] = []
      let keyNorm = (key.map { $0 * $0 }.reduce(0, +) + 1e-6).squareRoot()
      for row in 0..<rows {
        var dot = 0.0
        var squares = 0.0
        for column in 0..<width {
          dot += memory[row * width + column] * key[column]
          squares += memory[row * width + column] * memory[row * width + column]
        }
        scores.append(beta * dot / ((squares + 1e-6).squareRoot() * keyNorm))
      }
      let powers = scores.map { exponential($0) }
      let expected = powers.map { $0 / powers.reduce(0, +) }
      let found = try value(
        network.content,
        [tensor([rows, width], memory), tensor([width], key), tensor([], [beta])],
        precision: precision)
      expectClose(found, expected, 40 * Self.tolerance(precision))
    }
  }

  @Test func aKeyFindsItsRow() throws {
    let found = try value(
      network.content,
      [tensor([3, 2], [1, 0, 0, 1, -1, 0]), tensor([2], [0, 3]), tensor([], [1e4])])
    #expect(found == [0, 1, 0])
  }

  @Test(arguments: precisions)
  func interpolateAndMixAreExactAtTheEnds(precision: Precision) throws {
    let new = simplexNumbers(5, seed: 1)
    let old = simplexNumbers(5, seed: 2)
    let operands = [tensor([5], new), tensor([5], old)]
    for op in [network.interpolate, network.mix] {
      let atNew = try value(op, [tensor([], [1])] + operands, precision: precision)
      let atOld = try value(op, [tensor([], [0])] + operands, precision: precision)
      #expect(atNew == operands[0].converted(to: precision).doubles)
      #expect(atOld == operands[1].converted(to: precision).doubles)
      let between = try value(op, [tensor([], [0.3])] + operands, precision: precision)
      expectClose(
        between, zip(new, old).map { 0.3 * $0 + 0.7 * $1 }, Self.tolerance(precision))
    }
  }

  @Test func mixTakesAGateForEachEntry() throws {
    let found = try value(
      network.mix, [tensor([3], [0, 0.5, 1]), tensor([3], [2, 4, 6]), tensor([3], [1, 2, 3])])
    #expect(found == [1, 3, 6])
  }

  @Test func shiftIsTheCircularConvolutionAtEverySize() throws {
    for rows in 1...6 {
      for moves in 1...8 {
        let w = simplexNumbers(rows, seed: rows)
        let s = simplexNumbers(moves, seed: 100 + moves)
        var expected = [Double](repeating: 0, count: rows)
        for row in 0..<rows {
          for move in 0..<moves {
            expected[modulo(row + move - moves / 2, rows)] += w[row] * s[move]
          }
        }
        for precision in Self.precisions {
          let found = try value(
            network.shift, [tensor([rows], w), tensor([moves], s)], precision: precision)
          expectClose(found, expected, Self.tolerance(precision), "N \(rows), S \(moves)")
        }
      }
    }
  }

  @Test func aCertainShiftIsAnExactRotation() throws {
    let w = numbers(7, seed: 3)
    for move in 0..<3 {
      var s = [0.0, 0, 0]
      s[move] = 1
      let found = try value(network.shift, [tensor([7], w), tensor([3], s)])
      #expect(found == (0..<7).map { w[modulo($0 - (move - 1), 7)] })
    }
  }

  @Test func shiftNeedsNoKnownSizes() throws {
    let (rows, moves) = (DimSymbol("N"), DimSymbol("S"))
    let builder = Builder(name: "shift")
    let w = builder.input(TensorType(.real, [Dim(rows)]))
    let s = builder.input(TensorType(.real, [Dim(moves)]))
    let graph = builder.finish([builder.emit(network.shift, w, s)])
    let long = try Rows.run(graph, [tensor([4], [1, 2, 3, 4]), tensor([3], [0, 0, 1])])
    #expect(long[0].doubles == [4, 1, 2, 3])
    // Moves by -2, -1, 0, 1 and 2 on two rows: 21 parts stay where they are, 10 change places.
    let short = try Rows.run(graph, [tensor([2], [1, 10]), tensor([5], [1, 2, 4, 8, 16])])
    #expect(short[0].doubles == [121, 220])
  }

  @Test(arguments: precisions)
  func sharpenIsThePowerOverItsSum(precision: Precision) throws {
    let w = simplexNumbers(6, seed: 4)
    for gamma in [1.0, 1.5, 3, 20] {
      let powers = w.map { power($0, gamma) }
      let found = try value(
        network.sharpen, [tensor([6], w), tensor([], [gamma])], precision: precision)
      expectClose(
        found, powers.map { $0 / powers.reduce(0, +) }, 20 * Self.tolerance(precision))
    }
  }

  @Test(arguments: precisions)
  func sharpenSurvivesWhereThePowersAreLost(precision: Precision) throws {
    // (1/128)^25 is 0 in single precision, and 0/0 as the formula stands.
    let uniform = [Double](repeating: 1.0 / 128, count: 128)
    for gamma in [1.0, 25, 1e4] {
      for w in [uniform, [Double](repeating: 0, count: 128)] {
        let found = try value(
          network.sharpen, [tensor([128], w), tensor([], [gamma])], precision: precision)
        #expect(found == uniform)
      }
      let hot = (0..<128).map { $0 == 3 ? 1.0 : 0 }
      let found = try value(
        network.sharpen, [tensor([128], hot), tensor([], [gamma])], precision: precision)
      #expect(found == hot)
    }
    let negative = try value(
      network.sharpen, [tensor([3], [-1e-9, 0.5, 0.5]), tensor([], [1.5])], precision: precision)
    #expect(negative == [0, 0.5, 0.5])
  }

  @Test(arguments: precisions)
  func readAndWriteAreTheFormulas(precision: Precision) throws {
    let (rows, width) = (4, 3)
    let memory = numbers(rows * width, seed: 5)
    let w = simplexNumbers(rows, seed: 6)
    let erase = simplexNumbers(width, seed: 7)
    let add = numbers(width, seed: 8)
    var reading = [Double](repeating: 0, count: width)
    var written: [Double] = []
    for row in 0..<rows {
      for column in 0..<width {
        let cell = memory[row * width + column]
        reading[column] += w[row] * cell
        written.append(cell * (1 - w[row] * erase[column]) + w[row] * add[column])
      }
    }
    let store = tensor([rows, width], memory)
    let weighting = tensor([rows], w)
    expectClose(
      try value(network.read, [store, weighting], precision: precision), reading,
      Self.tolerance(precision))
    expectClose(
      try value(
        network.write, [store, weighting, tensor([width], erase), tensor([width], add)],
        precision: precision),
      written, Self.tolerance(precision))
  }

  @Test(arguments: precisions)
  func lstmStepIsTheFormula(precision: Precision) throws {
    let (inputs, hidden) = (3, 2)
    let x = numbers(inputs, seed: 1)
    let h = numbers(hidden, seed: 2)
    let c = numbers(hidden, seed: 3)
    let weight = numbers((inputs + hidden) * 4 * hidden, seed: 4)
    let bias = numbers(4 * hidden, seed: 5)
    var nextH: [Double] = []
    var nextC: [Double] = []
    for unit in 0..<hidden {
      var sums = [0.0, 0, 0, 0]
      for gate in 0..<4 {
        let column = gate * hidden + unit
        sums[gate] = bias[column]
        for (row, entry) in (x + h).enumerated() {
          sums[gate] += entry * weight[row * 4 * hidden + column]
        }
      }
      let cell = logistic(sums[1]) * c[unit] + logistic(sums[0]) * hyperbolicTangent(sums[3])
      nextC.append(cell)
      nextH.append(logistic(sums[2]) * hyperbolicTangent(cell))
    }
    let found = try values(
      network.lstmStep,
      [
        tensor([inputs], x), tensor([hidden], h), tensor([hidden], c),
        tensor([inputs + hidden, 4 * hidden], weight), tensor([4 * hidden], bias),
      ], precision: precision)
    expectClose(found[0].doubles, nextH, Self.tolerance(precision))
    expectClose(found[1].doubles, nextC, Self.tolerance(precision))
  }

  @Test(arguments: precisions)
  func gruStepIsTheFormula(precision: Precision) throws {
    let (inputs, hidden) = (3, 2)
    let x = numbers(inputs, seed: 1)
    let h = numbers(hidden, seed: 2)
    let input = numbers(inputs * 3 * hidden, seed: 3)
    let recurrent = numbers(hidden * 3 * hidden, seed: 4)
    let bias = numbers(3 * hidden, seed: 5)
    var expected: [Double] = []
    for unit in 0..<hidden {
      var own = [0.0, 0, 0]
      var back = [0.0, 0, 0]
      for gate in 0..<3 {
        let column = gate * hidden + unit
        own[gate] = bias[column]
        for row in 0..<inputs { own[gate] += x[row] * input[row * 3 * hidden + column] }
        for row in 0..<hidden { back[gate] += h[row] * recurrent[row * 3 * hidden + column] }
      }
      let z = logistic(own[0] + back[0])
      let r = logistic(own[1] + back[1])
      expected.append((1 - z) * hyperbolicTangent(own[2] + r * back[2]) + z * h[unit])
    }
    let found = try value(
      network.gruStep,
      [
        tensor([inputs], x), tensor([hidden], h), tensor([inputs, 3 * hidden], input),
        tensor([hidden, 3 * hidden], recurrent), tensor([3 * hidden], bias),
      ], precision: precision)
    expectClose(found, expected, Self.tolerance(precision))
  }
}
