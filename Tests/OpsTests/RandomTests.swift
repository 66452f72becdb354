// Draws: what they depend on, how they are spread, and that they do not change between versions.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct RandomTests {
  private func draw(
    _ row: Op, keys: [Int] = [42], shape: [Int], _ precision: Precision = .double,
    others: [Tensor] = []
  ) throws -> [Double] {
    let isOne = keys.count == 1
    let key = isOne ? Tensor(ints: keys) : Tensor([keys.count], ints: keys)
    let full = (isOne ? [] : [keys.count]) + shape
    return try Rows.results(
      row, [key] + others, ["shape": .shape(full.map { Dim($0) })], precision)[0].doubles
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  static let draws = ["random_uniform", "random_normal"]

  @Test(arguments: draws)
  func anEntryDependsOnKeyAndPlaceOnly(name: String) throws {
    let row = try #require(opTable[name])
    let long = try draw(row, shape: [100])
    #expect(try draw(row, shape: [10]) == Array(long.prefix(10)))
    #expect(try draw(row, shape: [4, 25]) == long)
    #expect(try draw(row, keys: [1, 42, 7], shape: [100])[100..<200] == long[...])
    #expect(try draw(row, keys: [43], shape: [100]) != long)
  }

  @Test(arguments: draws)
  func precisionsAgreeToRounding(name: String) throws {
    let row = try #require(opTable[name])
    let exact = try draw(row, shape: [1000])
    let short = try draw(row, shape: [1000], .single)
    for (a, b) in zip(exact, short) {
      #expect(Swift.abs(a - b) <= 1.2e-7 * Swift.max(1, Swift.abs(a)))
    }
  }

  @Test func uniformsFillTheIntervalAndNeverReachOne() throws {
    let values = try draw(random.randomUniform, shape: [20_000])
    #expect(values.allSatisfy { 0 <= $0 && $0 < 1 })
    #expect(Swift.abs(mean(values) - 0.5) < 0.01)
    #expect(Swift.abs(mean(values.map { ($0 - 0.5) * ($0 - 0.5) }) - 1 / 12) < 0.005)
    #expect(RandomBits.unit(.max) < 1)
    #expect(Float(RandomBits.shortUnit(.max)) < 1)
    #expect(RandomBits.openUnit(.max) < 1 && RandomBits.openUnit(0) > 0)
  }

  @Test func normalsHaveTheirMoments() throws {
    let values = try draw(random.randomNormal, shape: [20_000])
    #expect(Swift.abs(mean(values)) < 0.02)
    #expect(Swift.abs(mean(values.map { $0 * $0 }) - 1) < 0.04)
    #expect(Swift.abs(mean(values.map { $0 * $0 * $0 * $0 }) - 3) < 0.3)
  }

  /// Values of the normal quantile function to 15 digits, from its tables.
  @Test func quantilesAreThoseOfTheTables() {
    let table: [(Double, Double)] = [
      (0.5, 0), (0.975, 1.959_963_984_540_054), (0.9, 1.281_551_565_544_600_5),
      (0.25, -0.674_489_750_196_081_7), (0.001, -3.090_232_306_167_813_5),
      (1e-10, -6.361_340_902_404_056), (1e-16, -8.222_082_216_130_435),
    ]
    for (p, z) in table {
      #expect(Swift.abs(NormalQuantile.at(p) - z) <= 1e-14 * Swift.max(1, Swift.abs(z)), "\(p)")
    }
    #expect(NormalQuantile.at(RandomBits.openUnit(.max)).isFinite)
    #expect(NormalQuantile.at(RandomBits.openUnit(0)).isFinite)
  }

  @Test func coinsFollowTheirChance() throws {
    for p in [0.0, 0.3, 1] {
      let chance = Tensor([], reals: [p], precision: .double)
      let values = try draw(random.randomBernoulli, shape: [10_000], others: [chance])
      #expect(values.allSatisfy { $0 == 0 || $0 == 1 })
      #expect(Swift.abs(mean(values) - p) < 0.02)
      if p == 0 || p == 1 { #expect(values.allSatisfy { $0 == p }) }
    }
  }

  @Test func intsReachBothEnds() throws {
    func ints(_ low: Int, _ high: Int, count: Int) throws -> [Int] {
      let values = try Rows.results(
        random.randomInt, [Tensor(ints: [9]), Tensor(ints: [low]), Tensor(ints: [high])],
        ["shape": .shape([Dim(count)])])[0]
      guard case .int(let found) = values.storage else { return [] }
      return found
    }
    let dice = try ints(1, 6, count: 6000)
    for face in 1...6 {
      #expect(Swift.abs(dice.filter { $0 == face }.count - 1000) < 150, "\(face)")
    }
    #expect(dice.allSatisfy { 1...6 ~= $0 })
    #expect(try ints(-3, -3, count: 4) == [-3, -3, -3, -3])
    let wide = try ints(.min, .max, count: 100)
    #expect(wide.contains { $0 < 0 } && wide.contains { $0 > 0 })
  }

  @Test func anEmptyRangeIsAProblem() throws {
    expectProblem("empty-range") {
      try Rows.evaluate(
        random.randomInt, [Tensor(ints: [9]), Tensor(ints: [2]), Tensor(ints: [1])],
        ["shape": .shape([2])])
    }
  }

  @Test func permutationsHoldEveryPositionOnce() throws {
    for size in 0...8 {
      let order = try Rows.results(
        random.randomPermutation, [Tensor([3], ints: [1, 2, 3])], ["dim": .dim(Dim(size))])[0]
      #expect(order.shape == [3, size])
      for lane in 0..<3 {
        let row = order.doubles[lane * size..<(lane + 1) * size]
        #expect(row.sorted() == (0..<size).map(Double.init))
      }
    }
    // Every order of three comes up about as often as any other.
    let keys = Tensor([6000], ints: Array(0..<6000))
    let orders = try Rows.results(random.randomPermutation, [keys], ["dim": .dim(3)])[0].doubles
    var counts: [[Double]: Int] = [:]
    for lane in 0..<6000 { counts[Array(orders[lane * 3..<lane * 3 + 3]), default: 0] += 1 }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { Swift.abs($0 - 1000) < 150 })
  }

  @Test func foldedKeysDiffer() throws {
    let data = Tensor([1000], ints: Array(0..<1000))
    let folded = try Rows.results(random.foldKey, [Tensor(ints: [5]), data])[0].doubles
    #expect(Set(folded).count == 1000)
    #expect(RandomBits.folded(key: 1, data: 2) != RandomBits.folded(key: 2, data: 1))
    #expect(RandomBits.folded(key: 0, data: 0) != 0)
  }

  /// The first reference outputs of SplitMix64 seeded with 0.
  @Test func theMixingIsSplitMix64() {
    let weyl: UInt64 = 0x9E37_79B9_7F4A_7C15
    #expect(RandomBits.finalized(weyl) == 0xE220_A839_7B1D_CDAF)
    #expect(RandomBits.finalized(weyl &* 2) == 0x6E78_9E6A_A1B9_65F4)
  }
}
