// Bytes to tokens.
//
// Total: any bytes are accepted, valid UTF-8 or not, and every byte lands in exactly one token or
// piece of trivia. What is not a token of the language becomes one of kind `unknown`, with a report;
// what is clearly another language's spelling (`&&`, `**`, `≤`) becomes the token that was meant.
// Linear in the length of the text.

package import Diagnostics

/// Cuts a text into tokens.
package func tokenize(_ bytes: [UInt8], source: SourceID) -> TokenizedText {
  var lexer = Lexer(bytes: bytes, source: source)
  lexer.run()
  return TokenizedText(
    tokens: lexer.tokens, trivia: lexer.trivia, diagnostics: lexer.diagnostics,
    bracesBalance: lexer.braceBalance == 0)
}

struct Lexer {
  let bytes: [UInt8]
  let source: SourceID
  var offset = 0
  var tokens: [Token] = []
  var trivia: [Trivia] = []
  var diagnostics: [Diagnostic] = []
  var braceBalance = 0

  init(bytes: [UInt8], source: SourceID) {
    self.bytes = bytes
    self.source = source
    tokens.reserveCapacity(bytes.count / 3 + 1)
  }

  mutating func run() {
    if String(validating: bytes, as: UTF8.self) == nil { reportWhatIsNotText() }
    while true {
      let firstTrivia = trivia.count
      let startsLine = skipTrivia()
      let start = offset
      let kind = offset < bytes.count ? scanToken() : .endOfFile
      tokens.append(
        Token(
          kind: kind, span: span(from: start), trivia: firstTrivia..<trivia.count,
          startsLine: startsLine))
      if kind == .endOfFile { return }
    }
  }

  func span(from start: Int) -> Span { Span(source, start, offset) }

  private mutating func report(_ diagnostic: Diagnostic) {
    if diagnostics.count < DiagnosticBag.limit { diagnostics.append(diagnostic) }
  }

  /// In comments and strings as well: what rewrites the text would lose these bytes.
  private mutating func reportWhatIsNotText() {
    var position = 0
    while position < bytes.count, diagnostics.count < DiagnosticBag.limit {
      let start = position
      while position < bytes.count, bytes[position] >= 0x80, decode(at: position) == nil {
        position += 1
      }
      if position > start {
        report(.notText(at: Span(source, start, position)))
      } else {
        position += bytes[position] < 0x80 ? 1 : decode(at: position)?.length ?? 1
      }
    }
  }

  /// The byte `distance` behind the current one, or 0 past the end.
  func peek(_ distance: Int = 0) -> UInt8 {
    let position = offset + distance
    return position < bytes.count ? bytes[position] : 0
  }

  // MARK: Trivia

