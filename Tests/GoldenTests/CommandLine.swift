// A program that says how it is to be run: `// ntmscript run --lr fast` on its first line.
//
// Without such a line it is run. A word that names a file beside the program means that file; the
// program's own name, if it is there, is only for the reader. `^C` is pressed before the run begins.

import Glibc

@testable import Driver

struct CommandLine {
  let path: String
  let words: [String]

  init(_ path: String) {
    self.path = path
    let first = GoldenFile.read(path)?.split(separator: "\n").first ?? ""
    let marker = "// ntmscript "
    words =
      first.hasPrefix(marker)
      ? first.dropFirst(marker.count).split(separator: " ").map(String.init)
        .filter { !$0.hasSuffix(".ntm") } : ["run"]
  }

  /// Whether what a command wrote holds a report of a code, as text or as JSON.
  static func reports(_ code: String, in output: String) -> Bool {
    output.contains("[\(code)]") || output.contains("\"code\":\"\(code)\"")
  }

  /// Everything that the command writes, the folder of the program left out of every path.
  func output() -> String {
    let folder = FilePath.folder(of: path) + "/"
    let arguments = words.dropFirst().filter { $0 != "^C" }.map { word in
      access(folder + word, F_OK) == 0 ? folder + word : word
    }
    let console = RecordingConsole()
    let interrupt = Interrupt()
    if words.contains("^C") { interrupt.raise() }
    let commands = Commands(console: console, interrupt: interrupt)
    switch words.first {
    case "check": _ = commands.check([path], usesJson: false)
    case "test": _ = commands.test([path], usesDouble: false)
    case "compare": _ = commands.compare([path] + arguments)
    default: _ = commands.run([path] + arguments)
    }
    return console.text.split(separator: folder, omittingEmptySubsequences: false).joined()
  }
}
