// Every graph that the programs of the repository run, compiled: the same numbers and the same
// observations as the interpreter's, with one thread and with two.

import Native
import Tensors
import Testing

@Suite(.enabled(if: Toolchain.has(nil), "needs a compiler")) struct WholeProgramTests {
  /// What only the interpreter runs, of all programs: where, and why.
  static let fallbacks: [String] = [
    "Tests/Golden/run/loops/carries.ntm: the size `steps` is computed inside a loop or a branch",
    "Tests/Golden/run/loops/forms.ntm: the size `steps` is computed inside a loop or a branch",
    "Tests/Golden/run/random/streams.ntm: the size `steps` is computed inside a loop or a branch",
    "examples/copy.ntm: the size `length` is computed inside a loop or a branch",
    "examples/copy_baseline.ntm: the size `length` is computed inside a loop or a branch",
  ]

  @Test(arguments: [
    Form(precision: .single), Form(precision: .double, optimization: "-O0"),
  ])
  func everyGraphOfEveryProgramAgrees(_ form: Form) throws {
    let cases = try (WholeProgram.small + WholeProgram.trained).flatMap { try $0.cases() }
    let outcome = try Agreement.check(cases, form) { .program($1) }
    #expect(outcome.problems.isEmpty, "\(outcome.problems.joined(separator: "\n"))")
    let refused = outcome.refused.map { "\($0.label.prefix { $0 != ":" }): \($0.reason)" }
    #expect(refused.sorted() == Self.fallbacks)
    #expect(outcome.compared > 900)
  }

  /// The second compiler, and the widths of other processors.
  @Test(arguments: [
    Form(precision: .single, compiler: "gcc"), Form(precision: .single, bytes: 32),
    Form(precision: .double, bytes: 16),
  ])
  func trainingAgreesElsewhere(_ form: Form) throws {
    guard Toolchain.has(form.compiler) else { return }
    let cases = try WholeProgram.trained.suffix(2).flatMap { try $0.cases() }
    let outcome = try Agreement.check(cases, form) { .program($1) }
    #expect(outcome.problems.isEmpty, "\(outcome.problems.joined(separator: "\n"))")
    #expect(outcome.compared > 20)
  }

  /// No test compiles for an ARM processor to the end here: there may be no headers and no linker.
  @Test(.enabled(if: Toolchain.has("clang"), "needs clang"), arguments: [Precision.single, .double])
  func theTextIsLegalForArm(_ precision: Precision) throws {
    let sources = try WholeProgram.trained.suffix(2).flatMap { try $0.cases() }.map { item in
      try NativeSource(
        item.native, lane: item.lane, lanes: item.lanes ?? 8, bytes: 16, precision: precision)
    }
    let problem = try Workshop.syntaxProblem(
      sources, ["--target=aarch64-linux-gnu", "-std=gnu11", "-ffp-contract=fast"])
    #expect(problem == nil)
  }
}
