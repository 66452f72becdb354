// What a program shows is the same whether its loops are compiled or not.

import Glibc
import Runtime
import TestSupport
import Testing

@Suite struct NativeRunTests {
  private static let hasCompiler = ["clang", "gcc", "cc"].contains {
    access("/usr/bin/\($0)", X_OK) == 0
  }

  /// Runs a program with and without a compiler.
  private func expectSame(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Program.Outcome {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(text, "main.ntm")
      let interpreted = try program.shell("CC=/none ntm run main.ntm")
      let compiled = try program.shell("NTM_CACHE=$PWD/cache ntm run main.ntm")
      #expect(compiled.output == interpreted.output, sourceLocation: sourceLocation)
      #expect(compiled.code == interpreted.code, sourceLocation: sourceLocation)
      let libraries = try program.shell("ls cache | grep -c 'so$'").output
      #expect(libraries != "0\n", "nothing was compiled", sourceLocation: sourceLocation)
      return compiled
    }
  }

  /// Draws, sizes that the program computes, and what is shown in loops.
  @Test(.enabled(if: hasCompiler, "needs a compiler")) func showsWhatTheInterpreterShows() throws {
    let outcome = try expectSame(
      """
      batch dim B = 11
      fn running(x: [_], start: real) -> real {
        var s = start
        for v in x {
          s += v
          print("sum", s)
        }
        expect s > 0.5
        s
      }
      fn draws(n: int, rng: Rng) -> real {
        let bits = rng.bernoulli[n + 2](0.5)
        print("drawn", bits, rng.permutation[n](), rng.int[n](2, 9))
        sum(bits)
      }
      let rng = Rng(1)
      for i in 0 .. 3 {
        print(running([1.0, 2.0], rng.uniform()), draws(i, rng))
        let noise = for _ in B { max(rng.normal[3]()) }
        print(noise)
      }
      """)
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  /// In one cache, where each run finds what those before it left, as in a cache of its own.
  @Test(.enabled(if: hasCompiler, "needs a compiler")) func aWarmRunIsAColdOneBitForBit() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        config { k: real = 0.5, sharp: bool = true }
        dim N = 5
        let rng = Rng(1)
        var s = 0.1
        for i in 1..=4 {
          let x = rng.normal[N]()
          let (l, g) = value_and_grad(|s| mean(tanh(s * x + k)), at: s)
          s = if sharp { s - 0.3 * g } else { s - l }
        }
        print(s)
        """, "main.ntm")
      func run(_ flags: String, in cache: String) throws -> String {
        let outcome = try program.shell("NTM_CACHE=$PWD/\(cache) ntm run main.ntm \(flags)")
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(flags): \(outcome.errors)")
        return outcome.output
      }
      let choices = [
        "", "--f64", "--N 7", "--k 0.25", "--sharp false", "--without fusion", "--threads 1",
      ]
      let cold = try choices.enumerated().map { try run($1, in: "own\($0)") }
      #expect(Set(cold).count >= 5, "\(cold)")
      for _ in 1...2 {
        #expect(try choices.map { try run($0, in: "shared") } == cold)
      }
      let notes = try program.shell("ls shared | grep -c 'call$'").output
      #expect((Int(notes.dropLast()) ?? 0) >= 5, "\(notes)")
      _ = try program.shell("for note in shared/*.call; do truncate -s -9 $note; done")
      #expect(try choices.map { try run($0, in: "shared") } == cold)
      _ = try program.shell("rm shared/*.so")
      #expect(try choices.map { try run($0, in: "shared") } == cold)
    }
  }

  /// What was waited for the compiler ahead of the loop is nobody else's time.
  @Test(.enabled(if: hasCompiler, "needs a compiler")) func profilesAddUpToTheWhole() throws {
    let outcome = try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        "var x = 1.0\nfor i in 1..=3 {\n  x = tanh(x) + 1.0\n  print(x * 2.0)\n}\n", "main.ntm")
      return try program.shell("NTM_CACHE=$PWD/cache ntm run main.ntm --profile --json")
    }
    let last = try #require(outcome.output.split(separator: "\n").last)
    let profile = try Json(parsing: String(last), source: "the profile")
    let whole = try #require(profile["seconds"]?.number)
    for table in ["statements", "expressions"] {
      guard case .array(let rows)? = profile[table] else {
        Issue.record("no \(table): \(outcome.output)")
        continue
      }
      let parts = rows.compactMap { $0["seconds"]?.number }
      #expect(parts.count == rows.count && parts.allSatisfy { $0 > -1e-9 }, "\(last)")
      #expect(abs(parts.reduce(0, +) - whole) < 1e-6 * whole, "\(last)")
    }
    #expect(outcome.output.contains("the C compiler and its cache"))
  }

  /// The interpreter reports the fault, and shows again nothing of what was shown before it.
  @Test(.enabled(if: hasCompiler, "needs a compiler")) func showsNothingTwiceWhereItFails() throws {
    let outcome = try expectSame(
      """
      fn pick(x: [_], at: int) -> real {
        print("before", at)
        var s = 0.0
        for v in x {
          print("step", v)
          s += x[at + 1]
        }
        s
      }
      for i in 0 .. 2 { print(pick([1.0, 2.0], i)) }
      """)
    #expect(outcome.output == "before 0\nstep 1.0\nstep 2.0\n4.0\nbefore 1\nstep 1.0\n")
    #expect(outcome.errors.contains("index 2 is out of range for 2 rows"))
    #expect(outcome.errors.contains("in step 0 of the loop"))
  }
}

extension Json {
  fileprivate var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }
}
