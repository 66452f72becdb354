// What can stand at the cursor: commands, files, members behind a dot, names.

import Diagnostics
import Runtime
import IR
import Ops
import Semantics

extension Session {
  /// - Parameter cursor: UTF-8 offset in the line.
  package func complete(_ line: String, cursor: Int) -> Completion {
    let bytes = Array(line.utf8.prefix(cursor))
    let before = String(decoding: bytes, as: UTF8.self)
    let start = before.drop(while: \.isWhitespace)
    if start.hasPrefix(":") { return completeCommand(before, bytes) }
    if start.hasPrefix("?") { return completion(bytes, from: documentedNames) }
    return completeInput(bytes)
  }

  private func completeInput(_ bytes: [UInt8]) -> Completion {
    if let quote = openQuote(bytes) { return completeFile(bytes, from: quote + 1) }
    let word = wordStart(bytes)
    if word > 0, bytes[word - 1] == UInt8(ascii: ".") {
      return candidates(bytes, from: word, members(before: word - 1, bytes))
    }
    let found = candidates(bytes, from: word, names(expected: expectedNames(bytes, word)))
    guard let expected = expectedArgument(bytes, word) else { return found }
    // What fits comes alone where anything does.
    let fitting = candidates(
      bytes, from: word,
      expected.labels
        + compiler.checker.visibleNames.filter {
          compiler.checker.information(about: $0)?.type.map(expected.accepts) == true
        })
    return fitting.candidates.isEmpty ? found : fitting
  }

  private static let keywords = [
    "let", "var", "fn", "struct", "interface", "config", "dim", "batch dim", "for", "while", "if",
    "else", "in", "max", "with", "as", "import", "test", "expect", "true", "false", "and", "or",
    "not",
  ]

  private func candidates(_ bytes: [UInt8], from start: Int, _ names: [String]) -> Completion {
    let prefix = String(decoding: bytes[start...], as: UTF8.self)
    return Completion(
      start: start, candidates: Set(names.filter { $0.hasPrefix(prefix) }).sorted())
  }

  private func completion(_ bytes: [UInt8], from names: [String]) -> Completion {
    candidates(bytes, from: wordStart(bytes, keepsDots: true), names)
  }

  private var documentedNames: [String] {
    Documentation.names + compiler.checker.visibleNames
  }

  /// Names, those of functions with their parenthesis.
  private func names(expected: [String]?) -> [String] {
    if let expected { return expected }
    let checker = compiler.checker
    // Rows behind a notation of their own, such as `rng.normal`, are not written by name.
    let written = checker.visibleNames.filter { !$0.hasPrefix("random_") }
    return written.map { name in
      switch checker.information(about: name)?.kind {
      case .function: "\(name)("
      case .builtin: opTable[name] != nil || HostFunction.named(name) != nil ? "\(name)(" : name
      default: name
      }
    } + Session.keywords
  }

