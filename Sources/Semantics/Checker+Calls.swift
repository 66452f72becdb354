// Calls: of functions, methods, constructors, function values and built-ins.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

/// The parameters that a call is matched against.
struct CallSignature {
  var name: String
  var parameters: [(name: String, type: Type, isOptional: Bool)]
  var note: String?
  /// The signature, declared at a place.
  var declared: Span?
  /// What the brackets of the call say, with `…` for what they leave out.
  var brackets = ""
}

extension Checker {
  func call(
    _ callee: Expression, _ arguments: [Argument], _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    var target = callee
    var written: [Expression]?
    if case .bracket(let base, let parts) = callee.kind, isCallable(base) {
      target = base
      written = parts
    }
    switch target.kind {
    case .name(let name):
      if let section = ownSectionCall(name, arguments, span) { return section }
      return callNamed(
        scope.lookUp(name.text), name, written, arguments, span, expected)
    case .field(let base, let name):
      if case .name(let first) = base.kind, case .module(let module) = scope.lookUp(first.text) {
        if let entity = find(name, in: module) {
          return callNamed(entity, name, written, arguments, span, expected)
        }
        for argument in arguments { _ = expression(argument.value) }
        return poison(span)
      }
      return callMember(base, name, written, arguments, span, expected)
    case .lambda(let parameters, _) where parameters.count == arguments.count:
      // Applied where it is written: the arguments say what the parameters are.
      let hint = FunctionType(
        parameters: arguments.map { resolve(expression($0.value).type) },
        result: unifier.unknownType())
      return callValue(expression(callee, expecting: .function(hint)), written, arguments, span)
    default:
      return callValue(expression(callee), written, arguments, span)
    }
  }

  /// Whether `f[…](…)` means dim arguments: `f` names a function, a type or a draw.
  private func isCallable(_ base: Expression) -> Bool {
    switch base.kind {
    case .name(let name):
      switch scope.lookUp(name.text) {
      case .function, .structure, .builtin, .interface, nil: return true
      case .variable(let variable):
        if case .function = resolve(variable.type) { return true }
        return false
      default: return false
      }
    case .field(let inner, let name):
      if case .name(let first) = inner.kind, case .module = scope.lookUp(first.text) { return true }
      let saved = bag
      let value = expression(inner)
      bag = saved
      switch resolve(value.type) {
      case .rng: return true
      case .structure(let structure, _): return structure.methods[name.text] != nil
      case .interface(let interface, _): return interface.methods[name.text] != nil
      default: return false
      }
    default: return false
    }
  }

  private func callNamed(
    _ entity: Entity?, _ name: Name, _ written: [Expression]?, _ arguments: [Argument],
    _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    switch entity {
    case .function(let function):
      return callFunction(function, nil, written, arguments, name.span, span, expected)
    case .structure(let structure):
      return construct(structure, written, arguments, name.span, span, expected)
    case .builtin(let builtin):
      return callBuiltin(builtin, name, written, arguments, span, expected)
    case .variable(let variable):
      if untyped[variable] != nil {
        let types = arguments.map { expression($0.value).type }
        noteUse(of: variable, types, at: span)
      }
      let value = TypedExpression(.variable(variable), resolve(variable.type), name.span)
      return callValue(value, written, arguments, span)
    case nil:
      reportUnknown(name, wanted: "function")
      for argument in arguments { _ = expression(argument.value) }
      return poison(span)
    default:
      report(.notCallable, "`\(name.text)` cannot be called", at: name.span)
      return poison(span)
    }
  }

  // MARK: Functions

