// `ntmscript doc`: what built-ins, library modules and files say of themselves.

import Diagnostics
import IR
import Ops
import Runtime
import Semantics
import Syntax

extension Commands {
  package func document(_ names: [String]) -> Int32 {
    if names.isEmpty {
      console.write(Documentation.contents())
      return Exit.success
    }
    var code = Exit.success
    for name in names {
      do throws(FileError) {
        if let text = try Documentation.text(about: name) {
          console.write(text)
          continue
        }
        let near = Suggestion.closest(to: name, among: Documentation.names)
        code = reporter.refuse(
          "nothing is known of `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
      } catch {
        reporter.show(error)
        code = max(code, Exit.reports)
      }
    }
    return code
  }
}

/// Documentation from the rows and from doc comments.
enum Documentation {
  /// Everything with a page of its own.
  static var names: [String] {
    opTable.all.filter(isNamed).map(\.name) + HostFunction.all.map(\.name)
      + Stdlib.names.map { "ntm.\($0)" } + words.map(\.name)
  }

  private static var words: [WordPage] {
    KeywordPages.rows + FormPages.functions + FormPages.types
  }

  private static func isNamed(_ op: Op) -> Bool {
    switch op.surface {
    case .none: false
    case .pointwise(let symbol): symbol == nil
    default: true
    }
  }

  static func contents() -> String {
    var text = ""
    for section in opTable.sections {
      let rows = section.rows.filter(isNamed)
      guard !rows.isEmpty else { continue }
      text += "\(section.title)\n"
      for row in rows { text += entry(row.name, firstSentence(row.doc)) }
      text += "\n"
    }
    for (title, pages) in [("Forms", FormPages.functions), ("Types", FormPages.types)] {
      text += "\(title)\n" + pages.map { entry($0.name, firstSentence($0.doc)) }.joined() + "\n"
    }
    text += "The world\n"
    for row in HostFunction.all { text += entry(row.name, firstSentence(row.doc)) }
    text += "\nThe library\n"
    for name in Stdlib.names { text += entry("ntm.\(name)", firstSentence(moduleDoc(name) ?? "")) }
    let keywords = lines(KeywordPages.rows.map(\.name).joined(separator: " "), width: 86)
    text += "\nWords of the language\n" + keywords.map { "  \($0)\n" }.joined()
    text += "\n`ntmscript doc NAME` says more of each.\n"
    return text
  }

  /// A name and what it is, in two columns.
  private static func entry(_ name: String, _ doc: String) -> String {
    let column = 14
    let rows = lines(doc, width: 88 - column - 2)
    let head = name.count < column ? name : "\(name)\n" + String(repeating: " ", count: 2)
    let indent = String(repeating: " ", count: column + 2)
    let gap = String(repeating: " ", count: name.count < column ? column - name.count : column)
    return "  \(head)\(gap)\(rows.joined(separator: "\n\(indent)"))\n"
  }

