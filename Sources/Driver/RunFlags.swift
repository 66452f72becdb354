// The flags of one program: its `config` fields and its dims with a value.
//
// They are read from the syntax tree, so `--help` works for a program that does not check. What
// follows a flag is an expression: it takes the place of the value in the tree before the program
// is checked, so a wrong type is reported like any other, and a constructor (`--read LeapHead`)
// is resolved before anything runs.

package import Diagnostics
package import Syntax

/// One flag and what `--help` says of it.
package struct ProgramFlag: Hashable, Sendable {
  package enum Kind: String, Sendable {
    case config, dim
    case batchDim = "batch dim"
  }

  package let name: String
  package let kind: Kind
  /// The type as written; empty for a dim.
  package let type: String
  /// The value as written.
  package let value: String
  package let doc: String?

  /// The interface whose structs the flag chooses from: `Head` of `read: Head = LocationHead`.
  var interface: String? {
    let name = type.split(separator: ".").last.map(String.init) ?? ""
    let isName = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    return isName && name.first?.isUppercase ?? false ? name : nil
  }

  /// The flags of a program, in its order.
  package static func all(of program: Program, in file: SourceFile) -> [ProgramFlag] {
    program.items.flatMap { item -> [ProgramFlag] in
      switch item.kind {
      case .config(let fields):
        fields.map {
          ProgramFlag(
            name: $0.name.text, kind: .config, type: file.text(of: $0.type.span),
            value: file.text(of: $0.value.span), doc: $0.doc)
        }
      // The lengths of a ragged dim are computed, not given as a number.
      case .dim(let declaration) where declaration.kind != .ragged:
        declaration.entries.compactMap { entry in
          entry.value.map {
            ProgramFlag(
              name: entry.name.text, kind: declaration.kind == .batch ? .batchDim : .dim, type: "",
              value: file.text(of: $0.span), doc: item.doc)
          }
        }
      default: []
      }
    }
  }

}

/// The words behind `ntmscript run`, sorted into what ntmscript knows and what the program does.
package struct RunRequest: Sendable {
  package var file: String?
  package var usesJson = false
  package var usesDouble = false
  package var writesPng = false
  package var wantsHelp = false
  package var resume: String?
  package var engine = EngineRequest()
  /// Flags of the program with their text, in order; the last one of a name counts.
  package var values: [(name: String, text: String)] = []

  package struct Problem: Error, Hashable, Sendable {
    package let message: String
    package init(_ message: String) { self.message = message }
  }

  package init() {}

  /// - Throws: `Problem` for a flag without a value, a second file and the like.
  package init(parsing words: [String]) throws(Problem) {
    var position = 0
    /// The text after `=`, or the next word.
    func value(_ flag: String, _ attached: String?) throws(Problem) -> String {
      if let attached { return attached }
      guard position < words.count else { throw Problem("`\(flag)` needs a value") }
      position += 1
      return words[position - 1]
    }
    while position < words.count {
      let word = words[position]
      position += 1
      guard word.hasPrefix("-"), word != "-" else {
        if let file { throw Problem("one file at a time: `\(file)` or `\(word)`") }
        file = word
        continue
      }
      guard word.hasPrefix("--") || word == "-h" else {
        throw Problem("unknown flag `\(word)`; flags of the program have two dashes")
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = String(parts[0])
      let attached = parts.count > 1 ? String(parts[1]) : nil
      switch (flag, attached) {
      case ("--help", nil), ("-h", nil): wantsHelp = true
      case ("--json", nil): usesJson = true
      case ("--f64", nil): usesDouble = true
      case ("--png", nil): writesPng = true
      case ("--resume", _): resume = try value(flag, attached)
      default:
        let name = String(flag.dropFirst(2))
        if let row = EngineFlag.all.first(where: { $0.name == name }) {
          if row.value.isEmpty, attached != nil { throw Problem("`\(flag)` takes no value") }
          try row.take(&engine, row.value.isEmpty ? "" : try value(flag, attached))
          continue
        }
        guard !name.isEmpty else { throw Problem("`\(word)` is no flag") }
        values.append((name, try value(flag, attached)))
      }
    }
  }

  /// The flags of `read,--write`, behind the first two dashes.
  static func names(_ flag: String) throws(Problem) -> [String] {
    let parts = flag.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.dropFirst().allSatisfy({ $0.hasPrefix("--") && $0.count > 2 }) else {
      let names = parts.map { "--\($0.drop { $0 == "-" })" }
      throw Problem(
        "`--\(flag)`: flags that go together are written `\(names.joined(separator: ","))`")
    }
    return parts.prefix(1).map(String.init) + parts.dropFirst().map { String($0.dropFirst(2)) }
  }

  /// The values under the names of the program's fields: `--max-len` sets `max_len`, and
  /// `--read,--write` sets both.
  /// - Throws: `Problem` for a flag that the program does not have.
  func values(
    of flags: [ProgramFlag], in path: String
  ) throws(Problem) -> [(name: String, text: String)] {
    var named: [(name: String, text: String)] = []
    var single: [(name: String, text: String)] = []
    for (flag, text) in values { single += try Self.names(flag).map { ($0, text) } }
    for (name, text) in single {
      let underscored = String(name.map { $0 == "-" ? "_" : $0 })
      guard let flag = flags.first(where: { $0.name == name || $0.name == underscored }) else {
        let near = Suggestion.closest(to: name, among: flags.map(\.name))
        throw Problem(
          "`\(path)` has no flag `--\(name)`"
            + (near.map { "; did you mean `--\($0)`?" } ?? "; --help lists its flags"))
      }
      named.append((flag.name, text))
    }
    return named
  }

  /// The part of `run FILE --help` that the program decides, one row a flag.
  /// - Parameter structs: the names of those that claim an interface.
  package static func help(
    _ flags: [ProgramFlag], structs: (_ interface: String) -> [String] = { _ in [] }
  ) -> String {
    var rows: [(left: String, right: String)] = []
    for flag in flags {
      let kind = flag.kind == .config ? flag.type : flag.kind.rawValue
      let doc = flag.doc.map { "\($0.replacingNewlines)  " } ?? ""
      rows.append(
        ("  --\(flag.name) <\(kind)>", "\(doc)(default: \(flag.value.replacingNewlines))"))
      let fitting = flag.interface.map(structs) ?? []
      if fitting.isEmpty { continue }
      rows.append(("", "\(fitting.joined(separator: ", ")), or of a file: name.Struct"))
    }
    return columns(rows)
  }

  /// Flags at the left, what they are at the right.
  static func columns(_ rows: [(left: String, right: String)]) -> String {
    let column = min(rows.map(\.left.count).max() ?? 0, 32) + 2
    return rows.map { row in
      let gap = String(repeating: " ", count: max(column - row.left.count, 2))
      return "\(row.left)\(gap)\(row.right)\n"
    }.joined()
  }
}

extension String {
  fileprivate var replacingNewlines: String {
    split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
  }
}

extension Program {
  /// The program with the values of its config fields and dims replaced by those given.
  package func replacing(_ values: [String: Expression]) -> Program {
    var result = self
    for index in items.indices {
      switch items[index].kind {
      case .config(var fields):
        for field in fields.indices {
          if let value = values[fields[field].name.text] { fields[field].value = value }
        }
        result.items[index].kind = .config(fields)
      case .dim(var declaration):
        declaration.entries = declaration.entries.map { entry in
          guard entry.value != nil, let value = values[entry.name.text] else { return entry }
          return (entry.name, value)
        }
        result.items[index].kind = .dim(declaration)
      default: break
      }
    }
    return result
  }
}
