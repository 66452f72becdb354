// The smallest expressions: literals, names, brackets, lambdas and the constructs with blocks.

import Diagnostics

extension Parser {
  mutating func atom(after context: String?) -> Expression {
    let start = current
    switch start.kind {
    case .integer: return integer()
    case .real: return real()
    case .malformedNumber:
      advance()
      return Expression(.missing, start.span)
    case .string, .unterminatedString:
      advance()
      return Expression(.text(stringValue(start)), start.span)
    case .true, .false:
      advance()
      return Expression(.boolean(start.kind == .true), start.span)
    case .identifier:
      if peek().kind == .openBracket, !peek().startsLine || ignoresNewlines,
        atWord("einsum") || atWord("rearrange")
      {
        return axes()
      }
      advance()
      return Expression(.name(Name(text(start), start.span)), start.span)
    case .openParenthesis: return parenthesized()
    case .openBracket:
      advance()
      let elements = list(.openBracket, .closeBracket) { $0.expression(after: nil) }
      return Expression(.list(elements), span(from: start))
    case .openBrace:
      let block = nested { $0.blockBody() }
      return Expression(.block(block), span(from: start))
    case .if: return conditional()
    case .for: return loop()
    case .while: return whileLoop()
    case .dot where isFractionBehindDot: return fraction()
    default:
      reportMissingExpression(after: context)
      return Expression(.missing, gap)
    }
  }

  private mutating func reportMissingExpression(after context: String?) {
    // What should begin a statement or an element is itself what is wrong; elsewhere the fault is
    // that the line before ended too early.
    guard marks[index].contains(.begins), !isAtEnd else {
      report(.expectedExpression(after: context, found: found, at: gap))
      return
    }
    let help = at(.else) ? ["`else` follows the `}` of an `if`"] : []
    report(
      .expectedExpression(after: context, found: foundToken, at: current.span, help: help))
  }

  // MARK: Literals

  private mutating func integer() -> Expression {
    let token = advance()
    let digits = text(token)
    guard let value = Int(digits.filter { $0 != "_" }) else {
      remark(.numberTooLarge(digits, limit: "9_223_372_036_854_775_807", at: token.span))
      return Expression(.missing, token.span)
    }
    return Expression(.integer(value), token.span)
  }

  private mutating func real() -> Expression {
    let token = advance()
    return realValue(text(token), token.span)
  }

  private mutating func realValue(_ digits: String, _ span: Span) -> Expression {
    guard let value = Double(digits.filter { $0 != "_" }), value.isFinite else {
      remark(.numberTooLarge(digits, limit: "about 1.8e308", at: span))
      return Expression(.missing, span)
    }
    return Expression(.real(value), span)
  }

  private var isFractionBehindDot: Bool {
    let next = peek()
    return (next.kind == .integer || next.kind == .real)
      && next.span.start == current.span.end
  }

  /// `.5`
  private mutating func fraction() -> Expression {
    let start = advance()
    let digits = "0." + text(advance())
    let place = span(from: start)
    remark(.bareDecimalPoint(file.text(of: place), meaning: digits, at: place))
    // `.1.5` has two points, and no meaning to guess.
    return Double(digits.filter { $0 != "_" }) == nil
      ? Expression(.missing, place) : realValue(digits, place)
  }

