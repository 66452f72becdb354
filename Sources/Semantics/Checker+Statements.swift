// Statements and blocks.

import Diagnostics
import IR
import Syntax
import Tensors

extension Checker {
  /// A block in the scope at hand. Where `dropsValue`, a last expression is a statement like others.
  func block(
    _ syntax: Block, expecting expected: Type?, dropsValue: Bool = false
  ) -> TypedExpression {
    var statements: [TypedStatement] = []
    var value: TypedExpression?
    for (index, statement) in syntax.statements.enumerated() {
      if index == syntax.statements.count - 1, !dropsValue,
        case .expression(let last) = statement.kind
      {
        let (typed, first) = withEntrySizes(before: last.span) {
          expression(last, expecting: expected)
        }
        value = typed
        statements += first
      } else {
        let (typed, first) = withEntrySizes(before: statement.span) { self.statement(statement) }
        if case .expression(let inner) = typed.last?.kind { lintDropped(inner) }
        statements += first + typed
      }
    }
    return TypedExpression(
      .block(placingSizes(statements), value), value.map { resolve($0.type) } ?? .unit, syntax.span)
  }

  /// Puts the sizes of ints used as dims behind the statements that bind them.
  private func placingSizes(_ statements: [TypedStatement]) -> [TypedStatement] {
    statements.flatMap { statement -> [TypedStatement] in
      guard case .binding(let pattern, _) = statement.kind else { return [statement] }
      let bindings = pattern.variables.compactMap { variable in
        sizeSymbols.removeValue(forKey: variable).map { sizeBinding(variable, $0, statement.span) }
      }
      return bindings.isEmpty
        ? [statement] : [statement, TypedStatement(.sizes(bindings), statement.span)]
    }
  }

  func sizeBinding(_ variable: Variable, _ symbol: DimSymbol, _ span: Span) -> SizeBinding {
    SizeBinding(symbol: symbol, value: TypedExpression(.variable(variable), .int, span))
  }

  /// `body` with the sizes of those parameters that it uses as dims bound first.
  func withSizes(of variables: [Variable], _ body: TypedExpression) -> TypedExpression {
    let bindings = variables.compactMap { variable in
      sizeSymbols.removeValue(forKey: variable).map { sizeBinding(variable, $0, variable.span) }
    }
    if bindings.isEmpty { return body }
    return TypedExpression(
      .block([TypedStatement(.sizes(bindings), body.span)], body), body.type, body.span)
  }

  func statement(_ syntax: Statement) -> [TypedStatement] {
    switch syntax.kind {
    case .expression(let inner):
      var typed = expression(inner)
      if case .constructor = typed.type {
        reportBareStructure(typed)
        typed = poison(typed.span)
      }
      return [TypedStatement(.expression(typed), syntax.span)]
    case .expect(let inner):
      isExpecting = true
      defer { isExpecting = false }
      let value = checked(inner, as: .bool, what: "what `expect` tests")
      return [TypedStatement(.expect(value), syntax.span)]
    case .binding(let isMutable, let pattern, let annotation, let value):
      return [binding(isMutable, pattern, annotation, value, syntax.span)]
    case .assignment(let target, let operation, let value):
      return assignment(target, operation, value, syntax.span)
    case .function(let declaration):
      localFunction(declaration)
      return []
    case .dim(let declaration):
      return declaration.entries.compactMap { entry in
        let symbol = freshSymbol(entry.name.text)
        defer { scope.declare(entry.name.text, .dim(Dim(symbol))) }
        return raggedDim(entry, symbol)
      }
    }
  }

  func reportBareStructure(_ typed: TypedExpression) {
    report(
      .notAValue, "a struct's name alone is not a value", at: typed.span,
      help: ["build one: `\(text(of: typed.span))(…)`"])
  }

