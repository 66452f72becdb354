// Which `///` lines belong to what.
//
// Lines before an item, member or function document it; of several runs of them with blank lines
// between, the last. One behind a field or dim, on its line, documents that. Lines at the start of
// the file with a blank line behind them document the file.

import Diagnostics

extension Parser {
  /// The `///` lines before the current token.
  func documentation() -> String? {
    let range = leadingTrivia(of: index)
    if index == 0 {
      // The file has them, where a blank line follows.
      let behind = trivia[range].reversed().prefix { $0.kind != .doc }
      if behind.count(where: { $0.kind == .newline }) > 1 { return nil }
    }
    return documentation(in: range)
  }

  /// A `///` behind the last token, on its line.
  func trailingDocumentation() -> String? {
    guard index > 0 else { return nil }
    let range = current.trivia
    for piece in trivia[range] {
      if piece.kind == .newline { return nil }
      if piece.kind == .doc { return documentationText(piece) }
    }
    return nil
  }

  /// The documentation of the whole text: `///` lines at its start that a blank line sets apart, or
  /// that stand before an import.
  func moduleDocumentation() -> String? {
    guard let first = tokens.first else { return nil }
    var lines: [String] = []
    var newlines = 0
    for piece in trivia[first.trivia] {
      switch piece.kind {
      case .newline:
        newlines += 1
        if newlines > 1, !lines.isEmpty { return lines.joined(separator: "\n") }
      case .doc:
        lines.append(documentationText(piece))
        newlines = 0
      case .comment: newlines = 0
      case .space: break
      }
    }
    return first.kind == .import && !lines.isEmpty ? lines.joined(separator: "\n") : nil
  }

  /// Whether the text ends in `///` lines, to which an item should follow.
  var endsInDocumentation: Bool {
    guard let last = tokens.last, last.kind == .endOfFile else { return false }
    var blank = 0
    for piece in trivia[leadingTrivia(of: tokens.count - 1)].reversed() {
      switch piece.kind {
      case .newline: blank += 1
      case .doc: return blank <= 1
      case .space, .comment: break
      }
    }
    return false
  }

  /// The trivia before a token that belong to it rather than to the end of the line before.
  private func leadingTrivia(of index: Int) -> Range<Int> {
    let range = tokens[index].trivia
    guard index > 0 else { return range }
    guard let newline = trivia[range].firstIndex(where: { $0.kind == .newline }) else {
      return range.upperBound..<range.upperBound
    }
    return newline..<range.upperBound
  }

  private func documentation(in range: Range<Int>) -> String? {
    var lines: [String] = []
    var newlines = 0
    for piece in trivia[range] {
      switch piece.kind {
      case .newline: newlines += 1
      case .doc:
        if newlines > 1 { lines.removeAll() }
        lines.append(documentationText(piece))
        newlines = 0
      case .comment: newlines = 0
      case .space: break
      }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  private func documentationText(_ piece: Trivia) -> String {
    var bytes = file.utf8[piece.span.start..<piece.span.end].dropFirst(3)
    if bytes.first == UInt8(ascii: " ") { bytes = bytes.dropFirst() }
    while let last = bytes.last, [0x20, 0x09, 0x0D].contains(last) { bytes = bytes.dropLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