  /// The parameter of the innermost open call that the word at the cursor is for.
  private func expectedArgument(_ bytes: [UInt8], _ word: Int) -> ExpectedArgument? {
    let before = String(decoding: bytes[..<word], as: UTF8.self)
    var depth = 0
    for index in before.indices.reversed() {
      switch before[index] {
      case ")", "]", "}": depth += 1
      case "[", "{":
        if depth == 0 { return nil }
        depth -= 1
      case "(" where depth > 0: depth -= 1
      case "(":
        // Dims may stand between the name and the parenthesis.
        let owner = before[..<index].drop { $0.isWhitespace }
        let name = String(
          (owner.hasSuffix("]")
            ? owner.prefix(upTo: owner.lastIndex(of: "[") ?? owner.endIndex) : owner)
            .reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }.reversed())
        guard let known = compiler.checker.information(about: name),
          known.kind == .function || known.kind == .builtin
        else { return nil }
        return ExpectedArgument(
          signature: known.signature, arguments: String(before[before.index(after: index)...]))
      default: break
      }
    }
    return nil
  }

  /// Behind `emits`-like places where only some names fit: in the brackets of a function or type
  /// only dims do; behind `import ntm.` only modules.
  private func expectedNames(_ bytes: [UInt8], _ word: Int) -> [String]? {
    let before = String(decoding: bytes[..<word], as: UTF8.self)
    if before.trimmed == "import" { return ["ntm."] }
    if before.trimmed.hasSuffix("{"), before.trimmed.hasPrefix("import") {
      return importedNames(before)
    }
    guard let open = before.lastIndex(where: { $0 == "[" || $0 == "]" || $0 == "(" }),
      before[open] == "[", open > before.startIndex
    else { return nil }
    let owner = before[..<open].reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    let name = String(owner.reversed())
    let checker = compiler.checker
    guard let kind = checker.information(about: name)?.kind else { return nil }
    switch kind {
    case .function, .structure, .interface, .builtin:
      return checker.visibleNames.filter { checker.information(about: $0)?.kind == .dim }
    case .value, .dim, .type, .module: return nil
    }
  }

  private func importedNames(_ text: String) -> [String]? {
    let words = text.split(separator: " ")
    guard words.count >= 2, words[1].hasPrefix("ntm.") else { return nil }
    let module = String(words[1].dropFirst(4).prefix { $0 != "{" })
    return Documentation.declaredNames(inModule: module)
  }

  // MARK: Members

  private func members(before dot: Int, _ bytes: [UInt8]) -> [String] {
    let start = wordStart(Array(bytes[..<dot]), keepsDots: true)
    let path = String(decoding: bytes[start..<dot], as: UTF8.self)
    if path == "ntm" { return Stdlib.names }
    let checker = compiler.checker
    if let names = checker.names(inModule: path) { return names }
    let parts = path.split(separator: ".").map(String.init)
    guard let first = parts.first,
      var type = checker.information(about: first)?.type
    else { return [] }
    for part in parts.dropFirst() {
      guard let inner = checker.type(ofMember: part, in: type) else { return [] }
      type = inner
    }
    return checker.members(of: type)
  }

  // MARK: Commands and files

  private func completeCommand(_ before: String, _ bytes: [UInt8]) -> Completion {
    let words = before.split(separator: " ", omittingEmptySubsequences: true)
    let name = words.first.map { String($0.dropFirst()) } ?? ""
    guard words.count > 1 || before.last == " " else {
      let start = bytes.firstIndex(of: UInt8(ascii: ":")) ?? 0
      return candidates(bytes, from: start, SessionCommand.all.map { ":\($0.name)" })
    }
    switch SessionCommand.all.first(where: { $0.name == name })?.argument {
    case .file:
      return completeFile(bytes, from: wordStart(bytes, until: [UInt8(ascii: " ")]))
    case .name: return completion(bytes, from: documentedNames)
    case .code:
      return candidates(
        bytes, from: wordStart(bytes, until: [UInt8(ascii: " ")]), Codes.all.map(\.id))
    case .expression: return completeInput(bytes)
    case .some(.none), nil: return Completion(start: bytes.count, candidates: [])
    }
  }

  private func completeFile(_ bytes: [UInt8], from start: Int) -> Completion {
    let path = String(decoding: bytes[start...], as: UTF8.self)
    let folder = path.contains("/") ? FilePath.folder(of: path) : "."
    let prefix =
      path.contains("/")
      ? String(path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex)) : ""
    let entries = (try? Folder.entries(folder)) ?? []
    let wantsHidden = path.dropFirst(prefix.count).hasPrefix(".")
    let names = entries.filter { wantsHidden || !$0.name.hasPrefix(".") }.prefix(1000)
      .map { prefix + $0.name + ($0.isFolder ? "/" : "") }
    return candidates(bytes, from: start, names)
  }

  // MARK: Words

  /// Where the word that ends at the end of `bytes` begins.
  private func wordStart(_ bytes: [UInt8], keepsDots: Bool = false) -> Int {
    var start = bytes.count
    while start > 0 {
      let byte = bytes[start - 1]
      let isWord =
        byte >= 0x80 || byte == UInt8(ascii: "_") || (keepsDots && byte == UInt8(ascii: "."))
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      if !isWord { break }
      start -= 1
    }
    return start
  }

  private func wordStart(_ bytes: [UInt8], until ends: [UInt8]) -> Int {
    (bytes.lastIndex(where: ends.contains) ?? -1) + 1
  }

  /// Where the string that the cursor is in began.
  private func openQuote(_ bytes: [UInt8]) -> Int? {
    var open: Int?
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\"") {
      open = open == nil ? index : nil
    }
    return open
  }
}