  /// `ragged dim T = lengths`: binds the lengths, so that a step over the batch has its own.
  func raggedDim(
    _ entry: (name: Name, value: Expression?), _ symbol: DimSymbol
  ) -> TypedStatement? {
    guard let syntax = entry.value else {
      report(
        .missingSize, "`\(entry.name.text)` needs the lengths of the examples", at: entry.name.span,
        help: ["for example `ragged dim \(entry.name.text) = lengths`"])
      return nil
    }
    let lengths = settle(expression(syntax), rng: nil)
    let type = resolve(lengths.type)
    guard case .tensor(.int, let shape, _) = type, shape.count == 1, let batch = shape[0].symbol,
      batchDims.contains(batch)
    else {
      if case .poison = type { return nil }
      report(
        .typeMismatch, "a ragged dim takes one length for each example of a batch", at: syntax.span,
        label: describe(type), help: ["ints along a `batch dim B`: `for _ in B { rng.int(1, 20) }`"]
      )
      return nil
    }
    let variable = Variable(
      entry.name.text, entry.name.span, type: type,
      isTopLevel: scope.boundary.isTop && context.kind == .top, lengthsOf: symbol)
    let span = entry.name.span.joined(syntax.span)
    return TypedStatement(
      .binding(TypedPattern(.variable(variable), entry.name.span), lengths), span)
  }

  private func localFunction(_ syntax: FunctionDeclaration) {
    let function = Function(
      name: syntax.name.text, span: syntax.name.span, doc: syntax.doc, module: fileName)
    scope.declare(function.name, .function(function))
    checkBody(signature(function, syntax, owner: nil))
    lintSingleUse(function)
  }

  /// An `if` that may do nothing gives nothing to bind.
  private func isValue(_ syntax: Expression) -> Bool {
    guard case .conditional(_, _, nil) = syntax.kind else { return true }
    let start = syntax.span.start
    report(
      .notAValue, "an `if` without `else` is not a value",
      at: Span(syntax.span.source, start, min(start + 2, syntax.span.end)),
      help: ["say what it is otherwise: `if c { a } else { b }`"])
    return false
  }

  private func binding(
    _ isMutable: Bool, _ pattern: Pattern, _ annotation: TypeExpression?, _ value: Expression,
    _ span: Span
  ) -> TypedStatement {
    if annotation == nil, let bound = untypedLambda(pattern, value, isMutable: isMutable) {
      return TypedStatement(.binding(bound, poison(value.span)), span)
    }
    let wanted = annotation.map { annotatedType($0) }
    var typed = isValue(value) ? expression(value, expecting: wanted) : poison(value.span)
    if let annotation, let wanted {
      var place = Place("the value")
      place.secondary = [Label(annotation.span, "declared here")]
      typed = coerce(typed, to: wanted, place)
    }
    typed = settle(typed, rng: nil)
    if case .constructor = typed.type {
      reportBareStructure(typed)
      typed = poison(typed.span)
    }
    let found = resolve(typed.type)
    let type = wanted.map { resolve($0) } ?? (isMutable ? widened(found) : found)
    let bound = bind(pattern, type, isMutable: isMutable, value: typed)
    return TypedStatement(.binding(bound, typed), span)
  }

  /// `let x: [_, W] = …`: the dims written `_` are those of the value.
  private func annotatedType(_ annotation: TypeExpression) -> Type {
    let open = ImplicitNames(scope: scope)
    open.mayDeclare = false
    open.solvesUnknowns = true
    return type(annotation, implicit: open)
  }

  /// The type of a `var` without annotation that starts as a value of type `type`: without claims,
  /// but for a simplex.
  ///
  /// What a range says of the first value is seldom meant of all that follow: a `var` that starts as
  /// `0.0`, `zeros` or a loss may go below zero, and each assignment would have to argue that it does
  /// not. Where a range is meant, `var beta: positive = …` says so. A simplex is no accident of the
  /// first value: it comes from an op that makes weights, and who carries weights from step to step
  /// wants them checked at each.
  private func widened(_ type: Type) -> Type {
    switch type {
    case .tensor(_, _, let claim): claim?.refinement == .simplex ? type : type.withoutClaim
    case .record(let fields):
      .record(fields.map { RecordField($0.name, widened($0.type)) })
    default: type
    }
  }

