// What a prompt, or a program that embeds the language, keeps between inputs.
//
// An input is a program in the scope of those before it, or a command (`:help`), or a question
// (`?name`). Replies go to the console. What an input declared and did not come to hold is taken
// back, so an error never costs a binding.

import Diagnostics
import IR
import Lowering
import Runtime
import Semantics
import Syntax
import Tensors

package final class Session {
  package enum Outcome: Equatable {
    case carryOn
    /// The exit code.
    case quit(Int32)
  }

  let console: any Console
  let interrupt: Interrupt
  let compiler = Compiler()
  let evaluator: Evaluator
  /// Whether any input was wrong: what a pipe is told at the end.
  package internal(set) var hadErrors = false

  /// Whether inputs come from a pipe, which is told of mistakes by the exit code.
  package var isPiped = false

  /// The number of the next line typed.
  private var line = 1
  /// The last input that was wrong, and its reports: for `:fix` and `:explain`.
  var lastWrong: (text: String, file: SourceFile)?
  var lastReports: [Diagnostic] = []
  /// Inputs that ran, for `:save`.
  var record = SessionRecord()
  /// The expression that each `_` stood for.
  var lastMakers: [Variable: Span] = [:]
  var loadedPath: String?
  /// Copies of what the names inside of a stopped run hold, for as long as it is stopped.
  private var stoppedLocals: [Variable] = []
  private var waitingNames = WaitingNames()
  /// `_`: the value of the last expression.
  static let last = "_"

  package init(console: any Console, interrupt: Interrupt, usesDouble: Bool = false) {
    self.console = console
    self.interrupt = interrupt
    evaluator = Evaluator(
      console: console, interrupt: interrupt,
      options: RunOptions(precision: usesDouble ? .double : .single))
    evaluator.warn = { [unowned self] warning in
      show([warning])
      hadErrors = true
    }
  }

  /// Compiles what loops run; without it everything runs on the interpreter.
  package func compileLoops() {
    evaluator.native = NativeEngine { [console] in console.writeError("note: \($0)\n") }
  }

  package func submit(_ text: String) -> Outcome {
    let trimmed = text.trimmed
    if trimmed.isEmpty { return .carryOn }
    if trimmed.hasPrefix(":") { return command(String(trimmed.dropFirst())) }
    if trimmed.hasPrefix("?") {
      return command("doc \(trimmed.dropFirst().drop(while: \.isWhitespace))")
    }
    if let outcome = plainWord(trimmed) { return outcome }
    evaluate(text)
    return .carryOn
  }

  /// What newcomers type before they know of `:`, unless it is a name of theirs.
  private func plainWord(_ text: String) -> Outcome? {
    let word = text.hasSuffix("()") ? String(text.dropLast(2)) : text
    guard compiler.checker.information(about: word) == nil else { return nil }
    switch word {
    case "help": return command("help")
    case "exit", "quit": return command("quit")
    default: return nil
    }
  }

  // MARK: Evaluating

  /// Runs an input of the language.
  /// - Returns: false after a report.
  @discardableResult
  func evaluate(_ text: String) -> Bool {
    let file = compiler.sources.add(name: "repl", text: text, firstLine: line)
    line += file.lineStarts.count - (text.hasSuffix("\n") ? 1 : 0)
    return run(file, isFile: false)
  }

  /// Runs a text in the scope of the session.
  /// - Parameter isFile: loaded, not typed: nobody waits for its values to be shown.
  /// - Returns: false after a report.
  @discardableResult
  func run(_ file: SourceFile, isFile: Bool) -> Bool {
    let mark = compiler.checker.sessionMark
    let compiled = compiler.compile(input: file, isFile: isFile)
    show(compiled.diagnostics)
    let reports = compiled.hasErrors ? [] : evaluator.rehearse(compiled)
    show(reports)
    if compiled.hasErrors || reports.hasErrors {
      compiler.checker.takeBack(to: mark)
      fail(file, compiled.diagnostics + reports)
      return false
    }
    evaluator.noteBindings(of: compiled.module)
    if !isFile {
      evaluator.didRun = { [unowned self] statement, value in reply(to: statement, value) }
    }
    defer {
      evaluator.didRun = nil
      show(evaluator.takeReachedBounds())
    }
    do throws(RunProblem) {
      try evaluator.run(imported: compiled.imported)
      try evaluator.run(compiled.module)
      record.add(compiled, upTo: compiled.file.utf8.count)
      return true
    } catch {
      // What was interrupted may go on, and its names stay.
      let end =
        error.isReported
        ? compiled.start(ofItem: evaluator.failedItem) : compiled.file.utf8.count
      record.add(compiled, upTo: end)
      stopped(error, file)
      let evaluator = evaluator
      switch error {
      case .reported:
        compiler.checker.rollBack(
          to: mark, from: end, keepingValues: { evaluator.held[$0] != nil },
          keepingDims: { evaluator.sizes[$0] != nil })
      case .interrupted:
        let names = compiler.checker.withhold(since: mark) { evaluator.held[$0] != nil }
        if !evaluator.isOlderSuspended { waitingNames = names }
      }
      return false
    }
  }

  /// The names that a run which was stopped has given values to since.
  func releaseNames() {
    let evaluator = evaluator
    waitingNames = compiler.checker.release(waitingNames) { evaluator.held[$0] != nil }
  }

  private func fail(_ file: SourceFile, _ reports: [Diagnostic]) {
    hadErrors = true
    lastWrong = (file.text, file)
    lastReports = reports
  }

  func stopped(_ problem: RunProblem, _ file: SourceFile?) {
    switch problem {
    case .interrupted:
      let hope =
        evaluator.isOlderSuspended
        ? ":resume goes on with the run that was stopped before" : ":resume continues"
      console.writeError("interrupted: \(evaluator.stopWords).  \(hope)\n")
      if !evaluator.isOlderSuspended { showLocals() }
    case .reported(let diagnostics):
      show(diagnostics)
      hadErrors = true
      lastReports = diagnostics
      if let file { lastWrong = (file.text, file) }
    }
  }

  /// Makes names visible that only the inside of the stopped run has, such as that of its step.
  private func showLocals() {
    hideLocals()
    let visible = Set(compiler.checker.visibleNames)
    for (variable, value) in evaluator.localsOfStopped where !visible.contains(variable.name) {
      let copy = compiler.checker.declareAtPrompt(variable.name, variable.type, variable.span)
      evaluator.held[copy] = Held(value: value, depth: 0)
      stoppedLocals.append(copy)
    }
  }

  /// The run goes on, or is over.
  func hideLocals() {
    for copy in stoppedLocals {
      compiler.checker.withdraw(copy)
      evaluator.held[copy] = nil
    }
    stoppedLocals = []
  }

  func show(_ diagnostics: [Diagnostic]) {
    guard !diagnostics.isEmpty else { return }
    let sources = compiler.sources
    let renderer = Renderer(isColoured: console.usesColour) { sources[$0] }
    console.writeError(renderer.render(diagnostics))
    if diagnostics.contains(where: { $0.fix != nil }) {
      console.writeError("  (:fix applies the first help and runs the input again)\n")
    }
  }

  // MARK: Replies

  /// What a statement at the top made, in a line a name.
  private func reply(to statement: TypedStatement, _ value: HostValue) {
    switch statement.kind {
    case .binding(let pattern, _), .assignment(let pattern, _):
      for variable in pattern.variables { describe(variable) }
    case .expression(let expression):
      guard expression.type != .unit, !expression.isEffect else { return }
      let variable = compiler.checker.declareAtPrompt(
        Session.last, expression.type, expression.span)
      lastMakers[variable] = statement.span
      evaluator.held[variable] = Held(value: value, depth: 0)
      show(Session.last, expression.type, value, isAsked: true)
    case .expect, .sizes: break
    }
  }

  func describe(_ variable: Variable, isAsked: Bool = false) {
    guard let entry = evaluator.held[variable] else { return }
    show(variable.name, variable.type, entry.value, isAsked: isAsked)
  }

  /// - Parameter isAsked: the user wants to see it, however little there is to say.
  private func show(_ name: String, _ type: Type, _ value: HostValue, isAsked: Bool = false) {
    var isSimplex = false
    var type = type
    if case .tensor(let dtype, let shape, let claim?) = type {
      isSimplex = claim.refinement == .simplex
      // `2` is known to be at least one, which nobody wants to hear of an int.
      if dtype != .real { type = .tensor(dtype, shape, nil) }
    }
    let interrupt = self.interrupt
    let width = console.width
    // The figures of a large tensor take a while too.
    let lines = Patience.asking({ interrupt.isRaised }) {
      Display.binding(
        name, type.written, value, isSimplex: isSimplex, width: width, isAsked: isAsked)
    }
    for line in lines { console.write(line + "\n") }
  }
}

extension TypedExpression {
  /// Whether it stands for what it does and not for its value.
  var isEffect: Bool {
    if case .record(let members) = type, members.isEmpty { return true }
    switch form {
    case .host, .observe: return true
    default: return false
    }
  }
}

extension String {
  var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
