// Text to canonical text.
//
// Works on the tokens, with what the parser learned of each, so nothing of the program can be lost:
// the tokens of the result are those of the text, in order, and so are the comments. What changes
// is white space. Line breaks stay where they were put, apart from these rules:
//   - a `{` or `else` stands on the line of what it belongs to;
//   - braces with a line break anywhere inside open and close on lines of their own;
//   - a bracket opened at the end of a line closes at the start of one;
//   - a line of more than 100 columns is broken at its widest bracket, one element a line;
//   - blank lines are single, and none stands inside the edge of a bracket or of the file.
// Spacing is in Formatter+Spacing.
//
// Promises: idempotent; the result parses to the same tree; a text with mistakes is left alone.

package import Diagnostics

/// Why a text was not formatted: it does not parse.
package struct FormatFailure: Error, Sendable {
  package let diagnostics: [Diagnostic]
}

/// The text in canonical form.
package func format(_ file: SourceFile) -> Result<String, FormatFailure> {
  let parsed = parseTokens(file)
  guard !parsed.diagnostics.contains(where: { $0.severity == .error }) else {
    return .failure(FormatFailure(diagnostics: parsed.diagnostics))
  }
  var formatter = Formatter(file: file, parsed: parsed)
  return .success(formatter.run())
}

struct Formatter {
  static let lineWidth = 100
  static let indentWidth = 2

  /// The comments and blank lines between a token and the one before it.
  private struct Gap {
    /// A comment on the line of the token before.
    var trailing: String?
    /// Comments on lines of their own, each with whether a blank line stands before it.
    var comments: [(text: String, isAfterBlank: Bool)] = []
    var endsInBlank = false
    var isEmpty: Bool { trailing == nil && comments.isEmpty }
  }

  let tokens: [Token]
  let marks: [TokenMarks]
  let texts: [String]
  private var gaps: [Gap]
  /// Whether a token begins a line of the result.
  private var breaks: [Bool]
  /// For each bracket, the index of its partner.
  private let partners: [Int?]
  /// Whether the innermost bracket around a token is `[`.
  let isInSquareBracket: [Bool]

  init(file: SourceFile, parsed: ParsedText) {
    tokens = parsed.tokenized.tokens
    marks = parsed.marks
    texts = tokens.map { file.text(of: $0.span) }
    partners = Formatter.partners(of: tokens)
    isInSquareBracket = Formatter.squareBracketed(tokens)
    gaps = parsed.tokenized.tokens.enumerated().map { index, token in
      Formatter.gap(before: token, isFirst: index == 0, parsed.tokenized.trivia, file)
    }
    breaks = tokens.map(\.startsLine)
  }

  mutating func run() -> String {
    join()
    repeat { openBraces() } while breakLongLines()
    return layout()
  }

  // MARK: Reading

  private static func partners(of tokens: [Token]) -> [Int?] {
    var partners = [Int?](repeating: nil, count: tokens.count)
    var open: [Int] = []
    for (index, token) in tokens.enumerated() {
      if token.kind.isOpener {
        open.append(index)
      } else if token.kind.isCloser, let opener = open.popLast() {
        partners[opener] = index
        partners[index] = opener
      }
    }
    return partners
  }

  private static func squareBracketed(_ tokens: [Token]) -> [Bool] {
    var open: [TokenKind] = []
    return tokens.map { token in
      if token.kind.isCloser { _ = open.popLast() }
      defer { if token.kind.isOpener { open.append(token.kind) } }
      return open.last == .openBracket
    }
  }

  private static func gap(
    before token: Token, isFirst: Bool, _ trivia: [Trivia], _ file: SourceFile
  ) -> Gap {
    var gap = Gap()
    // The start of the file counts as a line break: nothing there trails anything.
    var newlines = isFirst ? 1 : 0
    for piece in trivia[token.trivia] {
      switch piece.kind {
      case .newline: newlines += 1
      case .comment, .doc:
        let text = trimmed(file.text(of: piece.span))
        if newlines == 0 {
          gap.trailing = text
        } else {
          gap.comments.append((text, newlines > 1))
          // The break that ends the comment is still to come.
          newlines = 0
        }
      case .space: break
      }
    }
    gap.endsInBlank = newlines > 1
    return gap
  }

  private static func trimmed(_ text: String) -> String {
    var scalars = text.unicodeScalars
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }

  // MARK: Line breaks

  /// Takes back the line breaks that canonical text does not have.
  private mutating func join() {
    for index in tokens.indices where breaks[index] && gaps[index].isEmpty {
      let closesEmpty = index > 0 && partners[index] == index - 1
      if index == 0 || marks[index].contains(.header) || closesEmpty {
        breaks[index] = false
        gaps[index].endsInBlank = false
      }
    }
  }

  /// Opens braces that have a break inside, and closes brackets as they were opened.
  private mutating func openBraces() {
    // Inner brackets close first, so one pass sees the breaks it makes itself.
    var hasBreak: [Bool] = []
    var begins: [[Int]] = []
    for index in tokens.indices {
      if marks[index].contains(.begins), !begins.isEmpty { begins[begins.count - 1].append(index) }
      if breaks[index], !hasBreak.isEmpty { hasBreak[hasBreak.count - 1] = true }
      if tokens[index].kind.isOpener {
        hasBreak.append(false)
        begins.append([])
        continue
      }
      if tokens[index].kind.isCloser, let isBroken = hasBreak.popLast(),
        let members = begins.popLast(), let opener = partners[index]
      {
        let isBrace = tokens[opener].kind == .openBrace
        if isBroken, isBrace {
          breaks[opener + 1] = true
          breaks[index] = true
          // Members may share a line without a comma only while all of them do.
          for member in members where tokens[member - 1].kind != .comma { breaks[member] = true }
        } else if isBroken, breaks[opener + 1] {
          breaks[index] = true
        }
        if isBroken, !hasBreak.isEmpty { hasBreak[hasBreak.count - 1] = true }
        continue
      }
    }
  }

