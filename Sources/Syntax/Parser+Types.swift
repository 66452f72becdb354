// Type expressions: shapes, refined shapes, elements, named types, records and functions.

import Diagnostics

private let refinements: Set<String> = ["simplex", "unit", "positive", "nonneg", "above_one"]
private let elements: Set<String> = ["real", "int", "bool"]

extension Parser {
  mutating func type() -> TypeExpression {
    nested { $0.typeBody() }
  }

  private mutating func typeBody() -> TypeExpression {
    let start = current
    switch start.kind {
    case .openBracket:
      let shape = shape()
      if at(.bar), !isBetweenBars, !isAfterNewline {
        return functionType(dims: dimNames(shape), from: start)
      }
      return TypeExpression(
        .tensor(element: nil, refinement: nil, refinementDim: nil, shape: shape),
        span(from: start))
    case .bar: return functionType(dims: [], from: start)
    case .openParenthesis: return recordType()
    case .identifier:
      let name = Name(text(start), start.span)
      if refinements.contains(name.text) { return refinedType(name) }
      if elements.contains(name.text) { return elementType(name) }
      return namedType()
    default:
      report(.expectedType(found: found, at: gap))
      return TypeExpression(.missing, gap)
    }
  }

  private var atShape: Bool { at(.openBracket) && !isAfterNewline }

  /// `[N, 2*M + 1]`.
  private mutating func shape() -> [Expression] {
    advance()
    return list(.openBracket, .closeBracket) { $0.expression(after: nil) }
  }

  private mutating func elementType(_ name: Name) -> TypeExpression {
    let start = advance()
    let shape = atShape ? shape() : nil
    return TypeExpression(
      .tensor(element: name, refinement: nil, refinementDim: nil, shape: shape), span(from: start))
  }

  /// `positive`, `simplex [N]`, `simplex[N] [R, N]`.
  private mutating func refinedType(_ name: Name) -> TypeExpression {
    let start = advance()
    let opener = index
    var shape = atShape ? shape() : nil
    var dim: Expression?
    if let first = shape, atShape {
      marks[opener].insert(.tight)
      if first.count == 1 {
        dim = first[0]
      } else {
        remark(
          .expectedToken(
            "one dim", " between `\(name.text)` and the shape", found: "something else",
            at: Span(file.id, tokens[opener].span.start, tokens[index - 1].span.end),
            help: ["write `\(name.text)[N] [R, N]`"]))
      }
      shape = self.shape()
    }
    return TypeExpression(
      .tensor(element: nil, refinement: name, refinementDim: dim, shape: shape),
      span(from: start))
  }

  /// `Head[N, M]`, `emits`, `memory.state`.
  private mutating func namedType() -> TypeExpression {
    let start = advance()
    var path = [Name(text(start), start.span)]
    while at(.dot), !isAfterNewline {
      advance()
      path.append(fieldName())
    }
    var arguments: [Expression]?
    if atShape {
      mark(.tight)
      arguments = shape()
    }
    return TypeExpression(.named(path, arguments: arguments), span(from: start))
  }

  /// `(x: [N], y: [M])`; a single type without a label is only grouped.
  private mutating func recordType() -> TypeExpression {
    let start = advance()
    let fields = list(.openParenthesis, .closeParenthesis) {
      parser -> (name: Name?, type: TypeExpression) in
      let label = parser.label()
      return (label, parser.type())
    }
    if fields.count == 1, fields[0].name == nil {
      return TypeExpression(fields[0].type.kind, span(from: start))
    }
    return TypeExpression(.record(fields), span(from: start))
  }

  /// `|[N], real| -> [M]`, from the first bar.
  private mutating func functionType(dims: [Name], from start: Token) -> TypeExpression {
    mark(.prefix)
    let opener = advance()
    let outer = isBetweenBars
    isBetweenBars = true
    var parameters: [TypeExpression] = []
    while !at(.bar), !isAtEnd {
      let before = index
      parameters.append(type())
      if !take(.comma) || index == before { break }
    }
    isBetweenBars = outer
    closeBar(opener)
    expect(.arrow, " and the type of the result")
    let result = type()
    return TypeExpression(
      .function(dims: dims, parameters: parameters, result: result), span(from: start))
  }

  /// The bar that ends a list of parameters.
  mutating func closeBar(_ opener: Token) {
    mark(.tight)
    if take(.bar) { return }
    report(
      .expectedToken(
        "`,` or `|`", " after a parameter", found: found, at: gap, opener: opener.span))
    // The other bar is on this line, or it was forgotten.
    let stop = index
    while !isAtEnd, !current.startsLine, !at(.bar), !kind.isCloser, !kind.isOpener { advance() }
    if !take(.bar) { index = stop }
  }

  private mutating func dimNames(_ shape: [Expression]) -> [Name] {
    shape.compactMap { dim in
      if case .name(let name) = dim.kind { return name }
      if case .missing = dim.kind { return nil }
      remark(
        .expectedName("the name of a dim", found: "an expression", at: dim.span, isKeyword: false))
      return nil
    }
  }
}
