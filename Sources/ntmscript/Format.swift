// `ntmscript fmt FILE…`: the canonical form, in place.

import ArgumentParser
import Driver

struct Format: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Bring programs into canonical form.",
    discussion: """
      `-` reads standard input and writes standard output.

      Examples:
        ntmscript fmt copy.ntm
        ntmscript fmt --check stdlib examples       every .ntm file in the folders and below
      """)

  @Flag(help: "Change nothing; name the files that would change and end with 1.")
  var check = false

  @Argument(help: "The programs, and folders of them.", completion: .file(extensions: ["ntm"]))
  var files: [String]

  func run() throws {
    let terminal = Terminal()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.format(files, onlyChecks: check), terminal)
  }
}
