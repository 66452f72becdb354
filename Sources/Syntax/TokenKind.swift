// The kinds of token: one table of spelling, class and precedence.
//
// A row's raw value is its spelling where it has only one, and otherwise words that fit after
// "expected" in a report. Words with a meaning in one place only (`dim`, `config`, `state`, `max`,
// …) are identifiers here; the parser knows where they matter, so they stay usable as names.

package enum TokenKind: String, Sendable, CaseIterable {
  // Classes of many spellings.
  case endOfFile = "the end of the text"
  case identifier = "a name"
  case integer = "a whole number"
  case real = "a number"
  case malformedNumber = "a number like `2_000` or `3e-3`"
  case string = "a string"
  case unterminatedString = "a string that ends in `\"`"
  case unknown = "a character of the language"

  // Reserved words.
  case and, `as`, div, `else`, expect, `false`, fn, `for`, `if`, `import`, `in`, interface, `let`
  case not, or, `struct`, `true`, `var`, `while`, with

  // Brackets and punctuation.
  case openParenthesis = "("
  case closeParenthesis = ")"
  case openBracket = "["
  case closeBracket = "]"
  case openBrace = "{"
  case closeBrace = "}"
  case comma = ","
  case semicolon = ";"
  case colon = ":"
  case dot = "."
  case bar = "|"
  case arrow = "->"

  // Operators.
  case range = ".."
  case inclusiveRange = "..="
  case assign = "="
  case addAssign = "+="
  case subtractAssign = "-="
  case multiplyAssign = "*="
  case divideAssign = "/="
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case concatenate = "++"
  case plus = "+"
  case minus = "-"
  case star = "*"
  case slash = "/"
  case percent = "%"
  case at = "@"
  case caret = "^"

  /// The reserved words by spelling.
  package static let keywords: [String: TokenKind] = Dictionary(
    uniqueKeysWithValues: allCases.filter(\.isKeyword).map { ($0.rawValue, $0) })

  package var isKeyword: Bool {
    switch self {
    case .and, .as, .div, .else, .expect, .false, .fn, .for, .if, .import, .in, .interface, .let,
      .not, .or, .struct, .true, .var, .while, .with:
      true
    default: false
    }
  }

  /// Whether every token of this kind is spelled alike, as `rawValue` says.
  package var hasOneSpelling: Bool {
    switch self {
    case .endOfFile, .identifier, .integer, .real, .malformedNumber, .string,
      .unterminatedString, .unknown:
      false
    default: true
    }
  }

  /// What a report calls the kind: its spelling in backticks, or its class in words.
  package var description: String { hasOneSpelling ? "`\(rawValue)`" : rawValue }

  /// Words that can only begin a statement or item, so that an error before one stops there.
  var startsStatement: Bool {
    switch self {
    case .let, .var, .fn, .expect, .struct, .interface, .import: true
    default: false
    }
  }
}

/// How tightly operators bind, loosest first.
///
/// Floor division of ints is the word `div`, since `//` always begins a comment.
enum Precedence: Int, Comparable {
  case or = 1
  case and, not, comparison, update, range, concatenation, sum, product, contraction, negation
  case power

  static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }

  /// The next tighter level, which is what the right side of a left-associative operator needs.
  var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .power }
}

extension TokenKind {
  /// The operator between two operands that this token writes, if it writes one.
  var binary: (operation: BinaryOperator, precedence: Precedence)? {
    switch self {
    case .or: (.or, .or)
    case .and: (.and, .and)
    case .equal: (.equal, .comparison)
    case .notEqual: (.notEqual, .comparison)
    case .less: (.less, .comparison)
    case .lessOrEqual: (.lessOrEqual, .comparison)
    case .greater: (.greater, .comparison)
    case .greaterOrEqual: (.greaterOrEqual, .comparison)
    case .concatenate: (.concatenate, .concatenation)
    case .plus: (.add, .sum)
    case .minus: (.subtract, .sum)
    case .star: (.multiply, .product)
    case .slash: (.divide, .product)
    case .div: (.floorDivide, .product)
    case .percent: (.remainder, .product)
    case .at: (.contract, .contraction)
    case .caret: (.power, .power)
    default: nil
    }
  }

  /// What an assignment token does: nil if it is none, and no operation for a plain `=`.
  var assignment: (operation: BinaryOperator?, Void)? {
    switch self {
    case .assign: (nil, ())
    case .addAssign: (.add, ())
    case .subtractAssign: (.subtract, ())
    case .multiplyAssign: (.multiply, ())
    case .divideAssign: (.divide, ())
    default: nil
    }
  }
}
