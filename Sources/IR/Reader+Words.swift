// The words of a graph's text, and a cursor over them.
//
// Comments run from `#` to the end of the line.

/// A cursor over the words of a text.
struct Reader {
  struct Word {
    let text: String
    let line: Int
  }
  let words: [Word]
  private var position = 0

  init(words: [Word]) { self.words = words }

  /// Names and numbers, quoted text with its opening quote, or single characters.
  static func words(of text: String) -> [Word] {
    var words: [Word] = []
    var line = 1
    var rest = Array(text)[...]
    func isNamePart(_ c: Character) -> Bool { c.isLetter || c.isNumber || c == "_" || c == "." }
    while let first = rest.first {
      if first.isNewline { line += 1 }
      if first.isWhitespace {
        rest = rest.dropFirst()
      } else if first == "#" {
        rest = rest.drop { !$0.isNewline }
      } else if first == "\"" {
        var value = "\""
        rest = rest.dropFirst()
        while let next = rest.first, next != "\"" {
          rest = rest.dropFirst()
          guard next == "\\", let escaped = rest.first else {
            value.append(next)
            continue
          }
          rest = rest.dropFirst()
          value.append(escaped == "n" ? "\n" : escaped)
        }
        rest = rest.dropFirst()
        words.append(Word(text: value, line: line))
      } else if isNamePart(first) {
        var name = String(rest.prefix(while: isNamePart))
        rest = rest.dropFirst(name.count)
        // The exponent of a number: `1e-05`.
        if name.first?.isNumber == true, name.hasSuffix("e"), rest.first == "-" || rest.first == "+"
        {
          let exponent = String(rest.prefix(1)) + String(rest.dropFirst().prefix(while: isNamePart))
          name += exponent
          rest = rest.dropFirst(exponent.count)
        }
        words.append(Word(text: name, line: line))
      } else {
        words.append(Word(text: String(first), line: line))
        rest = rest.dropFirst()
      }
    }
    return words
  }

  /// The next word; empty at the end.
  var peek: String { position < words.count ? words[position].text : "" }

  /// A problem at the next word.
  func problem(_ message: String) -> ReadingProblem {
    let line = position < words.count ? words[position].line : words.last?.line ?? 1
    return ReadingProblem(line: line, message: message)
  }

  mutating func next() -> String {
    defer { position += 1 }
    return peek
  }

  /// Whether the next word is this one, which is passed over then.
  mutating func skip(_ word: String) -> Bool {
    guard peek == word else { return false }
    position += 1
    return true
  }

  mutating func expect(_ word: String) throws(ReadingProblem) {
    if !skip(word) { throw problem("expected `\(word)`, found `\(peek)`") }
  }

  mutating func integer() throws(ReadingProblem) -> Int {
    let isNegative = skip("-")
    guard let value = Int((isNegative ? "-" : "") + peek) else {
      throw problem("expected an integer, found `\(peek)`")
    }
    position += 1
    return value
  }

  /// `read` until `close`, with commas between.
  mutating func list<Item>(
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