  /// - Parameter batch: the structs along a batch dim that `receiver` is one of; arguments with that
  ///   dim go along with them.
  func callFunction(
    _ function: Function, _ receiver: TypedExpression?, _ written: [Expression]?,
    _ arguments: [Argument], _ nameSpan: Span, _ span: Span, _ expected: Type?,
    of batch: (receivers: TypedExpression, dim: Dim)? = nil,
    as form: (([GenericParameter: GenericArgument], [TypedExpression?]) -> Form)? = nil
  ) -> TypedExpression {
    var substitution = Substitution()
    var generics: [(GenericParameter, GenericArgument)] = []
    let explicit = written ?? []
    if explicit.count > function.explicit.count {
      reportTooManyDims(for: function, at: nameSpan)
      return poison(span)
    }
    for (index, parameter) in function.explicit.enumerated() {
      var argument = unknown(parameter)
      if index < explicit.count {
        guard let given = generic(parameter, explicit[index]) else { return poison(span) }
        argument = given
      }
      generics.append((parameter, argument))
      substitution.add(parameter, argument)
    }
    for parameter in function.implicit {
      let argument = unknown(parameter)
      generics.append((parameter, argument))
      substitution.add(parameter, argument)
    }
    if let receiver { ownerSubstitution(function, receiver, &substitution) }
    substitution.paths.merge(pathsOfArguments(function, arguments)) { own, _ in own }
    var unknowns: [DimSymbol] = []
    for symbol in function.unknowns {
      let fresh = freshSymbol(symbol.name)
      unknowns.append(fresh)
      substitution.dims[symbol] = Dim(fresh)
    }
    let parameters = function.hasSelf ? Array(function.parameters.dropFirst()) : function.parameters
    let signature = CallSignature(
      name: function.name,
      parameters: parameters.map {
        ($0.variable.name, $0.variable.type.substituting(substitution), hasDefault($0, function))
      },
      note: note(function), declared: function.span,
      brackets: brackets(explicit, of: function.explicit.count))
    let result = function.result.substituting(substitution)
    guard
      var matched = match(
        arguments, signature, nameSpan, span, generics: generics, result: result,
        expected: expected)
    else { return poison(span) }
    let known = bindings(generics.map(\.0), generics.map(\.1))
    let type = resolve(result)
    if let batch {
      matched.values.append(batch.receivers)
      matched.extra.append([batch.dim])
      matched.names.append("self")
    }
    return lifted(matched, type, span) { [self] values in
      var (receiver, values) = (receiver, values)
      if batch != nil { receiver = values.removeLast() }
      if let form { return TypedExpression(form(known, values), type, span) }
      let detail = CallDetail(
        generics: known, arguments: values, unknowns: unknowns,
        site: context.nextSite())
      if let receiver, case .interface = function.owner {
        return TypedExpression(
          .method(function, receiver: receiver, detail), type, span)
      }
      return TypedExpression(
        .call(function, receiver: function.hasSelf ? receiver : nil, detail), type, span)
    }
  }

  private func hasDefault(_ parameter: FunctionParameter, _ function: Function) -> Bool {
    parameter.value != nil || defaulted[parameter.variable] ?? false
  }

  /// What the receiver says of the generics of its struct or interface, and of `self`.
  func ownerSubstitution(
    _ function: Function, _ receiver: TypedExpression, _ substitution: inout Substitution
  ) {
    let type = resolve(receiver.type)
    let path = path(of: receiver) ?? .variable(Variable("value", receiver.span, type: type))
    if let first = function.parameters.first, function.hasSelf {
      substitution.paths[first.variable] = path
    }
    switch (type, function.owner) {
    case (.structure(let structure, let arguments), .structure):
      let own = Substitution(structure.generics, arguments)
      substitution.dims.merge(own.dims) { _, new in new }
      substitution.types.merge(own.types) { _, new in new }
    case (.interface(let interface, let arguments), .interface):
      let own = Substitution(interface.generics, arguments)
      substitution.dims.merge(own.dims) { _, new in new }
      substitution.types.merge(own.types) { _, new in new }
    case (.structure(let structure, let arguments), .interface(let interface)):
      // A default method of an interface, on a struct that claims it.
      guard let claim = structure.claims.first(where: { $0.interface == interface }) else { return }
      var outer = Substitution(structure.generics, arguments)
      outer.paths[structure.selfVariable] = path
      let given = claim.arguments.map { argument -> GenericArgument in
        switch argument {
        case .dim(let dim): .dim(dim.substituting(outer.dims))
        case .type(let type): .type(type.substituting(outer))
        }
      }
      let own = Substitution(interface.generics, given)
      substitution.dims.merge(own.dims) { _, new in new }
      substitution.types.merge(own.types) { _, new in new }
      if let first = function.parameters.first {
        substitution.sections[first.variable] = (
          emits: declaredSection(.emits, structure).substituting(outer),
          state: declaredSection(.state, structure).substituting(outer)
        )
      }
    default: break
    }
  }

