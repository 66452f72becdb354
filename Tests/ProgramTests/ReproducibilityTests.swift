// Bit for bit: two runs, a run that was stopped and went on, other sizes of the batch.

import Glibc
import Runtime
import Tensors
import TestSupport
import Testing

@testable import Driver

/// Stops a run when a line of its output holds a text.
private final class StoppingConsole: Console {
  let isLive = false
  let usesColour = false
  let width = 80
  private(set) var output = ""
  private let interrupt: Interrupt
  private var stops: [String]

  init(_ interrupt: Interrupt, stops: [String]) {
    self.interrupt = interrupt
    self.stops = stops
  }

  func write(_ text: String) {
    output += text
    if let stop = stops.first, text.contains(stop) {
      stops.removeFirst()
      interrupt.raise()
    }
  }

  func writeError(_ text: String) {}
  func showStatus(_ lines: String?) {}
}

@Suite struct ReproducibilityTests {
  /// A small training run with an optimiser that has a state of its own.
  private let training = """
    import ntm.optim { adam, clip_norm }
    config {
      steps: int = 9
      lr: positive = 0.01
    }
    dim X = 3, Y = 2
    batch dim B = 4
    struct Layer {
      weight: [X, Y]
      offset: [Y]
      fn run(self, x: [X]) -> [Y] = x @ self.weight + self.offset
    }
    let rng = Rng(5)
    var m = Layer(weight: rng.normal[X, Y], offset: zeros[Y])
    var opt = adam(m, lr: lr)
    for step in 1..=steps {
      let x = for _ in B { rng.normal[X] }
      let (l, g) = value_and_grad(|m| mean[B](sum[Y](tanh(m.run(x)) ^ 2)), at: m)
      (m, opt) = opt.step(m, clip_norm(g, 1.0))
      log(step, loss: l, extra: rng.uniform())
      save("state", m, opt, step)
    }
    print(m.weight, m.offset)

    """

