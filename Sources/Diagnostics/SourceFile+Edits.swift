// A source text with parts of it replaced.

extension SourceFile {
  /// The text with the edits made that lie in it. Of two that overlap the one that begins later
  /// counts.
  /// - Parameter end: where the text is cut off, in bytes; an edit must end before.
  package func text(with edits: [Edit], upTo end: Int? = nil) -> String {
    var bytes = utf8
    if let end { bytes.removeSubrange(end...) }
    // From the end, so that offsets stay good.
    var limit = bytes.count
    let ordered = edits.sorted { ($0.span.start, $0.span.end) > ($1.span.start, $1.span.end) }
    for edit in ordered where edit.span.source == id && edit.span.end <= limit {
      bytes.replaceSubrange(edit.span.start..<edit.span.end, with: edit.replacement.utf8)
      limit = edit.span.start
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
