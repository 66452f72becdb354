// The words of a graph's text, and a cursor over them.
//
// Comments run from `#` to the end of the line.

/// A cursor over the words of a text.
package struct Reader {
  private struct Word {
    let text: String
    let line: Int
  }
  private let words: [Word]
  private var position = 0

  package init(_ text: String) { words = Reader.words(of: text) }

  /// Names and numbers, quoted text with its opening quote, or single characters. What is not ASCII
  /// is part of a name.
  private static func words(of text: String) -> [Word] {
    var words: [Word] = []
    var line = 1
    let bytes = Array(text.utf8)
    var position = 0
    func skip(while isWanted: (UInt8) -> Bool) {
      while position < bytes.count, isWanted(bytes[position]) { position += 1 }
    }
    while position < bytes.count {
      let start = position
      let first = bytes[start]
      position += 1
      switch first {
      case .newline: line += 1
      case .space, .tab, .carriageReturn: continue
      case .hash: skip { $0 != .newline }
      case .quote:
        let value = quoted(bytes, &position)
        words.append(Word(text: value, line: line))
        line += value.utf8.count { $0 == .newline }
      case _ where first.isNamePart:
        skip(while: \.isNamePart)
        // The exponent of a number: `1e-05`.
        if first.isDigit, bytes[position - 1] == .exponent, position < bytes.count,
          bytes[position] == .minus || bytes[position] == .plus
        {
          position += 1
          skip(while: \.isNamePart)
        }
        fallthrough
      default:
        words.append(
          Word(text: String(decoding: bytes[start..<position], as: UTF8.self), line: line))
      }
    }
    return words
  }

  /// The text from its opening quote to behind its closing one, with what is escaped in it.
  /// - Parameter position: behind the opening quote.
  private static func quoted(_ bytes: [UInt8], _ position: inout Int) -> String {
    var value: [UInt8] = [.quote]
    while position < bytes.count, bytes[position] != .quote {
      var byte = bytes[position]
      position += 1
      if byte == .backslash, position < bytes.count {
        byte = bytes[position] == .letterN ? .newline : bytes[position]
        position += 1
      }
      value.append(byte)
    }
    position += 1
    return String(decoding: value, as: UTF8.self)
  }

  /// The next word; empty at the end.
  package var peek: String { position < words.count ? words[position].text : "" }

  /// A problem at the next word.
  package func problem(_ message: String) -> ReadingProblem {
    let line = position < words.count ? words[position].line : words.last?.line ?? 1
    return ReadingProblem(line: line, message: message)
  }

  package mutating func next() -> String {
    defer { position += 1 }
    return peek
  }

  /// Whether the next word is this one, which is passed over then.
  package mutating func skip(_ word: String) -> Bool {
    guard peek == word else { return false }
    position += 1
    return true
  }

  package mutating func expect(_ word: String) throws(ReadingProblem) {
    if !skip(word) { throw problem("expected `\(word)`, found `\(peek)`") }
  }

  package mutating func integer() throws(ReadingProblem) -> Int {
    let isNegative = skip("-")
    guard let value = Int((isNegative ? "-" : "") + peek) else {
      throw problem("expected an integer, found `\(peek)`")
    }
    position += 1
    return value
  }

  /// `read` until `close`, with commas between.
  package mutating func list<Item>(
    until close: String, _ read: (inout Reader) throws(ReadingProblem) -> Item
  ) throws(ReadingProblem) -> [Item] {
    var items: [Item] = []
    while !skip(close) {
      items.append(try read(&self))
      if peek != close { try expect(",") }
    }
    return items
  }
}

extension UInt8 {
  fileprivate static let newline = UInt8(ascii: "\n")
  fileprivate static let space = UInt8(ascii: " ")
  fileprivate static let tab = UInt8(ascii: "\t")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
  fileprivate static let hash = UInt8(ascii: "#")
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let backslash = UInt8(ascii: "\\")
  fileprivate static let letterN = UInt8(ascii: "n")
  fileprivate static let exponent = UInt8(ascii: "e")
  fileprivate static let minus = UInt8(ascii: "-")
  fileprivate static let plus = UInt8(ascii: "+")

  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  fileprivate var isNamePart: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...: true
    default: isDigit || self == UInt8(ascii: "_") || self == UInt8(ascii: ".")
    }
  }
}
