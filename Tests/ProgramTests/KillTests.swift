// A run that saves every step, killed at random moments: what is on the disk always loads, and a
// run that goes on from it gives the numbers of one that was never killed.

import Glibc
import Runtime
import TestSupport
import Testing

@testable import Driver

@Suite(.serialized) struct KillTests {
  /// When the checkpoint was made that is there.
  private func saved(in folder: String) -> [Int] {
    var status = stat()
    guard stat("\(folder)/state.safetensors", &status) == 0 else { return [] }
    return [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)]
  }

  @Test func aKilledRunLeavesACheckpointToGoOnFrom() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        dim N = 2_000
        config { steps: int = 1_000_000 }
        let rng = Rng(9)
        var x: [N] = zeros[N]
        var s = 0.0
        for step in 1..=steps {
          x = 0.9 * x + rng.normal[N]
          s = s + sum(x)
          save("state", x, s, step)
        }
        save("last.npz", x, s)

        """, "run.ntm")
      var random = SeededRandom(seed: 3)
      var loads = 0
      var latest = 0
      for round in 0..<40 {
        let goesOn = loads > 0 ? "--resume state.safetensors" : ""
        let before = saved(in: folder)
        let process = try program.start("ntm run run.ntm \(goesOn)")
        // Half of the kills wait for a step to be saved, however long the machine takes to get there.
        if round % 2 == 0 {
          for _ in 0..<3_000 where saved(in: folder) == before { usleep(5_000) }
        }
        usleep(useconds_t(Int.random(in: 20_000..<250_000, using: &random)))
        kill(-process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        #expect(status & 0x7F == SIGKILL, "the run ended by itself")
        if loads == 0, access("\(folder)/state.safetensors", F_OK) != 0 { continue }
        let state = try Checkpoint.load("\(folder)/state.safetensors")
        let step = try #require(state.note("step").flatMap { Int($0) })
        #expect(step >= latest)
        (latest, loads) = (step, loads + 1)
      }
      #expect(loads >= 20 && latest > loads, "the kills fell within the run")

      let end = latest + 3
      #expect(
        try program.shell("ntm run run.ntm --steps \(end) --resume state.safetensors").code == 0)
      let pieced = try AtomicFile.read("\(folder)/last.npz")
      #expect(try program.shell("ntm run run.ntm --steps \(end)").code == 0)
      #expect(try AtomicFile.read("\(folder)/last.npz") == pieced)
    }
  }
}
