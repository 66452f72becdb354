// `ntmscript compare` as a user runs it: two variants with two seeds, also killed and gone on with.

import Glibc
import Runtime
import TestSupport
import Testing

@testable import Driver

@Suite(.serialized) struct CompareTests {
  private static let program = """
    import ntm.optim { adam }
    config {
      lr: positive = 0.1
      seed: int = 1
      steps: int = 30
    }
    dim N = 3
    struct Scale { by: [N] = rng.normal[N] }
    let rng = Rng(seed)
    var m = Scale(rng)
    var opt = adam(m, lr: lr)
    for step in 1..=steps {
      let x = rng.normal[N]
      let (l, g) = value_and_grad(|m| mean((m.by * x - 2.0 * x) ^ 2), at: m)
      (m, opt) = opt.step(m, g)
      log(step, loss: l)
    }
    report(distance: (length: [1, 2], far: [norm(m.by - 2.0 * ones[N]), 0.5]))

    """
  private static let line = "compare tiny.ntm --lr 0.1,0.3 --seeds 1..2 --interpret"

  /// Without what depends on the machine.
  private static func figures(_ table: String) -> [Substring] {
    table.split(separator: "\n").filter { !$0.hasPrefix("  seconds") }
  }

  @Test func twoVariantsWithTwoSeeds() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.program, "tiny.ntm")
      let first = try program.shell("ntm \(Self.line)")
      #expect(first.code == 0, "\(first.errors)")
      for words in [
        "lr=0.1", "lr=0.3", "runs", "loss", "distance.far[length 2]  0.50 (0.50 – 0.50)",
        "parameters of m", "FLOPs a step of m", "written to tiny.compare.svg",
      ] { #expect(first.output.contains(words), "\(words) in \(first.output)") }
      #expect(first.errors.contains("[4/4]"))
      #expect(access("\(folder)/tiny.compare.svg", F_OK) == 0)

      // All of it is there already: the same table, seconds included, and nothing runs.
      let again = try program.shell("ntm \(Self.line)")
      #expect(again.code == 0)
      #expect(again.output == first.output)
      #expect(again.errors.contains("4 of 4 runs were in") && !again.errors.contains("[4/4]"))

      // Another text is another program.
      try program.write(Self.program + "print(1)\n", "tiny.ntm")
      #expect(try program.shell("ntm \(Self.line)").errors.contains("[4/4]"))
    }
  }

  /// A kill, which reaches nobody else, and Ctrl-C.
  @Test(arguments: [SIGKILL, SIGINT]) func aStoppedComparisonGoesOn(signal: Int32) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.program, "tiny.ntm")
      let whole = try program.shell("ntm \(Self.line) --results whole.jsonl")
      #expect(whole.code == 0, "\(whole.errors)")

      let long = "\(Self.line) --jobs 1"
      let process = try program.start("exec \"$program\" \(long)")
      for _ in 0..<6_000 {
        if access("\(folder)/tiny.compare.jsonl", F_OK) == 0 { break }
        usleep(5_000)
      }
      kill(process, signal)
      let stopped = try program.outcome(of: process)
      #expect(stopped.code == (signal == SIGINT ? 1 : 128 + SIGKILL), "\(stopped.errors)")
      let kept = try AtomicFile.read("\(folder)/tiny.compare.jsonl").count { $0 == 10 }
      #expect((1...3).contains(kept), "the stop fell within the comparison")
      if signal == SIGINT { #expect(stopped.errors.contains("the same command goes on")) }

      let rest = try program.shell("ntm \(long)")
      #expect(rest.code == 0, "\(rest.errors)")
      #expect(rest.errors.contains("\(kept) of 4 runs were in"))
      #expect(Self.figures(rest.output) == Self.figures(whole.output))
    }
  }

  @Test func aRunThatFailsIsARow() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        config { seed: int = 1 }
        report(half: 1.0 / real(seed))
        expect seed < 3

        """, "some.ntm")
      let outcome = try program.shell("ntm compare some.ntm --seeds 1..3")
      #expect(outcome.code == 1)
      #expect(outcome.output.contains("3, 1 failed"))
      #expect(outcome.output.contains("failed: seed 3: expectation-failed"), "\(outcome.output)")
      let again = try program.shell("ntm compare some.ntm --seeds 1..3 --json")
      #expect(again.code == 1)
      for line in again.output.split(separator: "\n") {
        _ = try Json(parsing: String(line), source: "line")
      }
      #expect(again.output.contains(#""name":"half","runs":2,"median":0.75"#), "\(again.output)")
    }
  }

  private static let headed = """
    import ntm.cells { LSTM }
    import ntm.heads { Head, LocationHead }
    import ntm.models { NTM }
    config {
      read: Head = LocationHead
      write: Head = LocationHead
      seed: int = 1
    }
    dim N = 4, M = 3, H = 2
    let m = NTM[1, 1, N, M](Rng(seed), cell: LSTM[H], read: [read], write: [write])
    report(parameters: count(m))

    """

  /// Pairs of heads are two variants, all choices four; a run is the same whatever the order of flags.
  @Test func headsComeInPairs() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.headed, "heads.ntm")
      for (name, title) in [("one", "One"), ("two", "Two")] {
        try program.write(
          """
          import ntm.heads { Head }
          struct \(title)[N, M]: Head[N, M] {
            emits { key: [M] }
            fn address(self, mem: [N, M], e: emits) -> (w: simplex [N]) = (w: content(mem, e.key, 1.0))
          }

          """, "\(name).ntm")
      }
      let pairs = try program.shell("ntm compare heads.ntm --read,--write one.One,two.Two")
      #expect(pairs.code == 0, "\(pairs.errors)")
      #expect(pairs.output.contains("read,write=one.One  read,write=two.Two"), "\(pairs.output)")
      let all = "--read one.One,two.Two --write one.One,two.Two"
      let four = try program.shell("ntm compare heads.ntm \(all)")
      #expect(four.errors.contains("2 of 4 runs were in"), "\(four.errors)")
      let turned = "--write two.Two,one.One --read two.Two,one.One"
      let again = try program.shell("ntm compare heads.ntm \(turned)")
      #expect(again.errors.contains("4 of 4 runs were in"), "\(again.errors)")
      let wrong = try program.shell("ntm compare heads.ntm --read,write one.One")
      #expect(wrong.code == 64 && wrong.errors.contains("`--read,--write`"), "\(wrong.errors)")
    }
  }

  @Test func mistakesAreToldBeforeAnythingRuns() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.program, "tiny.ntm")
      let wrong = try program.shell("ntm compare tiny.ntm --lr 0.1,true")
      #expect(wrong.code == 64 && wrong.errors.contains("--lr"), "\(wrong.errors)")
      let unknown = try program.shell("ntm compare tiny.ntm --step 1,2")
      #expect(unknown.code == 64 && unknown.errors.contains("did you mean `--steps`?"))
      #expect(access("\(folder)/tiny.compare.jsonl", F_OK) != 0)
    }
  }

  @Test func aListBecomesATable() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(Self.program, "tiny.ntm")
      try program.write(Self.program + "report(parameters: (part: 2, other: 9))\n", "parts.ntm")
      try program.write(
        """
        # system | task | figures | parameters | program and flags
        scale | doubling | loss, missing | | tiny.ntm --seeds 1..2 --interpret
        scale, fast | doubling | distance.far[length 1] | m | tiny.ntm --lr 0.3 --seeds 1..2
        a part | doubling | loss | parameters.part | parts.ntm --seeds 1..1
        another | doubling | loss | parameters.other | parts.ntm --seeds 1..1

        """, "all.list")
      let line = "ntm compare --list all.list --table all.md"
      #expect(try program.shell(line).code == 0)
      let table = String(decoding: try AtomicFile.read("\(folder)/all.md"), as: UTF8.self)
      for words in [
        "| scale | doubling | `loss` |", "| `missing` | not reported |", "| 2 | 3 |",
        "| FLOPs a step |", " for `m` |", "| 1 | 9 | not counted |",
      ] {
        #expect(table.contains(words), "\(table)")
      }
      #expect(try program.shell(line).errors.contains("5 of 5 runs were in all.list.jsonl"))
      let same = String(decoding: try AtomicFile.read("\(folder)/all.md"), as: UTF8.self)
      #expect(same == table)
    }
  }
}
