// `ntmscript doc NAME`: what the library, a built-in or a file says of itself.

import ArgumentParser
import Driver

struct Document: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc",
    abstract: "Print documentation.",
    discussion: """
      Without a name, lists the built-ins, the modules of the library and the words of the \
      language.

      Examples:
        ntmscript doc softmax
        ntmscript doc ntm.heads
        ntmscript doc while
        ntmscript doc copy.ntm
      """)

  @Argument(help: "A built-in (`softmax`), a module (`ntm.heads`), a name in one, or a file.")
  var names: [String] = []

  func run() throws {
    let terminal = Terminal()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.document(names), terminal)
  }
}
