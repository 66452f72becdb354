// Functions written in place, and where the types of their parameters come from.
//
// A parameter has the type that is written, or the one that is due where the function stands. A `let`
// is due nothing, and its body cannot be checked before the types are known; so `let f = |x| …` is a
// mistake. What the first use of `f` gives for `x` is not taken for its type, since the reader of the
// `let` would not see it there, but the report says it and mends the text. So it does where an `if`
// is to choose between functions, which it cannot do while the program runs: the function may choose.

import Diagnostics
import IR
import Syntax
import Tensors

/// `let f = |x| …`, or `let f = if c { |x| … } else { |x| … }`
struct UntypedLambda {
  let parameters: [LambdaParameter]
  /// What the function does; and, where an `if` is to choose it, what that says where.
  var choice: (body: String, span: Span)?
  /// What the first use gives or wants for each parameter, and where that is.
  var use: (types: [Type], span: Span)?
}

extension Checker {
  func lambda(
    _ parameters: [LambdaParameter], _ body: Expression, _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    var hints: [Type] = []
    var resultHint: Type?
    if case .function(let function) = expected.map(resolve) {
      hints = function.parameters
      resultHint = function.result
      if hints.count != parameters.count {
        report(
          .argumentCount,
          "a function of \(count(hints.count, "parameter")) is due, this has \(parameters.count)",
          at: span)
        return poison(span)
      }
    }
    let saved = context
    context = FunctionContext(
      kind: .lambda, owner: saved.owner, selfVariable: saved.selfVariable)
    defer { context = saved }
    return inScope(.lambda) {
      var variables: [Variable] = []
      for (index, parameter) in parameters.enumerated() {
        let type: Type
        if let annotation = parameter.type {
          type = self.type(annotation)
        } else if index < hints.count, !hasUnknowns(hints[index]) {
          type = resolve(hints[index])
        } else {
          reportUntyped(parameter.name)
          type = .poison
        }
        let variable = Variable(parameter.name.text, parameter.name.span, type: type)
        if parameter.name.text != "_" { scope.declare(parameter.name.text, .variable(variable)) }
        variables.append(variable)
      }
      let hint = resultHint.flatMap { hasUnknowns($0) ? nil : $0 }
      var typed = expression(body, expecting: hint)
      if let hint { typed = coerce(typed, to: hint, Place("the result of this function")) }
      typed = withSizes(of: variables, typed)
      return TypedExpression(
        .lambda(Lambda(parameters: variables, body: typed)),
        .function(
          FunctionType(parameters: variables.map(\.type), result: resolve(typed.type))), span)
    }
  }

  // MARK: Parameters without a type

  /// Binds the name of `let f = |x| …` to what agrees with everything; nil for any other value.
  func untypedLambda(_ pattern: Pattern, _ value: Expression, isMutable: Bool) -> TypedPattern? {
    guard case .name(let name) = pattern.kind, name.text != "_", let lambda = untyped(value),
      lambda.parameters.contains(where: { $0.type == nil })
    else { return nil }
    let bound = bind(pattern, .poison, isMutable: isMutable)
    for variable in bound.variables { untyped[variable] = lambda }
    return bound
  }

  private func untyped(_ value: Expression) -> UntypedLambda? {
    switch value.kind {
    case .lambda(let parameters, _): return UntypedLambda(parameters: parameters)
    case .conditional(let condition, let then, let otherwise?):
      guard let (parameters, body) = then.lambda, case .block(let block) = otherwise.kind,
        let (others, other) = block.lambda, parameters.map(\.name.text) == others.map(\.name.text)
      else { return nil }
      let choice =
        "if \(text(of: condition.span)) { \(text(of: body.span)) }"
        + " else { \(text(of: other.span)) }"
      return UntypedLambda(parameters: parameters, choice: (choice, value.span))
    default: return nil
    }
  }

  /// What `variable` is called with, or what a place wants of it, where it has untyped parameters.
  func noteUse(of variable: Variable, _ types: [Type], at span: Span) {
    guard let lambda = untyped[variable], lambda.use == nil,
      types.count == lambda.parameters.count
    else { return }
    let found = types.map { resolve($0).withoutClaim }
    if !found.contains(where: hasUnknowns) { untyped[variable]?.use = (found, span) }
  }

  /// Called when the whole text has been seen, uses and all.
  func reportUntypedLambdas() {
    for lambda in untyped.values {
      if let choice = lambda.choice {
        reportChosen(lambda, choice.body, choice.span)
        continue
      }
      for (index, parameter) in lambda.parameters.enumerated() where parameter.type == nil {
        reportUntyped(parameter.name, lambda.use.map { ($0.types[index], $0.span) })
      }
    }
    untyped = [:]
  }

  private func reportUntyped(_ name: Name, _ use: (type: Type, span: Span)? = nil) {
    let message = "the type of `\(name.text)` is not known here"
    guard let use, use.type.canBeWritten else {
      report(
        .missingAnnotation, message, at: name.span,
        help: ["write it: `|\(name.text): real| …`, or `|\(name.text): [N]| …` for a vector"])
      return
    }
    let written = use.type.written
    let mended = "`|\(name.text): \(written)| …`"
    report(
      .missingAnnotation, message, at: name.span,
      secondary: [Label(use.span, "here it is \(written)")],
      fix: Fix(
        "write it: \(mended)",
        [Edit(Span(name.span.source, name.span.end, name.span.end), ": \(written)")]))
  }

  /// `let f = if c { |x| a } else { |x| b }`
  private func reportChosen(_ lambda: UntypedLambda, _ body: String, _ span: Span) {
    let types = lambda.parameters.enumerated().map { index, parameter -> String? in
      if let annotation = parameter.type { return text(of: annotation.span) }
      guard let use = lambda.use, use.types[index].canBeWritten else { return nil }
      return use.types[index].written
    }
    let list = zip(lambda.parameters, types).map { "\($0.name.text): \($1 ?? "real")" }
    let mended = "|\(list.joined(separator: ", "))| \(body)"
    let advice =
      "let the function choose" + (mended.contains("\n") ? "" : ": `\(mended)`")
    let isCertain = !types.contains(nil)
    report(
      .missingAnnotation, "an `if` cannot choose between functions whose types are not known",
      at: lambda.parameters[0].name.span,
      secondary: lambda.use.map { [Label($0.span, "called here")] } ?? [],
      help: isCertain ? [] : [advice],
      fix: isCertain ? Fix(advice, [Edit(span, mended)]) : nil)
  }
}

extension Block {
  /// The function that the block is.
  fileprivate var lambda: (parameters: [LambdaParameter], body: Expression)? {
    guard statements.count == 1, case .expression(let value) = statements[0].kind,
      case .lambda(let parameters, let body) = value.kind, !parameters.isEmpty
    else { return nil }
    return (parameters, body)
  }
}

extension Type {
  /// Whether a program may say `x: type` as reports do.
  fileprivate var canBeWritten: Bool {
    switch self {
    case .tensor, .rng, .structure, .interface, .function, .parameter: true
    case .record(let fields): !fields.isEmpty && fields.allSatisfy(\.type.canBeWritten)
    default: false
    }
  }
}
