// Blocks, statements, patterns and functions, and where a statement ends.

import Diagnostics

/// Words of other languages that users type by habit, and what to write instead.
private let foreignWords: [String: String] = [
  "class": "a type with fields is a `struct`",
  "const": "a name is bound with `let`, or with `var` if it changes",
  "def": "a function begins with `fn`",
  "elif": "write `else if`",
  "func": "a function begins with `fn`",
  "function": "a function begins with `fn`",
  "lambda": "a function without a name is written `|x| …`",
  "loop": "a loop is written `for x in xs { … }` or `while c max n { … }`",
  "mut": "a name that changes is bound with `var`",
  "return": "the value of a block is its last expression, so write the expression alone",
]

extension Parser {
  /// Checks that what began at token `start` ends where it does; passes over what is too much.
  mutating func endStatement(startedAt start: Int) {
    if at(.semicolon), index > start {
      report(.straySemicolon(at: current.span))
      advance()
      return
    }
    if index == start {
      // Nothing could begin here.
      report(.unexpectedToken(foundToken, "a statement", at: current.span))
      advance()
      skipToStatementEnd()
      return
    }
    if isAtEnd || at(.closeBrace) || current.startsLine { return }
    reportRunOn(startedAt: start)
    skipToStatementEnd()
  }

  private mutating func reportRunOn(startedAt start: Int) {
    let first = tokens[start]
    if first.kind == .identifier, index == start + 1, let help = foreignWords[text(first)] {
      lastReport = index
      remark(.foreignWord(text(first), help: help, at: first.span))
      return
    }
    if first.kind == .identifier, index == start + 1, foreignWords[text(current)] == nil,
      [.identifier, .integer, .real, .string].contains(kind)
    {
      report(unparenthesised(first))
      return
    }
    let help: [String] =
      switch kind {
      case .identifier, .integer, .real, .string:
        foreignWords[text(current)].map { [$0] } ?? []
      case .colon where peek().kind == .assign:
        ["`let \(text(first)) = …` names a value, `var \(text(first)) = …` one that changes"]
      case .else: ["`else` follows the `}` of an `if`"]
      case .assign where peek().kind == .greater && peek().span.start == current.span.end:
        ["a function without a name is written `|x| …`"]
      case .assign: ["an assignment is a statement of its own and has no value"]
      case .closeParenthesis, .closeBracket: ["no bracket is open here"]
      default: []
      }
    report(.unexpectedToken(foundToken, "an operator or a new line", at: current.span, help: help))
  }

  /// `print x`: the parentheses of a call are missing. Only of `print` is it certain that a call is
  /// meant; the rest of the line is what it shows.
  private func unparenthesised(_ function: Token) -> Diagnostic {
    var last = index
    while tokens[last + 1].kind != .endOfFile, tokens[last + 1].kind != .closeBrace,
      !tokens[last + 1].startsLine
    {
      last += 1
    }
    let arguments = Span(file.id, current.span.start, tokens[last].span.end)
    let gap = Span(file.id, function.span.end, arguments.start)
    let end = Span(file.id, arguments.end, arguments.end)
    let title = "a call has parentheses: `\(text(function))(\(file.text(of: arguments)))`"
    let isCertain = text(function) == "print"
    return .unexpectedToken(
      foundToken, "an operator or a new line", at: current.span, help: isCertain ? [] : [title],
      fix: isCertain ? Fix(title, [Edit(gap, "("), Edit(end, ")")]) : nil)
  }

  /// Whether an item or outdented function begins here that cannot belong to the block opened by
  /// `opener`, because the text has fewer `}` than `{`.
  func leavesUnclosedBraces(_ opener: Token) -> Bool {
    guard !bracesBalance, current.startsLine else { return false }
    guard topLevelItem != nil || at(.fn) else { return false }
    return indentation(of: current.span.start) <= indentation(of: opener.span.start)
  }

  /// How far the line that holds `offset` is indented, in bytes.
  private func indentation(of offset: Int) -> Int {
    let start = file.lineStarts[file.lineIndex(of: offset)]
    var end = start
    while end < offset, file.utf8[end] == 0x20 || file.utf8[end] == 0x09 { end += 1 }
    return end - start
  }

  /// A block; `purpose` says what it is for, where it is missing.
  mutating func block(_ purpose: String) -> Block {
    guard at(.openBrace) else {
      report(.expectedToken("`{`", purpose, found: found, at: gap))
      return Block(statements: [], span: gap)
    }
    mark(.header)
    return nested { $0.blockBody() }
  }

  /// A block, from its `{`.
  mutating func blockBody() -> Block {
    let opener = advance()
    let outerNewlines = ignoresNewlines
    let outerBars = isBetweenBars
    let outerStart = statementStart
    ignoresNewlines = false
    isBetweenBars = false
    defer {
      ignoresNewlines = outerNewlines
      isBetweenBars = outerBars
      statementStart = outerStart
    }
    var statements: [Statement] = []
    while !at(.closeBrace) {
      if isAtEnd || leavesUnclosedBraces(opener) { break }
      isQuiet = false
      let start = index
      mark(.begins)
      statementStart = current.span.start
      if let item = topLevelItem, !isRaggedDim {
        report(.itemInBlock(item.rawValue, at: current.span))
        skipMisplacedItem()
        continue
      }
      statements.append(statement())
      endStatement(startedAt: start)
    }
    if !take(.closeBrace) {
      report(.unclosedBracket("{", closer: "}", at: gap, opened: opener.span))
    }
    return Block(statements: statements, span: span(from: opener))
  }

