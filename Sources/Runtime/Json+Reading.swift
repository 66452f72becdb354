// Text to JSON values: strict, total, bounded in depth.
//
// What RFC 8259 does not allow is reported with its place; so is a member named twice, since
// readers differ in which one counts.

extension Json {
  /// How deep arrays and objects may nest.
  package static let largestDepth = 128

  /// The value that `bytes` are the text of; `source` names them in a report.
  package init(parsing bytes: some Collection<UInt8>, source: String) throws(DataError) {
    var parser = JsonParser(bytes: Array(bytes), source: source)
    self = try parser.document()
  }

  package init(parsing text: String, source: String) throws(DataError) {
    try self.init(parsing: text.utf8, source: source)
  }
}

private struct JsonParser {
  let bytes: [UInt8]
  let source: String
  var place = 0

  var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  /// A problem at the current place; characters are counted, not bytes.
  func problem(_ detail: String) -> DataError {
    let before = bytes[..<place]
    let line = before.count { $0 == 10 } + 1
    let start = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
    let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
    return DataError(
      next == nil ? .truncated : .malformed, in: source, at: .init(line: line, column: column),
      detail)
  }

  mutating func skipSpace() {
    while let byte = next, byte == 32 || byte == 10 || byte == 13 || byte == 9 { place += 1 }
  }

  mutating func accept(_ mark: Unicode.Scalar) -> Bool {
    guard let byte = next, UInt32(byte) == mark.value else { return false }
    place += 1
    return true
  }

  mutating func document() throws(DataError) -> Json {
    let value = try value(depth: 0)
    skipSpace()
    if next != nil { throw problem("the value has ended, and more text follows") }
    return value
  }

  mutating func value(depth: Int) throws(DataError) -> Json {
    skipSpace()
    if depth > Json.largestDepth {
      throw problem("values nest deeper than \(Json.largestDepth) levels")
    }
    switch next.map({ Unicode.Scalar($0) }) {
    case "{": return try object(depth: depth)
    case "[": return try array(depth: depth)
    case "\"": return .string(try string())
    case "t": return try word("true", .bool(true))
    case "f": return try word("false", .bool(false))
    case "n": return try word("null", .null)
    case "-", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9": return try number()
    default: throw problem("a value is expected")
    }
  }

  mutating func word(_ word: String, _ value: Json) throws(DataError) -> Json {
    for scalar in word.unicodeScalars where !accept(scalar) {
      throw problem("`\(word)` is expected")
    }
    return value
  }

  mutating func array(depth: Int) throws(DataError) -> Json {
    place += 1
    var values: [Json] = []
    skipSpace()
    if accept("]") { return .array(values) }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if accept("]") { return .array(values) }
      if !accept(",") { throw problem("`,` or `]` is expected") }
    }
  }

  mutating func object(depth: Int) throws(DataError) -> Json {
    place += 1
    var members: [(name: String, value: Json)] = []
    var names: Set<String> = []
    skipSpace()
    if accept("}") { return .object(members) }
    while true {
      skipSpace()
      guard next == 34 else { throw problem("a name in double quotes is expected") }
      let start = place
      let name = try string()
      if !names.insert(name).inserted {
        place = start
        throw problem("the name `\(name)` occurs twice")
      }
      skipSpace()
      if !accept(":") { throw problem("`:` is expected") }
      members.append((name, try value(depth: depth + 1)))
      skipSpace()
      if accept("}") { return .object(members) }
      if !accept(",") { throw problem("`,` or `}` is expected") }
    }
  }

  mutating func number() throws(DataError) -> Json {
    let start = place
    _ = accept("-")
    if !accept("0") { try digits() }
    var isWhole = true
    if accept(".") {
      isWhole = false
      try digits()
    }
    if accept("e") || accept("E") {
      isWhole = false
      if !accept("+") { _ = accept("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if isWhole, text != "-0", let value = Int(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else {
      place = start
      throw problem("the number is out of range")
    }
    return .real(value)
  }

  mutating func digits() throws(DataError) {
    let start = place
    while let byte = next, (48...57).contains(byte) { place += 1 }
    if place == start { throw problem("a digit is expected") }
  }

  mutating func string() throws(DataError) -> String {
    place += 1
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case 34:
        guard let string = String(validating: text, as: UTF8.self) else {
          throw problem("the string is not UTF-8")
        }
        place += 1
        return string
      case 92:
        place += 1
        text.append(contentsOf: try escape())
      case 0..<32: throw problem("a control character stands in a string; write it as an escape")
      default:
        text.append(byte)
        place += 1
      }
    }
    throw problem("the string does not end")
  }

  mutating func escape() throws(DataError) -> [UInt8] {
    let plain: [Unicode.Scalar: UInt8] = [
      "\"": 34, "\\": 92, "/": 47, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
    ]
    guard let byte = next else { throw problem("the string does not end") }
    if let meant = plain[Unicode.Scalar(byte)] {
      place += 1
      return [meant]
    }
    guard accept("u") else { throw problem("there is no such escape") }
    var code = UInt32(try unit())
    if (0xD800..<0xDC00).contains(code), accept("\\"), accept("u") {
      let low = UInt32(try unit())
      guard (0xDC00..<0xE000).contains(low) else { throw problem("half of a character is missing") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw problem("half of a character is missing") }
    return Array(String(Character(scalar)).utf8)
  }

  mutating func unit() throws(DataError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
        byte < 128
      else { throw problem("four hexadecimal digits are expected") }
      value = value << 4 | UInt16(digit)
      place += 1
    }
    return value
  }
}
