// Where a space stands between two tokens of a line.

extension Formatter {
  /// Whether a space stands before a token that does not begin a line.
  func needsSpace(before index: Int) -> Bool {
    let left = tokens[index - 1].kind
    let right = tokens[index].kind
    if right == .endOfFile { return false }
    if marks[index - 1].contains(.prefix) || marks[index].contains(.tight) { return false }
    switch left {
    case .openParenthesis, .openBracket, .dot, .inclusiveRange, .caret: return false
    case .openBrace where right == .closeBrace: return false
    default: break
    }
    switch right {
    case .closeParenthesis, .closeBracket, .comma, .semicolon, .colon, .dot, .inclusiveRange,
      .caret:
      return false
    default: break
    }
    return !isTightProduct(index - 1) && !isTightProduct(index)
  }

  /// Whether the token is the `*` of a product of two plain factors in a dim or index: `2*T + 1`.
  private func isTightProduct(_ index: Int) -> Bool {
    guard tokens[index].kind == .star, index > 1, index + 2 < tokens.count,
      isFactor(tokens[index - 1].kind), isFactor(tokens[index + 1].kind)
    else { return false }
    let before = tokens[index - 2].kind
    let after = tokens[index + 2].kind
    return (before == .openBracket || before == .comma || before == .plus || before == .minus)
      && (after == .closeBracket || after == .comma || after == .plus || after == .minus
        || after == .range)
      && isInSquareBracket[index]
  }

  private func isFactor(_ kind: TokenKind) -> Bool { kind == .identifier || kind == .integer }
}
