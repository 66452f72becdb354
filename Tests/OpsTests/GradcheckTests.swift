// Every row against central differences, first and second order; no row is left out.
//
// A sample at a kink is not differentiated by differences, but then the row's documented convention
// is stated in `conventions` below and tested. `everyRowIsCovered` fails for a row that has neither.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct GradcheckTests {
  /// True where there is something to differentiate.
  static func hasDerivative(_ row: Op, _ sample: Sample) -> Bool {
    guard let results = try? row.type(Rows.types(of: sample.operands), sample.attributes) else {
      return true
    }
    return sample.operands.contains { $0.dtype == .real && $0.count > 0 }
      && results.contains { $0.dtype == .real }
  }

  @Test(arguments: RowTests.names)
  func derivativesAgreeWithDifferences(name: String) throws {
    let row = try #require(opTable[name])
    for sample in row.samples() where sample.isSmooth && Self.hasDerivative(row, sample) {
      for seed in 1...3 {
        var check = Gradcheck()
        check.seed = UInt64(seed)
        let failures = try check.failures(of: Rows.graph(row, sample), at: sample.operands)
        #expect(failures.isEmpty, "\(sample.label), seed \(seed): \(failures)")
      }
    }
  }

  @Test func everyRowIsCovered() {
    let stated = Set(Self.conventions.map(\.row.name))
    var checked = 0
    var withoutDerivative: [String] = []
    for row in OpTable.all {
      let samples = row.samples().filter { Self.hasDerivative(row, $0) }
      if samples.isEmpty { withoutDerivative.append(row.name) }
      if samples.contains(where: \.isSmooth)
        || samples.contains(where: { _ in stated.contains(row.name) })
      {
        checked += 1
      }
      if samples.contains(where: { !$0.isSmooth }) {
        #expect(stated.contains(row.name), "`\(row.name)` has a kink and no convention here")
      }
      // A row with a real operand and a real result has to have samples of the kind.
      if samples.isEmpty, case .pullback = row.gradient {
        Issue.record("`\(row.name)` has a pullback that nothing tests")
      }
    }
    #expect(checked + withoutDerivative.count == OpTable.all.count)
    #expect(Set(withoutDerivative) == Set(Self.withoutDerivative))
  }

  /// Rows whose operands or results are never real: ints, truth values, sizes, constants, effects.
  static let withoutDerivative = [
    "constant", "iota", "size", "bind_dim", "zeros", "ones", "eye", "onehot",
    "floor_div", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
    "is_finite", "and", "or", "not", "to_real", "to_int",
    "any", "all", "element_count", "argmax", "argmin",
    "fold_key", "random_uniform", "random_normal", "random_int", "random_permutation",
    "print", "probe", "log_values", "entry_indices", "entry_sizes", "expect", "bound_reached",
  ]

  /// The gradient a row documents at a kink or jump.
  struct Convention: Sendable, CustomTestStringConvertible {
    let row: Op
    let operands: [Tensor]
    var attributes: Attributes = [:]
    /// Of the first result; 1 by default.
    var cotangent: [Double]? = nil
    let expected: [[Double]]
    var testDescription: String { "\(row.name)\(operands.map(\.doubles))" }
  }

  private static func vector(_ values: Double...) -> Tensor {
    Tensor([values.count], reals: values, precision: .double)
  }
  private static func scalar(_ value: Double) -> Tensor {
    Tensor([], reals: [value], precision: .double)
  }

  static let conventions: [Convention] = [
    Convention(row: pointwise.abs, operands: [vector(0, -2)], expected: [[0, -1]]),
    Convention(row: pointwise.sign, operands: [vector(0, -2)], expected: [[0, 0]]),
    Convention(row: pointwise.floor, operands: [vector(0, 3, 0.5)], expected: [[0, 0, 0]]),
    Convention(row: pointwise.relu, operands: [vector(0, -1, 2)], expected: [[0, 0, 1]]),
    Convention(row: pointwise.sqrt, operands: [vector(0, 4)], expected: [[0, 0.25]]),
    Convention(row: pointwise.stop, operands: [vector(1, 2)], expected: [[0, 0]]),
    Convention(
      row: pointwise.maximum, operands: [vector(1, 2), vector(1, 3)], expected: [[1, 0], [0, 1]]),
    Convention(
      row: pointwise.minimum, operands: [vector(1, 2), vector(1, 3)], expected: [[1, 1], [0, 0]]),
    Convention(
      row: pointwise.clamp, operands: [vector(-1, 1, 0, 5), scalar(-1), scalar(1)],
      expected: [[1, 1, 1, 0], [0], [1]]),
    Convention(
      row: pointwise.mod, operands: [vector(2, -4), vector(2, 2)], expected: [[1, 1], [-1, 2]]),
    Convention(
      row: pointwise.pow, operands: [vector(0, 0, 0, 0, -2), vector(0, 0.5, 1, 2, 3)],
      expected: [[0, 0, 1, 0, 12], [0, 0, 0, 0, 0]]),
    Convention(
      row: reductions.max, operands: [vector(1, 2, 2)], attributes: ["axes": .axes([0])],
      expected: [[0, 1, 0]]),
    Convention(
      row: reductions.min, operands: [vector(1, 1, 2)], attributes: ["axes": .axes([0])],
      expected: [[1, 0, 0]]),
    // Equal entries keep their order.
    Convention(
      row: movement.sort, operands: [vector(1, 0, 1, 0)],
      attributes: ["axis": .axis(0), "descending": .flag(true)], cotangent: [1, 2, 3, 4],
      expected: [[1, 3, 2, 4]]),
    Convention(
      row: movement.topk, operands: [vector(0, 1, 1, 0)],
      attributes: ["axis": .axis(0), "count": .dim(3)], cotangent: [1, 2, 3],
      expected: [[3, 1, 2, 0]]),
    // All zero gives the uniform weighting, which depends on nothing.
    Convention(
      row: network.sharpen, operands: [vector(0, 0, 0), scalar(2)], cotangent: [1, 2, 3],
      expected: [[0, 0, 0], [0]]),
    // The derivative of x^2 / Σ x^2, where an entry is 0.
    Convention(
      row: network.sharpen, operands: [vector(0, 1, 1), scalar(2)], cotangent: [1, 0, 0],
      expected: [[0, 0, 0], [0]]),
  ]

  @Test(arguments: conventions)
  func conventionsAtKinksHold(convention: Convention) throws {
    let cotangents = convention.cotangent.map {
      [Tensor([$0.count], reals: $0, precision: .double)]
    }
    let found = try Rows.gradients(
      convention.row, convention.operands, convention.attributes, cotangents: cotangents)
    #expect(found.map(\.doubles) == convention.expected)
  }
}
