// The same program gives the same bits: with and without what it shows, from a cold and a warm cache,
// and for a batch and its blocks. That threads make no difference is asked of every case elsewhere.

import Autodiff
import IR
import Interpreter
import Lifting
import Native
import Ops
import Optimizer
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: Toolchain.has(nil), "needs a compiler")) struct DeterminismTests {
  /// A recurrence over a batch whose gradient joins the examples, as a loop that shows what it does
  /// or as one that does not.
  private func recurrence(_ lines: String...) -> WholeProgram {
    WholeProgram(
      path: "recurrence",
      text: """
        batch dim B = 19
        fn unroll(w: [3, 3], x: [_, 3]) -> real {
          var h = [0.1, 0.2, 0.3]
          for v in x {
            h = tanh(w @ h + v)
            \(lines.joined(separator: "\n    "))
          }
          sum(h * h)
        }
        let rng = Rng(1)
        let w = rng.normal[3, 3]
        let x = for b in B { rng.normal[5, 3] }
        let result = value_and_grad(|w| mean[B](unroll(w, x)), at: w)
        """)
  }

  /// The answers to all calls of compiled code.
  private func answers(_ cases: [Case], _ form: Form) throws -> [GraphCall.Answer] {
    var answers: [GraphCall.Answer] = []
    try Agreement.withCompiled(cases, form) { compiled, refused in
      try #require(refused.isEmpty)
      for (item, code) in compiled {
        let function = try code.function()
        answers += item.calls.map { $0.compiled(function) }
      }
    }
    return answers
  }

  @Test(arguments: [Precision.single, .double])
  func showingChangesNoBit(_ precision: Precision) throws {
    let quiet = try #require(try recurrence().cases().last)
    let loud = try #require(
      try recurrence(
        "print(\"h\", h)", "probe(\"h\", h)", "expect all(h < 2.0)", "log(1, top: max(h))"
      ).cases().last)
    let answers = try answers([quiet, loud], Form(precision: precision, optimization: "-O2"))
    #expect(answers[0].shown.isEmpty && answers[1].shown.count == 4 * 5)
    #expect(answers[0].outputs != nil && answers[0].outputs == answers[1].outputs)
  }

  /// Probes that nobody listens to are taken out before anything is compiled.
  @Test func listeningChangesNoBit() throws {
    let heard = try WholeProgram.trained.suffix(1).flatMap { try $0.cases() }
    let unheard = heard.map { item in
      var item = item
      item.native = item.specialized?(false, []) ?? item.native
      return item
    }
    let form = Form(precision: .single)
    let (with, without) = (try answers(heard, form), try answers(unheard, form))
    #expect(with.contains { !$0.shown.isEmpty } && without.allSatisfy { $0.shown.isEmpty })
    for (a, b) in zip(with, without) { #expect(a.outputs != nil && a.outputs == b.outputs) }
  }

  @Test func aWarmCacheChangesNoBit() throws {
    let item = try #require(try recurrence().cases().last)
    let toolchain = try Toolchain.testing(optimization: "-O2")
    let source = try NativeSource(
      item.native, lane: item.lane, lanes: 8, bytes: toolchain.vectorBytes, precision: .single)
    try Folders.withScratch { folder in
      let outputs = try (0..<2).map { _ in
        let library = try LibraryCache(folder: folder)
          .library(source: source.text, toolchain: toolchain)
        let function = try #require(NativeFunction(source, library, threads: 2))
        return item.calls[0].compiled(function).outputs
      }
      #expect(outputs[0] != nil && outputs[0] == outputs[1])
      #expect(Folders.contents(folder).count { $0.hasSuffix(".so") } == 1)
    }
  }

  /// What an example gives is the same in a batch of 16 as in one of 8, and what all give together is
  /// the sum over the blocks, in order. Batches below 4 have code of their own, which may differ in
  /// the last digits.
  @Test(arguments: ["memory", "recurrence"])
  func aBatchIsItsBlocks(_ name: String) throws {
    let batch = ProgramAgreementTests.batch
    let program = try #require(Program.all.first { $0.name == name })
    let (graph, inputs) = (try program.graph(), try program.inputs())
    let seed = try Interpreter(precision: .double).run(graph, inputs, sizes: Program.sizes)
      .outputs[0]
    let reversed = reverse(graph, outputs: [0], inputs: Array(inputs.indices))
    let lifted = try lift(reversed, over: Dim(batch), inputs: reversed.inputs.map { _ in true })
      .graph
    let builder = Builder(name: name)
    let each = builder.inline(lifted, lifted.inputTypes.map(builder.input))
    let whole = builder.finish(each + each.map { builder.sum($0, axes: [0]) })

    let all = Entries.batch(16, of: inputs + [seed], marks: lifted.inputs.map { _ in true })
    let known = whole.substituting(Program.sizes.mapValues { Dim($0) })
    var item = Case(
      name, whole, native: optimizeForNative(known, isProbed: false), lane: batch, calls: [])
    item.calls = [0..<16, 0..<8, 8..<16].map { entries in
      GraphCall(
        inputs: all.map { $0.rows(Array(entries), behind: 1) }, sizes: Program.sizes)
    }
    let answers = try answers([item], Form(precision: .single, optimization: "-O2"))
    let found = try answers.map { try #require($0.outputs) }
    for place in each.indices {
      #expect(found[0][place].rows(Array(0..<8), behind: 1) == found[1][place])
      #expect(found[0][place].rows(Array(8..<16), behind: 1) == found[2][place])
      let joined = place + each.count
      let parts = zip(found[1][joined].doubles, found[2][joined].doubles)
      #expect(found[0][joined].doubles == parts.map { Double(Float($0) + Float($1)) })
    }
  }
}