  /// `[W + 1, …]`: the brackets of a call as far as they are written.
  func brackets(_ written: [Expression], of count: Int) -> String {
    let parts = written.map { text(of: $0.span) } + (written.count < count ? ["…"] : [])
    return "[\(parts.joined(separator: ", "))]"
  }

  func note(_ function: Function) -> String {
    "`\(function.signature)` (\(place(function.span)))"
  }

  // MARK: Matching

  /// Arguments by parameter, coerced; lifted ones with the batch dims they bring.
  struct Matched {
    var values: [TypedExpression?]
    /// For each argument the leading batch dims it has more than its parameter.
    var extra: [[Dim]]
    var names: [String]
    /// What is found when the call is entered, from the sizes of its arguments: a dim that they do
    /// not determine by their form. Each of `checked` has the type that its parameter asks for then.
    var entry: [SizeBinding] = []
    var checked: [Int: Type] = [:]
  }

  func match(
    _ arguments: [Argument], _ signature: CallSignature, _ nameSpan: Span, _ span: Span,
    generics: [(GenericParameter, GenericArgument)] = [], result: Type = .unit,
    expected: Type? = nil
  ) -> Matched? {
    guard let assigned = assign(arguments, signature, nameSpan) else { return nil }
    let parameters = signature.parameters
    var values = [TypedExpression?](repeating: nil, count: parameters.count)
    var extra = [[Dim]](repeating: [], count: parameters.count)
    var rng: TypedExpression?
    var isFine = true
    // Functions written in place and lists wait until the other arguments have spoken.
    func isLate(_ syntax: Expression) -> Bool {
      switch syntax.kind {
      case .lambda, .list: true
      default: false
      }
    }
    for round in 0...1 {
      if round == 1, let expected, !hasUnknowns(expected) {
        // A result that is awaited may say what the arguments do not.
        if hasUnknowns(result), case .tensor = resolve(result) {
        } else {
          if hasUnknowns(result) { _ = unifier.unify(result, expected) }
        }
      }
      for (index, syntax) in assigned.enumerated() {
        guard let syntax, isLate(syntax) == (round == 1) else { continue }
        let parameter = parameters[index]
        let value = expression(syntax, expecting: resolve(parameter.type))
        if case .rng = resolve(value.type) { rng = rng ?? value }
        if case .poison = value.type {
          if case .variable(let variable) = value.form,
            case .function(let wanted) = resolve(parameter.type)
          {
            noteUse(of: variable, wanted.parameters, at: value.span)
          }
          isFine = false
          continue
        }
        let (stripped, dims) = stripping(value, toFit: parameter.type)
        let place = place(of: index, in: signature, values)
        unifier.leavesToEntry = true
        let fitted = coerce(stripped, to: parameter.type, place)
        unifier.leavesToEntry = false
        if case .poison = fitted.type {
          isFine = false
          continue
        }
        values[index] = dims.isEmpty ? fitted : value
        extra[index] = dims
      }
    }
    guard isFine else {
      unifier.dropUndecided()
      return nil
    }
    let entry = sizesAtEntry(span)
    if case .poison = resolve(result) {
    } else if let expected, hasUnknowns(result) {
      _ = unifier.unify(result, expected)
    }
    if let (a, b) = unifier.undecided.first {
      unifier.dropUndecided()
      reportUndecided(a, b, values, extra, signature, nameSpan)
      return nil
    }
    // Before the arguments are settled: what is built from a name there may wait for this dim.
    if let (parameter, _) = generics.first(where: { hasUnknowns($0.1) }) {
      report(
        .undecidedDim,
        "the dim `\(parameter.name)` of `\(signature.name)` does not follow from the arguments",
        at: nameSpan, notes: signature.note.map { [$0] } ?? [],
        help: ["write it: `\(signature.name)\(signature.brackets)(…)`"])
      return nil
    }
    values = values.map { $0.map { settle($0, rng: rng) } }
    if values.contains(where: { if case .poison? = $0?.type { true } else { false } }) {
      return nil
    }
    var matched = Matched(values: values, extra: extra, names: parameters.map(\.name))
    if entry.isChecked { checkAtEntry(entry.bindings, &matched, parameters.map(\.type)) }
    return matched
  }

