// A token and the text around it that means nothing to the parser but matters to the formatter.
//
// Tokens are plain values; the spaces, line breaks and comments before them lie in one array per
// text, so that a token costs nothing to copy. Tokens and trivia together hold every byte, in order.

package import Diagnostics

/// Text between tokens.
package struct Trivia: Hashable, Sendable {
  package enum Kind: Sendable {
    case space
    /// One line feed.
    case newline
    case comment
    /// `///`: what `ntmscript doc` prints.
    case doc
  }
  package let kind: Kind
  package let span: Span
}

package struct Token: Hashable, Sendable {
  package let kind: TokenKind
  package let span: Span
  /// Where in `TokenizedText.trivia` the text before this token lies.
  package let trivia: Range<Int>
  /// Whether a line break lies between this token and the one before.
  package let startsLine: Bool
}

/// A text cut into tokens; the last is always `endOfFile`.
package struct TokenizedText: Sendable {
  package let tokens: [Token]
  package let trivia: [Trivia]
  package let diagnostics: [Diagnostic]
  /// Whether there are as many `}` as `{`: if so, indentation never decides where a block ends.
  package let bracesBalance: Bool
}
