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
  /// For `ntmscript chek`: the command that may be meant.
  package static func closestName(to word: String) -> String? {
    Suggestion.closest(
      to: word, among: ["run", "repl", "check", "test", "fmt", "explain", "doc", "help"])
  }

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

  func show(_ diagnostics: [Diagnostic], _ sources: SourceLibrary) {
    guard !diagnostics.isEmpty else { return }
    let renderer = Renderer(isColoured: console.usesColour) { sources[$0] }
    console.writeError(renderer.render(diagnostics))
  }

  func refuse(_ message: String) -> Int32 {
    console.writeError("ntmscript: \(message)\n")
    return Exit.usage
  }

  // MARK: check

  package func check(_ paths: [String], usesJson: Bool) -> Int32 {
    var code = Exit.success
    for path in paths {
      let compiler = Compiler()
      let text: CompiledText
      do {
        text = try compiler.compile(path: path)
      } catch {
        report(error, path: path, usesJson: usesJson)
        code = Exit.reports
        continue
      }
      var diagnostics = text.diagnostics
      if !text.hasErrors {
        let evaluator = Evaluator(console: console, interrupt: interrupt, options: RunOptions())
        diagnostics += evaluator.rehearse(text)
      }
      if diagnostics.hasErrors { code = Exit.reports }
      if usesJson {
        let renderer = JSONRenderer { compiler.sources[$0] }
        for diagnostic in diagnostics { console.write(renderer.render(diagnostic) + "\n") }
      } else {
        show(diagnostics, compiler.sources)
      }
    }
    return code
  }

  private func report(_ error: any Error, path: String, usesJson: Bool) {
    let diagnostic = DriverMessages.file("\(error)", at: nil)
    if usesJson {
      console.write(JSONRenderer { _ in nil }.render(diagnostic) + "\n")
    } else {
      show([diagnostic], SourceLibrary())
    }
  }

  // MARK: fmt

  package func format(_ paths: [String], onlyChecks: Bool) -> Int32 {
    var code = Exit.success
    for path in paths {
      let sources = SourceLibrary()
      do {
        let file =
          path == "-"
          ? sources.add(
            name: "standard input",
            bytes: try AtomicFile.read("/dev/stdin", limit: SourceLibrary.largestSource))
          : try sources.load(path: path)
        switch Syntax.format(file) {
        case .failure(let failure):
          show(failure.diagnostics, sources)
          code = Exit.reports
        case .success(let text):
          if path == "-", !onlyChecks {
            console.write(text)
          } else if text != file.text {
            if onlyChecks {
              console.write("\(path)\n")
              code = max(code, Exit.failure)
            } else {
              try AtomicFile.write(text, to: path)
            }
          }
        }
      } catch {
        report(error, path: path, usesJson: false)
        code = Exit.reports
      }
    }
    return code
  }

  // MARK: explain

  package func explain(_ id: String?) -> Int32 {
    guard let id else {
      let width = Codes.all.map(\.id.count).max() ?? 0
      for code in Codes.all {
        let gap = String(repeating: " ", count: width + 2 - code.id.count)
        console.write("\(code.id)\(gap)\(code.title)\n")
      }
      return Exit.success
    }
    if let lesson = Codes.lesson(id) {
      console.write(lesson)
      return Exit.success
    }
    let near = Suggestion.closest(to: id, among: Codes.all.map(\.id))
    return refuse(
      "there is no code `\(id)`"
        + (near.map { "; did you mean `\($0)`?" } ?? "; `ntmscript explain` lists them"))
  }
}
