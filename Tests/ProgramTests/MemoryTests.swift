// What a long run keeps.

import TestSupport
import Testing

@Suite struct MemoryTests {
  /// Each step's value is four numbers: ten thousand more of them are 160 KB, and not megabytes of
  /// holes in the heap between them.
  @Test func collectedStepsTakeTheSpaceOfTheirNumbers() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        config { steps: int = 1 }
        let rng = Rng(1)
        var last = 0
        let xs = for step in 0..steps {
          last = step
          rng.normal[4]
        }
        print(last)

        """, "run.ntm")
      func peak(_ steps: Int) throws -> Int {
        let outcome = try program.shell("ntm run run.ntm --steps \(steps)")
        #expect(outcome.code == 0 && outcome.output == "\(steps - 1)\n", "\(outcome.errors)")
        return outcome.peak
      }
      let growth = try peak(15_000) - peak(1_000)
      #expect(growth < 16_000, "\(growth) KiB")
    }
  }
}