  /// The text a string token stands for. Escapes that mean nothing stand for themselves.
  mutating func stringValue(_ token: Token) -> String {
    guard token.kind == .string || token.kind == .unterminatedString else { return "" }
    let end = token.kind == .string ? token.span.end - 1 : token.span.end
    var bytes: [UInt8] = []
    var offset = token.span.start + 1
    while offset < end {
      let byte = file.utf8[offset]
      offset += 1
      guard byte == UInt8(ascii: "\\"), offset < end else {
        bytes.append(byte)
        continue
      }
      let start = offset - 1
      let escape = file.utf8[offset]
      offset += 1
      switch escape {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(escape)
      case UInt8(ascii: "u"):
        if let (scalar, next) = unicodeEscape(at: offset, before: end) {
          bytes.append(contentsOf: String(Character(scalar)).utf8)
          offset = next
          continue
        }
        fallthrough
      default:
        // The escaped character may be several bytes long.
        while offset < end, file.utf8[offset] & 0xC0 == 0x80 { offset += 1 }
        let place = Span(file.id, start, offset)
        remark(.unknownEscape(file.text(of: place), at: place))
        bytes.append(contentsOf: file.utf8[start..<offset])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `{3b2}` behind `\u`: the character, and the offset behind the brace.
  private func unicodeEscape(at start: Int, before end: Int) -> (Unicode.Scalar, Int)? {
    guard start < end, file.utf8[start] == UInt8(ascii: "{") else { return nil }
    var offset = start + 1
    while offset < end, file.utf8[offset] != UInt8(ascii: "}") { offset += 1 }
    let digits = String(decoding: file.utf8[(start + 1)..<offset], as: UTF8.self)
    guard offset < end, digits.utf8.count <= 6, digits.utf8.first != UInt8(ascii: "+"),
      let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
    else { return nil }
    return (scalar, offset + 1)
  }

  // MARK: Brackets

  /// `(a)` groups, `(a, b)` and `(x: a)` are records, and so is `()`.
  private mutating func parenthesized() -> Expression {
    let start = current
    let parts = arguments()
    if parts.count == 1, parts[0].label == nil {
      return Expression(parts[0].value.kind, span(from: start))
    }
    return Expression(.record(parts), span(from: start))
  }

  /// `|a, b: [N]| body`
  mutating func lambda() -> Expression {
    let start = current
    mark(.prefix)
    advance()
    let outer = isBetweenBars
    isBetweenBars = true
    var parameters: [LambdaParameter] = []
    while !at(.bar), !isAtEnd {
      let before = index
      let name = name("the name of a parameter")
      let type = take(.colon) ? type() : nil
      parameters.append(LambdaParameter(name: name, type: type))
      if !take(.comma) || index == before { break }
    }
    closeBar(start)
    isBetweenBars = outer
    let body = expression(after: "the parameters")
    return Expression(.lambda(parameters, body), span(from: start))
  }

  /// `einsum[i j, j k -> i k](a, b)`
  private mutating func axes() -> Expression {
    let start = advance()
    let function = Name(text(start), start.span)
    mark(.tight)
    let opener = advance()
    let outer = ignoresNewlines
    ignoresNewlines = true
    var inputs = [axisNames()]
    while take(.comma) { inputs.append(axisNames()) }
    var output: [Name] = []
    if expect(.arrow, " and the axes of the result") { output = axisNames() }
    if !take(.closeBracket) {
      report(
        .expectedToken("`]`", " after the axes", found: found, at: gap, opener: opener.span))
      while !isAtEnd, ![.closeBracket, .closeBrace].contains(kind), !current.startsLine {
        advance()
      }
      take(.closeBracket)
    }
    ignoresNewlines = outer
    var arguments: [Argument] = []
    if at(.openParenthesis), !isAfterNewline {
      mark(.tight)
      arguments = self.arguments()
    } else {
      report(.expectedToken("`(`", " and the values", found: found, at: gap))
    }
    return Expression(
      .axes(function: function, inputs: inputs, output: output, arguments), span(from: start))
  }

  private mutating func axisNames() -> [Name] {
    var names: [Name] = []
    while at(.identifier) {
      let token = advance()
      names.append(Name(text(token), token.span))
    }
    return names
  }

  // MARK: Constructs with blocks

  private mutating func conditional() -> Expression {
    let start = advance()
    let condition = condition(after: "`if`")
    let then = block(" and what happens if so")
    var otherwise: Expression?
    if at(.else) {
      mark(.header)
      advance()
      let branch = current
      if at(.if) {
        otherwise = nested { $0.conditional() }
      } else {
        let block = block(" or `if` after `else`")
        otherwise = Expression(.block(block), span(from: branch))
      }
    }
    return Expression(.conditional(condition, then, otherwise: otherwise), span(from: start))
  }

  private mutating func condition(after word: String) -> Expression {
    let condition = expression(after: word)
    if at(.assign) {
      report(.assignmentInCondition(at: current.span))
      advance()
      _ = expression(after: "`=`")
    }
    return condition
  }

  private mutating func loop() -> Expression {
    let start = advance()
    var clauses: [(pattern: Pattern, source: Expression)] = []
    repeat {
      let pattern = pattern()
      if !expect(.in, " and what to go through", help: ["write `for x in xs { … }`"]) {
        // `for i = 1..3`: the meaning is plain, so go on.
        take(.assign)
      }
      clauses.append((pattern, expression(after: "`in`")))
    } while take(.comma)
    let body = block(" and what happens for each")
    return Expression(.loop(clauses, body), span(from: start))
  }

  private mutating func whileLoop() -> Expression {
    let start = advance()
    let condition = condition(after: "`while`")
    var bound = Expression(.missing, gap)
    if atWord("max") {
      advance()
      bound = expression(after: "`max`")
    } else {
      report(
        .expectedToken(
          "`max`", " and the most rounds the loop may take", found: found, at: gap,
          help: ["write `while condition max 1_000 { … }`"]))
    }
    let body = block(" and what happens in each round")
    return Expression(.whileLoop(condition, bound: bound, body), span(from: start))
  }
}
