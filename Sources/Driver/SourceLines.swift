// Places of the text in the words of reports that go line by line: plans and profiles.

import Diagnostics
import IR

struct SourceLines {
  /// A line of a text.
  struct Place: Hashable {
    let source: SourceID
    let index: Int
  }

  private let sources: SourceLibrary

  init(_ sources: SourceLibrary) { self.sources = sources }

  func place(of origin: Origin) -> Place? { origin.span.flatMap(place) }

  private func place(of span: Span) -> Place? {
    sources[span.source].map { Place(source: span.source, index: $0.lineIndex(of: span.start)) }
  }

  /// `copy.ntm:12`.
  func name(_ place: Place) -> String {
    guard let file = sources[place.source] else { return "" }
    return "\(file.name):\(place.index + file.firstLine)"
  }

  func name(_ origin: Origin) -> String? { place(of: origin).map(name) }

  /// `copy.ntm:12  let x = …`, with the whole line.
  func describeLine(_ place: Place) -> String {
    let line = sources[place.source]?.line(at: place.index) ?? ""
    return "\(name(place))  \(Self.short(line))"
  }

  /// The place of a span and what it covers.
  func describe(_ span: Span) -> String {
    guard let place = place(of: span), let file = sources[span.source] else { return "" }
    return "\(name(place))  \(Self.short(file.text(of: span)))"
  }

  func describe(_ origin: Origin) -> String { origin.span.map(describe) ?? "no place in the text" }

  /// The first line, cut where it is long.
  private static func short(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let trimmed = line.trimmed
    let isCut = trimmed.count > width || trimmed.count < text.trimmed.count
    return isCut ? "\(trimmed.prefix(width - 2)) …" : trimmed
  }

  private static let width = 60
}
