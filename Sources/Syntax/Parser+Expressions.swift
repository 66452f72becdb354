// Expressions: operators by precedence climbing, what may follow an operand, and arguments.
//
// A line break before an operator does not end an expression, except before `-`, `[` and `(`, which
// may begin a statement of their own.

import Diagnostics

extension Parser {
  /// Any expression; `context` is what a report says it should come after.
  mutating func expression(after context: String?) -> Expression {
    expression(.or, after: context)
  }

  /// An expression of operators that bind at least as tightly as `minimum`.
  mutating func expression(
    _ minimum: Precedence, after context: String?, isIndex: Bool = false
  ) -> Expression {
    nested { $0.climb(minimum, context, isIndex) }
  }

  private mutating func climb(_ minimum: Precedence, _ context: String?, _ isIndex: Bool)
    -> Expression
  {
    let start = current
    var left: Expression
    if isIndex, at(.range) || at(.inclusiveRange) {
      left = range(from: nil, start.span, isIndex: true)
    } else {
      left = operand(after: context)
    }
    var comparison: Span?
    while true {
      switch kind {
      case .range where minimum <= .range, .inclusiveRange where minimum <= .range:
        left = range(from: left, left.span, isIndex: isIndex)
        guard grow() else { return left }
      case .with where minimum <= .update:
        advance()
        left = update(left)
        guard grow() else { return left }
      case .as where minimum <= .update:
        advance()
        let type = type()
        left = Expression(.cast(left, type), span(from: left.span))
        guard grow() else { return left }
      case .bar where minimum <= .or && isDoubleBar:
        let place = current.span.joined(peek().span)
        report(.foreignOperator("||", meaning: "or", at: place))
        advance()
        advance()
        left = binary(.or, left, place, .and)
        guard grow() else { return left }
      default:
        guard let (operation, precedence) = kind.binary, precedence >= minimum,
          !(at(.minus) && isAfterNewline)
        else { return left }
        let sign = current.span
        if precedence == .comparison {
          if let comparison { report(.chainedComparison(at: sign, first: comparison)) }
          comparison = sign
        }
        advance()
        left = binary(
          operation, left, sign, precedence == .power ? .power : precedence.tighter)
        guard grow() else { return left }
      }
    }
  }

  /// `||` where an operator may stand: another language's `or`.
  private var isDoubleBar: Bool {
    !isAfterNewline && !isBetweenBars && peek().kind == .bar
      && peek().span.start == current.span.end
  }

  private mutating func binary(
    _ operation: BinaryOperator, _ left: Expression, _ sign: Span, _ minimum: Precedence
  ) -> Expression {
    let spelling = operation == .floorDivide ? "div" : operation.rawValue
    let right = expression(minimum, after: "`\(spelling)`")
    return Expression(
      .binary(operation, left, right, operatorSpan: sign), span(from: left.span))
  }

  /// `a .. b`, from the dots. Inside an index either end may be missing.
  private mutating func range(from left: Expression?, _ start: Span, isIndex: Bool) -> Expression {
    let dots = advance()
    let endsHere = isIndex && (at(.closeBracket) || at(.comma))
    let right = endsHere ? nil : expression(.concatenation, after: dots.kind.description)
    return Expression(
      .range(left, right, inclusive: dots.kind == .inclusiveRange), span(from: start))
  }

  /// What follows `with`.
  private mutating func update(_ base: Expression) -> Expression {
    switch kind {
    case .openBracket:
      let indices = indices()
      expect(.assign, " and the new value")
      let value = expression(.range, after: "`=`")
      return Expression(.withIndex(base, indices, value), span(from: base.span))
    case .openParenthesis:
      let fields = arguments()
      return Expression(.withFields(base, fields), span(from: base.span))
    default:
      report(
        .expectedToken(
          "`[` or `(`", " after `with`", found: found, at: gap,
          help: ["write `m with [i] = v` or `s with (field: v)`"]))
      return Expression(.missing, span(from: base.span))
    }
  }

  // MARK: Operands

  private mutating func operand(after context: String?) -> Expression {
    let start = current
    switch start.kind {
    case .minus:
      mark(.prefix)
      advance()
      let inner = expression(.power, after: "`-`")
      return Expression(.unary(.negate, inner, operatorSpan: start.span), span(from: start))
    case .not:
      advance()
      let inner = expression(.comparison, after: "`not`")
      return Expression(.unary(.not, inner, operatorSpan: start.span), span(from: start))
    case .bar: return lambda()
    default:
      return postfix(atom(after: context))
    }
  }

  /// Calls, indexes and fields behind an operand.
  private mutating func postfix(_ operand: Expression) -> Expression {
    var base = operand
    while true {
      switch kind {
      case .openParenthesis where !isAfterNewline:
        mark(.tight)
        let arguments = arguments()
        base = Expression(.call(base, arguments), span(from: base.span))
      case .openBracket where !isAfterNewline:
        mark(.tight)
        let indices = indices()
        base = Expression(.bracket(base, indices), span(from: base.span))
      case .dot:
        if case .integer = base.kind, !isFieldBehindDot {
          base = bareDecimalPoint(base)
        } else {
          let dot = advance()
          let field = position(behind: dot) ?? fieldName()
          base = Expression(.field(base, field), span(from: base.span))
        }
      default: return base
      }
      guard grow() else { return base }
    }
  }

  /// Whether the `.` behind an integer takes a part of it: `(1).0` does, `5 .0` is a number torn up.
  private var isFieldBehindDot: Bool {
    let next = peek().kind
    return next == .identifier || next.isKeyword
      || next == .integer && tokens[index - 1].kind == .closeParenthesis
  }

  /// `1.`, from the point.
  private mutating func bareDecimalPoint(_ integer: Expression) -> Expression {
    advance()
    let place = span(from: integer.span)
    let digits = file.text(of: integer.span)
    remark(.bareDecimalPoint(file.text(of: place), meaning: digits + ".0", at: place))
    return Expression(.missing, place)
  }

  /// The number behind the `.` of `t.0`. One that is malformed was reported, and names nothing.
  private mutating func position(behind dot: Token) -> Name? {
    guard at(.integer) || at(.malformedNumber), current.span.start == dot.span.end else {
      return nil
    }
    let token = advance()
    return Name(token.kind == .integer ? text(token) : "", token.span)
  }

  /// The name behind a `.`, which may be a word of the language.
  mutating func fieldName() -> Name {
    if kind.isKeyword, !current.startsLine {
      let token = advance()
      return Name(text(token), token.span)
    }
    return name("a name after `.`")
  }

  /// `(…)` behind a function, or the fields of `with`.
  mutating func arguments() -> [Argument] {
    advance()
    return list(.openParenthesis, .closeParenthesis) { $0.argument() }
  }

  private mutating func argument() -> Argument {
    Argument(label: label(), value: expression(after: nil))
  }

  /// `name:`, where it stands here. A word of the language may be a label too.
  mutating func label() -> Name? {
    guard at(.identifier) || kind.isKeyword, peek().kind == .colon else { return nil }
    let token = advance()
    advance()
    return Name(text(token), token.span)
  }

  /// `[…]` behind a value or name.
  private mutating func indices() -> [Expression] {
    let opener = advance()
    let indices = list(.openBracket, .closeBracket) {
      $0.expression(.or, after: nil, isIndex: true)
    }
    if indices.isEmpty {
      remark(.expectedExpression(after: "`[`", found: "`]`", at: span(from: opener)))
    }
    return indices
  }
}
