// What rows say of their results, from what is true of their operands: every row on its samples,
// with the operands also made nonnegative, above 0, above 1, at most 1 and 0.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct ClaimTests {
  /// Ways to change an operand so that claims are true of it.
  private static let variants: [@Sendable (Double) -> Double] = [
    { $0 }, { Swift.abs($0) }, { Swift.abs($0) + 0.125 }, { Swift.abs($0) + 1 },
    { Swift.min(Swift.abs($0), 1) }, { Swift.max($0, 0) }, { _ in 0 },
  ]

  private static func holds(_ claim: Refinement, _ tensor: Tensor) -> Bool {
    let values = tensor.doubles
    switch claim {
    case .simplex:
      // Along the first axis or the last; which one is the row's business.
      guard tensor.rank > 0, values.allSatisfy({ -1e-12 <= $0 }) else { return false }
      let (first, last) = (tensor.shape[0], tensor.shape[tensor.rank - 1])
      let total = values.reduce(0, +)
      return [first, last].contains { width in
        width > 0 && Swift.abs(total - Double(values.count / width)) < 1e-9
      }
    case .unit: return values.allSatisfy { 0 <= $0 && $0 <= 1 + 1e-12 }
    case .aboveOne: return values.allSatisfy { $0 >= 1 }
    case .positive: return values.allSatisfy { $0 > 0 }
    case .nonneg: return values.allSatisfy { $0 >= 0 }
    }
  }

  /// Every list with one of each of `choices`.
  private static func products<Element>(_ choices: [[Element]]) -> [[Element]] {
    choices.reduce([[]]) { lists, next in lists.flatMap { list in next.map { list + [$0] } } }
  }

  private static func variants(of operand: Tensor) -> [Tensor] {
    if operand.dtype != .real { return [operand] }
    return variants.map { change in
      Tensor(operand.shape, reals: operand.doubles.map(change), precision: .double)
    }
  }

  /// The claims true of an operand, and none. A weighting is a vector here.
  private static func claims(of operand: Tensor) -> [Refinement?] {
    if operand.dtype != .real || operand.count == 0 { return [nil] }
    return [nil]
      + Refinement.allCases.filter { claim in
        (claim != .simplex || operand.rank == 1) && holds(claim, operand)
      }
  }

  @Test(arguments: RowTests.names)
  func claimsAreTrue(name: String) throws {
    let row = try #require(opTable[name])
    var (promises, judged) = (0, 0)
    for sample in row.samples() where sample.operands.count <= 3 && sample.label != "large" {
      if case .observe = row.kernel { continue }
      // What a signature promises it promises of operands that fit it, as the samples do.
      var choices = sample.operands.map(Self.variants)
      if case .signature = row.surface { choices = sample.operands.map { [$0] } }
      if row == network.mix { choices[0] = [sample.operands[0]] }
      for operands in Self.products(choices) {
        // A variant may be outside what the row computes on; that is another test's matter.
        let claims = Self.products(operands.map(Self.claims))
        promises += claims.count { row.refinement($0) != nil }
        guard let results = try? Rows.results(row, operands, sample.attributes) else { continue }
        guard let result = results.first, result.count > 0 else { continue }
        if result.doubles.contains(where: { !$0.isFinite }) { continue }
        for claims in claims {
          guard let promised = row.refinement(claims) else { continue }
          judged += 1
          if Self.holds(promised, result) { continue }
          Issue.record(
            """
            \(sample.label): \(claims) promise \(promised), but \(operands.map(\.doubles)) give \
            \(result.doubles)
            """)
          return
        }
      }
    }
    #expect(promises == 0 || judged > promises / 2, "\(judged) of \(promises) promises were judged")
  }

  @Test func someClaimsAreThoseOfTheLanguage() {
    let promised: [(Op, [Refinement?], Refinement?)] = [
      (pointwise.sigmoid, [nil], .unit), (pointwise.softplus, [nil], .positive),
      (pointwise.exp, [nil], .positive), (pointwise.relu, [nil], .nonneg),
      (pointwise.add, [.aboveOne, .nonneg], .aboveOne), (pointwise.add, [.unit, nil], nil),
      (pointwise.add, [.positive, .simplex], .positive),
      (pointwise.add, [.unit, .nonneg], .nonneg),
      (pointwise.mul, [.unit, .simplex], .unit), (pointwise.mul, [.positive, .unit], .nonneg),
      (pointwise.div, [.positive, .aboveOne], .positive), (pointwise.div, [.unit, .nonneg], nil),
      (pointwise.sub, [.unit, .unit], nil), (reductions.softmax, [nil], .simplex),
      (pointwise.neg, [.positive], nil), (pointwise.sqrt, [.positive], .positive),
      (reductions.max, [.simplex], .unit), (reductions.mean, [.unit], .unit),
    ]
    for (row, claims, result) in promised {
      #expect(row.refinement(claims) == result, "\(row.name) of \(claims)")
    }
  }
}
