// Type expressions and dims.

import Diagnostics
import IR
import Syntax
import Tensors

/// Gathers the names that a signature brings in by using them.
final class ImplicitNames {
  var parameters: [GenericParameter] = []
  let scope: Scope
  /// Dims of a result written `_`; nil where `_` is not allowed.
  var unknowns: [DimSymbol]?
  /// False in results: a name that only the result has must be bracketed.
  var mayDeclare = true
  /// True where `_` is whatever dim the value has that is given the type.
  var solvesUnknowns = false

  init(scope: Scope) { self.scope = scope }
}

extension Checker {
  func type(_ expression: TypeExpression, implicit: ImplicitNames? = nil) -> Type {
    switch expression.kind {
    case .missing: return .poison
    case .record(let fields):
      if fields.count == 1, fields[0].name == nil {
        return type(fields[0].type, implicit: implicit)
      }
      return .record(
        fields.map { RecordField($0.name?.text, type($0.type, implicit: implicit)) })
    case .function(let dims, let parameters, let result):
      return functionType(dims, parameters, result, implicit)
    case .named(let names, let arguments):
      return namedType(names, arguments, expression.span, implicit)
    case .tensor(let element, let refinement, let refinementDim, let shape):
      if element == nil, refinement == nil, let list = listType(shape ?? [], implicit) {
        return list
      }
      return tensorType(element, refinement, refinementDim, shape, expression.span, implicit)
    }
  }

  private func functionType(
    _ dims: [Name], _ parameters: [TypeExpression], _ result: TypeExpression,
    _ implicit: ImplicitNames?
  ) -> Type {
    inScope {
      let symbols = dims.map { name in
        let symbol = freshSymbol(name.text)
        scope.declare(name.text, .dim(Dim(symbol)))
        return symbol
      }
      let given = implicit.flatMap { $0.solvesUnknowns ? nil : $0 }
      let inner = given ?? ImplicitNames(scope: scope)
      let types = parameters.map { type($0, implicit: inner) }
      let saved = inner.unknowns
      inner.unknowns = []
      let resultType = type(result, implicit: inner)
      let unknowns = inner.unknowns ?? []
      inner.unknowns = saved
      return .function(
        FunctionType(dims: symbols, parameters: types, result: resultType, unknowns: unknowns))
    }
  }

  private func tensorType(
    _ element: Name?, _ refinement: Name?, _ refinementDim: Expression?, _ shape: [Expression]?,
    _ span: Span, _ implicit: ImplicitNames?
  ) -> Type {
    let dtype = element.flatMap { DType(rawValue: $0.text) } ?? .real
    var dims: [Dim] = []
    for part in shape ?? [] {
      guard let dim = dim(part, implicit: implicit) else { return .poison }
      dims.append(dim)
    }
    guard let refinement, let claimed = Refinement(rawValue: refinement.text) else {
      return .tensor(dtype, dims)
    }
    var axis = -1
    if let refinementDim {
      guard let named = dim(refinementDim, implicit: implicit) else { return .poison }
      guard let index = dims.lastIndex(of: named) else {
        reportNotInShape(refinementDim, dims)
        return .poison
      }
      axis = index - dims.count
    }
    if claimed == .simplex && dims.isEmpty {
      report(
        .dimNotInShape, "`simplex` needs a dim to sum over", at: refinement.span,
        help: ["write its shape: `simplex [N]`"])
      return .poison
    }
    return .tensor(dtype, dims, Claim(claimed, axis: axis))
  }

  func reportNotInShape(_ dim: Expression, _ shape: [Dim]) {
    report(
      .dimNotInShape, "`\(text(of: dim.span))` is not a dim of this shape", at: dim.span,
      label: "the shape is \(Type.tensor(.real, shape).written)")
  }

  /// `[Head[N, M]]` or `[R, Head[N, M]]`, where the last part names a type.
  private func listType(_ parts: [Expression], _ implicit: ImplicitNames?) -> Type? {
    guard let last = parts.last, parts.count <= 2, let names = typeNames(last) else { return nil }
    let arguments: [Expression]?
    if case .bracket(_, let inner) = last.kind { arguments = inner } else { arguments = nil }
    let element = namedType(names, arguments, last.span, implicit)
    if parts.count == 1 {
      guard let implicit, !implicit.solvesUnknowns else {
        report(
          .undecidedDim, "how many elements this list has is not said", at: last.span,
          help: ["`[R, \(text(of: last.span))]`, with `R` among the struct's dims"])
        return .poison
      }
      let symbol = freshSymbol("count")
      implicit.parameters.append(.dim(symbol))
      return .list(element, count: Dim(symbol))
    }
    guard let count = dim(parts[0], implicit: implicit) else { return .poison }
    return .list(element, count: count)
  }

