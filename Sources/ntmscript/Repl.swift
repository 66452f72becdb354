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
    let code = isTerminal ? converse(session, terminal) : read(session)
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
    var lines = InputLines(looksAhead: false)
    while true {
      terminal.flush()
      var inputs: [String] = []
      switch editor.readLine(prompt: lines.isInside ? "...> " : "ntm> ") {
      case .interrupted: _ = lines.end()
      case .line(let line): inputs = lines.add(line)
      case .end where lines.isInside: inputs = lines.end()
      case .end, .gone: return 0
      }
      for input in inputs {
        history.add(input)
        editor.remember(input)
        Interrupts.flag.clear()
        if case .quit(let code) = session.submit(input) { return code }
        // What was pasted behind it is not wanted either.
        if Interrupts.flag.isRaised { break }
      }
      Interrupts.flag.clear()
    }
  }

  /// Plain text in, plain text out: no prompt, no editing. Ends with 2 after a mistake, so that a
  /// pipe notices.
  private func read(_ session: Session) -> Int32 {
    var lines = InputLines(looksAhead: true)
    while true {
      let line = Swift.readLine()
      for input in line.map({ lines.add($0) }) ?? lines.end() {
        if case .quit(let code) = session.submit(input) { return code }
      }
      if line == nil { return session.hadErrors ? 2 : 0 }
    }
  }
}