  /// What is said of an argument that does not fit.
  func place(
    of index: Int, in signature: CallSignature, _ values: [TypedExpression?]
  ) -> Place {
    let parameter = signature.parameters[index]
    var place = Place("the argument `\(parameter.name)`")
    place.reasons = reasons(parameter.name, parameter.type, values, signature.parameters)
    place.notes = signature.note.map { [$0] } ?? []
    place.callee = signature.name
    return place
  }

  /// Which argument goes where.
  func assign(
    _ arguments: [Argument], _ signature: CallSignature, _ nameSpan: Span
  ) -> [Expression?]? {
    let parameters = signature.parameters
    var assigned = [Expression?](repeating: nil, count: parameters.count)
    var next = 0
    var isFine = true
    for argument in arguments {
      if let label = argument.label {
        guard let index = parameters.firstIndex(where: { $0.name == label.text }) else {
          report(
            .unknownArgument, "`\(signature.name)` has no parameter `\(label.text)`",
            at: label.span, notes: signature.note.map { [$0] } ?? [],
            help: suggestion(label.text, among: parameters.map(\.name)))
          isFine = false
          continue
        }
        if assigned[index] != nil {
          report(
            .declaredTwice, "the argument `\(label.text)` is given twice", at: label.span)
          isFine = false
        }
        assigned[index] = argument.value
      } else {
        while next < parameters.count, assigned[next] != nil { next += 1 }
        guard next < parameters.count else {
          report(
            .argumentCount,
            "`\(signature.name)` takes \(count(parameters.count, "argument")), here are \(arguments.count)",
            at: argument.value.span, notes: signature.note.map { [$0] } ?? [])
          return nil
        }
        assigned[next] = argument.value
      }
    }
    let missing = parameters.indices.filter { assigned[$0] == nil && !parameters[$0].isOptional }
    if isFine, !missing.isEmpty {
      let names = missing.map {
        "`\(parameters[$0].name): \(resolve(parameters[$0].type).written)`"
      }
      report(
        .missingArgument, "`\(signature.name)` lacks \(names.joined(separator: ", "))",
        at: nameSpan, notes: signature.note.map { [$0] } ?? [])
      return nil
    }
    return isFine ? assigned : nil
  }

  /// The arguments from which the dims of a parameter were learned.
  private func reasons(
    _ name: String, _ type: Type, _ values: [TypedExpression?],
    _ parameters: [(name: String, type: Type, isOptional: Bool)]
  ) -> [Label] {
    let wanted = Set(type.dimSymbols)
    if wanted.isEmpty { return [] }
    for (index, value) in values.enumerated() {
      guard let value, !wanted.isDisjoint(with: parameters[index].type.dimSymbols) else { continue }
      let learned = describe(resolve(type).withoutClaim).dropFirst("this is ".count)
      return [
        Label(value.span, "\(describe(resolve(value.type))), so `\(name)` is \(learned)")
      ]
    }
    return []
  }
}

extension Checker {
  func reportTooManyDims(for function: Function, at span: Span) {
    report(
      .argumentCount,
      "`\(function.name)` takes \(count(function.explicit.count, "bracketed dim"))", at: span,
      notes: [note(function)])
  }
}
