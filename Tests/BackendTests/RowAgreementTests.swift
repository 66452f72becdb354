// Every sample of every row: native code agrees with the interpreter, for one example and for
// batches.

import IR
import Lifting
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct RowAgreementTests {
  static let batch = DimSymbol("B")

  static let forms: [Form] = [
    Form(precision: .single, lanes: 8), Form(precision: .single, lanes: 1),
    Form(precision: .double, lanes: 8, optimization: "-O0"),
  ]

  @Test(arguments: forms)
  func everySampleAgrees(form: Form) throws {
    var cases: [Case] = []
    for row in OpTable.all {
      for sample in row.samples() { cases += Self.cases(row, sample) }
    }
    let outcome = try Agreement.check(cases, form)
    #expect(outcome.problems.isEmpty, "\(outcome.problems.joined(separator: "\n"))")
    #expect(outcome.refused.map(\.label) == [])
    #expect(outcome.compared > 500)
  }

  /// The row alone; every operand lifted; and each one of several by itself.
  static func cases(_ row: Op, _ sample: Sample) -> [Case] {
    let graph = Rows.graph(row, sample)
    let label = "\(row.name) (\(sample.label))"
    var cases = [Case(label, graph, calls: [sample.operands])]
    let count = sample.operands.count
    var choices = [[Bool](repeating: true, count: count)]
    if count > 1 { choices += (0..<count).map { place in (0..<count).map { $0 == place } } }
    for marks in choices where count > 0 {
      guard let lifted = try? lift(graph, over: Dim(batch), inputs: marks).graph else { continue }
      let calls = [1, 3, 8, 17].map { Entries.batch($0, of: sample.operands, marks: marks) }
      cases.append(Case("\(label) lifted \(marks)", lifted, lane: batch, calls: calls))
    }
    return cases
  }
}