  /// The dotted names of an expression that stands for a type in this scope.
  private func typeNames(_ expression: Expression) -> [Name]? {
    switch expression.kind {
    case .bracket(let base, _): return typeNames(base)
    case .name(let name):
      switch scope.lookUp(name.text) {
      case .structure, .interface, .typeParameter: return [name]
      default: return nil
      }
    case .field(let base, let name):
      guard case .name(let first) = base.kind else { return nil }
      if case .module(let module)? = scope.lookUp(first.text) {
        if case .dim? = module.names[name.text] { return nil }
        return [first, name]
      }
      guard scope.lookUp(first.text) != nil || scope.valueOfPath(first.text) != nil else {
        return nil
      }
      return SectionKind(rawValue: name.text) == nil ? nil : [first, name]
    default: return nil
    }
  }

  private func namedType(
    _ names: [Name], _ arguments: [Expression]?, _ span: Span, _ implicit: ImplicitNames?
  ) -> Type {
    let first = names[0]
    if names.count > 1, let kind = SectionKind(rawValue: names[names.count - 1].text) {
      return sectionType(Array(names.dropLast()), kind, span)
    }
    if names.count == 2, case .module(let module) = scope.lookUp(first.text) {
      guard let entity = find(names[1], in: module) else { return .poison }
      return entityType(entity, names[1], arguments, span, implicit)
    }
    if names.count == 1, let kind = SectionKind(rawValue: first.text) {
      return ownSection(kind, first.span)
    }
    switch first.text {
    case "Rng": return .rng
    case "text": return .text
    case "Projection": return projectionType(arguments, span, implicit)
    default: break
    }
    if let entity = scope.lookUp(first.text) {
      return entityType(entity, first, arguments, span, implicit)
    }
    if let implicit, implicit.mayDeclare, isUpper(first.text), arguments == nil {
      let symbol = TypeSymbol(first.text, freshSymbol(first.text).number)
      implicit.parameters.append(.type(symbol))
      implicit.scope.declare(first.text, .typeParameter(symbol))
      return .parameter(symbol)
    }
    reportUnknown(first, wanted: "type")
    return .poison
  }

  private func entityType(
    _ entity: Entity, _ name: Name, _ arguments: [Expression]?, _ span: Span,
    _ implicit: ImplicitNames?
  ) -> Type {
    switch entity {
    case .structure(let structure):
      guard let list = generics(structure.generics, arguments, structure.name, span, implicit)
      else {
        return .poison
      }
      return .structure(structure, list)
    case .interface(let interface):
      guard let list = generics(interface.generics, arguments, interface.name, span, implicit)
      else {
        return .poison
      }
      return .interface(interface, list)
    case .typeParameter(let symbol): return .parameter(symbol)
    case .dim:
      report(
        .notAType, "`\(name.text)` is a dim, not a type", at: name.span,
        help: ["a vector of that many numbers is written `[\(name.text)]`"])
      return .poison
    default:
      report(.notAType, "`\(name.text)` is not a type", at: name.span)
      return .poison
    }
  }

  /// The arguments of a generic type; all must be written.
  func generics(
    _ parameters: [GenericParameter], _ arguments: [Expression]?, _ name: String, _ span: Span,
    _ implicit: ImplicitNames?
  ) -> [GenericArgument]? {
    let written = arguments ?? []
    guard written.count == parameters.count else {
      report(
        .argumentCount,
        "`\(name)` takes \(count(parameters.count, "dim")), here it has \(written.count)",
        at: span,
        notes: ["`\(name)[\(parameters.map(\.name).joined(separator: ", "))]`"])
      return nil
    }
    var result: [GenericArgument] = []
    for (parameter, expression) in zip(parameters, written) {
      guard let argument = generic(parameter, expression, implicit) else { return nil }
      result.append(argument)
    }
    return result
  }

