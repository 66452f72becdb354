// Carrying out a fix.

extension Fix {
  /// The text with the edits made that lie in it; nil where two of them overlap or one lies outside.
  package func applied(to file: SourceFile) -> String? {
    var bytes: [UInt8] = []
    var offset = 0
    for edit in edits.filter({ $0.span.source == file.id }).sorted(by: { $0.span < $1.span }) {
      guard edit.span.start >= offset, edit.span.end <= file.utf8.count else { return nil }
      bytes += file.utf8[offset..<edit.span.start]
      bytes += edit.replacement.utf8
      offset = edit.span.end
    }
    return String(decoding: bytes + file.utf8[offset...], as: UTF8.self)
  }
}
