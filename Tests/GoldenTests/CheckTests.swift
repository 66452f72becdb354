// Every report as a user sees it: `Tests/Golden/check/CODE.ntm` is the smallest program that gives
// the code, `CODE.expected` the exact rendering. Variants are named `CODE~what.ntm`.
//
// A code that only a run can give is run. `NTM_BLESS=1 swift test --filter GoldenTests` rewrites
// what is expected; the difference is the review.

import Diagnostics
import Driver
import Glibc
import Runtime
import TestSupport
import Testing

private let folder = "Tests/Golden/check"

/// Reports that no program alone can give; other tests cover them.
private let elsewhere: [String: String] = [
  "checkpoint-mismatch": "needs a checkpoint", "config-flag": "needs a command line",
  "import-cycle": "needs two files", "interrupted": "needs a signal",
  "usage": "needs a command line",
]

struct CheckTests {
  static let cases = Folders.files(folder, ".ntm").map { String($0.dropLast(4)) }

  /// What `check` says, and where that is nothing wrong, what `test` says.
  static func rendering(_ name: String) throws -> String {
    let path = "\(Folders.root)\(folder)/\(name).ntm"
    let console = RecordingConsole()
    let commands = Commands(console: console, interrupt: Interrupt())
    if commands.check([path], usesJson: false) == 0, console.text.isEmpty {
      try Folders.withScratch { scratch in
        // What a case may write goes to a folder that is removed.
        let before = getcwd(nil, 0)
        defer { free(before) }
        chdir(scratch)
        _ = commands.run([path])
        chdir(before)
      }
    }
    return console.text.replacing(Folders.root + folder + "/", with: "")
  }
}

@Suite(.serialized) struct GoldenTests {
  @Test(arguments: CheckTests.cases)
  func reportIsAsExpected(_ name: String) throws {
    let found = try CheckTests.rendering(name)
    let code = name.split(separator: "~")[0]
    #expect(found.contains("[\(code)]"), "the code does not occur:\n\(found)")
    let path = "\(Folders.root)\(folder)/\(name).expected"
    if getenv("NTM_BLESS") != nil { try AtomicFile.write(found, to: path) }
    let expected = String(decoding: try AtomicFile.read(path), as: UTF8.self)
    #expect(found == expected)
  }

  @Test func everyCodeHasACase() {
    let covered = Set(CheckTests.cases.map { $0.split(separator: "~").map(String.init)[0] })
    let known = Set(Codes.all.map(\.id))
    #expect(known.subtracting(covered).subtracting(elsewhere.keys).sorted() == [])
    #expect(covered.subtracting(known).sorted() == [], "cases of codes that do not exist")
    #expect(covered.intersection(elsewhere.keys).sorted() == [], "listed as covered elsewhere")
  }
}
