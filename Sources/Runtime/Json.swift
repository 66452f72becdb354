// JSON values, and their text: exact, and the same for the same value.
//
// An object keeps the order of its members. A whole number that fits is an `int`; every other is
// a `real`, written in the fewest digits that read back to it. JSON has no word for NaN or the
// infinities: they are written as null.

/// A JSON value.
package indirect enum Json: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case real(Double)
  case string(String)
  case array([Json])
  case object([(name: String, value: Json)])

  /// The value of a member; nil where there is none or this is no object.
  package subscript(name: String) -> Json? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// On one line, without spaces.
  package var text: String {
    var text = ""
    write(into: &text)
    return text
  }
}

extension Json: Hashable {
  package static func == (a: Json, b: Json) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let x), .bool(let y)): x == y
    case (.int(let x), .int(let y)): x == y
    case (.real(let x), .real(let y)): x == y
    case (.string(let x), .string(let y)): x == y
    case (.array(let x), .array(let y)): x == y
    case (.object(let x), .object(let y)):
      x.elementsEqual(y) { $0.name == $1.name && $0.value == $1.value }
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

// MARK: - Writing

extension Json {
  private func write(into text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += "\(value)"
    case .real(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): Json.quote(value, into: &text)
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        value.write(into: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        Json.quote(member.name, into: &text)
        text += ":"
        member.value.write(into: &text)
      }
      text += "}"
    }
  }

  private static func quote(_ value: String, into text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