  func generic(
    _ parameter: GenericParameter, _ expression: Expression, _ implicit: ImplicitNames? = nil
  ) -> GenericArgument? {
    switch parameter {
    case .dim: return dim(expression, implicit: implicit).map { .dim($0) }
    case .type:
      switch expression.kind {
      case .list(let parts):
        return .type(
          listType(parts, implicit) ?? tensorType(nil, nil, nil, parts, expression.span, implicit))
      case .name(let name) where DType(rawValue: name.text) != nil:
        return .type(tensorType(name, nil, nil, nil, expression.span, implicit))
      case .name(let name):
        let inner = namedType([name], nil, expression.span, implicit)
        return .type(inner)
      case .bracket(let base, let arguments):
        guard case .name(let name) = base.kind else { break }
        return .type(namedType([name], arguments, expression.span, implicit))
      default: break
      }
      report(.notAType, "a type is due here", at: expression.span)
      return nil
    }
  }

  private func sectionType(_ names: [Name], _ kind: SectionKind, _ span: Span) -> Type {
    value(named: names).map { section(kind, of: $0, span) } ?? .poison
  }

  /// The value that a type speaks of: a parameter, a field, a field of one.
  private func value(named names: [Name]) -> TypedExpression? {
    let first = names[0]
    let start = scope.valueOfPath(first.text).map {
      TypedExpression(.variable($0), resolve($0.type), first.span)
    }
    guard var current = start ?? lookUpVariable(first) else { return nil }
    for name in names.dropFirst() {
      guard let next = fieldAccess(current, name) else { return nil }
      current = next
    }
    return current
  }

  /// The `emits` or `state` of a value.
  func section(_ kind: SectionKind, of value: TypedExpression, _ span: Span) -> Type {
    let path = path(of: value) ?? .variable(Variable("value", span, type: value.type))
    return section(kind, ofType: resolve(value.type), at: path, span)
  }

  func section(_ kind: SectionKind, ofType type: Type, at path: Path, _ span: Span) -> Type {
    switch type {
    case .poison: return .poison
    case .structure(let structure, let arguments):
      // Declared further below: `resolve` opens it when it is known.
      if !structure.isDefined { return .associated(path, kind) }
      var substitution = Substitution(structure.generics, arguments)
      substitution.paths[structure.selfVariable] = path
      return declaredSection(kind, structure).substituting(substitution)
    case .interface(let interface, _):
      let has = kind == .emits ? interface.hasEmits : interface.hasState
      if !has { break }
      return .associated(path, kind)
    case .list(let element, let count):
      return .list(section(kind, ofType: element, at: .each(path), span), count: count)
    default: break
    }
    report(
      .unknownName, "`\(type.written)` has no `\(kind.rawValue)`", at: span)
    return .poison
  }

  func declaredSection(_ kind: SectionKind, _ structure: Structure) -> Type {
    let fields = (kind == .emits ? structure.emits : structure.state) ?? []
    return .record(fields.map { RecordField($0.name, $0.type) })
  }

  private func ownSection(_ kind: SectionKind, _ span: Span) -> Type {
    switch context.owner {
    case .structure(let structure): return declaredSection(kind, structure)
    case .interface(let interface):
      let has = kind == .emits ? interface.hasEmits : interface.hasState
      if has, let variable = context.selfVariable { return .associated(.variable(variable), kind) }
    case nil: break
    }
    report(.unknownName, "there is no `\(kind.rawValue)` here", at: span)
    return .poison
  }

  private func projectionType(
    _ arguments: [Expression]?, _ span: Span, _ implicit: ImplicitNames?
  ) -> Type {
    guard let arguments, arguments.count == 2,
      case .field(let owner, let name) = arguments[1].kind, name.text == "emits",
      let names = owner.dottedNames
    else {
      report(
        .argumentCount, "`Projection` takes an input size and the `emits` of a field", at: span,
        help: ["for example `Projection[H, memory.emits]`"])
      return .poison
    }
    guard let inputs = dim(arguments[0], implicit: implicit), let value = value(named: names),
      let path = path(of: value)
    else { return .poison }
    if case .poison = section(.emits, ofType: resolve(value.type), at: path, arguments[1].span) {
      return .poison
    }
    return .projection(inputs, path)
  }

  // MARK: Dims

  /// What follows from a size out of range would only repeat the report.
  func reportUncountable<Result>(_ span: Span) -> Result? {
    report(
      .sizeOutOfRange, "`\(text(of: span))` is out of range for a size", at: span,
      notes: ["a size is at most \(Int.max)"])
    return nil
  }

