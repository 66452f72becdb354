import Diagnostics
import Glibc
import Runtime
import Syntax
import Tensors
import Testing

@testable import Driver

/// Programs run as the command runs them, in a folder of their own.
@Suite struct RunTests {
  private final class Folder {
    let path: String

    init() {
      let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      path = "\(base)/ntmscript-run-\(getpid())-\(UInt64.random(in: 0 ... .max))"
      mkdir(path, 0o700)
    }

    deinit {
      if let listing = opendir(path) {
        while let entry = readdir(listing) {
          let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
          }
          unlink("\(path)/\(name)")
        }
        closedir(listing)
      }
      rmdir(path)
    }

    func write(_ text: String, _ name: String) -> String {
      let file = "\(path)/\(name)"
      if let handle = fopen(file, "w") {
        let bytes = Array(text.utf8)
        fwrite(bytes, 1, bytes.count, handle)
        fclose(handle)
      }
      return file
    }
  }

  private func run(_ words: String...) -> (code: Int32, output: String, errors: String) {
    let console = RecordingConsole()
    let code = Commands(console: console, interrupt: Interrupt()).run(words)
    return (code, console.output, console.errors)
  }

  @Test(arguments: [
    "for i in 0..3 {\n  for _ in 0..2 { expect i < 2 }\n}\n",
    "fn f(x: real) -> real {\n  expect x > 0.0\n  x\n}\nlet y = f(-1.0)\n",
    "dim N = 3\nlet ys = for x in [1.0, 2.0, -1.0] as [N] { expect x > 0.0\n x }\n",
  ])
  func anExpectationInsideOfAComputationEndsTheRun(_ program: String) {
    let folder = Folder()
    let found = run(folder.write(program, "p.ntm"))
    #expect(found.code == 1)
    #expect(found.errors.contains("error[expectation-failed]"), "\(found.errors)")
  }

  @Test func entriesThatTakeABranchLogARecordEach() {
    let folder = Folder()
    let program = """
      batch dim B = 3
      fn f(v: real) -> real {
        if v > 0.0 { log(1, v: v) }
        v
      }
      let z = f([1.0, -1.0, 2.0] as [B])
      """
    let console = RecordingConsole()
    let commands = Commands(console: console, interrupt: Interrupt())
    #expect(commands.run([folder.write(program, "p.ntm"), "--json"]) == 0)
    #expect(
      console.output == """
        {"event":"log","step":1,"v":1.0}
        {"event":"log","step":1,"v":2.0}

        """)
  }

  @Test func aWhileAtItsBoundIsSaidOnce() {
    let folder = Folder()
    let program = """
      fn halve(x: real) -> real {
        var y = x
        while y > 1.0 max 3 { y = y / 2.0 }
        y
      }
      for i in 0..4 { print(halve(4.0 * real(i + 1))) }
      """
    let found = run(folder.write(program, "p.ntm"))
    #expect(found.code == 0)
    #expect(found.output == "1.0\n1.0\n1.5\n2.0\n")
    #expect(
      found.errors.contains("warning[bound-reached]: this `while` stopped at its bound 2 times"),
      "\(found.errors)")
  }

  private func training(_ folder: Folder) -> String {
    folder.write(
      """
      config { steps: int = 10 }
      dim N = 3
      batch dim B = 4
      let rng = Rng(1)
      var w = rng.normal[N]
      var best = 100.0
      for step in 1..=steps {
        let x = for _ in B { rng.normal[N] }
        let (l, g) = value_and_grad(|w| mean[B](sum[N](x * w) ^ 2), at: w)
        w = w - 0.1 * g
        if l < best { best = l }
        log(step, loss: l)
        if step % 4 == 0 { save("\(folder.path)/lin", w, best, step) }
      }
      print(w, best)
      """, "lin.ntm")
  }

  @Test(arguments: [[], ["--f64"]])
  func goingOnEqualsNeverHavingStopped(_ flags: [String]) {
    let folder = Folder()
    let path = training(folder)
    let console = RecordingConsole()
    let commands = Commands(console: console, interrupt: Interrupt())
    #expect(commands.run([path, "--json"] + flags) == 0)
    let whole = console.output
    #expect(commands.run([path, "--json", "--steps", "4"] + flags) == 0)
    let console2 = RecordingConsole()
    let rest = Commands(console: console2, interrupt: Interrupt())
    #expect(rest.run([path, "--json", "--resume", "\(folder.path)/lin.safetensors"] + flags) == 0)
    #expect(
      console2.output == whole.split(separator: "\n").suffix(7).joined(separator: "\n") + "\n")
    #expect(console.errors.isEmpty && console2.errors.isEmpty)
  }

  @Test func aCheckpointWithoutACarriedNameIsRefused() {
    let folder = Folder()
    let path = folder.write(
      """
      var a = 1.0
      var b = 1.0
      for step in 1..=4 {
        a = a + b
        b = b * 2.0
        save("\(folder.path)/run", a)
      }
      """, "run.ntm")
    #expect(run(path).code == 0)
    let resumed = run(path, "--resume", "\(folder.path)/run.safetensors")
    #expect(resumed.code == 1)
    #expect(resumed.errors.contains("`b` is changed by the loop but is not in the file"))
  }

  @Test func aLossThatIsNotFiniteEndsTheRunAtItsLine() throws {
    let folder = Folder()
    let path = folder.write(
      "var x = 1.0\nfor step in 1..=5 {\n  x = x * 1e30\n  log(step, loss: x)\n}\n", "bad.ntm")
    let result = run(path, "--json")
    #expect(result.code == 1)
    let events = result.output.split(separator: "\n")
    #expect(events.count == 2)
    let error = try Json(parsing: String(events.last ?? ""), source: "events")
    #expect(error["event"] == .string("error") && error["code"] == .string("not-finite"))
    #expect(error["message"] == .string("`loss` is infinite"))
    #expect(error["file"] == .string(path))
    #expect(error["line"] == .int(4) && error["column"] == .int(19))
    #expect(result.errors.isEmpty)
  }

  @Test func codesOfExit() {
    let folder = Folder()
    let good = folder.write("print(1)\n", "good.ntm")
    let wrong = folder.write("print(nothing)\n", "wrong.ntm")
    let fails = folder.write("expect 1 == 2\n", "fails.ntm")
    #expect(run(good).code == 0)
    #expect(run(fails).code == 1)
    #expect(run(wrong).code == 2)
    #expect(run(folder.path).code == 2)
    #expect(run("\(folder.path)/missing.ntm").code == 2)
    #expect(run(good, "--nosuch", "1").code == 64)
    #expect(run().code == 64)
  }

  @Test func testsRunOnlyWhereTheWholeFileIsRight() {
    let folder = Folder()
    let path = folder.write(
      """
      fn up(n: int) -> int = 1 + up(n - 1)
      test "fails" { expect 1 == 2 }
      print(up(3))
      """, "wrong.ntm")
    let console = RecordingConsole()
    let commands = Commands(console: console, interrupt: Interrupt())
    #expect(commands.test([path], usesDouble: false) == 2)
    #expect(console.output == "0 passed, 0 failed\n")
    #expect(console.errors.contains("error[recursion-too-deep]"))
  }

  @Test func valuesOnTheCommandLineAreChecked() {
    let folder = Folder()
    let path = folder.write("config { lr: positive = 0.1 }\ndim N = 4\nprint(lr, N)\n", "flags.ntm")
    #expect(run(path, "--lr", "0.5", "--N", "7").output == "0.5 7\n")
    #expect(run(path, "--lr", "-1.0").code == 64)
    #expect(run(path, "--lr", "(").errors.contains("error[config-flag]"))
    #expect(run(path, "--N", "1.5").code == 64)
  }

  /// What a run says with `--json`.
  private func events(_ words: [String], code: Int32, _ kinds: [String]) throws -> [Json] {
    let console = RecordingConsole()
    #expect(Commands(console: console, interrupt: Interrupt()).run(words + ["--json"]) == code)
    #expect(console.errors.isEmpty)
    let events = try console.output.split(separator: "\n").map {
      try Json(parsing: String($0), source: "events")
    }
    #expect(events.map { $0["event"] } == kinds.map { .string($0) }, "\(words)")
    return events
  }

  @Test func withJsonEverythingIsAnEvent() throws {
    let folder = Folder()
    let path = folder.write(
      """
      fn shown(x: real) -> real {
        print("inside", x)
        x
      }
      print(1, 2.5)
      log(1, x: shown(2.0))
      report((a: [1.0, 2.0]))
      var y = 9.0
      while y > 1.0 max 2 { y = y / 2.0 }
      gradcheck(|v: real| v * v, at: 3.0)

      """, "json.ntm")
    let found = try events(
      [path], code: 0,
      ["print", "print", "log", "report", "report", "print", "warning"])
    #expect(found.prefix(2).map { $0["text"] } == [.string("1 2.5"), .string("inside 2.0")])
  }

  @Test func withJsonEveryErrorIsAnEvent() throws {
    let folder = Folder()
    let good = folder.write("print(1)\n", "good.ntm")
    let wrong = folder.write("print(nothing)\nprint(no_more)\n", "wrong.ntm")
    let fails = folder.write("print(1)\nexpect 1 == 2\n", "fails.ntm")
    func expect(_ words: [String], _ code: Int32, _ kinds: [String], _ id: String) throws {
      let last = try events(words, code: code, kinds).last
      #expect(last?["code"] == .string(id) && last?["message"] != nil, "\(words)")
    }
    try expect([wrong], 2, ["error", "error"], "unknown-name")
    try expect([fails], 1, ["print", "error"], "expectation-failed")
    try expect(["\(folder.path)/missing.ntm"], 2, ["error"], "file-problem")
    try expect([good, "--resume", "\(folder.path)/missing"], 1, ["error"], "file-problem")
    try expect([good, "--nosuch", "1"], 64, ["error"], "usage")
    try expect([good, good], 64, ["error"], "usage")
    try expect([], 64, ["error"], "usage")
  }

  @Test func arraysGoOutAndComeBack() {
    let folder = Folder()
    let path = folder.write(
      """
      dim N = 2, M = 3
      let x = for i in N { for j in M { real(i * 3 + j) } }
      save("\(folder.path)/x.npy", x)
      save("\(folder.path)/x.csv", x)
      save("\(folder.path)/both.npz", x, y: sum[M](x))
      let a: [N, M] = load("\(folder.path)/x.npy")
      let b: [N, M] = load("\(folder.path)/x.csv")
      let d: (x: [N, M], y: [N]) = load("\(folder.path)/both.npz")
      let y: [N] = load("\(folder.path)/both.npz", "y")
      save("\(folder.path)/kept", x, y)
      let (x2, y2) = load("\(folder.path)/kept", x, y)
      expect sum(x2 - x) == 0.0 and sum(y2 - d.y) == 0.0
      print(sum(a - x), sum(b - x), sum(d.x - x), d.y)
      let wrong: [M, N] = load("\(folder.path)/x.npy")
      """, "arrays.ntm")
    let result = run(path)
    #expect(result.output == "0.0 0.0 0.0 [3.0, 12.0]\n")
    #expect(result.errors.contains("error[size-mismatch]"))
    #expect(result.code == 1)
  }
}
