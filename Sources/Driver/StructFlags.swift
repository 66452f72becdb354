// Structs on the command line: `--read leap.LeapHead`.
//
// A setting may name a struct that the program does not import: of a file, which is looked for where
// the command is given, then beside the program and in the folders above it, or of the library. The
// import goes in front of the program, under a name that no program can write, so the checker reports
// what it would report if the program had it.

import Diagnostics
import Semantics
import Syntax

extension Compiler {
  struct ChosenStruct {
    var expression: Expression?
    /// The import without which the expression means nothing.
    var needed: Item?
    var problems: [Diagnostic] = []
  }

  /// - Parameter text: `LeapHead`, `leap.LeapHead`, `heads/leap.LeapHead[3]`, `ntm.heads.ContentHead`.
  func structFlag(
    _ name: String, _ text: String, claiming interface: String, of program: Program,
    _ file: SourceFile
  ) -> ChosenStruct {
    let (folder, rest) = Self.splitFolder(text)
    let flag = sources.add(name: "--\(name)", text: rest)
    checker.register(flag)
    let written: Expression
    switch expression(in: flag) {
    case .success(let expression): written = expression
    case .failure(let problem): return ChosenStruct(problems: problem.diagnostics)
    }
    guard let path = written.structPath, let last = path.last else {
      return ChosenStruct(expression: written)
    }
    let module = path.dropLast().map(\.text)
    guard let wanted = source(of: last.text, in: module, folder, program, file, written.span) else {
      let problem = module.isEmpty ? misspelled(last, claiming: interface, program, file) : nil
      return ChosenStruct(expression: written, problems: problem.map { [$0] } ?? [])
    }
    let hidden = Name(flag.name, written.span)
    let needed = Item(
      .importing(Import(path: wanted, names: nil, alias: hidden)), doc: nil, span: written.span)
    let found = Expression(.field(Expression(.name(hidden), hidden.span), last), written.span)
    return ChosenStruct(expression: written.replacingStruct(with: found), needed: needed)
  }

  /// Where a struct is to be found that the program itself does not name; nil where it does.
  private func source(
    of name: String, in module: [String], _ folder: String, _ program: Program,
    _ file: SourceFile, _ span: Span
  ) -> Import.Path? {
    if folder.isEmpty, program.declares(module.first ?? name) {
      return nil
    }
    func library(_ module: String) -> Import.Path {
      .library([Name("ntm", span), Name(module, span)])
    }
    switch (module.count, module.first) {
    case (0, _):
      let modules = LibraryStructs(sources, program: file).modules(declaring: name)
      return modules.count == 1 ? library(modules[0]) : nil
    case (2, "ntm"): return library(module[1])
    case (1, _):
      let path = "\(folder)\(module[0]).ntm"
      let places = [path] + FilePath.resolve(path, above: file.name)
      if let found = places.first(where: { (try? sources.load(path: $0)) != nil }) {
        return .file(found, span)
      }
      return folder.isEmpty && Stdlib.names.contains(module[0])
        ? library(module[0]) : .file(path, span)
    default: return nil
    }
  }

  /// The report of a struct that is nowhere, where the library or the program has one that fits and
  /// is nearly called that; else the checker says what it says of any name.
  private func misspelled(
    _ name: Name, claiming interface: String, _ program: Program, _ file: SourceFile
  ) -> Diagnostic? {
    let known = LibraryStructs(sources, program: file)
    guard !program.declares(name.text), known.modules(declaring: name.text).isEmpty,
      let near = Suggestion.closest(to: name.text, among: known.names(claiming: interface))
    else { return nil }
    return Diagnostic(
      .unknownName, "there is no struct `\(name.text)` here", at: Label(name.span, ""),
      help: ["did you mean `\(near)`?"])
  }

  /// `heads/` and `leap.LeapHead`
  private static func splitFolder(_ text: String) -> (folder: String, rest: String) {
    let path = text.prefix { $0 != "[" }
    guard let slash = path.lastIndex(of: "/") else { return ("", text) }
    return (String(text[...slash]), String(text[text.index(after: slash)...]))
  }
}

extension Expression {
  /// The names of `leap.LeapHead[3]`; nil for what names no struct.
  fileprivate var structPath: [Name]? {
    switch kind {
    case .name(let name): [name]
    case .field(let base, let name): base.structPath.map { $0 + [name] }
    case .bracket(let base, _): base.structPath
    default: nil
    }
  }

  /// A struct without dims takes those of the one that it is in place of: `GRU` for `LSTM[H]` is
  /// `GRU[H]`.
  func inPlace(of other: Expression?) -> Expression {
    guard structPath != nil, case .bracket(_, let dims) = other?.kind else { return self }
    if case .bracket = kind { return self }
    return Expression(.bracket(self, dims), span)
  }

  fileprivate func replacingStruct(with found: Expression) -> Expression {
    guard case .bracket(_, let dims) = kind else { return found }
    return Expression(.bracket(found, dims), span)
  }
}

extension Program {
  /// What a config field has where no flag says otherwise.
  func configured(_ name: String) -> Expression? {
    for case .config(let fields) in items.map(\.kind) {
      if let field = fields.first(where: { $0.name.text == name }) { return field.value }
    }
    return nil
  }

  /// Whether a name stands for something that the program declares or imports.
  fileprivate func declares(_ name: String) -> Bool {
    items.contains { item in
      switch item.kind {
      case .importing(let syntax):
        if let names = syntax.names { return names.contains { $0.text == name } }
        if let alias = syntax.alias { return alias.text == name }
        if case .library(let path) = syntax.path { return path.last?.text == name }
        return false
      case .structure(let syntax): return syntax.name.text == name
      default: return false
      }
    }
  }
}