  /// A text in lines of at most `width` characters, where its words allow it.
  static func lines(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + word.count < width {
        lines[lines.count - 1] = "\(line) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// A page; nil where nothing has the name.
  static func text(about name: String) throws(FileError) -> String? {
    if let row = HostFunction.named(name) { return "\(row.signature)\n\n\(row.doc)\n" }
    if let op = opTable[name], isNamed(op) { return page(op) }
    if name.hasPrefix("ntm."), let page = module(String(name.dropFirst(4))) { return page }
    if name.hasSuffix(".ntm") { return try file(name) }
    // A name in the library, with or without its module.
    for module in Stdlib.names {
      let qualified = name.hasPrefix("ntm.\(module).")
      let inner = qualified ? String(name.dropFirst(module.count + 5)) : name
      if let found = declarations(inModule: module).first(where: { $0.name == inner }) {
        return found.page + "\nfrom ntm.\(module)\n"
      }
    }
    return words.first { $0.name == name }?.text
  }

  private static func page(_ op: Op) -> String {
    let lines = [builtinSignatureText(op), "", op.doc]
    let gradient: String? =
      switch op.gradient {
      case .zero(let reason): "The derivative is zero: \(reason)."
      case .pullback, .parts: nil
      }
    return (lines + (gradient.map { ["", $0] } ?? [])).joined(separator: "\n") + "\n"
  }

  private static func builtinSignatureText(_ op: Op) -> String {
    switch op.surface {
    case .signature(let text): "\(op.name)\(text)"
    case .special(let text): text
    case .reduction: "\(op.name)[D, …](x)"
    case .along: "\(op.name)[D](x)"
    case .pointwise, .none: "\(op.name)(\(op.operands.joined(separator: ", ")))"
    }
  }

  // MARK: Texts

  private struct Declaration {
    let name: String
    let head: String
    let doc: String?

    var page: String { head + "\n" + (doc.map { "\n\($0)\n" } ?? "") }
  }

  static func declaredNames(inModule name: String) -> [String] {
    declarations(inModule: name).map(\.name)
  }

  private static func module(_ name: String) -> String? {
    guard Stdlib.text(of: name) != nil else { return nil }
    let rows = declarations(inModule: name).map { "\($0.head)\n" + indented($0.doc) }
    let doc = lines("ntm.\(name)" + (moduleDoc(name).map { ": \($0)" } ?? ""), width: 88)
    return doc.joined(separator: "\n") + "\n\n"
      + rows.joined(separator: "\n")
  }

  private static func file(_ path: String) throws(FileError) -> String {
    let file = try SourceLibrary().load(path: path)
    let pages = declarations(in: file).map { "\($0.head)\n" + indented($0.doc) }
    let program = parse(file).program
    let flags = ProgramFlag.all(of: program, in: file)
    let settings = flags.isEmpty ? [] : ["flags of `ntmscript run`:\n\(RunRequest.help(flags))"]
    let parts = (program.doc.map { ["\($0)\n"] } ?? []) + pages + settings
    return parts.isEmpty ? "\(path) declares nothing\n" : parts.joined(separator: "\n")
  }

  private static func declarations(inModule name: String) -> [Declaration] {
    SourceLibrary().load(module: name).map(declarations) ?? []
  }

  private static func declarations(in file: SourceFile) -> [Declaration] {
    parse(file).program.items.compactMap { item in
      switch item.kind {
      case .function(let function):
        Declaration(
          name: function.name.text, head: head(item, file, until: function.body?.span),
          doc: item.doc)
      case .structure(let structure):
        Declaration(name: structure.name.text, head: firstLine(item, file), doc: item.doc)
      case .interface(let interface):
        Declaration(name: interface.name.text, head: firstLine(item, file), doc: item.doc)
      default: nil
      }
    }
  }

  /// The text of a function up to its body.
  private static func head(_ item: Item, _ file: SourceFile, until body: Span?) -> String {
    let end = body?.start ?? item.span.end
    let text = file.text(of: Span(item.span.source, item.span.start, end))
    return String(text.reversed().drop { $0.isWhitespace || $0 == "=" || $0 == "{" }.reversed())
  }

  private static func firstLine(_ item: Item, _ file: SourceFile) -> String {
    let text = file.text(of: item.span).prefix { $0 != "\n" }
    return String(text.reversed().drop { $0.isWhitespace || $0 == "{" }.reversed())
  }

  private static func indented(_ doc: String?) -> String {
    guard let doc else { return "" }
    return doc.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "    \($0)\n" }.joined()
  }

  private static func firstSentence(_ doc: String) -> String {
    String(doc.prefix { $0 != "\n" }.split(separator: ". ").first ?? "")
  }

  /// The comment that a library file opens with.
  private static func moduleDoc(_ name: String) -> String? {
    guard let text = Stdlib.text(of: name) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let comment = lines.prefix { $0.hasPrefix("//") }.map { $0.drop { $0 == "/" || $0 == " " } }
    return comment.isEmpty ? nil : comment.joined(separator: " ")
  }
}
