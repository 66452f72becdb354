// Where nothing can be written: a report and the right exit code, and what was there stays.

import Glibc
import TestSupport
import Testing

@Suite struct UnwritableTests {
  private static let effects = [
    "save(\"PATH\", x)", "save(\"PATH.npz\", x)", "save(\"PATH.npy\", x)", "save(\"PATH.csv\", x)",
  ]

  private func program(_ effect: String, _ path: String) -> String {
    let statement = effect.split(separator: "PATH", maxSplits: 1).joined(separator: path)
    return "let x = [1.0, 2.0, 3.0]\nprint(\"before\")\n\(statement)\nprint(\"behind\")\n"
  }

  /// Places that not even the superuser can write to.
  @Test(arguments: effects, ["/dev/null/x", "/proc/x", "none/x"])
  func anEffectThatCannotWriteEndsTheRun(_ effect: String, _ path: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(self.program(effect, path), "run.ntm")
      let outcome = try program.shell("ntm run run.ntm")
      #expect(outcome.code == 1 && outcome.output == "before\n")
      #expect(outcome.errors.hasPrefix("error[file-problem]: cannot write `\(path)"))
      #expect(outcome.errors.contains("\n --> run.ntm:3:1\n"), "\(outcome.errors)")
    }
  }

  @Test(arguments: zip(effects, [".safetensors", ".npz", ".npy", ".csv"]))
  func aFullDeviceIsReported(_ effect: String, _ suffix: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(self.program(effect, "full"), "run.ntm")
      let outcome = try program.shell("ln -s /dev/full full\(suffix)\nntm run run.ntm")
      #expect(outcome.code == 1 && outcome.output == "before\n")
      #expect(outcome.errors.contains("the disk is full"), "\(outcome.errors)")
    }
  }

  /// The drawing needs no file, and what follows no drawing.
  @Test(arguments: ["none/x", "full"], ["", "--json"])
  func aPictureThatCannotBeWrittenCostsThePicture(_ path: String, _ flag: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      let effect = "for _ in 0 .. 2 { plot(\"PATH\", x) }"
      try program.write(self.program(effect, path), "run.ntm")
      let outcome = try program.shell("ln -s /dev/full full.svg\nntm run run.ntm \(flag)")
      #expect(outcome.code == 1)
      let report = flag.isEmpty ? outcome.errors : outcome.output
      // Once, although it is drawn twice.
      #expect(report.split(separator: "cannot write `\(path).svg`: ").count == 2, "\(report)")
      if flag.isEmpty {
        #expect(report.hasPrefix("warning[file-problem]: "))
        #expect(report.contains("\n --> run.ntm:3:19\n"), "\(report)")
        #expect(outcome.output.hasPrefix("before\n\(path)\n"))
        #expect(outcome.output.contains(" 3 ┤") && outcome.output.hasSuffix("behind\n"))
      } else {
        #expect(report.contains(#""event":"warning","code":"file-problem""#))
        #expect(report.hasSuffix(#""text":"behind"}"# + "\n"))
      }
    }
  }

  @Test func aViewIsSeenWhereNothingCanBeWritten() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        struct Echo {
          fn run(self, x: [T, N]) -> [T, N] = 2.0 * x
        }
        view(Echo(), [[1.0, 2.0], [3.0, 4.0]])
        print("behind")

        """, "run.ntm")
      let outcome = try program.shell("mkdir run.svg run.html; ntm run run.ntm")
      #expect(outcome.code == 1 && outcome.output.hasSuffix("behind\n"), "\(outcome.output)")
      #expect(outcome.output.contains("output"))
      for name in ["run.svg", "run.html"] {
        #expect(outcome.errors.contains("cannot write `\(name)`: a folder has that name"))
      }
    }
  }

  // MARK: Disks

  /// Runs a line in a folder with a disk of its own, `disk`, that nobody else sees.
  private static func shell(
    _ program: Program, _ options: String, _ line: String
  ) throws -> Program.Outcome {
    try program.write(
      "mount -t tmpfs -o \(options) tmpfs disk || exit 98\nprogram=$1\n\(line)\n", "disk.sh")
    defer { rmdir("\(program.folder)/disk") }
    return try program.shell("mkdir disk; unshare -rm sh disk.sh \"$program\"")
  }

  private static let mayMount: Bool =
    (try? Folders.withScratch { folder in
      try shell(Program(in: folder), "size=64k", "exit 0").code == 0
    }) ?? false

  @Test(.enabled(if: mayMount, "needs user namespaces"))
  func aFullDiskKeepsTheCheckpointThatWasThere() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        config { first: int = 1 }
        dim N = 1_000
        var x: [N] = ones[N]
        for step in first..=(first + 2) {
          x = 2.0 * x
          save("disk/state", x, step)
        }
        print("saved")

        """, "run.ntm")
      let outcome = try Self.shell(
        program, "size=64k",
        """
        "$program" run run.ntm && cp disk/state.safetensors before
        "$program" run run.ntm --N 100_000
        echo "code $?"
        cmp before disk/state.safetensors && ls -A disk
        """)
      #expect(outcome.output == "saved\ncode 1\nstate.safetensors\n", "\(outcome.errors)")
      #expect(
        outcome.errors.hasPrefix(
          "error[file-problem]: cannot write `disk/state.safetensors`: the disk is full"))
    }
  }

  @Test(.enabled(if: mayMount, "needs user namespaces"))
  func aReadOnlyDiskIsReported() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(self.program(Self.effects[0], "disk/x"), "run.ntm")
      let outcome = try Self.shell(program, "ro", "\"$program\" run run.ntm")
      #expect(outcome.code == 1 && outcome.output == "before\n")
      #expect(outcome.errors.contains("the file system is read-only; choose another folder"))
    }
  }
}
