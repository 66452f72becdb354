// What is found before a program runs, and that nothing runs, nothing is lowered twice.

import Diagnostics
import Lowering
import Testing

@testable import Driver

@Suite struct RehearsalTests {
  /// Codes of what checking and rehearsing a text report, and what it printed: nothing.
  private func codes(_ text: String) -> [String] {
    let compiler = Compiler()
    let compiled = compiler.compile(compiler.sources.add(name: "test.ntm", text: text))
    #expect(!compiled.hasErrors, "\(compiled.diagnostics.map(\.message))")
    let console = RecordingConsole()
    let evaluator = Evaluator(console: console, interrupt: Interrupt(), options: RunOptions())
    let reports = evaluator.rehearse(compiled)
    #expect(console.output.isEmpty)
    #expect(evaluator.held.entries.isEmpty)
    return reports.map(\.code.id)
  }

  @Test func aMistakeBehindALoopIsFoundBeforeIt() {
    #expect(
      codes(
        """
        fn up(n: int) -> int = 1 + up(n - 1)
        for step in 1..=1_000_000_000 { print(step) }
        print(up(3))
        """) == ["recursion-too-deep"])
  }

  @Test func bothSidesOfABranchAndTestsAreWalked() {
    #expect(
      codes(
        """
        fn up(n: int) -> int = 1 + up(n - 1)
        fn down(n: int) -> int = down(n - 1) - 1
        let a = 1
        if a > 2 { print(up(1)) } else { print(down(1)) }
        test "it ends" { expect up(2) + 0 == 2 }
        """
      ).count == 2)
  }

  @Test func whatOneMistakeLeavesUnknownIsNotReportedAgain() {
    #expect(
      codes(
        """
        fn up(n: int) -> int = 1 + up(n - 1)
        let a = up(1) + 1
        let b = a + 1
        fn more(n: int) -> int = a + n
        print(more(b), a)
        """) == ["recursion-too-deep"])
  }

  @Test func whatIsLoadedHasItsDeclaredType() {
    #expect(
      codes(
        """
        dim N = 3
        let x: [N] = load("there is no such file.npy")
        for step in 1..=3 { if step % 2 == 0 { save("x", x) } }
        print(sum(x * x))
        """) == [])
  }

  @Test func aTestMayAskForAZeroGradient() {
    #expect(
      codes(
        """
        test "constants are flat" {
          let x = ones[3]
          expect all(grad(|x| 4.0, at: x) == zeros[3])
        }
        """) == [])
  }

  @Test func nothingIsLoweredTwice() throws {
    let text = """
      dim N = 3
      var x = ones[N]
      var rng = Rng(1)
      for step in 1..=4 {
        let len = rng.int(1, 5)
        let noise = rng.normal[len, N]
        x = x - 0.1 * grad(|x| sum(x * x) + sum(noise @ x), at: x)
        if step % 2 == 0 { print(sum(x) < 100.0) }
      }
      """
    let compiler = Compiler()
    let compiled = compiler.compile(compiler.sources.add(name: "test.ntm", text: text))
    let console = RecordingConsole()
    let evaluator = Evaluator(console: console, interrupt: Interrupt(), options: RunOptions())
    #expect(evaluator.rehearse(compiled).isEmpty)
    let before = evaluator.sites.values.map(\.count).reduce(0, +)
    try evaluator.run(imported: compiled.imported)
    try evaluator.run(compiled.module)
    #expect(console.output == "true\ntrue\n")
    #expect(evaluator.sites.values.map(\.count).reduce(0, +) == before)
  }
}
