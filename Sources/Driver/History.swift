// What was typed at the prompt in earlier sessions.
//
// One entry a line, `\n` and `\\` for what is inside one. The file is replaced as a whole, after
// reading it again, so sessions at the same time lose nothing of each other; bytes that are not
// text, or a file that is damaged in other ways, cost the lines that are damaged and no more.

import Glibc
import Runtime

package struct History {
  package let path: String?
  /// Entries of earlier sessions, oldest first.
  package private(set) var earlier: [String] = []
  /// Entries of this session.
  package private(set) var added: [String] = []

  /// Entries beyond this number are forgotten, oldest first.
  static let limit = 10_000
  /// A longer entry is a paste that nobody calls back by the arrow key.
  static let entryLimit = 64 << 10

  /// - Parameter path: nil keeps nothing.
  package init(path: String?) {
    self.path = path
    earlier = path.map(History.read) ?? []
  }

  /// `$XDG_STATE_HOME/ntmscript/history`, `~/.local/state/…` where that is not set; nil where
  /// there is no home.
  package static var standardPath: String? {
    func variable(_ name: String) -> String? {
      guard let text = getenv(name).map({ String(cString: $0) }), text.hasPrefix("/") else {
        return nil
      }
      return text
    }
    let state = variable("XDG_STATE_HOME") ?? variable("HOME").map { "\($0)/.local/state" }
    return state.map { "\($0)/ntmscript/history" }
  }

  package mutating func add(_ entry: String) {
    let trimmed = entry.last == "\n" ? String(entry.dropLast()) : entry
    guard !trimmed.isEmpty, trimmed.utf8.count <= History.entryLimit else { return }
    if trimmed == (added.last ?? earlier.last) { return }
    added.append(trimmed)
  }

  /// Writes the entries of this session behind those of the file. A history that cannot be kept is
  /// no reason to fail: false tells.
  @discardableResult
  package func save() -> Bool {
    guard let path, !added.isEmpty else { return true }
    History.makeFolders(FilePath.folder(of: path))
    let entries = (History.read(path) + added).suffix(History.limit)
    let text = entries.map(History.escaped).joined(separator: "\n") + "\n"
    do {
      try AtomicFile.write(text, to: path)
      return true
    } catch {
      return false
    }
  }

  private static func read(_ path: String) -> [String] {
    guard let bytes = try? AtomicFile.read(path, limit: 64 << 20) else { return [] }
    return bytes.split(separator: UInt8(ascii: "\n")).suffix(limit).compactMap { line in
      guard line.count <= entryLimit * 2, let text = String(validating: line, as: UTF8.self),
        !text.unicodeScalars.contains(where: { $0.value < 32 && $0.value != 9 })
      else { return nil }
      return unescaped(text)
    }
  }

  private static func escaped(_ entry: String) -> String {
    var text = ""
    for character in entry.unicodeScalars {
      switch character {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(character)
      }
    }
    return text
  }

  private static func unescaped(_ line: String) -> String {
    var text = ""
    var isEscaped = false
    for character in line.unicodeScalars {
      if isEscaped {
        text.unicodeScalars.append(character == "n" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        text.unicodeScalars.append(character)
      }
    }
    return text
  }

  private static func makeFolders(_ folder: String) {
    var path = folder.hasPrefix("/") ? "" : "."
    for part in folder.split(separator: "/") {
      path += "/\(part)"
      mkdir(path, 0o700)
    }
  }
}