  /// Declares the names of a pattern.
  func bind(
    _ pattern: Pattern, _ type: Type, isMutable: Bool, value: TypedExpression? = nil
  ) -> TypedPattern {
    switch pattern.kind {
    case .missing, .wildcard: return TypedPattern(.wildcard, pattern.span)
    case .name(let name):
      if name.text == "_" { return TypedPattern(.wildcard, pattern.span) }
      lintShadowing(name)
      let variable = Variable(
        name.text, name.span, type: type, isMutable: isMutable,
        isTopLevel: scope.boundary.isTop && context.kind == .top)
      scope.declare(name.text, .variable(variable))
      if let value {
        makers[variable] = value.span
        if !isMutable, let path = path(of: value) { aliases[variable] = path }
      }
      return TypedPattern(.variable(variable), pattern.span)
    case .tuple(let parts):
      refuseTwice(pattern.names)
      guard case .record(let fields) = resolve(type), fields.count == parts.count else {
        if case .poison = resolve(type) {
        } else {
          report(
            .typeMismatch,
            "\(count(parts.count, "name")) cannot take apart \(resolve(type).written)",
            at: pattern.span)
        }
        for part in parts { _ = bind(part, .poison, isMutable: isMutable) }
        return TypedPattern(.wildcard, pattern.span)
      }
      return TypedPattern(
        .tuple(zip(parts, fields).map { bind($0, $1.type, isMutable: isMutable) }), pattern.span)
    }
  }

  // MARK: Assignment

  private func assignment(
    _ target: Expression, _ operation: BinaryOperator?, _ value: Expression, _ span: Span
  ) -> [TypedStatement] {
    if case .record(let parts) = target.kind, operation == nil {
      return tupleAssignment(parts, target, value, span)
    }
    guard let (variable, current) = assignable(target) else {
      _ = expression(value)
      return []
    }
    if reportsPart(of: target, isWhole: operation == nil) { return [] }
    var place = Place("the new value of `\(variable.name)`")
    place.secondary = [Label(variable.span, "this is \(resolve(variable.type).written)")]
    let typed: TypedExpression
    if let operation {
      let combined = Expression(
        .binary(operation, target, value, operatorSpan: target.span), span)
      typed = expression(combined, expecting: current.type)
    } else {
      typed = expression(value, expecting: current.type)
    }
    let fitted = settle(coerce(typed, to: current.type, place), rng: nil)
    let whole = rebuilt(target, with: fitted, variable)
    return [
      TypedStatement(
        .assignment(TypedPattern(.variable(variable), target.span), whole), span)
    ]
  }

  private func tupleAssignment(
    _ parts: [Argument], _ target: Expression, _ value: Expression, _ span: Span
  ) -> [TypedStatement] {
    let typed = expression(value)
    guard case .record(let fields) = resolve(typed.type), fields.count == parts.count else {
      if case .poison = typed.type { return [] }
      report(
        .typeMismatch,
        "\(count(parts.count, "name")) cannot take apart \(resolve(typed.type).written)",
        at: target.span)
      return []
    }
    var patterns: [TypedPattern] = []
    for (part, field) in zip(parts, fields) {
      if case .name(let name) = part.value.kind, name.text == "_" {
        patterns.append(TypedPattern(.wildcard, name.span))
        continue
      }
      guard case .name = part.value.kind, let (variable, _) = assignable(part.value) else {
        if case .name = part.value.kind {
        } else {
          report(
            .notAssignable, "only names can be assigned together", at: part.value.span)
        }
        return []
      }
      var place = Place("the new value of `\(variable.name)`")
      place.secondary = [Label(variable.span, "this is \(resolve(variable.type).written)")]
      let piece = TypedExpression(.poison, field.type, part.value.span)
      if case .poison = coerce(piece, to: variable.type, place).type { continue }
      patterns.append(TypedPattern(.variable(variable), part.value.span))
    }
    guard patterns.count == parts.count else { return [] }
    return [TypedStatement(.assignment(TypedPattern(.tuple(patterns), target.span), typed), span)]
  }

