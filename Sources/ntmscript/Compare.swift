// `ntmscript compare FILE`: several values of a program's flags, with several seeds.

import ArgumentParser
import Driver

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare variants of a program over seeds.",
    usage: "ntmscript compare <file> [--seeds <seeds>] [--<field> <value>,<value> …]",
    discussion: Commands.compareDiscussion,
    // The flags are those of the program; `Commands` answers.
    helpNames: [])

  @Argument(parsing: .captureForPassthrough, help: "The file and its flags.")
  var words: [String] = []

  func run() throws {
    let terminal = Terminal(quiet: words.contains("--json"))
    Interrupts.install()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.compare(words), terminal)
  }
}