  @Test(arguments: ["", "--f64"])
  func twoRunsGiveTheSameBytes(_ flag: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(training, "run.ntm")
      let first = try program.shell("ntm run run.ntm --json \(flag)")
      let state = try AtomicFile.read("\(folder)/state.safetensors")
      let second = try program.shell("ntm run run.ntm --json \(flag)")
      #expect(first.code == 0, "\(first.errors)")
      #expect(first.output == second.output && first.errors == second.errors)
      #expect(try AtomicFile.read("\(folder)/state.safetensors") == state)
      // A line a step, and those that count the parameters and the operations.
      #expect(first.output.split(separator: "\n").count == 12)
    }
  }

  /// Stopped after every possible step: log lines, parameters and optimiser state are those of the
  /// run that was never stopped.
  @Test(arguments: ["", "--f64"])
  func goingOnEqualsNeverHavingStopped(_ flag: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(training, "run.ntm")
      let whole = try program.shell("ntm run run.ntm --json \(flag)")
      let lines = whole.output.split(separator: "\n").map { "\($0)\n" }
      let state = try AtomicFile.read("\(folder)/state.safetensors")
      for steps in 1...8 {
        #expect(try program.shell("ntm run run.ntm --json --steps \(steps) \(flag)").code == 0)
        let rest = try program.shell("ntm run run.ntm --json --resume state.safetensors \(flag)")
        #expect(rest.code == 0, "\(rest.errors)")
        #expect(rest.output == lines[steps...].joined())
        #expect(rest.errors == whole.errors)
        #expect(try AtomicFile.read("\(folder)/state.safetensors") == state)
      }
    }
  }

  @Test func resumingSaysWhatHasChanged() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(training, "run.ntm")
      #expect(try program.shell("ntm run run.ntm --steps 3").code == 0)
      let sizes = try program.shell("ntm run run.ntm --Y 4 --resume state.safetensors")
      #expect(sizes.code == 1)
      // Every difference in one report, by the path of the parameter.
      #expect(sizes.errors.contains("note: `Y` is 2 in the file, 4 here"), "\(sizes.errors)")
      #expect(sizes.errors.contains("help: run with the sizes of the file: `--Y 2`"))
      for path in ["m.weight", "m.offset", "opt.first.weight", "opt.second.offset"] {
        #expect(sizes.errors.contains("`\(path)` is "), "\(path): \(sizes.errors)")
      }
      // What the loop only ends with may be another; what changes the numbers is named.
      let settings = try program.shell(
        "ntm run run.ntm --steps 3; ntm run run.ntm --steps 4 --lr 0.5 --resume state.safetensors")
      #expect(settings.code == 0)
      #expect(
        settings.errors.contains(
          """
          warning[checkpoint-mismatch]: the run of `state.safetensors` had other settings
            = note: `lr` was 0.01, here it is 0.5
            = help: to go on as it began: `--lr 0.01`

          """), "\(settings.errors)")
      let wide = try program.shell("ntm run run.ntm --f64 --B 5 --resume state.safetensors")
      #expect(wide.code == 0)
      for text in ["`B` is 4 in the file, 5 here", "the reals were f32, `--f64` makes them f64"] {
        #expect(wide.errors.contains(text), "\(wide.errors)")
      }
      try program.write(training + "// changed\n", "run.ntm")
      let source = try program.shell("ntm run run.ntm --resume state.safetensors")
      #expect(source.code == 0)
      #expect(source.errors.contains("`run.ntm` has changed since `state.safetensors` was saved"))
    }
  }

  @Test func aCheckpointSaysWhatItsRunWasTold() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(training, "run.ntm")
      #expect(try program.shell("ntm run run.ntm --steps 3 --Y 4 --f64").code == 0)
      let state = try Checkpoint.load("\(folder)/state.safetensors")
      let told = ["step", "config.steps", "config.lr", "dim.X", "dim.Y", "dim.B", "run.reals"]
      #expect(told.map(state.note) == ["3", "3", "0.01", "3", "4", "4", "f64"])
    }
  }

  @Test func anotherProgramDoesNotGoOn() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(training, "run.ntm")
      #expect(try program.shell("ntm run run.ntm --steps 3").code == 0)
      for (text, reason) in [
        ("print(1)\n", "the program has no loop where the file was saved"),
        (
          "var v = 0.0\n" + String(repeating: "v += 1.0\n", count: 5)
            + "for _ in 0 .. 3 { v += 1.0 }\n",
          "the program has none of its names, such as `m`"
        ),
      ] {
        try program.write(text, "other.ntm")
        let other = try program.shell("ntm run other.ntm --resume state.safetensors")
        #expect(other.code == 1 && other.output.isEmpty, "\(other.errors)")
        #expect(
          other.errors.contains("error[checkpoint-mismatch]: `other` cannot go on from"),
          "\(other.errors)")
        #expect(other.errors.contains(reason), "\(other.errors)")
      }
    }
  }

  /// Stopped in the middle of a step and again later: names hold the last completed step, and what
  /// goes on is the run that was never stopped.
  @Test func aStoppedSessionHoldsTheLastStepAndGoesOn() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/run.ntm"
      try AtomicFile.write(
        training.replacing("save(\"state\", m, opt, step)", with: "print(step)"), to: path)
      func session(stops: [String]) -> String {
        let interrupt = Interrupt()
        let console = StoppingConsole(interrupt, stops: stops)
        let session = Session(console: console, interrupt: interrupt)
        _ = session.submit(":load \(path)")
        for _ in stops {
          interrupt.clear()
          _ = session.submit("print(\"held\", m.offset)")
          _ = session.submit(":resume")
        }
        return console.output
      }
      func results(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("held") }
      }
      let whole = session(stops: [])
      #expect(whole.contains("\n9\n"))
      let stopped = session(stops: ["4\n", "7\n"])
      #expect(stopped.split(separator: "\n").count { $0.hasPrefix("held") } == 2)
      // The step that was stopped is done again from its start; its lines are there twice.
      var seen: Set<Substring> = []
      #expect(results(stopped).filter { seen.insert($0).inserted }.last == results(whole).last)
    }
  }

  /// An example's numbers do not depend on how many others are computed with it, or in what order.
  @Test(arguments: [1, 2, 3, 8, 50])
  func theBatchChangesNothing(_ size: Int) throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/batch.ntm"
      let text = """
        batch dim B = 64
        dim N = 5, T = 4
        let rng = Rng(11)
        fn example(rng: Rng) -> [T, N] = softmax[N](rng.normal[T, N])
        fn run(rng: Rng, x: [T, N]) -> [N] {
          var state: [N] = zeros
          for t in x { state = tanh(state + t * rng.uniform[N](0.0, 1.0)) }
          state
        }
        let x = for _ in B { example(rng) }
        let y = run(rng, x)
        save("\(folder)/y.npy", y)

        """
      try AtomicFile.write(text, to: path)
      func result(_ size: Int) throws -> [Float] {
        let console = RecordingConsole()
        let commands = Commands(console: console, interrupt: Interrupt())
        #expect(commands.run([path, "--B", "\(size)"]) == 0, "\(console.errors)")
        guard case .single(let values) = try Npy.read("\(folder)/y.npy").storage else { return [] }
        return values
      }
      let whole = try result(64)
      let part = try result(size)
      #expect(part.count == size * 5)
      #expect(Array(whole.prefix(part.count)) == part)
    }
  }
}