  /// A dim expression; nil (and a report) where it is none.
  func dim(_ expression: Expression, implicit: ImplicitNames? = nil) -> Dim? {
    switch expression.kind {
    case .missing: return nil
    case .integer(let value):
      if value < 0 { break }
      return Dim(value)
    case .name(let name): return dimName(name, implicit)
    case .unary(.negate, let inner, _):
      return dim(inner, implicit: implicit).map { -$0 }
    case .binary(let operation, let left, let right, _):
      guard [.add, .subtract, .multiply].contains(operation) else { break }
      guard let a = dim(left, implicit: implicit), let b = dim(right, implicit: implicit) else {
        return nil
      }
      let result = operation == .add ? a + b : operation == .subtract ? a - b : a * b
      if result.isOverflow { return reportUncountable(expression.span) }
      // The form says something of the size, also where the dim is used nowhere else.
      for symbol in result.symbols { dimUses[symbol, default: 0] += 1 }
      return result
    case .record(let parts) where parts.count == 1 && parts[0].label == nil:
      return dim(parts[0].value, implicit: implicit)
    case .field(let base, let name):
      if case .name(let first) = base.kind, case .module(let module)? = scope.lookUp(first.text),
        case .dim(let dim)? = module.names[name.text]
      {
        return dim
      }
      let value = self.expression(expression)
      if case .poison = value.type { return nil }
    default: break
    }
    report(
      .notADim, "this is not a dim", at: expression.span,
      notes: ["dims are made of dim names, ints bound by `let`, whole numbers, + - and *"],
      help: ["bind it first: `let n = …`, then write `n` here"])
    return nil
  }

  private func dimName(_ name: Name, _ implicit: ImplicitNames?) -> Dim? {
    if name.text == "_" {
      if implicit?.solvesUnknowns ?? false { return unifier.unknownDim("_") }
      guard implicit?.unknowns != nil else {
        if let implicit, implicit.mayDeclare {
          let symbol = freshSymbol("_")
          implicit.parameters.append(.dim(symbol))
          return Dim(symbol)
        }
        report(
          .notADim,
          "`_` stands for a dim only in parameters, in the result of a function type and in `let`",
          at: name.span)
        return nil
      }
      let symbol = freshSymbol("_")
      implicit?.unknowns?.append(symbol)
      return Dim(symbol)
    }
    switch scope.lookUp(name.text) {
    case .dim(let dim):
      if let symbol = dim.symbol { dimUses[symbol, default: 0] += 1 }
      return dim
    case .variable(let variable):
      switch resolve(variable.type) {
      case .poison: return nil
      case .tensor(.int, let shape, _) where shape.isEmpty:
        if variable.isMutable {
          report(
            .notADim, "`\(name.text)` is a `var`, and a dim cannot change", at: name.span,
            help: ["bind its value now: `let n = \(name.text)`, then write `n`"])
          return nil
        }
        return Dim(sizeSymbol(of: variable))
      default:
        report(
          .notADim, "`\(name.text)` is not a dim", at: name.span,
          label: "this is \(resolve(variable.type).written)")
        return nil
      }
    case nil:
      if let implicit, implicit.mayDeclare, isUpper(name.text) {
        let symbol = freshSymbol(name.text)
        implicit.parameters.append(.dim(symbol))
        dimUses[symbol] = 1
        dimSpans[symbol] = name.span
        implicit.scope.declare(name.text, .dim(Dim(symbol)))
        return Dim(symbol)
      }
      let signature = implicit?.mayDeclare ?? false
      reportUnknown(
        name, wanted: "dim",
        help: signature ? ["dims that a signature brings in begin with a capital: `[N]`"] : [])
      return nil
    default:
      report(.notADim, "`\(name.text)` is not a dim", at: name.span)
      return nil
    }
  }

  /// The dim that an int bound by `let` stands for.
  func sizeSymbol(of variable: Variable) -> DimSymbol {
    if let symbol = sizeSymbols[variable] { return symbol }
    let symbol = freshSymbol(variable.name)
    sizeSymbols[variable] = symbol
    return symbol
  }

  func isUpper(_ name: String) -> Bool { name.first?.isUppercase ?? false }

  func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "one \(noun)" : "\(number) \(noun)s"
  }
}

extension Expression {
  /// `memory.read` as its names; nil for what is no path.
  fileprivate var dottedNames: [Name]? {
    switch kind {
    case .name(let name): [name]
    case .field(let base, let name): base.dottedNames.map { $0 + [name] }
    default: nil
    }
  }
}
