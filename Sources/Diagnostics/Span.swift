// A place in a source text: a half-open range of UTF-8 offsets in one file.

/// Names one source text within a compilation. Texts are numbered by whoever loads them.
package struct SourceID: Hashable, Comparable, Sendable {
  package let number: Int

  package init(_ number: Int) { self.number = number }

  package static func < (a: SourceID, b: SourceID) -> Bool { a.number < b.number }
}

/// A half-open range of UTF-8 offsets in one source text.
package struct Span: Hashable, Comparable, Sendable {
  package let source: SourceID
  package let start: Int
  package let end: Int

  package init(_ source: SourceID, _ start: Int, _ end: Int) {
    self.source = source
    self.start = start
    self.end = max(start, end)
  }

  /// The smallest span that holds both; `self` where the two lie in different texts.
  package func joined(_ other: Span) -> Span {
    guard source == other.source else { return self }
    return Span(source, min(start, other.start), max(end, other.end))
  }

  package func contains(_ other: Span) -> Bool {
    source == other.source && start <= other.start && other.end <= end
  }

  package static func < (a: Span, b: Span) -> Bool {
    (a.source, a.start, a.end) < (b.source, b.start, b.end)
  }
}
