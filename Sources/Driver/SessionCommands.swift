// The commands of the prompt, one row each: what `:help` lists and completion offers.

import Diagnostics
import Lowering
import Runtime
import Semantics
import Syntax
import Tensors

struct SessionCommand: Sendable {
  enum Argument: Sendable { case none, name, file, code, expression }

  let name: String
  let argument: Argument
  /// As `:help` writes the argument.
  let words: String
  let doc: String
  let act: @Sendable (Session, String) -> Session.Outcome

  /// In the order of `:help`.
  static let all: [SessionCommand] = [
    SessionCommand(
      name: "help", argument: .none, words: "", doc: "this list",
      act: { session, _ in session.help() }),
    SessionCommand(
      name: "type", argument: .expression, words: "EXPRESSION",
      doc: "its type, without running it", act: { $0.type(of: $1) }),
    SessionCommand(
      name: "doc", argument: .name, words: "NAME", doc: "what is known of a name; also `?NAME`",
      act: { $0.document($1) }),
    SessionCommand(
      name: "load", argument: .file, words: "FILE", doc: "run a file here; its names stay",
      act: { $0.load($1) }),
    SessionCommand(
      name: "reload", argument: .none, words: "", doc: "run the file loaded last again",
      act: { session, _ in session.reload() }),
    SessionCommand(
      name: "vars", argument: .none, words: "", doc: "the names that hold values",
      act: { session, _ in session.variables() }),
    SessionCommand(
      name: "time", argument: .expression, words: "INPUT",
      doc: "run it and say how long it took; an expression is run several times",
      act: { $0.time($1) }),
    SessionCommand(
      name: "plan", argument: .expression, words: "EXPRESSION",
      doc: "what it is compiled to inside of a loop", act: { $0.plan($1) }),
    SessionCommand(
      name: "fix", argument: .none, words: "",
      doc: "apply the mend of the last report and run the input again",
      act: { session, _ in session.fix() }),
    SessionCommand(
      name: "explain", argument: .code, words: "[CODE]", doc: "the lesson of the last report",
      act: { $0.explain($1) }),
    SessionCommand(
      name: "resume", argument: .none, words: "", doc: "go on with what Ctrl-C stopped",
      act: { session, _ in session.resume() }),
    SessionCommand(
      name: "save", argument: .file, words: "FILE",
      doc: "the inputs as a program (.ntm), or the values as a checkpoint or .npz",
      act: { $0.save($1) }),
    SessionCommand(
      name: "quit", argument: .none, words: "", doc: "leave; also Ctrl-D",
      act: { session, _ in .quit(session.hadErrors && session.isPiped ? 2 : 0) }),
  ]
}

extension Session {
  func command(_ text: String) -> Outcome {
    let name = String(text.prefix { !$0.isWhitespace })
    let rest = String(text.dropFirst(name.count)).trimmed
    // A beginning that only one command has is enough.
    let exact = SessionCommand.all.first { $0.name == name }
    let started = SessionCommand.all.filter { !name.isEmpty && $0.name.hasPrefix(name) }
    guard let command = exact ?? (started.count == 1 ? started[0] : nil) else {
      let near = Suggestion.closest(to: name, among: SessionCommand.all.map(\.name))
      return refuse(
        "there is no command `:\(name)`"
          + (near.map { "; did you mean `:\($0)`?" } ?? "; `:help` lists them"))
    }
    switch command.argument {
    case .name, .file, .expression:
      if rest.isEmpty { return refuse("`:\(command.name)` needs \(command.words)") }
    case .none:
      if !rest.isEmpty { return refuse("nothing follows `:\(command.name)`") }
    case .code: break
    }
    // Files may be large.
    let interrupt = self.interrupt
    return Patience.asking({ interrupt.isRaised }) { command.act(self, rest) }
  }

  func refuse(_ message: String) -> Outcome {
    console.writeError("\(message)\n")
    hadErrors = true
    return .carryOn
  }

  func say(_ text: String) -> Outcome {
    console.write(text.hasSuffix("\n") ? text : text + "\n")
    return .carryOn
  }

  fileprivate func help() -> Outcome {
    let rows = SessionCommand.all.map { command in
      (":\(command.name) \(command.words)", command.doc)
    }
    let width = rows.map(\.0.count).max() ?? 0
    return say(
      rows.map { left, right in
        "  \(left)\(String(repeating: " ", count: width + 2 - left.count))\(right)\n"
      }.joined())
  }

  fileprivate func type(of text: String) -> Outcome {
    let mark = compiler.checker.sessionMark
    let file = compiler.sources.add(name: "repl", text: text)
    let compiled = compiler.compile(input: file)
    compiler.checker.takeBack(to: mark)
    let errors = compiled.diagnostics.filter { $0.severity == .error }
    if !errors.isEmpty {
      // The name of a function, struct or built-in is no expression but has a signature.
      if let known = compiler.checker.information(about: text) { return say(known.signature) }
      show(errors)
      hadErrors = true
      return .carryOn
    }
    guard case .statement(let statement)? = compiled.module.items.last else {
      return refuse("`:type` needs an expression")
    }
    switch statement.kind {
    case .expression(let expression), .binding(_, let expression), .assignment(_, let expression):
      return say(expression.type.written)
    case .expect, .sizes: return refuse("`:type` needs an expression")
    }
  }

