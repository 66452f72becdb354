// Tokens to a tree: the entry points, the cursor and reports.
//
// Recursive descent, with precedence climbing for operators. A grammar area has its own file:
// Parser+Items, Parser+Statements, Parser+Expressions, Parser+Atoms, Parser+Types; so have
// Parser+Recovery and Parser+Documentation.
//
// Promises: never throws and never traps, whatever the text; always returns a tree, with `missing`
// where something could not be read; takes time linear in the length of the text; recurses at most
// `Parser.depthLimit` levels and returns no tree much higher than `Parser.heightLimit`, so that
// later stages may recurse too.
//
// After an error the parser goes on at the next element of the bracket it is in, or at the next
// line, so that independent mistakes are reported together; at one token it reports one mistake.

package import Diagnostics

/// Parses a text. The tree is whole even where there are reports.
package func parse(_ file: SourceFile) -> (program: Program, diagnostics: [Diagnostic]) {
  let result = parseTokens(file)
  return (result.program, result.diagnostics)
}

/// Whether the text can be run as it stands. False where it only lacks what a further line could
/// bring: an open bracket or block, an operator at the end, a header without its block.
package func inputIsComplete(_ text: String) -> Bool {
  let result = parseTokens(SourceFile(id: SourceID(0), name: "", text: text))
  return result.wantedMore == nil
}

/// Whether a complete text goes on in a further line, as it would in a file: by an operator at its
/// beginning, by `else`. A comment may stand between.
package func inputGoesOn(_ text: String, in line: String) -> Bool {
  let start = line.drop(while: \.isWhitespace)
  if start.hasPrefix("//") { return !start.hasPrefix("///") }
  let joined = parseTokens(SourceFile(id: SourceID(0), name: "", text: "\(text)\n\(line)"))
  let end = text.utf8.count
  let last = joined.program.items.last { $0.span.start < end }
  return last.map { $0.span.end > end } ?? false
}

/// Everything one run of the parser finds out, for the formatter as well.
struct ParsedText {
  let program: Program
  let diagnostics: [Diagnostic]
  let tokenized: TokenizedText
  /// What the parser learned of each token, by index.
  let marks: [TokenMarks]
  /// Set where the text is the start of something longer and is otherwise without mistakes.
  let wantedMore: Void?
}

func parseTokens(_ file: SourceFile) -> ParsedText {
  let tokenized = tokenize(file.utf8, source: file.id)
  var parser = Parser(file: file, tokenized: tokenized)
  let program = parser.program()
  var bag = DiagnosticBag()
  bag.add(contentsOf: tokenized.diagnostics)
  bag.add(contentsOf: parser.diagnostics)
  let diagnostics = bag.sorted
  let isOnlyShort =
    parser.isStarved && tokenized.diagnostics.isEmpty && !parser.reportedBeforeEnd
  return ParsedText(
    program: program, diagnostics: diagnostics, tokenized: tokenized, marks: parser.marks,
    wantedMore: isOnlyShort || parser.endsInDocumentation ? () : nil)
}

/// What only the parser can know of a token, for the formatter.
struct TokenMarks: OptionSet {
  let rawValue: UInt8
  /// Begins a statement, a member or an element of a list.
  static let begins = TokenMarks(rawValue: 1)
  /// Nothing stands between it and the token after: a sign, the opening bar of a lambda.
  static let prefix = TokenMarks(rawValue: 2)
  /// Nothing stands between it and the token before: a call, an index, the closing bar.
  static let tight = TokenMarks(rawValue: 4)
  /// A `{` or `else` that stays on the line of what it belongs to.
  static let header = TokenMarks(rawValue: 8)
}

struct Parser {
  /// How many levels of brackets, blocks and right-hand sides may lie within one another.
  static let depthLimit = 256
  /// How high a tree a chain of operators, calls or fields may build.
  static let heightLimit = 512

  let file: SourceFile
  let tokens: [Token]
  let trivia: [Trivia]
  let bracesBalance: Bool
  var index = 0
  var marks: [TokenMarks]
  var diagnostics: [Diagnostic] = []

  /// Inside `(` or `[`: line breaks end nothing.
  var ignoresNewlines = false
  /// Between the bars of a lambda or function type, where `|` after a shape closes the list.
  var isBetweenBars = false
  var depth = 0
  /// The height of the highest part finished so far within the part being read.
  var tallest = 0
  /// The offset of the first token of the statement being read, whose indentation helps recovery.
  var statementStart = 0

  /// The token at which something was last reported; a second report there is an echo.
  var lastReport = -1
  /// After a report that makes the rest of the statement meaningless.
  var isQuiet = false
  /// Whether something was wanted at the end of the text.
  var isStarved = false
  var reportedBeforeEnd = false

