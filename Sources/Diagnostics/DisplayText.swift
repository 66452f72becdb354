// One source line as a terminal shows it: how wide each character is, and nothing that could move
// the cursor.

/// A line made safe to show, with the column at which each of its bytes appears.
struct DisplayText {
  private(set) var text = ""
  /// The column (from 0) of each byte of the line, and of its end.
  private(set) var columns: [Int] = []

  /// Tabs become spaces up to the next multiple of this.
  static let tabWidth = 4

  init(_ line: String) {
    var column = 0
    for character in line {
      let bytes = character.utf8.count
      columns.append(contentsOf: repeatElement(column, count: bytes))
      let (shown, width) = DisplayText.shown(character, at: column)
      text += shown
      column += width
    }
    columns.append(column)
    while text.last == " " { text.removeLast() }
  }

  var width: Int { columns[columns.count - 1] }

  /// The characters in a range of columns; one that lies across an edge is left out.
  func clipped(_ range: Range<Int>) -> String {
    var column = 0
    var result = ""
    for character in text {
      guard let first = character.unicodeScalars.first else { continue }
      let width = DisplayText.width(of: first, in: character)
      if column >= range.lowerBound, column + width <= range.upperBound { result.append(character) }
      column += width
      if column >= range.upperBound { break }
    }
    return result
  }

  private static func shown(_ character: Character, at column: Int) -> (String, width: Int) {
    if character == "\t" {
      let width = tabWidth - column % tabWidth
      return (String(repeating: " ", count: width), width)
    }
    guard let first = character.unicodeScalars.first else { return ("", 0) }
    // Control characters, and the marks that reorder text, could make a report show other code
    // than the one that is compiled.
    if character.unicodeScalars.contains(where: { isUnsafe($0) }) {
      return character == "\r" || character == "\r\n" ? ("", 0) : ("\u{FFFD}", 1)
    }
    return (String(character), width(of: first, in: character))
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A...0x202E,
      0x2066...0x2069,
      0xFEFF:
      true
    default: false
    }
  }

  /// Two columns for the wide characters of East Asia and for emoji, none for marks on their own.
  private static func width(of scalar: Unicode.Scalar, in character: Character) -> Int {
    switch scalar.value {
    case ..<0x300: return 1
    case 0x200B...0x200D, 0x2060: return 0
    case 0x1100...0x115F, 0x231A...0x231B, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF,
      0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    // An emoji variation selector makes a narrow symbol wide.
    return character.unicodeScalars.contains("\u{FE0F}") ? 2 : 1
  }
}
