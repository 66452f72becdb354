// `ntmscript test`: test blocks, and the `//>` comments below or behind what prints.

import Diagnostics
import Runtime
import Semantics
import Syntax
import Tensors

extension Commands {
  package func test(_ paths: [String], usesDouble: Bool) -> Int32 {
    var total = TestRunner.Count()
    let runner = TestRunner(
      console: console, interrupt: interrupt, precision: usesDouble ? .double : .single)
    func run(_ file: SourceFile?, _ compiler: Compiler) -> Int32 {
      guard let file else { return Exit.success }
      // What was not run did not pass.
      if interrupt.isRaised { return Exit.failure }
      let outcome = runner.run(file, compiler)
      reporter.show(outcome.diagnostics, compiler.sources)
      total.passed += outcome.count.passed
      total.failed += outcome.count.failed
      if outcome.didNotCheck { return Exit.reports }
      return outcome.count.failed > 0 ? Exit.failure : Exit.success
    }
    var code = Exit.success
    if paths.isEmpty {
      for name in Stdlib.names {
        let compiler = Compiler()
        code = max(code, run(compiler.sources.load(module: name), compiler))
      }
    } else {
      code = forEachProgram(paths, reporter) { (path) throws(FileError) in
        let compiler = Compiler()
        return run(try compiler.sources.load(path: path), compiler)
      }
    }
    console.write("\(total.passed) passed, \(total.failed) failed\n")
    return code
  }
}

/// Runs the tests of one text.
struct TestRunner {
  let console: any Console
  let interrupt: Interrupt
  let precision: Precision

  struct Count {
    var passed = 0
    var failed = 0
  }

  struct Outcome {
    var count = Count()
    var diagnostics: [Diagnostic] = []
    var didNotCheck = false
  }

  init(console: any Console, interrupt: Interrupt, precision: Precision) {
    self.console = console
    self.interrupt = interrupt
    self.precision = precision
  }

  /// Nothing runs where the file has a mistake anywhere. What stands at the top is run first,
  /// silently, since tests may read its names. A program with `//>` comments is compared with what
  /// it prints.
  func run(_ file: SourceFile, _ compiler: Compiler) -> Outcome {
    var outcome = Outcome()
    let text = compiler.compile(file)
    outcome.diagnostics = text.diagnostics
    if text.hasErrors {
      outcome.didNotCheck = true
      return outcome
    }
    let expectations = ExpectedText(file)
    let output = RecordingConsole()
    let evaluator = Evaluator(
      console: output, interrupt: interrupt,
      options: RunOptions(precision: precision, name: FilePath.stem(of: file.name)))
    var warnings: [Diagnostic] = []
    evaluator.warn = { warnings.append($0) }
    let reports = evaluator.rehearse(text)
    outcome.diagnostics += reports
    if reports.hasErrors {
      outcome.didNotCheck = true
      return outcome
    }
    let needsTop = !expectations.isEmpty || text.module.tests.contains { $0.readsTop }
    do throws(RunProblem) {
      try evaluator.run(imported: text.imported)
      try evaluator.run(text.module, onlyDeclarations: !needsTop)
    } catch {
      if expectations.isEmpty || !error.isReported {
        outcome.count.failed += 1
        if case .reported(let diagnostics) = error { outcome.diagnostics += diagnostics }
        return outcome
      }
      if case .reported(let diagnostics) = error { outcome.diagnostics += diagnostics }
    }
    if !expectations.isEmpty {
      if let difference = expectations.difference(from: output.output) {
        outcome.count.failed += 1
        outcome.diagnostics.append(difference)
      } else {
        outcome.count.passed += 1
      }
    }
    for test in text.module.tests { run(test, evaluator, &outcome) }
    outcome.diagnostics += warnings
    return outcome
  }

  private func run(_ test: TypedTest, _ evaluator: Evaluator, _ outcome: inout Outcome) {
    do throws(RunProblem) {
      try evaluator.run(test)
      outcome.count.passed += 1
    } catch {
      outcome.count.failed += 1
      switch error {
      case .reported(let diagnostics):
        outcome.diagnostics += diagnostics.map { $0.noting("in the test \"\(test.title)\"") }
      case .interrupted: break
      }
    }
  }
}

extension RunProblem {
  var isReported: Bool {
    if case .reported = self { return true }
    return false
  }
}

extension TypedTest {
  /// Whether the test needs more of the top than its dims and config.
  var readsTop: Bool {
    var reads = false
    body.visit { expression in
      if case .variable(let variable) = expression.form, variable.isTopLevel { reads = true }
    }
    return reads
  }
}

extension Diagnostic {
  func noting(_ note: String) -> Diagnostic {
    Diagnostic(
      code, message, at: primary, secondary: secondary, notes: [note] + notes, help: help,
      fix: fix, severity: severity)
  }
}

/// The `//>` comments of a program, on lines of their own and behind statements: what it prints,
/// line by line.
struct ExpectedText {
  let lines: [(text: String, span: Span)]

  init(_ file: SourceFile) {
    let comments = tokenize(file.utf8, source: file.id).trivia.filter { $0.kind == .comment }
    lines = comments.compactMap { comment in
      let words = file.text(of: comment.span)
      guard words.hasPrefix("//>") else { return nil }
      let text = words.dropFirst(3)
      return (String(text.first == " " ? text.dropFirst() : text), comment.span)
    }
  }

  var isEmpty: Bool { lines.isEmpty }

  /// The first line that differs; nil where the program printed just what it says.
  func difference(from output: String) -> Diagnostic? {
    var printed = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if printed.last == "" { printed.removeLast() }
    for (index, expected) in lines.enumerated() {
      let found = index < printed.count ? printed[index] : nil
      if trimmed(found ?? "") != trimmed(expected.text) || found == nil {
        return DriverMessages.expectationText(found, at: expected.span)
      }
    }
    guard printed.count > lines.count, let last = lines.last else { return nil }
    return DriverMessages.expectationMore(printed[lines.count], at: last.span)
  }

  private func trimmed(_ line: String) -> String {
    String(line.reversed().drop(while: \.isWhitespace).reversed())
  }
}
