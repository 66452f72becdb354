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

  /// A model that learns: what is saved is the model and its optimiser.
  private static let training = """
    import ntm.optim { adam }
    config { steps: int = 1_000_000 }
    dim N = 24, T = 40
    batch dim B = 8
    struct Walk { step: [N, N] = rng.normal[N, N] * 0.1 }
    let rng = Rng(9)
    var m = Walk(rng)
    var opt = adam(m, lr: 1e-3)
    fn loss(m: Walk, x: [N]) -> real {
      var s = x
      for _ in 0 .. T { s = tanh(s @ m.step) + x }
      mean(s ^ 2)
    }
    for step in 1..=steps {
      let x = for _ in B { rng.normal[N] }
      let (l, g) = value_and_grad(|m| mean[B](loss(m, x)), at: m)
      (m, opt) = opt.step(m, g)
      save("state", m, opt, step)
    }
    save("last.npz", m.step)

    """

  /// Starts the program, stops it by a signal once there is a file, and returns how it ended.
  private func stopped(
    _ program: Program, _ flags: String, variables: String = "",
    behind file: String = "state.safetensors", microseconds: UInt32 = 0
  ) throws -> Program.Outcome {
    let process = try program.start("\(variables) exec \"$program\" run run.ntm \(flags)")
    for _ in 0..<6_000 where access("\(program.folder)/\(file)", F_OK) != 0 { usleep(10_000) }
    usleep(microseconds)
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

  @Test(arguments: ["", "--interpret"]) func aTrainingGoesOnWhereItWasStopped(_ flags: String)
    throws
  {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.training, "run.ntm")
      let outcome = try stopped(program, flags, microseconds: 200_000)
      let saved = try savedStep(program)
      #expect(outcome.code == 1 && outcome.output.isEmpty)
      let stopped = "interrupted: stopped in step \(saved + 1) of the loop over `step`; "
      #expect(outcome.errors.contains(stopped), "\(outcome.errors)")
      let end = "\(flags) --steps \(saved + 2)"
      #expect(try program.shell("ntm run run.ntm \(end) --resume state.safetensors").code == 0)
      let pieced = try AtomicFile.read("\(folder)/last.npz")
      #expect(try program.shell("ntm run run.ntm \(end)").code == 0)
      #expect(try AtomicFile.read("\(folder)/last.npz") == pieced)
    }
  }

  /// What is computed by one operation at the top ends inside of it.
  @Test(arguments: [
    "a @ a", "sort(gather(wide, places))", "scatter_add(wide, places, wide)",
    "for i in 0 .. 1_000 { mean(rng.normal[E]) }", "cumsum(wide)",
  ])
  func oneLongOperationEnds(_ expression: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      let text = """
        dim K = 3_000, E = 4_000_000
        let rng = Rng(1)
        let a = ones[K, K]
        let wide = ones[E]
        let places = iota[E]
        save("ready.npz", ones[1])
        for _ in 0 .. 1_000_000 {
          let y = \(expression)
        }
        """
      try program.write(text, "run.ntm")
      for flags in ["", "--interpret"] {
        unlink("\(folder)/ready.npz")
        let outcome = try stopped(program, flags, behind: "ready.npz", microseconds: 300_000)
        #expect(outcome.code == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("interrupted: stopped in "), "\(outcome.errors)")
      }
    }
  }

  /// The compiler ends with the run that started it.
  @Test func aCompilerAtWorkEndsToo() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.training, "run.ntm")
      let compiler = """
        #!/bin/sh
        case "$*" in *--version*) echo slow 1.0; exit 0 ;; esac
        echo $$ > half; mv half compiler
        exec sleep 1000

        """
      try program.write(compiler, "slow")
      #expect(try program.shell("chmod +x slow").code == 0)
      let outcome = try stopped(program, "", variables: "CC=\"$PWD/slow\"", behind: "compiler")
      #expect(outcome.code == 1 && outcome.output.isEmpty)
      #expect(
        outcome.errors.contains("interrupted: stopped in the first step"), "\(outcome.errors)")
      let number = String(decoding: try AtomicFile.read("\(folder)/compiler"), as: UTF8.self)
      let compiling = try #require(pid_t(number.dropLast()))
      // The process is gone, or waits for its parent to look at it.
      let status = (try? AtomicFile.read("/proc/\(compiling)/status")) ?? []
      let words = String(decoding: status, as: UTF8.self)
      #expect(words.isEmpty || words.contains("State:\tZ"), "the compiler is still at work")
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
