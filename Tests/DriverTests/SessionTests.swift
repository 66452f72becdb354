import Glibc
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
    func showStatus(_ line: String?) {}
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
    ("?softpl", ["softplus"]), ("nothing_such", []),
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

  @Test func anInputIsCompleteOrAsksForMore() {
    let (session, _, _) = session()
    #expect(session.isComplete("let x = 1"))
    #expect(!session.isComplete("let x = ["))
    #expect(!session.isComplete("fn f(x: real) -> real {"))
    #expect(session.isComplete(":type ["))
  }

  @Test func quittingSaysSo() {
    let (session, _, _) = session()
    #expect(session.submit(":quit") == .quit(0))
    #expect(session.submit("1") == .carryOn)
  }
}
