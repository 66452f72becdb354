// Every graph that the programs of the repository run, compiled: the same numbers and the same
// observations as the interpreter's, with one thread and with two.

import Native
import Tensors
import Testing

@Suite(.enabled(if: Toolchain.has(nil), "needs a compiler")) struct WholeProgramTests {
  /// What only the interpreter runs, of all programs: where, and why. What can never fit into memory
  /// is left to it for the report.
  static let fallbacks: [String] = [
    "Tests/Golden/fault/out-of-memory.ntm: a value does not fit into memory",
    "Tests/Golden/fault/out-of-memory~gradient.ntm: a value does not fit into memory",
    "Tests/Golden/fault/out-of-memory~step.ntm: a value does not fit into memory",
    "Tests/Golden/fault/out-of-memory~sum.ntm: a value does not fit into memory",
    "Tests/Golden/fault/size-out-of-range~overflow.ntm: `a size out of range` is no size",
    "Tests/Golden/run/dims/entry.ntm: the size `i` is computed inside a loop or a branch",
    "Tests/Golden/run/dims/entry.ntm: the size `size` is computed inside a loop or a branch",
    "Tests/Golden/run/loops/carries.ntm: the size `steps` is computed inside a loop or a branch",
    "Tests/Golden/run/loops/forms.ntm: the size `steps` is computed inside a loop or a branch",
    "Tests/Golden/run/random/streams.ntm: the size `steps` is computed inside a loop or a branch",
    "examples/copy.ntm: the size `length` is computed inside a loop or a branch",
    "examples/copy_baseline.ntm: the size `length` is computed inside a loop or a branch",
  ]

  /// Tests that compare every bit with what the program has computed before, here the interpreter.
  static let exact: Set<String> = ["examples/tour/14_models.ntm:[8, 0]"]

  /// Without the optimisations of the compiler, which there would be too much text for.
  @Test(arguments: [Precision.single, .double])
  func everyGraphOfEveryProgramAgrees(_ precision: Precision) throws {
    let form = Form(precision: precision, optimization: "-O0")
    let cases = try WholeProgram.recorded.get().cases
    let compared = cases.filter { !Self.exact.contains($0.label) }
    #expect(cases.count == compared.count + Self.exact.count)
    let outcome = try Agreement.check(compared, form) { .program($1) }
    #expect(outcome.problems.isEmpty, "\(outcome.problems.joined(separator: "\n"))")
    let refused = outcome.refused.map { "\($0.label.prefix { $0 != ":" }): \($0.reason)" }
    #expect(refused.sorted() == Self.fallbacks)
    #expect(outcome.compared > 900)
  }

  /// As the engine compiles; by the second compiler; and for the widths of other processors.
  @Test(arguments: [
    Form(precision: .single, optimization: "-O2"), Form(precision: .single, compiler: "gcc"),
    Form(precision: .single, bytes: 32),
    Form(precision: .double, bytes: 16),
  ])
  func trainingAgrees(_ form: Form) throws {
    guard Toolchain.has(form.compiler) else { return }
    let cases = try WholeProgram.trained.suffix(2).flatMap { try $0.cases() }
    let outcome = try Agreement.check(cases, form) { .program($1) }
    #expect(outcome.problems.isEmpty, "\(outcome.problems.joined(separator: "\n"))")
    #expect(outcome.compared > 10)
  }

  /// No test compiles for an ARM processor to the end here: there may be no headers and no linker.
  @Test(
    .enabled(if: Toolchain.has("clang"), "needs clang"), arguments: [Precision.single, .double])
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
