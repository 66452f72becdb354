// `ntmscript run FILE`: every config field and sized dim of the file is a flag.

import ArgumentParser
import Driver

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a program.",
    usage: "ntmscript run <file> [--json] [--f64] [--resume <checkpoint>] [--<field> <value> …]",
    discussion: Commands.runDiscussion,
    // The flags depend on the file, so help does too.
    helpNames: [])

  @Argument(parsing: .captureForPassthrough, help: "The file and its flags.")
  var words: [String] = []

  func run() throws {
    let terminal = Terminal(quiet: words.contains("--json"))
    Interrupts.install()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.run(words), terminal)
  }
}
