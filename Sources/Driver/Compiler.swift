// From source text to a checked module: the one file that calls the front of the pipeline.

package import Diagnostics
package import Runtime
package import Semantics
package import Syntax

/// A checked text with its tree and everything that was reported.
package struct CompiledText {
  package let file: SourceFile
  package let program: Program
  package let module: TypedModule
  /// The modules it needs, each before those that need it.
  package let imported: [TypedModule]
  package let diagnostics: [Diagnostic]

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

package final class Compiler {
  package let sources: SourceLibrary
  package let checker: Checker

  package init(sources: SourceLibrary = SourceLibrary()) {
    self.sources = sources
    checker = Checker(loader: ModuleLoader { Compiler.load($0, sources) })
  }

  /// A whole file, by path.
  /// - Parameter values: expressions in place of those of config fields and dims, by name.
  package func compile(path: String, values: [(name: String, text: String)] = [])
    throws(FileError) -> CompiledText
  {
    try compile(sources.load(path: path), values: values)
  }

  package func compile(
    _ file: SourceFile, values: [(name: String, text: String)] = []
  ) -> CompiledText {
    var (program, problems) = parse(file)
    let flags = ProgramFlag.all(of: program, in: file)
    var replacements: [String: Expression] = [:]
    for (name, text) in values {
      let kind = flags.first { $0.name == name }
      if let interface = kind?.interface {
        let chosen = structFlag(name, text, claiming: interface, of: program, file)
        if let needed = chosen.needed { program.items.insert(needed, at: 0) }
        replacements[name] = chosen.expression?.inPlace(of: program.configured(name))
        problems += chosen.problems
        continue
      }
      let flag = sources.add(name: "--\(name)", text: text)
      checker.register(flag)
      // A text needs no quotes of its own behind those of the shell.
      if kind?.type == "text", !text.hasPrefix("\"") {
        replacements[name] = Expression(.text(text), Span(flag.id, 0, flag.utf8.count))
        continue
      }
      switch expression(in: flag) {
      case .success(let expression): replacements[name] = expression
      case .failure(let problem): problems += problem.diagnostics
      }
    }
    program = program.replacing(replacements)
    let checked = checker.check(program, file, name: file.name)
    return CompiledText(
      file: file, program: program, module: checked.module, imported: checked.imported,
      diagnostics: merged(problems, checked.diagnostics))
  }

  /// The exit code of reports with errors: where all of these are in flags, the text has none.
  func exitCode(of reports: [Diagnostic]) -> Int32 {
    let areInFlags = reports.filter { $0.severity == .error }.allSatisfy { report in
      report.primary.flatMap { sources[$0.span.source] }?.name.hasPrefix("--") ?? false
    }
    return areInFlags ? Commands.Exit.usage : Commands.Exit.reports
  }

  /// An input at the prompt: it sees what earlier ones declared.
  /// - Parameter isFile: a file loaded there, see `Checker.checkInput`.
  package func compile(input file: SourceFile, isFile: Bool = false) -> CompiledText {
    let (program, problems) = parse(file)
    let checked = checker.checkInput(program, file, isFile: isFile)
    return CompiledText(
      file: file, program: program, module: checked.module, imported: checked.imported,
      diagnostics: merged(problems, checked.diagnostics))
  }

  private func merged(_ a: [Diagnostic], _ b: [Diagnostic]) -> [Diagnostic] {
    var bag = DiagnosticBag()
    bag.add(contentsOf: a)
    bag.add(contentsOf: b.filter { !isConsequence($0, of: a) })
    return bag.sorted
  }

  /// What the parser made of a line that it could not read is no ground for further reports on it.
  private func isConsequence(_ found: Diagnostic, of problems: [Diagnostic]) -> Bool {
    guard let place = found.primary?.span, let file = sources[place.source] else { return false }
    let line = file.lineIndex(of: place.start)
    return problems.contains { problem in
      guard problem.severity == .error, let span = problem.primary?.span else { return false }
      return span.source == place.source && file.lineIndex(of: span.start) == line
    }
  }

  struct FlagProblem: Error { let diagnostics: [Diagnostic] }

  /// The text of a flag as one expression.
  func expression(in file: SourceFile) -> Result<Expression, FlagProblem> {
    let (program, problems) = parse(file)
    if problems.isEmpty, program.items.count == 1,
      case .statement(let statement) = program.items[0].kind,
      case .expression(let expression) = statement.kind
    {
      return .success(expression)
    }
    return .failure(FlagProblem(diagnostics: [DriverMessages.configFlag(file, problems)]))
  }

  /// The text of an import: `ntm.x` from the binary, `"path.ntm"` beside the file that imports it.
  private static func load(
    _ request: ModuleLoader.Request, _ sources: SourceLibrary
  ) -> Result<SourceFile, ImportProblem> {
    switch request {
    case .library(let name):
      let stem = name.hasPrefix("ntm.") ? String(name.dropFirst(4)) : ""
      if let file = sources.load(module: stem) { return .success(file) }
      return .failure(.notFound(suggestions: Stdlib.names.map { "ntm.\($0)" }))
    case .file(let path, let from):
      do {
        return .success(try sources.load(path: FilePath.resolve(path, besides: from.name)))
      } catch {
        return .failure(.unreadable("\(error)"))
      }
    }
  }
}
