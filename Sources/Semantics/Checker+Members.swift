// Calls through a dot, of a struct's name, and of function values.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  // MARK: Through a dot

  func callMember(
    _ base: Expression, _ name: Name, _ written: [Expression]?, _ arguments: [Argument],
    _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    let value = expression(base)
    switch resolve(value.type) {
    case .poison:
      return poison(span)
    case .rng:
      return draw(value, name, written ?? [], arguments, span)
    case .structure(let structure, _):
      if let kind = SectionKind(rawValue: name.text) {
        return sectionCall(kind, value, arguments, span)
      }
      if let method = method(name.text, of: structure) {
        return callFunction(method, value, written, arguments, name.span, span, expected)
      }
    case .interface(let interface, _):
      if let kind = SectionKind(rawValue: name.text) {
        return sectionCall(kind, value, arguments, span)
      }
      if let method = interface.methods[name.text] {
        return callFunction(method, value, written, arguments, name.span, span, expected)
      }
    case .array(let size, let element) where size.symbol.map({ batchDims.contains($0) }) ?? false:
      if case .structure(let structure, _) = element, SectionKind(rawValue: name.text) == nil,
        let method = method(name.text, of: structure)
      {
        let one = TypedExpression(
          .variable(Variable("self", value.span, type: element)), element, value.span)
        return callFunction(
          method, one, written, arguments, name.span, span, expected, of: (value, size))
      }
      return callLiftedMember(value, size, name, written, arguments, span, expected)
    default: break
    }
    // A part or field that holds a function.
    if name.position != nil {
      guard let part = fieldAccess(value, name) else { return poison(span) }
      return callValue(part, written, arguments, span)
    }
    if fieldNames(resolve(value.type)).contains(name.text), let field = fieldAccess(value, name) {
      return callValue(field, written, arguments, span)
    }
    report(
      .unknownField, "`\(resolve(value.type).written)` has no `\(name.text)`", at: name.span,
      secondary: [Label(value.span, "this is \(resolve(value.type).written)")],
      notes: olderNote(resolve(value.type)),
      help: suggestion(name.text, among: fieldNames(resolve(value.type))))
    for argument in arguments { _ = expression(argument.value) }
    return poison(span)
  }

  /// The struct's own method, or the default of an interface it claims.
  func method(_ name: String, of structure: Structure) -> Function? {
    if let own = structure.methods[name] { return own }
    for claim in structure.claims {
      if let inherited = claim.interface.methods[name] { return inherited }
    }
    return nil
  }

  /// A method of every struct along a batch dim.
  private func callLiftedMember(
    _ value: TypedExpression, _ size: Dim, _ name: Name, _ written: [Expression]?,
    _ arguments: [Argument], _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    let whole = Variable("receiver", value.span, type: value.type)
    let slice = Variable("receiver", value.span, type: sliceType(resolve(value.type)))
    let body: TypedExpression = inScope {
      scope.declare("receiver", .variable(slice))
      let receiver = Expression(.name(Name("receiver", value.span)), value.span)
      return callMember(receiver, name, written, arguments, span, nil)
    }
    if case .poison = body.type { return body }
    let outside = TypedExpression(.variable(whole), value.type, value.span)
    let loop = Loop(
      kind: .map, sources: [(TypedPattern(.variable(slice), value.span), .axis(outside))],
      body: body, trip: size, count: nil, carried: [])
    let result = Type.array(of: body.type, size)
    return TypedExpression(
      .block(
        [
          TypedStatement(
            .binding(TypedPattern(.variable(whole), value.span), value), value.span)
        ], TypedExpression(.loop(loop), result, span)), result, span)
  }

  // MARK: emits and state

  /// `state(w: w)` inside a struct.
  func ownSectionCall(_ name: Name, _ arguments: [Argument], _ span: Span) -> TypedExpression? {
    guard let kind = SectionKind(rawValue: name.text), case .structure = context.owner,
      let variable = context.selfVariable, scope.lookUp(name.text) == nil
    else { return nil }
    let owner = TypedExpression(.variable(variable), variable.type, name.span)
    return sectionCall(kind, owner, arguments, span)
  }

  private func sectionCall(
    _ kind: SectionKind, _ owner: TypedExpression, _ arguments: [Argument], _ span: Span
  ) -> TypedExpression {
    let type = section(kind, of: owner, span)
    if case .poison = type { return poison(span) }
    guard case .record(let fields) = type else {
      // Opaque: only the start can be asked for.
      if let first = arguments.first {
        report(
          .unknownArgument, "the fields of this `\(kind.rawValue)` are not known here",
          at: first.value.span, label: "which struct it belongs to is decided by the caller")
        return poison(span)
      }
      return TypedExpression(.section(kind, owner: owner, fields: []), type, span)
    }
    let signature = CallSignature(
      name: kind.rawValue,
      parameters: fields.map { ($0.name ?? "", $0.type, kind == .state) })
    guard let matched = match(arguments, signature, span, span) else { return poison(span) }
    var given: [(name: String, value: TypedExpression)] = []
    for (name, value) in zip(matched.names, matched.values) {
      if let value { given.append((name, value)) }
    }
    return TypedExpression(.section(kind, owner: owner, fields: given), type, span)
  }

  // MARK: Structs from their fields

  func construct(
    _ structure: Structure, _ written: [Expression]?, _ arguments: [Argument], _ nameSpan: Span,
    _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    var generics: [GenericArgument] = []
    let explicit = written ?? []
    if explicit.count > structure.generics.count {
      report(
        .argumentCount,
        "`\(structure.name)` takes \(count(structure.generics.count, "bracketed dim"))",
        at: nameSpan)
      return poison(span)
    }
    for (index, parameter) in structure.generics.enumerated() {
      if index < explicit.count {
        guard let given = generic(parameter, explicit[index]) else { return poison(span) }
        generics.append(given)
      } else {
        generics.append(unknown(parameter))
      }
    }
    var substitution = Substitution(structure.generics, generics)
    let anonymous = Variable("value", span, type: .poison)
    substitution.paths[structure.selfVariable] = .variable(anonymous)
    // A stream is needed only for defaults that draw and are not overridden.
    let given = Set(arguments.compactMap { $0.label?.text })
    var parameters: [(name: String, type: Type, isOptional: Bool)] = [
      ("rng", .rng, !structure.drawsRandomly(given: given))
    ]
    for field in structure.fields {
      parameters.append(
        (
          field.name, field.storedType.substituting(substitution),
          field.hasDefault || field.type.initialisesItself
        ))
    }
    let signature = CallSignature(
      name: structure.name, parameters: parameters,
      note: "`\(structure.name)` is declared at \(place(structure.span))",
      declared: structure.span, brackets: brackets(explicit, of: structure.generics.count))
    let type = Type.structure(structure, generics)
    // The stream comes first, by position; fields may follow in order.
    var relabelled = arguments
    if let first = arguments.first, first.label == nil, !startsWithRng(first.value) {
      relabelled = positional(arguments, structure)
    }
    guard
      let matched = match(
        relabelled, signature, nameSpan, span, generics: Array(zip(structure.generics, generics)),
        result: type, expected: expected)
    else { return poison(span) }
    let solved = bindings(structure.generics, generics)
    return lifted(matched, resolve(type), span) { [self] values in
      var fields: [(name: String, value: TypedExpression)] = []
      for (field, value) in zip(structure.fields, values.dropFirst()) {
        if let value { fields.append((field.name, value)) }
      }
      return TypedExpression(
        .construct(
          structure, solved, rng: values[0] ?? nil, fields: fields, site: context.nextSite()),
        resolve(type), span)
    }
  }

  /// The type of what is given for a field that is read as a `type`.
  func stored(_ name: String, of value: TypedExpression, read type: Type) -> Type {
    viaField(name, of: value) == nil ? type : type.withoutClaim
  }

  /// The field, where it stores something else than is read.
  func viaField(_ name: String, of value: TypedExpression) -> Field? {
    guard case .structure(let structure, _) = resolve(value.type) else { return nil }
    return structure.fields.first { $0.name == name && $0.via != nil }
  }

  private func startsWithRng(_ syntax: Expression) -> Bool {
    let saved = (bag, context.sites)
    let value = expression(syntax)
    (bag, context.sites) = saved
    if case .rng = resolve(value.type) { return true }
    return false
  }

  /// Unlabelled arguments labelled with the fields in order.
  private func positional(_ arguments: [Argument], _ structure: Structure) -> [Argument] {
    var next = 0
    return arguments.map { argument in
      guard argument.label == nil, next < structure.fields.count else { return argument }
      defer { next += 1 }
      return Argument(
        label: Name(structure.fields[next].name, argument.value.span), value: argument.value)
    }
  }

  // MARK: Function values

  func callValue(
    _ callee: TypedExpression, _ written: [Expression]?, _ arguments: [Argument], _ span: Span
  ) -> TypedExpression {
    switch resolve(callee.type) {
    case .poison:
      for argument in arguments { _ = expression(argument.value) }
      return poison(span)
    case .projection(let inputs, let path):
      return project(callee, inputs, path, arguments, span)
    case .function(let function):
      return apply(callee, function, written ?? [], arguments, span)
    case let other:
      for argument in arguments { _ = expression(argument.value) }
      reportNotCallable(callee, other)
      return poison(span)
    }
  }

  private func apply(
    _ callee: TypedExpression, _ function: FunctionType, _ written: [Expression],
    _ arguments: [Argument], _ span: Span
  ) -> TypedExpression {
    var substitution = Substitution()
    var dims: [Dim] = []
    guard written.count <= function.dims.count else {
      report(
        .argumentCount,
        "this function takes \(count(function.dims.count, "bracketed dim"))", at: callee.span)
      return poison(span)
    }
    for (index, symbol) in function.dims.enumerated() {
      let dim: Dim
      if index < written.count {
        guard let given = self.dim(written[index]) else { return poison(span) }
        dim = given
      } else {
        dim = unifier.unknownDim(symbol.name)
      }
      dims.append(dim)
      substitution.dims[symbol] = dim
    }
    var unknowns: [DimSymbol] = []
    for symbol in function.unknowns {
      let fresh = freshSymbol(symbol.name)
      unknowns.append(fresh)
      substitution.dims[symbol] = Dim(fresh)
    }
    let name = text(of: callee.span)
    let signature = CallSignature(
      name: name,
      parameters: function.parameters.enumerated().map {
        ("argument \($0.offset + 1)", $0.element.substituting(substitution), false)
      },
      note: "`\(name)` is \(function.written)")
    guard let matched = match(arguments, signature, callee.span, span) else { return poison(span) }
    if dims.contains(where: { unifier.hasUnknowns($0) }) {
      report(
        .undecidedDim, "the bracketed dims of this call do not follow from its arguments",
        at: callee.span, help: ["write them: `\(name)[…](…)`"])
      return poison(span)
    }
    let type = resolve(function.result.substituting(substitution))
    let solved = dims.map(resolve)
    return lifted(matched, type, span) { [self] values in
      TypedExpression(
        .apply(
          callee, dims: solved,
          CallDetail(
            generics: [:], arguments: values, unknowns: unknowns,
            site: context.nextSite())), type, span)
    }
  }

  private func project(
    _ callee: TypedExpression, _ inputs: Dim, _ path: Path, _ arguments: [Argument], _ span: Span
  ) -> TypedExpression {
    let signature = CallSignature(
      name: text(of: callee.span),
      parameters: [("input", .tensor(.real, [inputs]), false), ("clip", .real, true)])
    guard let matched = match(arguments, signature, callee.span, span),
      let input = matched.values[0]
    else { return poison(span) }
    let type = emitted(by: path)
    return lifted(matched, type, span) { values in
      TypedExpression(.project(callee, values[0] ?? input, clip: values[1]), type, span)
    }
  }

  /// The `emits` of the value at a path.
  private func emitted(by path: Path) -> Type { .associated(path, .emits) }
}

extension Field {
  /// A field with `via` is given as it is stored, of which nothing is claimed.
  fileprivate var storedType: Type { via == nil ? type : type.withoutClaim }
}
