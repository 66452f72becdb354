import Glibc
import Runtime
import TestSupport
import Testing

@testable import Driver

@Suite struct SessionTests {
  private func session() -> (Session, RecordingConsole, Interrupt) {
    let console = RecordingConsole()
    let interrupt = Interrupt()
    return (Session(console: console, interrupt: interrupt), console, interrupt)
  }

  private func submit(_ session: Session, _ inputs: String...) {
    for input in inputs { _ = session.submit(input) }
  }

  /// A console that raises the interrupt when it has seen some text.
  private final class Impatient: Console {
    let isLive = false
    let usesColour = false
    let width = 80
    let interrupt: Interrupt
    let trigger: String
    var text = ""

    init(_ interrupt: Interrupt, at trigger: String) {
      self.interrupt = interrupt
      self.trigger = trigger
    }
    func write(_ text: String) {
      self.text += text
      if text.contains(trigger) { interrupt.raise() }
    }
    func writeError(_ text: String) { self.text += text }
    func showStatus(_ lines: String?) {}
  }

  @Test func aStatementBehindOthersIsStopped() {
    let interrupt = Interrupt()
    let console = Impatient(interrupt, at: "done")
    let session = Session(console: console, interrupt: interrupt)
    submit(session, "let x = 1.0\nprint(\"done\", x)\nprint(\"last\", x + 1.0)")
    #expect(
      console.text.contains(
        "interrupted: stopped in a statement of which nothing is kept; all before it is done"))
    #expect(!console.text.contains("last"))
    interrupt.clear()
    submit(session, ":resume")
    #expect(console.text.contains("last 2.0"))
  }

  @Test func aStoppedLoopGoesOnAsIfNothingHadBeen() {
    let program = """
      let rng = Rng(5)
      var s = 0.0
      for i in 1..=6 {
        let x = rng.uniform()
        s = s + x
        print("step", i, s)
      }
      print("sum", s)
      """
    let (whole, console, _) = session()
    submit(whole, program)
    let interrupt = Interrupt()
    let impatient = Impatient(interrupt, at: "step 3")
    let stopped = Session(console: impatient, interrupt: interrupt)
    submit(stopped, program)
    #expect(impatient.text.contains("interrupted: stopped in step 4 of the loop over `i`"))
    interrupt.clear()
    submit(stopped, ":resume")
    let uninterrupted = console.output.split(separator: "\n").filter { $0.hasPrefix("s") }
    let both = impatient.text.split(separator: "\n").filter { $0.hasPrefix("s") }
    #expect(both == uninterrupted)
    #expect(both.last?.hasPrefix("sum") == true)
  }

  private static let counting = """
    var s = 0.0
    let rng = Rng(5)
    for i in 1..=6 {
      let x = rng.uniform()
      s = s + x
      print("step", i, s)
    }
    """

  @Test func aStoppedRunGoesOnAfterOtherInputs() {
    let (whole, console, _) = session()
    submit(whole, Self.counting)
    let interrupt = Interrupt()
    let impatient = Impatient(interrupt, at: "step 3")
    let stopped = Session(console: impatient, interrupt: interrupt)
    submit(stopped, Self.counting)
    interrupt.clear()
    submit(stopped, "let looked_at = s * 2.0", "for k in 0..2 { s + real(k) }", "no_such_name")
    // Another one that is stopped before it has done anything does not displace the first.
    interrupt.raise()
    submit(stopped, "s + 1.0")
    interrupt.clear()
    submit(stopped, ":resume")
    let expected = console.output.split(separator: "\n").filter { $0.hasPrefix("step") }
    let both = impatient.text.split(separator: "\n").filter { $0.hasPrefix("step") }
    #expect(both == expected)
    #expect(impatient.text.contains(":resume goes on with the run that was stopped before"))
  }

  @Test func namesInsideOfAStoppedLoopAreSeenUntilItGoesOn() {
    let interrupt = Interrupt()
    let impatient = Impatient(interrupt, at: "step 3")
    let stopped = Session(console: impatient, interrupt: interrupt)
    submit(stopped, Self.counting)
    interrupt.clear()
    func reply(_ input: String) -> String {
      impatient.text = ""
      submit(stopped, input)
      return impatient.text
    }
    // The interrupt came in step 3, behind its `print`: that step was completed.
    #expect(reply("i") == "_ : int  3\n")
    #expect(reply("i + 1") == "_ : int  4\n")
    #expect(reply(":vars").contains("i : int  3\n"))
    #expect(reply("x < 1.0").contains("true"))
    #expect(reply("let twice = 2 * i\nlet i = 100") == "twice : int  6\ni : int  100\n")
    #expect(reply(":resume").hasPrefix("step 4"))
    // A name of the prompt's own stays; the loop's are gone.
    #expect(reply("i") == "_ : int  100\n")
    #expect(reply("x").contains("error[unknown-name]"))
    #expect(reply("twice") == "_ : int  6\n")
  }

  @Test func aNameOfTheSessionIsNotHiddenByAStoppedLoop() {
    let interrupt = Interrupt()
    let impatient = Impatient(interrupt, at: "outer 1 inner 1")
    let stopped = Session(console: impatient, interrupt: interrupt)
    submit(
      stopped, "let x = 7",
      """
      for i in 0..3 {
        let x = 10 * i
        for j in 0..3 {
          let y = x + j
          print("outer", i, "inner", j)
        }
      }
      """)
    #expect(impatient.text.contains("stopped in step 3 of the loop over `j`"))
    interrupt.clear()
    impatient.text = ""
    submit(stopped, "print(x, i, j, y)", ":resume", "j")
    #expect(impatient.text.hasPrefix("7 1 1 11\nouter 1 inner 2\n"), "\(impatient.text)")
    #expect(impatient.text.contains("error[unknown-name]: there is no name `j` here"))
  }

  @Test(arguments: ["s = 3.0", "let s = 1.0", "var s = 2.0"])
  func aStoppedRunIsLostWithItsNames(_ input: String) {
    let interrupt = Interrupt()
    let impatient = Impatient(interrupt, at: "step 3")
    let stopped = Session(console: impatient, interrupt: interrupt)
    submit(stopped, Self.counting)
    interrupt.clear()
    submit(stopped, input, ":resume")
    #expect(
      impatient.text.hasSuffix(
        "`s` was bound again since the run was stopped, so it cannot go on; start it again\n"))
    #expect(!impatient.text.contains("\nstep 4"))
  }

  @Test(arguments: ["/dev/null/x", "/dev/null/x.ntm", "/proc/x", "/proc/x.ntm"])
  func aSessionThatCannotBeSavedGoesOn(_ path: String) {
    let (session, console, _) = session()
    submit(session, "let a = 1.0")
    #expect(session.submit(":save \(path)") == .carryOn)
    #expect(console.errors.hasPrefix("cannot write `\(path)"))
    submit(session, "save(\"\(path)\", a)", "print(a)")
    #expect(console.errors.contains("error[file-problem]") && console.output.hasSuffix("1.0\n"))
  }

  /// Both leave graphs behind, at the places that the next input has.
  @Test(arguments: [
    (
      "if x > 0.0 {\n  let y = x + 1.0\n  print(up(3))\n}",
      "if x > 0.0 {\n  let y = x * 5.0\n  print(y)\n}"
    ),
    ("test \"it\" {\n  let y = x + 1.0\n  expect y > 0.0\n}", "let y = x * 5.0\nprint(y)"),
  ])
  func whatWasOnlyRehearsedIsNotRun(_ input: String, _ next: String) {
    let (session, console, _) = session()
    submit(
      session, "let x = 2.0\nfn up(n: int) -> int = 1 + up(n - 1)", input, next)
    #expect(console.output.hasSuffix("10.0\n"), "\(console.text)")
  }

  /// Nothing is drawn, run or declared by a question, nor by an input that is wrong.
  @Test func whatDoesNotRunChangesNoDraw() {
    let drawing = [
      "dim N = 3", "let rng = Rng(1)", "let a = rng.normal[N]", "let b = rng.normal[N]",
      "print(a, b, rng.uniform())",
    ]
    let (plain, console, _) = session()
    for input in drawing { submit(plain, input) }
    let (asked, answers, _) = session()
    for input in drawing {
      submit(
        asked, input, ":type rng.normal[N]", ":type { print(1)\n rng.uniform() }",
        ":type save(\"/dev/null/x\", a)", "let c = rng.normal[N] + nothing", ":type let d = 1", "d")
    }
    let lines = answers.output.split(separator: "\n")
    #expect(lines.contains("[N]") && lines.contains("()") && !lines.contains("1"))
    #expect(lines.contains { $0 == console.output.split(separator: "\n").last })
  }

  @Test func completionByTheTypeOfTheParameter() {
    let (session, _, _) = session()
    submit(
      session, "dim N = 4, M = 3", "let memory = zeros[N, M]", "let key = zeros[M]",
      "let count = 3", "fn scale(x: [N, M], times: int) -> [N, M] = x * real(times)")
    func names(_ line: String) -> [String] {
      session.complete(line, cursor: line.utf8.count).candidates
    }
    #expect(names("content(").contains("memory"))
    #expect(!names("content(").contains("key"))
    #expect(names("content(memory, ").contains("key"))
    #expect(!names("content(memory, ").contains("memory"))
    #expect(names("scale(memory, ") == ["count", "times: "])
    #expect(names("scale(memory, times: c") == ["count"])
    #expect(names("scale(me") == ["memory"])
    // Nothing that fits begins so: any name.
    #expect(names("scale(memory, mem") == ["memory"])
  }

  @Test func aSavedSessionIsAProgramThatRuns() throws {
    let (session, _, _) = session()
    let path = "\(Place.temporaryFolder)/session-\(getpid()).ntm"
    defer { unlink(path) }
    submit(
      session, "dim N = 4", "let x = zeros[N]", "fn f(x: [N]) -> [N] = x", "f(x)",
      "let i = 9", "let y = x[i]", "fn f(x: [N]) -> [N] = x + 1.0", "sum(f(x))", "_ * 2.0",
      "let z = 1.0\nlet w = x[i]", "z", "no_such_name", ":type f(x)", ":save \(path)")
    let console = RecordingConsole()
    let code = Commands(console: console, interrupt: Interrupt()).run([path])
    #expect(code == 0, "\(console.text)")
    #expect(console.output.hasSuffix("8.0\n1.0\n"), "\(console.text)")
  }

  /// Where tests may write.
  private enum Place {
    static var temporaryFolder: String {
      getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    }
  }

  @Test func aFailedStepTakesBackWhatItDid() {
    let (session, console, _) = session()
    submit(
      session, "var a = 1.0", "var b = 1.0",
      "for i in 0..5 {\n  a = a * 2.0\n  expect i < 2\n  b = a\n}")
    _ = console.take()
    submit(session, "a", "b")
    #expect(console.take() == "_ : real  4.0\n_ : real  4.0\n")
  }

  @Test(arguments: [
    ("softpl", ["softplus("]), (":he", [":help"]), (":explain dim-mis", ["dim-mismatch"]),
    ("let y = wei", ["weights"]), ("d.", ["bits", "mask"]), ("zeros[Wi", ["Width"]),
    ("import ntm.hea", ["heads"]), ("import ntm.heads { Loc", ["LocationHead"]),
    ("?softpl", ["softplus"]), ("nothing_such", []), (":type d.", ["bits", "mask"]),
    (":time softmax(wei", ["weights"]),
  ])
  func completion(_ line: String, _ expected: [String]) {
    let (session, _, _) = session()
    submit(session, "dim Width = 2", "let weights = zeros[Width]", "let d = (bits: 1, mask: 2)")
    let found = session.complete(line, cursor: line.utf8.count)
    #expect(found.candidates == expected)
  }

  @Test func filesAreCompletedInsideQuotes() {
    let (session, _, _) = session()
    let here = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    let line = "load(\"\(here)/SessionTes"
    #expect(
      session.complete(line, cursor: line.utf8.count).candidates == ["\(here)/SessionTests.swift"])
  }

  @Test func aWhileLoopIsStoppedByItsOwnName() {
    let interrupt = Interrupt()
    let impatient = Impatient(interrupt, at: "at 3")
    let stopped = Session(console: impatient, interrupt: interrupt)
    submit(stopped, "var i = 0\nwhile true max 1_000 {\n  i = i + 1\n  print(\"at\", i)\n}")
    #expect(impatient.text.contains("interrupted: stopped in step 4 of the `while` loop; every"))
  }

  /// Between statements too.
  @Test func aStoppedFileGoesOnAtItsNextStatement() {
    let interrupt = Interrupt()
    let impatient = Impatient(interrupt, at: "one")
    let stopped = Session(console: impatient, interrupt: interrupt)
    submit(stopped, "print(\"one\")\nprint(\"two\")")
    #expect(!impatient.text.contains("two") && impatient.text.contains("interrupted: "))
    interrupt.clear()
    submit(stopped, ":resume")
    #expect(impatient.text.hasSuffix("two\n"))
  }

  /// However often it is loaded, and whatever was drawn before.
  @Test func aLoadedFileDrawsWhatItsRunDraws() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/draws.ntm"
      let program = """
        dim N = 2
        struct Pair { a: [N] = rng.normal[N], b: [N] = rng.normal[N] }
        let rng = Rng(1)
        let first = rng.normal[N]
        let pair = Pair(rng)
        print(first, pair.a, pair.b, rng.uniform())

        """
      try AtomicFile.write(program, to: path)
      let plain = RecordingConsole()
      #expect(Commands(console: plain, interrupt: Interrupt()).run([path]) == 0)
      let (session, console, _) = session()
      submit(session, "dim K = 2", "let own = Rng(1)", "own.normal[K]", "own.uniform()")
      _ = console.take()
      for command in [":load \(path)", ":load \(path)", ":reload"] {
        submit(session, command)
        #expect(console.take() == plain.output)
      }
      // What is drawn behind it from its stream is new.
      submit(session, "print(rng.normal[N])", "print(rng.uniform())")
      for line in console.take().split(separator: "\n") { #expect(!plain.output.contains(line)) }
    }
  }

  @Test func aSavedSessionDrawsWhatItDrew() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/session.ntm"
      let (session, console, _) = session()
      submit(
        session, "dim N = 2", "let rng = Rng(3)", "rng.normal[N]", "(a: rng.normal[N], b: 1.0)",
        "fn f(r: Rng) -> [N] = r.normal[N]", "f(rng)", "let i = 9",
        "let x = rng.normal[N]\nlet y = rng.normal[N][i]", "let z = rng.normal[N]")
      _ = console.take()
      submit(session, "print(x, z)")
      let drawn = console.take()
      submit(session, ":save \(path)")
      let plain = RecordingConsole()
      #expect(Commands(console: plain, interrupt: Interrupt()).run([path]) == 0, "\(plain.text)")
      #expect(plain.output.hasSuffix(drawn), "\(plain.output)\(drawn)")
    }
  }

  @Test(arguments: ["z.npz", "z.npy", "a b/z.csv", "z.safetensors"])
  func dataIsLoadedByTheLanguage(_ path: String) {
    let (session, console, _) = session()
    submit(session, ":load \(path)")
    let expected = "`\(path)` holds data, not a program; "
    #expect(console.errors.hasPrefix(expected) && console.errors.contains("load(\"\(path)\""))
  }

  @Test func quittingSaysSo() {
    let (session, _, _) = session()
    #expect(session.submit(":quit") == .quit(0))
    #expect(session.submit("1") == .carryOn)
  }
}
