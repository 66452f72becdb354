// Limits on nesting, going on after a mistake, and lists in brackets, where both meet.

import Diagnostics

/// A part of the tree that can stand for one that could not be read.
protocol Omissible {
  static func missing(_ span: Span) -> Self
}

extension Expression: Omissible {
  static func missing(_ span: Span) -> Expression { Expression(.missing, span) }
}

extension TypeExpression: Omissible {
  static func missing(_ span: Span) -> TypeExpression { TypeExpression(.missing, span) }
}

extension Pattern: Omissible {
  static func missing(_ span: Span) -> Pattern { Pattern(.missing, span) }
}

extension Block: Omissible {
  static func missing(_ span: Span) -> Block { Block(statements: [], span: span) }
}

extension Parser {
  // MARK: Nesting

  /// Reads a part that may contain parts of its own kind; a missing one where the limit is reached.
  mutating func nested<Part: Omissible>(_ read: (inout Parser) -> Part) -> Part {
    guard depth < Parser.depthLimit else {
      let place = current.span
      giveUpOnNesting(Parser.depthLimit)
      return .missing(place)
    }
    depth += 1
    let outer = tallest
    tallest = 0
    let part = read(&self)
    depth -= 1
    tallest = max(outer, tallest + 1)
    return part
  }

  /// Counts one more link of a chain; false where the chain must stop.
  mutating func grow() -> Bool {
    guard tallest < Parser.heightLimit else {
      giveUpOnNesting(Parser.heightLimit)
      return false
    }
    tallest += 1
    return true
  }

  private mutating func giveUpOnNesting(_ limit: Int) {
    lastReport = -1
    report(.nestingTooDeep(limit: limit, at: current.span))
    isQuiet = true
    skipToStatementEnd()
  }

  // MARK: Recovery

  /// Passes over the rest of a statement, whole blocks included, up to a new line or a `}`.
  mutating func skipToStatementEnd() {
    var open = 0
    while !isAtEnd {
      if open == 0, at(.closeBrace) || current.startsLine { return }
      if at(.openBrace) { open += 1 }
      if at(.closeBrace) { open -= 1 }
      advance()
    }
  }

  /// Whether the current token proves that the bracket being read was never closed.
  private var abandonsBracket: Bool {
    isAtEnd || at(.closeBrace) || (current.startsLine && kind.startsStatement)
  }

  /// Whether, after an element that no comma follows, indentation says that the bracket was left
  /// open. No text without mistakes is ever judged by this.
  private var seemsToAbandonBracket: Bool {
    guard !abandonsBracket else { return true }
    return current.startsLine
      && column(of: current.span.start) <= column(of: statementStart)
      && !at(.closeParenthesis) && !at(.closeBracket)
  }

  /// The distance of an offset from the start of its line, in bytes.
  private func column(of offset: Int) -> Int {
    offset - file.lineStarts[file.lineIndex(of: offset)]
  }

  /// Passes over a part of a list that could not be read, up to `,` or the closing bracket.
  private mutating func skipToSeparator(_ closer: TokenKind) {
    var open = 0
    while !isAtEnd {
      switch kind {
      case .openParenthesis, .openBracket, .openBrace: open += 1
      case .closeParenthesis, .closeBracket, .closeBrace:
        if open == 0 { return }
        open -= 1
      case .comma where open == 0: return
      default: if open == 0, seemsToAbandonBracket { return }
      }
      advance()
    }
  }

  /// Reads elements between commas up to and including the closing bracket. The opening one was
  /// the last token.
  mutating func list<Element>(
    _ opener: TokenKind, _ closer: TokenKind, element: (inout Parser) -> Element
  ) -> [Element] {
    let opened = tokens[max(index - 1, 0)].span
    let outerNewlines = ignoresNewlines
    let outerBars = isBetweenBars
    ignoresNewlines = true
    isBetweenBars = false
    defer {
      ignoresNewlines = outerNewlines
      isBetweenBars = outerBars
    }
    var elements: [Element] = []
    while !at(closer) {
      if abandonsBracket { break }
      mark(.begins)
      elements.append(element(&self))
      if take(.comma) || at(closer) { continue }
      if seemsToAbandonBracket { break }
      report(
        .expectedToken(
          "`,` or \(closer.description)", "", found: foundToken, at: current.span, opener: opened))
      skipToSeparator(closer)
      if !take(.comma) { break }
    }
    if !take(closer) {
      report(
        .unclosedBracket(
          opener.rawValue, closer: closer.rawValue, at: gap, opened: opened,
          hidden: commentHiding(closer)))
    }
    return elements
  }

  /// The comment behind the last token, where the bracket that is missed stands in it.
  private func commentHiding(_ closer: TokenKind) -> Span? {
    let behind = trivia[current.trivia].prefix { $0.kind != .newline }
    return behind.first { $0.kind == .comment && file.text(of: $0.span).contains(closer.rawValue) }?
      .span
  }
}