  fileprivate func document(_ name: String) -> Outcome {
    if let known = compiler.checker.information(about: name), known.kind != .builtin {
      var text =
        known.kind == .value || known.kind == .dim
        ? "\(name) : \(known.signature)" : known.signature
      if let doc = known.doc { text += "\n\n\(doc)" }
      if let span = known.span, let file = compiler.sources[span.source] {
        text += "\n\n\(file.name):\(file.position(of: span.start).line)"
      }
      return say(text)
    }
    do throws(FileError) {
      if let page = try Documentation.text(about: name) { return say(page) }
    } catch {
      return refuse("\(error)")
    }
    let near = Suggestion.closest(
      to: name, among: Documentation.names + compiler.checker.visibleNames)
    return refuse("nothing is known of `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
  }

  fileprivate func load(_ path: String) -> Outcome {
    if let way = Session.wayToLoad(path) {
      return refuse("`\(path)` holds data, not a program; \(way)")
    }
    compiler.sources.forgetFiles()
    do throws(FileError) {
      let file = try compiler.sources.load(path: path)
      loadedPath = path
      evaluator.log.name = FilePath.stem(of: path)
      run(file, isFile: true)
      return .carryOn
    } catch {
      return refuse("\(error)")
    }
  }

  /// How a program loads what a file holds by its name; nil for what may be a program.
  private static func wayToLoad(_ path: String) -> String? {
    switch path.split(separator: ".").last {
    case "npy", "csv": "for a matrix, `let x: [_, _] = load(\"\(path)\")`"
    case "npz": "for a matrix, `let x: [_, _] = load(\"\(path)\", \"its name\")`"
    case "safetensors": "`m = load(\"\(path)\", m)` gives `m` the values saved under its name"
    default: nil
    }
  }

  fileprivate func reload() -> Outcome {
    guard let loadedPath else { return refuse("nothing was loaded yet: `:load FILE`") }
    return load(loadedPath)
  }

  fileprivate func variables() -> Outcome {
    let held = evaluator.held.entries.keys
    let names = compiler.checker.visibleNames
    for name in names {
      guard let known = compiler.checker.information(about: name), known.kind == .value,
        let variable = held.first(where: { $0.name == name && $0.span == known.span })
      else { continue }
      describe(variable, isAsked: true)
    }
    return .carryOn
  }

  fileprivate func fix() -> Outcome {
    guard let wrong = lastWrong, let fix = lastReports.lazy.compactMap(\.fix).first else {
      return refuse("the last report has no certain mend")
    }
    guard fix.edits.allSatisfy({ compiler.sources[$0.span.source]?.name == "repl" }) else {
      return refuse("the mend is in a file: edit it and `:reload`")
    }
    // An edit may be in an earlier input than the one that showed the mistake: that one is mended
    // and run again, then the one that showed it.
    var texts: [(id: SourceID, text: String)] = []
    for id in Set(fix.edits.map(\.span.source)).union([wrong.file.id]).sorted() {
      guard let file = compiler.sources[id] else { continue }
      texts.append((id, file.text(with: fix.edits)))
    }
    lastWrong = nil
    lastReports = []
    for (_, text) in texts { evaluate(text) }
    return .carryOn
  }

  fileprivate func explain(_ code: String) -> Outcome {
    guard let id = code.isEmpty ? lastReports.first?.code.id : code else {
      return refuse("nothing to explain: `:explain CODE`")
    }
    if let lesson = Codes.lesson(id) { return say(lesson) }
    let near = Suggestion.closest(to: id, among: Codes.all.map(\.id))
    return refuse("there is no code `\(id)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
  }

  fileprivate func resume() -> Outcome {
    defer { releaseNames() }
    do throws(RunProblem) {
      switch try evaluator.resume() {
      case .done:
        hideLocals()
        return .carryOn
      case .nothingStopped: return refuse("nothing was interrupted")
      case .rebound(let name):
        return refuse(
          "`\(name)` was bound again since the run was stopped, so it cannot go on; start it again")
      }
    } catch {
      hideLocals()
      stopped(error, nil)
      return .carryOn
    }
  }

  fileprivate func save(_ path: String) -> Outcome {
    do {
      if path.hasSuffix(".ntm") {
        let text = record.text(makers: lastMakers)
        try AtomicFile.write(text, to: path)
        let inputs = record.count == 1 ? "1 input" : "\(record.count) inputs"
        _ = say("\(inputs) written to \(path)")
        // Values of a name that was declared again may need the older declaration.
        let compiler = Compiler()
        let problems = compiler.compile(compiler.sources.add(name: path, text: text))
        if problems.hasErrors {
          _ = say("it does not run as it stands: `ntmscript check \(path)` says why")
        }
        return .carryOn
      }
      let file = try ArrayFile(path)
      var tensors: [ArrayFile.Named] = []
      let visible = Set(compiler.checker.visibleNames)
      let held = evaluator.held.entries.filter {
        $0.key.isTopLevel && visible.contains($0.key.name)
      }
      for (variable, entry) in held.sorted(by: { $0.key.span < $1.key.span }) {
        tensors.removeAll { $0.path == variable.name || $0.path.hasPrefix("\(variable.name).") }
        tensors += evaluator.named(entry.value, variable.name)
      }
      try file.write(tensors)
      return say("\(tensors.count) tensors written to \(file.path)")
    } catch {
      return refuse("\(error)")
    }
  }
}