  private mutating func skipMisplacedItem() {
    advance()
    skipToStatementEnd()
  }

  mutating func statement() -> Statement {
    let start = current
    let kind: Statement.Kind
    switch start.kind {
    case .let, .var: kind = binding()
    case .expect:
      advance()
      kind = .expect(expression(after: "`expect`"))
    case .fn: kind = .function(function(doc: documentation(), mayLackBody: false))
    default: kind = isRaggedDim ? .dim(dimItem()) : expressionOrAssignment()
    }
    return Statement(kind, span(from: start))
  }

  /// `ragged dim T = lengths`, the one declaration that a block may hold: lengths are new for every
  /// batch.
  private var isRaggedDim: Bool { topLevelItem == .dim && atWord("ragged") }

  private mutating func binding() -> Statement.Kind {
    let isMutable = advance().kind == .var
    let pattern = pattern()
    let type = take(.colon) ? type() : nil
    let value: Expression
    if take(.assign) {
      value = expression(after: "`=`")
    } else {
      report(.expectedToken("`=`", " and a value", found: found, at: gap))
      value = Expression(.missing, gap)
    }
    return .binding(isMutable: isMutable, pattern, type, value)
  }

  private mutating func expressionOrAssignment() -> Statement.Kind {
    let target = expression(after: nil)
    guard let assignment = kind.assignment else { return .expression(target) }
    let sign = advance()
    if !isAssignable(target, isTupleAllowed: assignment.operation == nil) {
      remark(.notAssignable(at: target.span))
    }
    let value = expression(after: sign.kind.description)
    return .assignment(target: target, operation: assignment.operation, value)
  }

  private func isAssignable(_ target: Expression, isTupleAllowed: Bool) -> Bool {
    switch target.kind {
    case .name, .missing: return true
    case .field(let base, _), .bracket(let base, _):
      return isAssignable(base, isTupleAllowed: false)
    case .record(let parts):
      return isTupleAllowed && !parts.isEmpty
        && parts.allSatisfy { $0.label == nil && isAssignable($0.value, isTupleAllowed: true) }
    default: return false
    }
  }

  // MARK: Patterns

  mutating func pattern() -> Pattern {
    nested { $0.patternBody() }
  }

  private mutating func patternBody() -> Pattern {
    let start = current
    switch start.kind {
    case .identifier:
      advance()
      let name = Name(text(start), start.span)
      return Pattern(name.text == "_" ? .wildcard : .name(name), start.span)
    case .openParenthesis:
      advance()
      let parts = list(.openParenthesis, .closeParenthesis) { parser in
        if parser.at(.identifier), parser.peek().kind == .colon {
          parser.report(
            .labelledPattern(parser.text(parser.current), at: parser.current.span))
          parser.advance()
          parser.advance()
        }
        return parser.pattern()
      }
      if parts.count == 1 { return parts[0] }
      return Pattern(.tuple(parts), span(from: start))
    default:
      report(.expectedPattern(found: found, at: gap))
      // `let 3 = x`: go on with the value.
      if !current.startsLine, peek().kind == .assign || peek().kind == .in { advance() }
      return Pattern(.missing, gap)
    }
  }

  // MARK: Functions

  mutating func function(doc: String?, mayLackBody: Bool) -> FunctionDeclaration {
    let start = advance()
    let name = name("the name of a function")
    let dims = bracketedDims()
    var parameters: [Parameter] = []
    if at(.openParenthesis) {
      mark(.tight)
      advance()
      parameters = list(.openParenthesis, .closeParenthesis) { $0.parameter() }
    } else {
      expect(.openParenthesis, " and the parameters of `\(name.text)`")
    }
    let result = take(.arrow) ? type() : nil
    let body = functionBody() ?? (mayLackBody ? nil : missingBody(name, start))
    return FunctionDeclaration(
      name: name, dims: dims, parameters: parameters, result: result, body: body, doc: doc,
      span: span(from: start))
  }

  private mutating func parameter() -> Parameter {
    let name = name("the name of a parameter")
    let type = take(.colon) ? type() : nil
    let value = take(.assign) ? expression(after: "`=`") : nil
    return Parameter(name: name, type: type, value: value)
  }

  /// `{ … }` or `= e`; nil where there is neither.
  mutating func functionBody() -> Expression? {
    if take(.assign) { return expression(after: "`=`") }
    guard at(.openBrace) else { return nil }
    let start = current
    let body = block("")
    return Expression(.block(body), span(from: start))
  }

  /// Reports a body that is missing.
  mutating func missingBody(_ name: Name, _ start: Token) -> Expression {
    report(.missingBody(name.text, at: gap))
    return Expression(.missing, gap)
  }
}
