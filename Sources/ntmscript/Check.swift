// `ntmscript check FILE…`: all reports about some programs, without running them.

import ArgumentParser
import Driver

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check programs without running them.",
    discussion: """
      Ends with 2 where there is an error, with 0 where there are warnings at most.

      Examples:
        ntmscript check copy.ntm heads.ntm
        ntmscript check examples              every .ntm file in the folder and below
        ntmscript check --json copy.ntm       for editors
      """)

  @Flag(help: "One JSON object a report, on standard output.")
  var json = false

  @Argument(help: "The programs, and folders of them.", completion: .file(extensions: ["ntm"]))
  var files: [String]

  func run() throws {
    let terminal = Terminal(quiet: json)
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.check(files, usesJson: json), terminal)
  }
}
