// Comma-separated text, cut into rows of fields with their places.
//
// Fields may stand in double quotes, in which a doubled quote is one and line ends are text. Lines
// end in LF or CRLF; empty lines and a byte order mark are passed over. What a user stops (see
// `Patience`) ends early, as a shorter text would.

import Tensors

struct CsvScanner {
  /// A place in the bytes, by the line it is on.
  struct Place {
    let line: Int
    let lineStart: Int
    let offset: Int
  }

  struct Field {
    let text: String
    let start: Place
    var isQuoted = false
  }

  let source: String
  private let bytes: [UInt8]
  private var offset = 0
  private var line = 1
  private var lineStart = 0
  private var patience = Patience()
  private var isOver = false
  /// Where the last row ended.
  private(set) var endOfRow = Place(line: 1, lineStart: 0, offset: 0)

  /// - Parameter bytes: UTF-8.
  init(_ bytes: [UInt8], source: String) {
    self.bytes = bytes
    self.source = source
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      offset = 3
      lineStart = 3
    }
  }

  /// As a report names it: the column counts scalars.
  func position(_ place: Place) -> DataError.Position {
    let before = bytes[place.lineStart..<place.offset].count { $0 & 0xC0 != 0x80 }
    return DataError.Position(line: place.line, column: before + 1)
  }

  private var next: UInt8? { offset < bytes.count && !isOver ? bytes[offset] : nil }
  private var place: Place { Place(line: line, lineStart: lineStart, offset: offset) }

  /// The next row that is not empty; nil at the end.
  mutating func row() throws(DataError) -> [Field]? {
    while acceptLineEnd() {}
    if next == nil { return nil }
    var fields: [Field] = []
    while true {
      fields.append(try field())
      guard next == Self.comma else { break }
      offset += 1
    }
    endOfRow = place
    _ = acceptLineEnd()
    // A part of a row is none.
    return isOver ? nil : fields
  }

  private mutating func acceptLineEnd() -> Bool {
    guard isAtLineEnd, let byte = next else { return false }
    offset += byte == Self.carriageReturn ? 2 : 1
    line += 1
    lineStart = offset
    return true
  }

  /// At an LF, a CRLF or the end.
  private var isAtLineEnd: Bool {
    next == nil || next == Self.lineFeed
      || next == Self.carriageReturn && offset + 1 < bytes.count
        && bytes[offset + 1] == Self.lineFeed
  }

  private mutating func skipBlanks() {
    while let byte = next, Self.isBlank(byte) { offset += 1 }
  }

  private mutating func field() throws(DataError) -> Field {
    skipBlanks()
    let start = place
    if next == Self.quote {
      return Field(text: try quoted(from: start), start: start, isQuoted: true)
    }
    while let byte = next, byte != Self.comma, !isAtLineEnd { offset += 1 }
    var end = offset
    while end > start.offset, Self.isBlank(bytes[end - 1]) { end -= 1 }
    // A number costs as much as some tens of plain elements.
    if patience.isOver(after: 64 + end - start.offset) { isOver = true }
    return Field(text: String(decoding: bytes[start.offset..<end], as: UTF8.self), start: start)
  }

  private mutating func quoted(from start: Place) throws(DataError) -> String {
    offset += 1
    var text: [UInt8] = []
    while let byte = next {
      if byte == Self.quote {
        offset += 1
        if next != Self.quote {
          skipBlanks()
          if next == Self.comma || isAtLineEnd { return String(decoding: text, as: UTF8.self) }
          throw DataError(
            .malformed, in: source, at: position(place), "text follows the closing quote of a field"
          )
        }
      }
      text.append(byte)
      offset += 1
      if byte == Self.lineFeed {
        line += 1
        lineStart = offset
      }
    }
    throw DataError(
      .malformed, in: source, at: position(start), "the quoted field does not end")
  }

  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
