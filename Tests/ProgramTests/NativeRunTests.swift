// What a program shows is the same whether its loops are compiled or not.

import Glibc
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
      batch dim B = 6
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