  /// Passes over spaces and comments; whether there was a line break among them.
  private mutating func skipTrivia() -> Bool {
    var sawNewline = false
    while offset < bytes.count {
      let start = offset
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\n") {
        offset += 1
        sawNewline = true
        trivia.append(Trivia(kind: .newline, span: span(from: start)))
      } else if let length = spaceLength() {
        offset += length
        while offset < bytes.count, let more = spaceLength() { offset += more }
        trivia.append(Trivia(kind: .space, span: span(from: start)))
      } else if byte == UInt8(ascii: "/"), peek(1) == byte {
        // A row of four or more is a rule across the page, not documentation.
        let isDoc = peek(2) == byte && peek(3) != byte
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
        trivia.append(Trivia(kind: isDoc ? .doc : .comment, span: span(from: start)))
      } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        skipForeignComment()
        trivia.append(Trivia(kind: .comment, span: span(from: start)))
      } else {
        break
      }
    }
    return sawNewline
  }

  /// The length of the white space at the current byte, other than a line feed.
  private func spaceLength() -> Int? {
    let byte = bytes[offset]
    switch byte {
    case 0x20, 0x09, 0x0B, 0x0C, 0x0D: return 1
    case 0..<0x80: return nil
    default:
      guard let (scalar, length) = decode(at: offset) else { return nil }
      // U+FEFF is the byte order mark some editors leave at the start.
      return scalar.properties.isWhitespace || scalar == "\u{FEFF}" ? length : nil
    }
  }

  private mutating func skipForeignComment() {
    let start = offset
    offset += 2
    while offset < bytes.count, !(peek() == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) {
      offset += 1
    }
    offset = min(offset + 2, bytes.count)
    report(.foreignComment(at: Span(source, start, start + 2)))
  }

  // MARK: Tokens

  private mutating func scanToken() -> TokenKind {
    let byte = bytes[offset]
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      return scanName()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return scanNumber()
    case UInt8(ascii: "\""): return scanString()
    case 0x80...: return scanBeyondASCII()
    default: return scanPunctuation(byte)
    }
  }

  private mutating func scanName() -> TokenKind {
    let start = offset
    while let length = nameContinuation() { offset += length }
    // No reserved word is longer than `interface`.
    guard offset - start <= 9 else { return .identifier }
    return TokenKind.keywords[String(decoding: bytes[start..<offset], as: UTF8.self)] ?? .identifier
  }

  /// The length of the character at the current byte if it may stand inside a name.
  private func nameContinuation() -> Int? {
    guard offset < bytes.count else { return nil }
    switch bytes[offset] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      return 1
    case 0..<0x80: return nil
    default:
      guard let (scalar, length) = decode(at: offset) else { return nil }
      // Subscript digits are not name characters to Unicode, but `w₁` is how papers write.
      let isSubscript = ("\u{2080}"..."\u{2089}").contains(scalar)
      return scalar.properties.isXIDContinue || isSubscript ? length : nil
    }
  }

  private mutating func scanNumber() -> TokenKind {
    let start = offset
    var kind = TokenKind.integer
    let isPart = isBehindOperandAndDot
    skipDigits()
    if !isPart, peek() == UInt8(ascii: "."), isDigit(peek(1)) {
      kind = .real
      offset += 1
      skipDigits()
    }
    if !isPart, peek() | 0x20 == UInt8(ascii: "e") {
      let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
      if isDigit(peek(signed ? 2 : 1)) {
        kind = .real
        offset += signed ? 2 : 1
        skipDigits()
      }
    }
    guard nameContinuation() != nil else { return kind }
    let digitsEnd = offset
    while let length = nameContinuation() { offset += length }
    report(
      .malformedNumber(
        String(decoding: bytes[start..<digitsEnd], as: UTF8.self),
        followedBy: String(decoding: bytes[digitsEnd..<offset], as: UTF8.self),
        at: span(from: start)))
    return .malformedNumber
  }

  /// Whether `t.` stands right before the current byte: the digits there count a part, so that
  /// `t.0.1` is a part of a part and has no 0.1 in it.
  private var isBehindOperandAndDot: Bool {
    guard let dot = tokens.last, dot.kind == .dot, dot.span.end == offset,
      let operand = tokens.dropLast().last
    else { return false }
    switch operand.kind {
    case .identifier, .integer, .real, .closeParenthesis, .closeBracket, .closeBrace: return true
    default: return false
    }
  }

  /// Digits, with single `_` between them.
  private mutating func skipDigits() {
    while isDigit(peek()) || (peek() == UInt8(ascii: "_") && isDigit(peek(1))) { offset += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func scanString() -> TokenKind {
    let start = offset
    offset += 1
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
      let byte = bytes[offset]
      offset += 1
      if byte == UInt8(ascii: "\"") { return .string }
      if byte == UInt8(ascii: "\\"), offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
        offset += 1
      }
    }
    report(.unterminatedString(at: Span(source, start, start + 1)))
    return .unterminatedString
  }

  private mutating func scanPunctuation(_ byte: UInt8) -> TokenKind {
    let start = offset
    if let (kind, length) = punctuation(byte) {
      offset += length
      if kind == .openBrace { braceBalance += 1 }
      if kind == .closeBrace { braceBalance -= 1 }
      return kind
    }
    switch (byte, peek(1)) {
    case (UInt8(ascii: "*"), UInt8(ascii: "*")): return foreign(2, meaning: .caret)
    case (UInt8(ascii: "&"), UInt8(ascii: "&")): return foreign(2, meaning: .and)
    case (UInt8(ascii: "!"), _): return foreign(1, meaning: .not)
    default:
      offset += 1
      report(
        .unexpectedCharacter(Unicode.Scalar(byte), at: span(from: start)))
      return .unknown
    }
  }

  /// The longest punctuation at the current byte.
  private func punctuation(_ byte: UInt8) -> (TokenKind, Int)? {
    let next = peek(1)
    let isAssigned = next == UInt8(ascii: "=")
    switch byte {
    case UInt8(ascii: "("): return (.openParenthesis, 1)
    case UInt8(ascii: ")"): return (.closeParenthesis, 1)
    case UInt8(ascii: "["): return (.openBracket, 1)
    case UInt8(ascii: "]"): return (.closeBracket, 1)
    case UInt8(ascii: "{"): return (.openBrace, 1)
    case UInt8(ascii: "}"): return (.closeBrace, 1)
    case UInt8(ascii: ","): return (.comma, 1)
    case UInt8(ascii: ";"): return (.semicolon, 1)
    case UInt8(ascii: ":"): return (.colon, 1)
    case UInt8(ascii: "|"): return (.bar, 1)
    case UInt8(ascii: "%"): return (.percent, 1)
    case UInt8(ascii: "@"): return (.at, 1)
    case UInt8(ascii: "^"): return (.caret, 1)
    case UInt8(ascii: "."):
      guard next == byte else { return (.dot, 1) }
      return peek(2) == UInt8(ascii: "=") ? (.inclusiveRange, 3) : (.range, 2)
    case UInt8(ascii: "="): return isAssigned ? (.equal, 2) : (.assign, 1)
    case UInt8(ascii: "!"): return isAssigned ? (.notEqual, 2) : nil
    case UInt8(ascii: "<"): return isAssigned ? (.lessOrEqual, 2) : (.less, 1)
    case UInt8(ascii: ">"): return isAssigned ? (.greaterOrEqual, 2) : (.greater, 1)
    case UInt8(ascii: "+"):
      if next == byte { return (.concatenate, 2) }
      return isAssigned ? (.addAssign, 2) : (.plus, 1)
    case UInt8(ascii: "-"):
      if next == UInt8(ascii: ">") { return (.arrow, 2) }
      return isAssigned ? (.subtractAssign, 2) : (.minus, 1)
    case UInt8(ascii: "*"):
      if next == byte { return nil }
      return isAssigned ? (.multiplyAssign, 2) : (.star, 1)
    case UInt8(ascii: "/"): return isAssigned ? (.divideAssign, 2) : (.slash, 1)
    default: return nil
    }
  }

  /// Takes another language's spelling for the token it means, and reports it.
  private mutating func foreign(_ length: Int, meaning kind: TokenKind) -> TokenKind {
    let start = offset
    offset += length
    report(
      .foreignOperator(
        String(decoding: bytes[start..<offset], as: UTF8.self), meaning: kind.rawValue,
        at: span(from: start)))
    return kind
  }

  private mutating func scanBeyondASCII() -> TokenKind {
    let start = offset
    guard let (scalar, length) = decode(at: offset) else {
      // Reported with all the others of its kind.
      while offset < bytes.count, bytes[offset] >= 0x80, decode(at: offset) == nil { offset += 1 }
      return .unknown
    }
    if scalar.properties.isXIDStart { return scanName() }
    let meant: TokenKind? =
      switch scalar {
      case "\u{2212}", "\u{2013}": .minus
      case "\u{00D7}", "\u{00B7}", "\u{22C5}": .star
      case "\u{00F7}": .slash
      case "\u{2264}": .lessOrEqual
      case "\u{2265}": .greaterOrEqual
      case "\u{2260}": .notEqual
      case "\u{2192}": .arrow
      default: nil
      }
    if let meant { return foreign(length, meaning: meant) }
    offset += length
    report(.unexpectedCharacter(scalar, at: span(from: start)))
    return .unknown
  }

  /// The character encoded at `position`; nil where the bytes are not UTF-8.
  private func decode(at position: Int) -> (Unicode.Scalar, length: Int)? {
    let lead = bytes[position]
    let (length, least): (Int, UInt32)
    var value: UInt32
    switch lead {
    case 0xC2...0xDF: (length, least, value) = (2, 0x80, UInt32(lead & 0x1F))
    case 0xE0...0xEF: (length, least, value) = (3, 0x800, UInt32(lead & 0x0F))
    case 0xF0...0xF4: (length, least, value) = (4, 0x10000, UInt32(lead & 0x07))
    default: return nil
    }
    guard position + length <= bytes.count else { return nil }
    for byte in bytes[(position + 1)..<(position + length)] {
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    // Overlong forms, surrogates and values past the last character are not UTF-8.
    guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}
