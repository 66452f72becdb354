// `ntmscript explain CODE`: the lesson behind a report.

import ArgumentParser
import Driver

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain the code of a report, with an example.",
    discussion: """
      Without a code, lists all of them.

      Example:
        ntmscript explain dim-mismatch
      """)

  @Argument(help: "For example dim-mismatch.")
  var code: String?

  func run() throws {
    let terminal = Terminal()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.explain(code), terminal)
  }
}
