// Programs with every kind of region, random ones among them, and their derivatives: as written and
// optimised, with sizes left open and known, for one example and for batches.

import Autodiff
import IR
import Interpreter
import Lifting
import Optimizer
import Tensors
import TestSupport
import Testing

@Suite struct ProgramAgreementTests {
  static let batch = DimSymbol("B")

  @Test(arguments: RowAgreementTests.forms)
  func everyProgramAgrees(form: Form) throws {
    var cases: [Case] = []
    for program in Program.all {
      cases += try Self.cases(program.name, program.graph(), program.inputs())
    }
    try expectAgreement(cases, form)
  }

  @Test(arguments: RowAgreementTests.forms)
  func randomProgramsAgree(form: Form) throws {
    // Other programs for every form.
    let start = UInt64(form.lanes) * 1000 + (form.precision == .single ? 500 : 0)
    var cases: [Case] = []
    for seed in start..<start + 12 {
      var random = RandomProgram(seed: seed)
      let graph = random.graph()
      cases += try Self.cases("seed \(seed)", graph, random.inputs(of: graph))
    }
    try expectAgreement(cases, form)
  }

  private func expectAgreement(_ cases: [Case], _ form: Form) throws {
    let outcome = try Agreement.check(cases, form) { .program($1) }
    #expect(outcome.problems.isEmpty, "\(outcome.problems.joined(separator: "\n"))")
    // Sizes that a loop itself computes stay with the interpreter.
    let refused = outcome.refused.filter { !$0.label.hasPrefix("a size of its own") }
    #expect(refused.map(\.label) == [])
    #expect(outcome.compared > 50)
  }

  /// The graph; its first and second derivatives; all of them over a batch, and the derivative of
  /// the batch with what examples share.
  static func cases(_ label: String, _ graph: Graph, _ inputs: [Tensor]) throws -> [Case] {
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let seed = try run(graph, inputs)[0]
    let once = reverse(graph, outputs: [0], inputs: variables)
    let direction = try run(once, inputs + [seed])[graph.outputs.count]
    let twice = reverse(
      once, outputs: [graph.outputs.count], inputs: variables + [graph.inputs.count])
    var cases: [Case] = []
    for (name, graph, inputs) in [
      ("", graph, inputs), ("'", once, inputs + [seed]), ("''", twice, inputs + [seed, direction]),
    ] {
      let known = graph.substituting(Program.sizes.mapValues { Dim($0) })
      let sizes = Program.sizes
      let label = "\(label)\(name)"
      cases += [
        Case(label, graph, calls: [inputs], sizes: sizes),
        Case(
          "\(label) optimised", graph, native: optimizeForNative(known, isProbed: false),
          calls: [inputs], sizes: sizes),
      ]
      let all = inputs.map { _ in true }
      let some = inputs.indices.map { $0 % 2 == 0 }
      for marks in [all, some] {
        guard let lifted = try? lift(graph, over: Dim(batch), inputs: marks).graph else { continue }
        cases.append(batched("\(label) lifted \(marks)", lifted, inputs, marks))
      }
    }
    let marks = inputs.indices.map { $0 % 2 == 1 }
    if let (lifted, outputs) = try? lift(graph, over: Dim(batch), inputs: marks), outputs[0] {
      let reversed = reverse(lifted, outputs: [0], inputs: variables)
      cases.append(batched("\(label) lifted \(marks)'", reversed, inputs + [seed], marks + [true]))
    }
    return cases
  }

  private static func batched(
    _ label: String, _ graph: Graph, _ inputs: [Tensor], _ marks: [Bool]
  ) -> Case {
    let native = optimizeForNative(
      graph.substituting(Program.sizes.mapValues { Dim($0) }), isProbed: false)
    return Case(
      label, graph, native: native, lane: batch,
      calls: [1, 3, 8, 17].map { Entries.batch($0, of: inputs, marks: marks) },
      sizes: Program.sizes)
  }

  private static func run(_ graph: Graph, _ inputs: [Tensor]) throws -> [Tensor] {
    try Interpreter(precision: .double).run(graph, inputs, sizes: Program.sizes).outputs
  }
}
