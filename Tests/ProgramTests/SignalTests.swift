// Ctrl-C, as the system sends it, to the built program. How soon it is obeyed depends on the machine,
// so every wait is bounded by a minute and by nothing tighter.

import Glibc
import Runtime
import TestSupport
import Testing

@Suite(.serialized) struct SignalTests {
  private static let program = """
    config { steps: int = 1_000_000 }
    dim N = 500
    let rng = Rng(9)
    var x: [N] = zeros[N]
    for step in 1..=steps {
      x = 0.9 * x + rng.normal[N]
      save("state", x, step)
    }
    save("last.npz", x)

    """

  /// Starts the program, stops it by a signal once it has saved, and returns how it ended.
  private func stopped(_ program: Program, _ flags: String) throws -> Program.Outcome {
    let process = try program.start("exec \"$program\" run run.ntm \(flags)")
    for _ in 0..<6_000 where access("\(program.folder)/state.safetensors", F_OK) != 0 {
      usleep(10_000)
    }
    kill(process, SIGINT)
    return try program.outcome(of: process)
  }

  private func savedStep(_ program: Program) throws -> Int {
    let state = try Checkpoint.load("\(program.folder)/state.safetensors")
    return try #require(state.note("step").flatMap { Int($0) })
  }

  @Test func aRunEndsBehindAStepThatIsSaved() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.program, "run.ntm")
      let outcome = try stopped(program, "")
      let saved = try savedStep(program)
      #expect(outcome.code == 1 && outcome.output.isEmpty)
      #expect(
        outcome.errors == "interrupted: stopped in step \(saved + 1) of the loop over `step`; "
          + "every name holds what it did after step \(saved)\n")

      // And it goes on to where it would have come without the signal.
      let end = "--steps \(saved + 3)"
      #expect(try program.shell("ntm run run.ntm \(end) --resume state.safetensors").code == 0)
      let pieced = try AtomicFile.read("\(folder)/last.npz")
      #expect(try program.shell("ntm run run.ntm \(end)").code == 0)
      #expect(try AtomicFile.read("\(folder)/last.npz") == pieced)
    }
  }

  @Test func withJsonTheStopIsAnEvent() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.program, "run.ntm")
      let outcome = try stopped(program, "--json")
      #expect(outcome.code == 1 && outcome.errors.isEmpty)
      let event = try Json(parsing: outcome.output, source: "event")
      #expect(event["event"] == .string("error") && event["code"] == .string("interrupted"))
      let saved = try savedStep(program)
      #expect(
        event["message"]
          == .string(
            "stopped in step \(saved + 1) of the loop over `step`; every name holds what it did "
              + "after step \(saved)"))
    }
  }

  @Test func thePromptComesBackWithEveryName() throws {
    try Folders.withScratch { folder in
      let session = try TerminalSession(try Program(in: folder))
      try #require(session.shows("ntm> "), "\(session.screen)")
      session.type("var s = 0.0\r")
      try #require(session.shows("s : real  0.0") && session.shows("ntm> "))

      // Between steps. What is typed is shown too, so replies are told by what they compute.
      session.type("for i in 1..=1_000_000_000 { s = real(i) * 2.0\rif i == 9 { print(i, s) } }\r")
      try #require(session.shows("9 18.0"), "\(session.screen)")
      session.type(TerminalSession.controlC)
      try #require(session.shows("interrupted: stopped in step "), "\(session.screen)")
      try #require(session.shows("ntm> "), "\(session.screen)")
      session.type("print(\"kept\", s >= 18.0, abs(s - 2.0 * real(i)) < 0.1)\r")
      try #require(session.shows("kept true true"), "\(session.screen)")
      try #require(session.shows("ntm> "), "\(session.screen)")

      // Inside of one computation.
      session.type("fn spin(x: real) -> real { var y = x\r")
      session.type("while y > 0.0 max 1_000_000_000_000 { y = y + 1.0 }\ry }\r")
      try #require(session.shows("ntm> "), "\(session.screen)")
      session.type("print(\"spinning\", 6 * 7)\rspin(1.0)\r")
      try #require(session.shows("spinning 42"), "\(session.screen)")
      usleep(300_000)
      session.type(TerminalSession.controlC)
      try #require(
        session.shows("interrupted: stopped before anything was done"), "\(session.screen)")
      try #require(session.shows("ntm> "), "\(session.screen)")

      // In the middle of a line.
      session.type("let never = 1")
      try #require(session.shows("never = 1"), "\(session.screen)")
      session.type(TerminalSession.controlC)
      try #require(session.shows("ntm> "), "\(session.screen)")
      session.type("never\r")
      try #require(session.shows("there is no name `never` here"), "\(session.screen)")
      try #require(session.shows("ntm> "), "\(session.screen)")
      session.type(":quit\r")
      #expect(session.end() == 0)
    }
  }
}
