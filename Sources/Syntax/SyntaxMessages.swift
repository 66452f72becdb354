// The wording of every report about syntax, in alphabetical order. Their codes, with the lessons
// `ntmscript explain` prints, are in SyntaxCodes.

import Diagnostics

extension Diagnostic {
  static func assignmentInCondition(at span: Span) -> Diagnostic {
    Diagnostic(
      .assignmentInCondition, "`=` assigns, so it cannot stand in a condition",
      at: Label(span, "a comparison is written `==`"),
      fix: Fix("write `==`", [Edit(span, "==")]))
  }

  static func bareDecimalPoint(_ written: String, meaning: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .bareDecimalPoint, "a decimal point needs a digit on both sides",
      at: Label(span, "write `\(meaning)`"),
      fix: Fix("write `\(meaning)`", [Edit(span, meaning)]))
  }

  static func chainedComparison(at span: Span, first: Span) -> Diagnostic {
    Diagnostic(
      .chainedComparison, "comparisons cannot be chained",
      at: Label(span, "this would compare a bool"),
      secondary: [Label(first, "this comparison is already complete")],
      help: ["say both and join them: `a < b and b < c`"])
  }

  static func expectedExpression(
    after context: String?, found: String, at span: Span, help: [String] = []
  ) -> Diagnostic {
    let place = context.map { " after \($0)" } ?? ""
    return Diagnostic(
      .expectedExpression, "expected an expression\(place), found \(found)",
      at: Label(span, "an expression belongs here"), help: help)
  }

  static func expectedName(_ what: String, found: String, at span: Span, isKeyword: Bool)
    -> Diagnostic
  {
    Diagnostic(
      .expectedName, "expected \(what), found \(found)", at: Label(span, "a name belongs here"),
      notes: isKeyword ? ["\(found) is a word of the language and cannot be a name"] : [])
  }

  static func expectedPattern(found: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .expectedPattern, "expected a name to bind, found \(found)",
      at: Label(span, "a name, `_` or `(a, b)` belongs here"))
  }

  static func expectedToken(
    _ expected: String, _ purpose: String, found: String, at span: Span, opener: Span? = nil,
    help: [String] = []
  ) -> Diagnostic {
    Diagnostic(
      .expectedToken, "expected \(expected)\(purpose), found \(found)",
      at: Label(span, "\(expected) belongs here"),
      secondary: opener.map { [Label($0, "opened here")] } ?? [], help: help)
  }

  static func expectedType(found: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .expectedType, "expected a type, found \(found)",
      at: Label(span, "a type belongs here, such as `real`, `[N]` or `simplex [N]`"))
  }

  static func foreignComment(at span: Span) -> Diagnostic {
    Diagnostic(
      .foreignComment, "`/* … */` is not a comment here",
      at: Label(span, "begin each line of a comment with `//`"))
  }

  static func foreignOperator(_ written: String, meaning: String, at span: Span) -> Diagnostic {
    // `!x` becomes `not x`: the word needs a space behind it, and `&&` may lack both.
    let isWord = meaning.utf8.allSatisfy { $0 >= UInt8(ascii: "a") }
    let replacement = isWord ? (written == "!" ? "\(meaning) " : " \(meaning) ") : meaning
    return Diagnostic(
      .foreignOperator, "`\(written)` is written `\(meaning)`",
      at: Label(span, "write `\(meaning)`"),
      fix: Fix("write `\(meaning)`", [Edit(span, replacement)]))
  }

  static func foreignWord(_ word: String, help: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .foreignWord, "`\(word)` is not a word of the language",
      at: Label(span, "read as an ordinary name"), help: [help])
  }

  static func itemInBlock(_ what: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .itemInBlock, "`\(what)` belongs at the top of a file, not in a block",
      at: Label(span, "inside a block"), help: ["move it out of the braces around it"])
  }

  static func labelledPattern(_ name: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .labelledPattern, "a pattern binds by position, without labels",
      at: Label(span, "a label"),
      help: ["write `let (a, b) = …`, or keep the record whole and read `.\(name)`"])
  }

  static func malformedNumber(_ number: String, followedBy tail: String, at span: Span)
    -> Diagnostic
  {
    let isProduct = tail.unicodeScalars.first.map { $0.properties.isAlphabetic } ?? false
    return Diagnostic(
      .malformedNumber, "`\(number)\(tail)` is neither a number nor a name",
      at: Label(span, "a number followed by `\(tail)`"),
      help: isProduct ? ["for a product write `\(number)*\(tail)`"] : [])
  }

  static func missingBody(_ name: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .missingBody, "`\(name)` has no body", at: Label(span, "`{ … }` or `= …` belongs here"),
      notes: ["only an `interface` may declare a function without a body"])
  }

  static func nestingTooDeep(limit: Int, at span: Span) -> Diagnostic {
    Diagnostic(
      .nestingTooDeep, "this is nested more than \(limit) levels deep",
      at: Label(span, "one level too many"), help: ["give the inner parts names with `let`"])
  }

  static func notAssignable(at span: Span) -> Diagnostic {
    Diagnostic(
      .notAssignable, "only a name can be assigned to, or a field or an index of one",
      at: Label(span, "not a name"))
  }

  static func notText(at span: Span) -> Diagnostic {
    Diagnostic(
      .unexpectedCharacter, "bytes that are not UTF-8 text", at: Label(span, "not text"))
  }

  static func numberTooLarge(_ written: String, limit: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .numberTooLarge, "`\(written)` is too large", at: Label(span, "the largest is \(limit)"))
  }

  static func repeatedSection(_ name: String, at span: Span, first: Span) -> Diagnostic {
    Diagnostic(
      .repeatedSection, "`\(name)` is declared twice", at: Label(span, "again here"),
      secondary: [Label(first, "first here")], help: ["join the two into one"])
  }

  static func straySemicolon(at span: Span) -> Diagnostic {
    Diagnostic(
      .straySemicolon, "statements are separated by new lines, not by `;`",
      at: Label(span, "not needed"), fix: Fix("begin a new line", [Edit(span, "\n")]))
  }

  /// - Parameter hidden: a comment that holds the closing bracket.
  static func unclosedBracket(
    _ opener: String, closer: String, at span: Span, opened: Span, hidden: Span? = nil
  ) -> Diagnostic {
    let place =
      hidden.map { Label($0, "`//` begins a comment") }
      ?? Label(span, "`\(closer)` belongs here at the latest")
    return Diagnostic(
      .unclosedBracket, "`\(opener)` is never closed", at: Label(opened, "opened here"),
      secondary: span == opened ? [] : [place],
      help: hidden == nil ? [] : ["ints are divided by `a div b`, which rounds down"])
  }

  static func unexpectedCharacter(_ scalar: Unicode.Scalar, at span: Span) -> Diagnostic {
    let help: [String] =
      switch scalar {
      case "#": ["a comment begins with `//`"]
      case "'", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}":
        ["a string is written between straight double quotes: `\"…\"`"]
      case "&": ["the word for both is `and`"]
      case "?": ["a choice is written `if c { a } else { b }`"]
      default: []
      }
    // What nobody sees is named, and a control character never sent to the terminal.
    let isPlain =
      switch scalar.properties.generalCategory {
      case .control, .format, .unassigned, .privateUse, .surrogate, .lineSeparator,
        .paragraphSeparator, .spaceSeparator:
        false
      default: !scalar.properties.isDefaultIgnorableCodePoint
      }
    let code = String(scalar.value, radix: 16, uppercase: true)
    let digits = String(repeating: "0", count: max(0, 4 - code.count)) + code
    let shown = isPlain ? "`\(scalar)`" : "the character U+\(digits)"
    return Diagnostic(
      .unexpectedCharacter, "\(shown) means nothing here",
      at: Label(span, "not a character of the language"), help: help)
  }

  static func unexpectedToken(
    _ found: String, _ wanted: String, at span: Span, help: [String] = [], fix: Fix? = nil
  ) -> Diagnostic {
    Diagnostic(
      .unexpectedToken, "expected \(wanted), found \(found)", at: Label(span, "not expected here"),
      help: help, fix: fix)
  }

  static func unknownEscape(_ escape: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .unknownEscape, "`\(escape)` is not an escape", at: Label(span, "unknown escape"),
      help: ["the escapes are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{3b2}`"])
  }

  static func unmatchedCloser(_ closer: String, at span: Span) -> Diagnostic {
    Diagnostic(
      .unexpectedToken, "`\(closer)` closes nothing", at: Label(span, "no bracket is open here"))
  }

  static func unterminatedString(at span: Span) -> Diagnostic {
    Diagnostic(
      .unterminatedString, "this string does not end on its line", at: Label(span, "begins here"),
      help: ["close it with `\"`; a line break inside a string is written `\\n`"])
  }
}
