// `ntmscript repl`, and `ntmscript` alone: a session at the terminal, or one read from a pipe.

import ArgumentParser
import Driver
import Glibc

struct Repl: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start a session.",
    discussion: """
      `:help` lists what a session knows besides the language. Where input is no terminal, it is \
      read to its end, plain text in and plain text out.

      Examples:
        ntmscript
        ntmscript repl copy.ntm
        echo 'sum([1.0, 2.0])' | ntmscript
      """)

  @Flag(name: .customLong("f64"), help: "Compute with 64-bit reals.")
  var usesDouble = false

  @Argument(help: "A program to load first.", completion: .file(extensions: ["ntm"]))
  var files: [String] = []

  func run() throws {
    let terminal = Terminal()
    if let refused = refusal(terminal) { try leave(with: refused, terminal) }
    Interrupts.install()
    let session = Session(
      console: terminal, interrupt: Interrupts.flag, usesDouble: usesDouble)
    session.compileLoops()
    if let file = files.first { _ = session.submit(":load \(file)") }
    let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    session.isPiped = !isTerminal
    let code = isTerminal ? converse(session, terminal) : read(session, terminal)
    try leave(with: code, terminal)
  }

  /// `ntmscript chek` arrives here, the default command, as a file.
  private func refusal(_ terminal: Terminal) -> Int32? {
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    if let word = files.first, !word.contains("."), !word.contains("/") {
      return commands.refuseCommand(word)
    }
    return files.count > 1 ? commands.refuseFiles(files) : nil
  }

  /// With a line editor, until `:quit` or Ctrl-D.
  private func converse(_ session: Session, _ terminal: Terminal) -> Int32 {
    var history = History(path: History.standardPath)
    let editor = LineEditor(history: history.earlier) { session.complete($0, cursor: $1) }
    terminal.write("ntmscript \(Version.text)  (:help for help, :quit to leave)\n")
    var pending = ""
    while true {
      terminal.flush()
      switch editor.readLine(prompt: pending.isEmpty ? "ntm> " : "...> ") {
      case .interrupted: pending = ""
      case .end:
        history.save()
        return 0
      case .line(let line):
        pending += pending.isEmpty ? line : "\n\(line)"
        guard session.isComplete(pending) || Repl.isGivenUp(pending) else { continue }
        let input = pending
        pending = ""
        if input.allSatisfy(\.isWhitespace) { continue }
        history.add(input)
        editor.remember(input)
        Interrupts.flag.clear()
        if case .quit(let code) = session.submit(input) {
          history.save()
          return code
        }
        Interrupts.flag.clear()
      }
    }
  }

  /// Two empty lines end an input that is never complete, so nobody is caught in it; one may well
  /// stand in a function that is pasted.
  private static func isGivenUp(_ text: String) -> Bool {
    text.hasSuffix("\n\n") || text.allSatisfy(\.isWhitespace)
  }

  /// Plain text in, plain text out: no prompt, no editing. Ends with 2 after a mistake, so that a
  /// pipe notices.
  private func read(_ session: Session, _ terminal: Terminal) -> Int32 {
    var pending = ""
    while let line = Swift.readLine() {
      pending += pending.isEmpty ? line : "\n\(line)"
      guard session.isComplete(pending) || Repl.isGivenUp(pending) else { continue }
      let input = pending
      pending = ""
      if input.allSatisfy(\.isWhitespace) { continue }
      if case .quit(let code) = session.submit(input) { return code }
    }
    if !pending.allSatisfy(\.isWhitespace) {
      if case .quit(let code) = session.submit(pending) { return code }
    }
    return session.hadErrors ? 2 : 0
  }
}
