// Comma-separated text, cut into rows of fields with their places.
//
// Fields may stand in double quotes, in which a doubled quote is one and line ends are text. Lines
// end in LF or CRLF; empty lines and a byte order mark are passed over.

struct CsvScanner {
  struct Field {
    let text: String
    let position: DataError.Position
    var isQuoted = false
  }

  private let scalars: [Unicode.Scalar]
  private let source: String
  private var place = 0
  private var line = 1
  private var lineStart = 0
  /// Where the last row ended.
  private(set) var endOfRow = DataError.Position(line: 1, column: 1)

  init(_ text: String, source: String) {
    scalars = Array(text.unicodeScalars)
    self.source = source
    if scalars.first == "\u{FEFF}" {
      place = 1
      lineStart = 1
    }
  }

  private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }
  private var position: DataError.Position {
    .init(line: line, column: place - lineStart + 1)
  }

  /// The next row that is not empty; nil at the end.
  mutating func row() throws(DataError) -> [Field]? {
    while acceptLineEnd() {}
    if next == nil { return nil }
    var fields: [Field] = []
    while true {
      fields.append(try field())
      guard next == "," else { break }
      place += 1
    }
    endOfRow = position
    _ = acceptLineEnd()
    return fields
  }

  private mutating func acceptLineEnd() -> Bool {
    if next == "\r", place + 1 < scalars.count, scalars[place + 1] == "\n" { place += 1 }
    guard next == "\n" else { return false }
    place += 1
    line += 1
    lineStart = place
    return true
  }

  private var isAtLineEnd: Bool {
    next == nil || next == "\n"
      || next == "\r" && place + 1 < scalars.count && scalars[place + 1] == "\n"
  }

  private mutating func skipBlanks() {
    while next == " " || next == "\t" { place += 1 }
  }

  private mutating func field() throws(DataError) -> Field {
    skipBlanks()
    let start = position
    if next == "\"" {
      return Field(text: try quoted(from: start), position: start, isQuoted: true)
    }
    var text = String.UnicodeScalarView()
    while let scalar = next, scalar != ",", !isAtLineEnd {
      text.append(scalar)
      place += 1
    }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return Field(text: String(text), position: start)
  }

  private mutating func quoted(from start: DataError.Position) throws(DataError) -> String {
    place += 1
    var text = String.UnicodeScalarView()
    while let scalar = next {
      if scalar == "\"" {
        place += 1
        if next != "\"" {
          skipBlanks()
          if next == "," || isAtLineEnd { return String(text) }
          throw DataError(
            .malformed, in: source, at: position, "text follows the closing quote of a field")
        }
      }
      text.append(scalar)
      place += 1
      if scalar == "\n" {
        line += 1
        lineStart = place
      }
    }
    throw DataError(.malformed, in: source, at: start, "the quoted field does not end")
  }
}
