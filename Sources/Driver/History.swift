// What was typed at the prompt in earlier sessions.
//
// One entry a line, `\n` and `\\` for what is inside one. Each entry is added to the file as soon as
// it is given, so that whatever ends a session costs none, and sessions at the same time lose nothing
// of each other. Bytes that are not text, or a file that is damaged in other ways, cost the lines that
// are damaged and no more.

import Glibc
import Runtime

package struct History {
  package let path: String?
  /// Entries of earlier sessions, oldest first.
  package private(set) var earlier: [String] = []
  /// Entries of this session.
  package private(set) var added: [String] = []

  /// Entries beyond this number are forgotten, oldest first, when a session begins.
  static let limit = 10_000
  /// A longer entry is a paste that nobody calls back by the arrow key.
  static let entryLimit = 64 << 10

  /// - Parameter path: nil keeps nothing.
  package init(path: String?) {
    self.path = path
    earlier = path.map(History.read) ?? []
    if earlier.count > History.limit + History.limit / 10 {
      earlier.removeFirst(earlier.count - History.limit)
      rewrite()
    }
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

  /// Keeps an entry, here and in the file.
  /// - Returns: false where the file cannot be written, which is no reason to fail.
  @discardableResult
  package mutating func add(_ entry: String) -> Bool {
    let trimmed = entry.last == "\n" ? String(entry.dropLast()) : entry
    guard !trimmed.isEmpty, trimmed.utf8.count <= History.entryLimit else { return true }
    if trimmed == (added.last ?? earlier.last) { return true }
    added.append(trimmed)
    return path.map { History.append(trimmed, to: $0) } ?? true
  }

  private static func append(_ entry: String, to path: String) -> Bool {
    makeFolders(FilePath.folder(of: path))
    let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    // A line that was cut short ends here.
    var last: UInt8 = 0
    let size = lseek(file, 0, SEEK_END)
    let isCut = size > 0 && pread(file, &last, 1, size - 1) == 1 && last != UInt8(ascii: "\n")
    // One call: what sessions write at the same time stands one behind the other.
    let bytes = Array(((isCut ? "\n" : "") + escaped(entry) + "\n").utf8)
    return write(file, bytes, bytes.count) == bytes.count
  }

  /// Leaves in the file what is still wanted of earlier sessions. What another session adds at this very
  /// moment is lost, which a tenth of the limit makes rare.
  private func rewrite() {
    guard let path else { return }
    let text = earlier.map { History.escaped($0) + "\n" }.joined()
    // One that cannot be replaced is as good as before.
    _ = try? AtomicFile.write(text, to: path)
  }

  private static func read(_ path: String) -> [String] {
    guard let bytes = try? AtomicFile.read(path, limit: 64 << 20) else { return [] }
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
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