  init(file: SourceFile, tokenized: TokenizedText) {
    self.file = file
    tokens = tokenized.tokens
    trivia = tokenized.trivia
    bracesBalance = tokenized.bracesBalance
    marks = Array(repeating: [], count: tokenized.tokens.count)
  }

  // MARK: Cursor

  var current: Token { tokens[index] }
  var kind: TokenKind { tokens[index].kind }
  var isAtEnd: Bool { tokens[index].kind == .endOfFile }

  /// The token `distance` behind the current one; the last one past the end.
  func peek(_ distance: Int = 1) -> Token { tokens[min(index + distance, tokens.count - 1)] }

  func at(_ kind: TokenKind) -> Bool { tokens[index].kind == kind }

  /// Whether a line break before the current token may end a statement.
  var isAfterNewline: Bool { !ignoresNewlines && tokens[index].startsLine }

  /// Moves on, except past the end.
  @discardableResult
  mutating func advance() -> Token {
    let token = tokens[index]
    if index < tokens.count - 1 { index += 1 }
    return token
  }

  @discardableResult
  mutating func take(_ kind: TokenKind) -> Bool {
    guard at(kind) else { return false }
    advance()
    return true
  }

  func text(_ token: Token) -> String { file.text(of: token.span) }

  /// Whether the current token is the name `word`, which is no reserved word.
  func atWord(_ word: String) -> Bool {
    at(.identifier) && current.span.end - current.span.start == word.utf8.count
      && file.utf8[current.span.start..<current.span.end].elementsEqual(word.utf8)
  }

  /// From the start of a token passed earlier to the end of the last one passed.
  func span(from start: Token) -> Span {
    let end = index > 0 ? tokens[index - 1].span.end : start.span.end
    return Span(file.id, start.span.start, max(start.span.end, end))
  }

  func span(from start: Span) -> Span {
    let end = index > 0 ? tokens[index - 1].span.end : start.end
    return Span(file.id, start.start, max(start.end, end))
  }

  mutating func mark(_ mark: TokenMarks) { marks[index].insert(mark) }

  // MARK: Reports

  mutating func report(_ diagnostic: Diagnostic) {
    if isAtEnd { isStarved = true }
    if at(.unknown) {
      // The lexer has reported it, and what is around it can only be guessed.
      reportedBeforeEnd = true
      isQuiet = true
    }
    if index > 0, tokens[index - 1].kind == .unterminatedString, !marks[index].contains(.begins) {
      // The string has swallowed the rest of its line, closing brackets and all.
      isQuiet = true
    }
    guard !isQuiet, lastReport != index else { return }
    lastReport = index
    if !isAtEnd { reportedBeforeEnd = true }
    keep(diagnostic)
  }

  /// A report about something already read, which is no reason to be silent about what follows.
  mutating func remark(_ diagnostic: Diagnostic) {
    guard !isQuiet else { return }
    reportedBeforeEnd = true
    keep(diagnostic)
  }

  private mutating func keep(_ diagnostic: Diagnostic) {
    if diagnostics.count < DiagnosticBag.limit { diagnostics.append(diagnostic) }
  }

  /// Where a report about something missing points: at the token found instead, or just behind the
  /// last one where that token is on another line.
  var gap: Span {
    guard index > 0, isAtEnd || current.startsLine else { return current.span }
    let end = tokens[index - 1].span.end
    return Span(file.id, end, end)
  }

  /// What a report calls the current token.
  var found: String {
    if isAtEnd { return TokenKind.endOfFile.description }
    if current.startsLine, index > 0 { return "the end of the line" }
    return foundToken
  }

  var foundToken: String {
    switch kind {
    case .identifier, .integer, .real, .malformedNumber, .unknown:
      let spelling = text(current)
      return spelling.utf8.count <= 40 ? "`\(spelling)`" : kind.description
    case .string, .unterminatedString: return "a string"
    default: return kind.description
    }
  }

  /// Takes a token of the kind, or reports that it is missing.
  @discardableResult
  mutating func expect(_ kind: TokenKind, _ purpose: String, help: [String] = []) -> Bool {
    if take(kind) { return true }
    report(.expectedToken(kind.description, purpose, found: found, at: gap, help: help))
    return false
  }

  /// Takes a name, or reports that it is missing and makes one without text.
  mutating func name(_ what: String) -> Name {
    if at(.identifier) {
      let token = advance()
      return Name(text(token), token.span)
    }
    report(.expectedName(what, found: found, at: gap, isKeyword: kind.isKeyword && !isAfterNewline))
    // `let in = 3`: the word was meant as a name, so go on behind it.
    if kind.isKeyword, !current.startsLine, [.assign, .colon].contains(peek().kind) { advance() }
    return Name("", gap)
  }
}
