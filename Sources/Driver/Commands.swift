// What the commands do, behind the arguments and in front of the terminal.
//
// Every function returns an exit code: 0 success, 1 the program or a test failed, 2 reports with
// errors, 64 usage.

import Diagnostics
import Runtime
import Semantics
import Syntax
import Tensors

package struct Commands {
  let console: any Console
  let interrupt: Interrupt

  package enum Exit {
    package static let success: Int32 = 0
    package static let failure: Int32 = 1
    package static let reports: Int32 = 2
    package static let usage: Int32 = 64
  }

  package init(console: any Console, interrupt: Interrupt) {
    self.console = console
    self.interrupt = interrupt
  }

  /// Of the commands whose reports are for people.
  var reporter: Reporter { Reporter(console: console, form: .text) }

  /// For `ntmscript chek`, which names no command.
  package func refuseCommand(_ word: String) -> Int32 {
    let near = Suggestion.closest(
      to: word,
      among: ["run", "compare", "repl", "check", "test", "fmt", "explain", "doc", "cache", "help"])
    return reporter.refuse(
      "there is no command `\(word)`"
        + (near.map { "; did you mean `\($0)`?" } ?? "; `ntmscript help` lists them"))
  }

  /// For a session that is to begin with more than one file.
  package func refuseFiles(_ files: [String]) -> Int32 {
    reporter.refuse("one file at a time: `\(files[0])` or `\(files[1])`")
  }

  /// Two columns.
  func write(_ rows: [(name: String, value: String)]) {
    let width = rows.map(\.name.count).max() ?? 0
    for row in rows {
      let gap = String(repeating: " ", count: width + 2 - row.name.count)
      console.write("\(row.name)\(gap)\(row.value)\n")
    }
  }

  /// Calls `body` with every program that the words name, folders by what is in them.
  /// - Returns: the worst of the exit codes.
  func forEachProgram(
    _ paths: [String], _ reporter: Reporter, _ body: (String) throws(FileError) -> Int32
  ) -> Int32 {
    var code = Exit.success
    for path in paths {
      do throws(FileError) {
        for file in try ProgramFiles.named(path) { code = max(code, try body(file)) }
      } catch {
        reporter.show(error)
        code = Exit.reports
      }
    }
    return code
  }

  // MARK: check

  package func check(_ paths: [String], usesJson: Bool) -> Int32 {
    let reporter = Reporter(console: console, form: usesJson ? .json : .text)
    return forEachProgram(paths, reporter) { (path) throws(FileError) in
      let compiler = Compiler()
      let text = try compiler.compile(path: path)
      var diagnostics = text.diagnostics
      if !text.hasErrors {
        let evaluator = Evaluator(console: console, interrupt: interrupt, options: RunOptions())
        diagnostics += evaluator.rehearse(text)
      }
      if !diagnostics.hasErrors {
        let trials = Conformance(sources: compiler.sources, interrupt: interrupt).findings(in: text)
        diagnostics += trials.reports
        for note in trials.notes { reporter.note(note) }
      }
      reporter.show(diagnostics, compiler.sources)
      return diagnostics.hasErrors ? Exit.reports : Exit.success
    }
  }

  // MARK: fmt

  package func format(_ paths: [String], onlyChecks: Bool) -> Int32 {
    forEachProgram(paths, reporter) { (path) throws(FileError) in
      let sources = SourceLibrary()
      let file =
        path == "-"
        ? sources.add(
          name: "standard input",
          bytes: try AtomicFile.read("/dev/stdin", limit: SourceLibrary.largestSource))
        : try sources.load(path: path)
      switch Syntax.format(file) {
      case .failure(let failure):
        reporter.show(failure.diagnostics, sources)
        return Exit.reports
      case .success(let text) where path == "-" && !onlyChecks:
        console.write(text)
      case .success(let text) where text == file.text: break
      case .success where onlyChecks:
        console.write("\(path)\n")
        return Exit.failure
      case .success(let text):
        try AtomicFile.write(text, to: path)
      }
      return Exit.success
    }
  }

  // MARK: explain

  package func explain(_ id: String?) -> Int32 {
    guard let id else {
      write(Codes.all.map { ($0.id, $0.title) })
      return Exit.success
    }
    if let lesson = Codes.lesson(id) {
      console.write(lesson)
      return Exit.success
    }
    let near = Suggestion.closest(to: id, among: Codes.all.map(\.id))
    return reporter.refuse(
      "there is no code `\(id)`"
        + (near.map { "; did you mean `\($0)`?" } ?? "; `ntmscript explain` lists them"))
  }
}
