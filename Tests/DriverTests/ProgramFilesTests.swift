// Folders on the command line.

import Glibc
import Runtime
import TestSupport
import Testing

@testable import Driver

@Suite struct ProgramFilesTests {
  private static let clean = "let x = 1\nprint(x)\n"

  /// Files two folders deep, some of which are no programs, and a link that leads back up.
  private func withFolder(_ body: (String) throws -> Void) throws {
    try Folders.withScratch { root in
      let folders = ["a", "a/deep", "a/.hidden", "a/empty.ntm"]
      let files = ["a/z.ntm", "a/deep/b.ntm", "a/deep/note.txt", "a/.c.ntm", "a/.hidden/d.ntm"]
      for folder in folders { mkdir("\(root)/\(folder)", 0o700) }
      for file in files { try AtomicFile.write(Self.clean, to: "\(root)/\(file)") }
      symlink("../..", "\(root)/a/deep/up")
      defer {
        for file in files + ["a/deep/up"] { unlink("\(root)/\(file)") }
        for folder in folders.reversed() { rmdir("\(root)/\(folder)") }
      }
      try body(root)
    }
  }

  @Test func aFolderStandsForItsPrograms() throws {
    try withFolder { root in
      let expected = ["\(root)/a/deep/b.ntm", "\(root)/a/z.ntm"]
      let (file, missing) = ("\(root)/a/deep/note.txt", "\(root)/none.ntm")
      let found = try ["\(root)/a", "\(root)/a/", file, missing].map(ProgramFiles.named)
      #expect(found == [expected, expected, [file], [missing]])
      #expect(throws: FileError(.read, "\(root)/a/empty.ntm", .noPrograms)) {
        try ProgramFiles.named("\(root)/a/empty.ntm")
      }
    }
  }

  @Test func everyCommandOverFilesTakesThem() throws {
    try withFolder { root in
      let console = RecordingConsole()
      let commands = Commands(console: console, interrupt: Interrupt())
      #expect(commands.check(["\(root)/a"], usesJson: false) == 0)
      #expect(commands.format(["\(root)/a"], onlyChecks: true) == 0)
      #expect(console.take() == "")

      try AtomicFile.write("let   x=1\nprint(x,y)\n", to: "\(root)/a/deep/b.ntm")
      #expect(commands.format(["\(root)/a"], onlyChecks: true) == 1)
      #expect(console.take() == "\(root)/a/deep/b.ntm\n")
      #expect(commands.format(["\(root)/a"], onlyChecks: false) == 0)
      #expect(try AtomicFile.read("\(root)/a/deep/b.ntm") == Array("let x = 1\nprint(x, y)\n".utf8))
      #expect(commands.check(["\(root)/a"], usesJson: true) == 2)
      #expect(console.take().contains(#""file":"\#(root)/a/deep/b.ntm","line":2,"column":10"#))

      #expect(commands.check(["\(root)/a/empty.ntm", "\(root)/a/z.ntm"], usesJson: false) == 2)
      #expect(console.take().contains("no file in it ends in `.ntm`"))
    }
  }
}
