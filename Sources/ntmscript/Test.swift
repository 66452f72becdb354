// `ntmscript test FILE…`: test blocks and the `//>` comments below what prints.

import ArgumentParser
import Driver

struct Test: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the tests of programs.",
    discussion: """
      Runs every `test` block, and compares what the program prints with its `//>` comments where \
      it has any. Without a file, runs the tests of the library.

      Examples:
        ntmscript test copy.ntm
        ntmscript test --f64 heads.ntm cells.ntm
      """)

  @Flag(name: .customLong("f64"), help: "Compute with 64-bit reals.")
  var usesDouble = false

  @Argument(help: "The programs, and folders of them.", completion: .file(extensions: ["ntm"]))
  var files: [String] = []

  func run() throws {
    let terminal = Terminal()
    Interrupts.install()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.test(files, usesDouble: usesDouble), terminal)
  }
}
