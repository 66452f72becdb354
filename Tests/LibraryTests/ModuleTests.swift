// The `test` blocks of the library and of the examples, and what the examples say they print.

import Driver
import Glibc
import TestSupport
import Testing

private func report(_ path: String, usesDouble: Bool) -> (code: Int32, text: String) {
  let console = RecordingConsole()
  let commands = Commands(console: console, interrupt: Interrupt())
  let code = commands.test([Folders.root + path], usesDouble: usesDouble)
  return (code, console.text)
}

@Suite(.serialized) struct ModuleTests {
  static let library = Folders.files("stdlib", ".ntm").map { "stdlib/\($0)" }
  static let examples = ([""] + Folders.contents(Folders.root + "examples").map { "/\($0)" })
    .flatMap { folder in
      Folders.files("examples\(folder)", ".ntm").map { "examples\(folder)/\($0)" }
    }

  @Test(arguments: library, [false, true])
  func theTestsOfTheLibraryHold(_ path: String, _ usesDouble: Bool) {
    let (code, text) = report(path, usesDouble: usesDouble)
    #expect(code == 0, "\(text)")
  }

  @Test(arguments: examples)
  func theExamplesDoWhatTheySay(_ path: String) throws {
    let (code, text) = try Folders.withScratch { folder in
      // What an example writes goes to a folder that is removed; all other paths are absolute.
      try #require(chdir(folder) == 0)
      return report(path, usesDouble: false)
    }
    #expect(code == 0, "\(text)")
    #expect(!text.hasPrefix("0 passed"), "the file tests nothing")
  }

  /// No false alarm: neither an error nor a warning in what we wrote ourselves. What cannot be put on
  /// trial by itself is noted.
  @Test(arguments: library + examples)
  func nothingIsReported(_ path: String) {
    let console = RecordingConsole()
    let code = Commands(console: console, interrupt: Interrupt())
      .check([Folders.root + path], usesJson: false)
    let reports = console.text.split(separator: "\n").filter { !$0.hasPrefix("note: ") }
    #expect(code == 0 && reports.isEmpty, "\(console.text)")
  }
}