  /// The `var` behind a target and the value that is to be replaced.
  private func assignable(_ target: Expression) -> (Variable, TypedExpression)? {
    switch target.kind {
    case .name(let name):
      if scope.lookUp(name.text) == nil {
        reportUnknown(
          name,
          help: ["`let \(name.text) = …` names a value, `var \(name.text) = …` one that changes"])
        return nil
      }
      guard let value = lookUpVariable(name), case .variable(let variable) = value.form else {
        return nil
      }
      if case .poison = variable.type { return nil }
      guard variable.isMutable else {
        report(
          .notAssignable, "`\(name.text)` cannot be assigned: it is not a `var`", at: name.span,
          secondary: [Label(variable.span, "declared here")],
          help: ["declare it with `var \(name.text) = …`"])
        return nil
      }
      carry(variable, name)
      return (variable, value)
    case .field(let base, let name):
      guard let (variable, value) = assignable(base), let field = fieldAccess(value, name) else {
        return nil
      }
      let type = stored(name.text, of: value, read: field.type)
      return (variable, TypedExpression(field.form, type, field.span))
    case .bracket(let base, _):
      guard let (variable, _) = assignable(base) else { return nil }
      let element = expression(target)
      if case .poison = element.type { return nil }
      return (variable, element)
    case .missing: return nil
    default:
      report(.notAssignable, "this cannot be assigned", at: target.span)
      return nil
    }
  }

  /// Refuses to make a new value of a field out of the one that is read, where `via` makes that of
  /// what is stored.
  private func reportsPart(of target: Expression, isWhole: Bool) -> Bool {
    switch target.kind {
    case .bracket(let base, _): return reportsPart(of: base, isWhole: false)
    case .field(let base, let name):
      guard !isWhole, let field = viaField(name.text, of: expression(base)) else {
        return reportsPart(of: base, isWhole: false)
      }
      let path = text(of: target.span)
      report(
        .notAssignable, "`\(path)` is read through `via`, so it has no part to assign",
        at: target.span, secondary: [Label(field.variable.span, "declared here")],
        help: ["what is stored is read by `raw(\(path))` and replaced by `\(path) = …`"])
      return true
    default: return false
    }
  }

  /// The whole of `variable` with the part that `target` names replaced.
  private func rebuilt(
    _ target: Expression, with value: TypedExpression, _ variable: Variable
  ) -> TypedExpression {
    switch target.kind {
    case .field(let base, let name):
      let whole = expression(base)
      var form = Form.withFields(whole, [(name: name.text, value: value)])
      if let position = name.position, case .record(let fields) = resolve(whole.type) {
        form = .record(
          fields.enumerated().map { index, field in
            let kept = TypedExpression(.position(whole, index), field.type, whole.span)
            return (name: field.name, value: index == position ? value : kept)
          })
      }
      let changed = TypedExpression(form, whole.type, target.span)
      return rebuilt(base, with: changed, variable)
    case .bracket(let base, let parts):
      let whole = expression(base)
      let indexed = indexParts(whole, parts)
      let changed = TypedExpression(
        .withIndex(whole, indexed?.parts ?? [], value), whole.type, target.span)
      return rebuilt(base, with: changed, variable)
    default: return value
    }
  }

  /// Notes that every loop between here and the `var` carries it.
  private func carry(_ variable: Variable, _ name: Name) {
    var current: Scope? = scope
    while let inner = current, inner.names[name.text] == nil {
      switch inner.boundary {
      case .loop(let carried):
        if !carried.variables.contains(variable) { carried.variables.append(variable) }
      case .lambda, .function:
        report(
          .notAssignable, "`\(name.text)` belongs to the outside of this function", at: name.span,
          secondary: [Label(variable.span, "declared here")],
          help: ["return the new value instead"])
        return
      case .block, .top: break
      }
      current = inner.parent
    }
  }
}

extension Scope.Boundary {
  var isTop: Bool { if case .top = self { true } else { false } }
}