  /// Breaks lines that are too long where they can be; whether any was.
  private mutating func breakLongLines() -> Bool {
    var changed = false
    var start = 0
    let indents = lineIndents()
    while start < tokens.count {
      var end = start + 1
      while end < tokens.count, !breaks[end] { end += 1 }
      if indents[start] + width(start..<end) > Formatter.lineWidth,
        let opener = widestBracket(in: start..<end), let closer = partners[opener]
      {
        open(opener, closer)
        changed = true
      }
      start = end
    }
    return changed
  }

  /// How many columns tokens take on one line.
  private func width(_ range: Range<Int>) -> Int {
    var width = 0
    for index in range {
      if index > range.lowerBound, needsSpace(before: index) { width += 1 }
      width += texts[index].count
    }
    return width
  }

  /// The outermost bracket of a line that takes most of it; a shape only where there is no other.
  private func widestBracket(in range: Range<Int>) -> Int? {
    var best: (isShape: Bool, width: Int, opener: Int)?
    var index = range.lowerBound
    while index < range.upperBound {
      guard tokens[index].kind.isOpener, let closer = partners[index],
        range.contains(closer), closer > index + 1
      else {
        index += 1
        continue
      }
      let isShape = tokens[index].kind == .openBracket
      let width = width(index..<(closer + 1))
      if best.map({ ($0.isShape ? 0 : 1, $0.width) < (isShape ? 0 : 1, width) }) ?? true {
        best = (isShape, width, index)
      }
      index = closer + 1
    }
    guard var opener = best?.opener else { return nil }
    // `f(a, |x| { … })` is broken inside its braces, and the bracket around them stays closed.
    while let closer = partners[opener], tokens[closer - 1].kind == .closeBrace,
      let inner = partners[closer - 1], inner > opener, inner + 1 < closer - 1
    {
      opener = inner
    }
    return opener
  }

  private mutating func open(_ opener: Int, _ closer: Int) {
    breaks[opener + 1] = true
    breaks[closer] = true
    var index = opener + 1
    while index < closer {
      if tokens[index].kind.isOpener, let inner = partners[index] { index = inner }
      if tokens[index].kind == .comma, index + 1 < closer { breaks[index + 1] = true }
      index += 1
    }
  }

  // MARK: Layout

  /// The indentation of the line each line-beginning token stands on.
  private func lineIndents() -> [Int] {
    var indents = [Int](repeating: 0, count: tokens.count)
    // The indentation of the lines on which the brackets around a token were opened.
    var open: [Int] = []
    var line = 0
    for index in tokens.indices {
      let kind = tokens[index].kind
      if breaks[index] || index == 0 {
        line = indent(of: index, open)
        indents[index] = line
      }
      if kind.isCloser { _ = open.popLast() }
      if kind.isOpener { open.append(line) }
    }
    return indents
  }

  private func indent(of index: Int, _ open: [Int]) -> Int {
    let kind = tokens[index].kind
    if kind == .endOfFile { return 0 }
    if kind.isCloser {
      // `])` stands where the line of its outermost bracket began.
      var closers = 0
      while index + closers < tokens.count, tokens[index + closers].kind.isCloser,
        closers == 0 || !breaks[index + closers]
      {
        closers += 1
      }
      return open.isEmpty ? 0 : open[max(open.count - closers, 0)]
    }
    let base = open.last.map { $0 + Formatter.indentWidth } ?? 0
    let isContinued = marks[index].isDisjoint(with: [.begins, .header])
    return base + (isContinued ? Formatter.indentWidth : 0)
  }

  private func layout() -> String {
    let indents = lineIndents()
    var result = ""
    for index in tokens.indices {
      let gap = gaps[index]
      if let trailing = gap.trailing { result += "  " + trailing }
      let isBroken = breaks[index] || tokens[index].kind == .endOfFile
      guard isBroken || index == 0 else {
        if needsSpace(before: index) { result += " " }
        result += texts[index]
        continue
      }
      if index > 0 { result += "\n" }
      let isCloser = tokens[index].kind.isCloser
      let indent = indents[index]
      // Comments before a closing bracket belong to what it closes.
      let commentIndent = isCloser ? indent + Formatter.indentWidth : indent
      var isAtEdge = index == 0 || tokens[index - 1].kind.isOpener
      for comment in gap.comments {
        if comment.isAfterBlank, !isAtEdge { result += "\n" }
        result += String(repeating: " ", count: commentIndent) + comment.text + "\n"
        isAtEdge = false
      }
      if tokens[index].kind == .endOfFile { break }
      if gap.endsInBlank, !isAtEdge, !isCloser { result += "\n" }
      result += String(repeating: " ", count: indent) + texts[index]
    }
    return result
  }
}

extension TokenKind {
  var isOpener: Bool { self == .openParenthesis || self == .openBracket || self == .openBrace }
  var isCloser: Bool { self == .closeParenthesis || self == .closeBracket || self == .closeBrace }
}
