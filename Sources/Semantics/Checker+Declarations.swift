// Functions, structs and interfaces: first their signatures, later their bodies.

import Diagnostics
import IR
import Syntax
import Tensors

/// A function whose body is still to be checked.
struct PendingBody {
  let function: Function
  let syntax: FunctionDeclaration
  let scope: Scope
  let context: FunctionContext
}

extension Checker {
  // MARK: Functions

  /// Resolves the signature; the body is checked when `bodies` gets to it.
  func signature(
    _ function: Function, _ syntax: FunctionDeclaration, owner: Function.Owner?
  ) -> PendingBody {
    let inner = Scope(parent: scope, .function)
    let saved = scope
    scope = inner
    defer { scope = saved }
    function.owner = owner
    let selfVariable: Variable? =
      switch owner {
      case .structure(let structure): structure.selfVariable
      case .interface(let interface): Variable("self", interface.span, type: .poison)
      case nil: nil
      }
    let newContext = FunctionContext(kind: .function, owner: owner, selfVariable: selfVariable)
    let savedContext = context
    context = newContext
    defer { context = savedContext }

    let implicit = ImplicitNames(scope: inner)
    function.explicit = explicitGenerics(syntax, in: inner)
    for (index, parameter) in syntax.parameters.enumerated() {
      if index == 0, parameter.name.text == "self", let selfVariable, let owner {
        selfVariable.type = selfType(owner)
        inner.declare("self", .variable(selfVariable))
        function.hasSelf = true
        function.parameters.append(FunctionParameter(selfVariable))
        continue
      }
      guard let annotation = parameter.type else {
        report(
          .missingAnnotation, "`\(parameter.name.text)` needs a type", at: parameter.name.span,
          notes: ["the parameters of a `fn` are annotated, the rest is inferred"],
          help: ["for example `\(parameter.name.text): [N]`"])
        let variable = Variable(parameter.name.text, parameter.name.span, type: .poison)
        inner.declare(parameter.name.text, .variable(variable))
        function.parameters.append(FunctionParameter(variable))
        continue
      }
      if let other = function.parameters.first(where: { $0.variable.name == parameter.name.text }) {
        report(
          .declaredTwice, "the parameter `\(parameter.name.text)` is declared twice",
          at: parameter.name.span, secondary: [Label(other.variable.span, "first here")])
      }
      let type = type(annotation, implicit: implicit)
      let variable = Variable(parameter.name.text, parameter.name.span, type: type)
      inner.declare(parameter.name.text, .variable(variable))
      defaulted[variable] = parameter.value != nil
      function.parameters.append(FunctionParameter(variable))
    }
    implicit.mayDeclare = false
    if let result = syntax.result {
      function.result = type(result, implicit: implicit)
    } else {
      function.result = .unit
    }
    function.implicit = implicit.parameters
    return PendingBody(function: function, syntax: syntax, scope: inner, context: newContext)
  }

  /// A bracketed name used as a whole type is a type parameter, else a dim.
  private func explicitGenerics(_ syntax: FunctionDeclaration, in inner: Scope)
    -> [GenericParameter]
  {
    refuseTwice(syntax.dims)
    return syntax.dims.map { name in
      let types = syntax.parameters.compactMap(\.type) + (syntax.result.map { [$0] } ?? [])
      return generic(named: name, isType: types.contains { $0.usesAsType(name.text) }, in: inner)
    }
  }

  private func generic(named name: Name, isType: Bool, in inner: Scope) -> GenericParameter {
    let symbol = freshSymbol(name.text)
    if isType {
      let typeSymbol = TypeSymbol(name.text, symbol.number)
      inner.declare(name.text, .typeParameter(typeSymbol))
      return .type(typeSymbol)
    }
    inner.declare(name.text, .dim(Dim(symbol)))
    return .dim(symbol)
  }

  private func selfType(_ owner: Function.Owner) -> Type {
    switch owner {
    case .structure(let structure):
      .structure(structure, structure.generics.map(\.itself))
    case .interface(let interface):
      .interface(interface, interface.generics.map(\.itself))
    }
  }

  func checkBody(_ pending: PendingBody) {
    let function = pending.function
    let saved = (scope, context)
    scope = pending.scope
    context = pending.context
    defer { (scope, context) = saved }
    let offset = function.hasSelf ? 1 : 0
    for (index, parameter) in pending.syntax.parameters.enumerated().dropFirst(offset) {
      guard let value = parameter.value, index < function.parameters.count else { continue }
      let type = function.parameters[index].variable.type
      function.parameters[index].value = checked(value, as: type, what: "the default")
    }
    guard let body = pending.syntax.body else { return }
    let (value, first) = withEntrySizes(before: body.span) { self.body(body, pending) }
    let whole =
      first.isEmpty ? value : TypedExpression(.block(first, value), value.type, value.span)
    function.body = withSizes(of: function.parameters.map(\.variable), whole)
  }

  private func body(_ body: Expression, _ pending: PendingBody) -> TypedExpression {
    let function = pending.function
    if let result = pending.syntax.result {
      var place = Place("the result of `\(function.name)`")
      place.secondary = [Label(result.span, "the result is declared here")]
      return coerce(expression(body, expecting: function.result), to: function.result, place)
    }
    let typed = expression(body)
    if case .block = body.kind {} else { function.result = resolve(typed.type) }
    return typed
  }

  /// The parameters of structs and interfaces come first of all: any may be used above its place.
  func nameGenerics(_ structure: Structure, _ syntax: StructDeclaration) {
    refuseTwice(syntax.dims)
    let inner = Scope(parent: scope, .function)
    structure.generics = syntax.dims.map { name in
      generic(named: name, isType: syntax.usesAsType(name.text), in: inner)
    }
  }

  func nameGenerics(_ interface: Interface, _ syntax: InterfaceDeclaration) {
    refuseTwice(syntax.dims)
    let inner = Scope(parent: scope, .function)
    interface.generics = syntax.dims.map { name in
      let isType = syntax.functions.contains { $0.usesAsType(name.text) }
      return generic(named: name, isType: isType, in: inner)
    }
  }

  // MARK: Structs

  /// Fields, sections and method signatures of a struct whose name is declared.
  func define(_ structure: Structure, _ syntax: StructDeclaration) -> [PendingBody] {
    let inner = Scope(parent: scope, .function)
    let saved = (scope, context)
    scope = inner
    context = FunctionContext(
      kind: .function, owner: .structure(structure), selfVariable: structure.selfVariable)
    defer { (scope, context) = saved }
    declareGenerics(structure.generics)
    structure.selfVariable.type = selfType(.structure(structure))
    for field in syntax.fields {
      structure.fields.append(declare(field, in: structure, as: nil))
    }
    for section in syntax.sections {
      let fields = (section.fields ?? []).map { declare($0, in: structure, as: section.kind) }
      switch section.kind {
      case .emits:
        structure.emits = fields
        for (field, syntax) in zip(fields, section.fields ?? []) where !canBeEmitted(field.type) {
          report(
            .typeMismatch,
            "a controller emits reals, here `\(field.name)` is \(field.type.written)",
            at: syntax.type.span)
        }
      case .state: structure.state = fields
      }
    }
    structure.isDefined = true
    for claim in syntax.claims {
      switch type(claim) {
      case .interface(let interface, let arguments):
        structure.claims.append(InterfaceUse(interface, arguments))
      case .poison: break
      default:
        report(
          .notAType, "a struct can claim only an interface", at: claim.span)
      }
    }
    var pending: [PendingBody] = []
    for method in syntax.functions {
      let function = Function(
        name: method.name.text, span: method.name.span, doc: method.doc, module: fileName)
      if let first = structure.methods[function.name] {
        reportTwice(method.name, first: first.span)
        continue
      }
      structure.methods[function.name] = function
      pending.append(signature(function, method, owner: .structure(structure)))
    }
    return pending
  }

  /// Whether a linear map can give a value of the type.
  private func canBeEmitted(_ type: Type) -> Bool {
    switch resolve(type) {
    case .poison, .tensor(.real, _, _), .associated(_, .emits): true
    case .record(let fields): fields.allSatisfy { canBeEmitted($0.type) }
    case .list(let element, _): canBeEmitted(element)
    default: false
    }
  }

  private func declare(
    _ syntax: FieldDeclaration, in structure: Structure, as kind: Section.Kind?
  ) -> Field {
    let type = type(syntax.type)
    let variable = Variable(syntax.name.text, syntax.name.span, type: type)
    if kind == nil {
      if let first = scope.fields[syntax.name.text] {
        reportTwice(syntax.name, first: first.span)
      }
      scope.fields[syntax.name.text] = variable
      docs[syntax.name.span] = syntax.doc
      aliases[variable] = .field(.variable(structure.selfVariable), syntax.name.text)
    }
    return Field(
      name: syntax.name.text, isFrozen: syntax.isFrozen, doc: syntax.doc, variable: variable,
      type: type, hasDefault: syntax.value != nil,
      draws: syntax.value?.reads("rng") ?? false)
  }

  /// Defaults and `via` of fields, once every signature of the module is known.
  func fillFields(_ structure: Structure, _ syntax: StructDeclaration, _ module: Scope) {
    let saved = (scope, context)
    defer { (scope, context) = saved }
    context = FunctionContext(
      kind: .function, owner: .structure(structure), selfVariable: structure.selfVariable)
    let inner = Scope(parent: module, .function)
    scope = inner
    declareGenerics(structure.generics)
    inner.declare("rng", .variable(structure.rngVariable))
    for index in syntax.fields.indices where index < structure.fields.count {
      let (via, value) = details(syntax.fields[index], structure.fields[index])
      structure.fields[index].via = via
      structure.fields[index].value = value
      checkTraining(of: structure.fields[index])
      inner.declare(structure.fields[index].name, .variable(structure.fields[index].variable))
    }
    let sectionScope = Scope(parent: module, .function)
    scope = sectionScope
    declareGenerics(structure.generics)
    sectionScope.declare("self", .variable(structure.selfVariable))
    for section in syntax.sections {
      var fields = (section.kind == .emits ? structure.emits : structure.state) ?? []
      for (index, field) in (section.fields ?? []).enumerated() where index < fields.count {
        let (via, value) = details(field, fields[index])
        fields[index].via = via
        fields[index].value = value
        if section.kind == .state, value == nil { checkStart(of: fields[index]) }
      }
      switch section.kind {
      case .emits: structure.emits = fields
      case .state: structure.state = fields
      }
    }
  }

  func declareGenerics(_ generics: [GenericParameter]) {
    for parameter in generics {
      switch parameter {
      case .dim(let symbol): scope.declare(symbol.name, .dim(Dim(symbol)))
      case .type(let symbol): scope.declare(symbol.name, .typeParameter(symbol))
      }
    }
  }

  private func details(
    _ syntax: FieldDeclaration, _ field: Field
  ) -> (via: TypedExpression?, value: TypedExpression?) {
    let bare = field.type.withoutClaim
    let via = syntax.via.map { viaFunction($0, from: bare, to: field.type) }
    // Behind `via` the raw value is stored, of which nothing is claimed.
    let value = syntax.value.map {
      checked($0, as: syntax.via == nil ? field.type : bare, what: "the default of `\(field.name)`")
    }
    return (via, value)
  }

  /// `via softplus`, `via softmax[N]`, `via |x| …`: a function from the raw to the given value. One
  /// that takes a number is applied number by number.
  private func viaFunction(_ syntax: Expression, from raw: Type, to type: Type) -> TypedExpression {
    let name = Name("raw", syntax.span)
    let value = Expression(.name(name), syntax.span)
    var call = Expression(.call(syntax, [Argument(label: nil, value: value)]), syntax.span)
    if case .tensor(_, let shape, _) = resolve(raw), takesOneNumber(syntax) {
      for _ in shape {
        let body = Block(
          statements: [Statement(.expression(call), syntax.span)], span: syntax.span)
        call = Expression(
          .loop([(pattern: Pattern(.name(name), syntax.span), source: value)], body), syntax.span)
      }
    }
    let variable = Variable("raw", syntax.span, type: raw)
    return inScope(.lambda) {
      scope.declare("raw", .variable(variable))
      var place = Place("what `via` gives")
      if let claim = resolve(type).claim {
        place.help = ["`via \(claim.refinement.map)` gives such"]
      }
      let body = coerce(expression(call, expecting: type), to: type, place)
      return TypedExpression(
        .lambda(Lambda(parameters: [variable], body: body)),
        .function(FunctionType(parameters: [raw], result: type)), syntax.span)
    }
  }

  private func takesOneNumber(_ function: Expression) -> Bool {
    let type: Type
    switch function.kind {
    case .lambda(let parameters, _):
      guard parameters.count == 1, let annotation = parameters[0].type else { return false }
      type = self.type(annotation)
    default:
      guard case .function(let named)? = entity(function), named.parameters.count == 1 else {
        return false
      }
      type = named.parameters[0].variable.type
    }
    if case .tensor(.real, let shape, _) = resolve(type) { return shape.isEmpty }
    return false
  }

  /// What a name stands for, or a name of a module.
  func entity(_ syntax: Expression) -> Entity? {
    switch syntax.kind {
    case .name(let name): return scope.lookUp(name.text)
    case .field(let base, let name):
      guard case .name(let first) = base.kind, case .module(let module) = scope.lookUp(first.text)
      else { return nil }
      return module.names[name.text]
    default: return nil
    }
  }

  // MARK: Interfaces

  func define(_ interface: Interface, _ syntax: InterfaceDeclaration) -> [PendingBody] {
    let inner = Scope(parent: scope, .function)
    let saved = (scope, context)
    scope = inner
    context = FunctionContext(kind: .function, owner: .interface(interface))
    defer { (scope, context) = saved }
    declareGenerics(interface.generics)
    interface.hasEmits = syntax.sections.contains { $0.kind == .emits }
    interface.hasState = syntax.sections.contains { $0.kind == .state }
    for field in syntax.fields {
      if let first = interface.fields.first(where: { $0.name == field.name.text }) {
        reportTwice(field.name, first: first.span)
      }
      if field.isFrozen || field.via != nil || field.value != nil {
        report(
          .interfaceMismatch, "an interface says only what type `\(field.name.text)` has",
          at: field.name.span,
          help: ["what it starts from, `via` and `frozen` belong to the structs"])
      }
      interface.fields.append(
        RequiredField(name: field.name.text, span: field.name.span, type: type(field.type)))
    }
    var pending: [PendingBody] = []
    for method in syntax.functions {
      let function = Function(
        name: method.name.text, span: method.name.span, doc: method.doc, module: fileName)
      if let first = interface.methods[function.name] {
        reportTwice(method.name, first: first.span)
        continue
      }
      interface.methods[function.name] = function
      interface.methodOrder.append(function.name)
      if method.body != nil { bodied.insert(function) }
      pending.append(signature(function, method, owner: .interface(interface)))
      if !function.hasSelf {
        report(
          .missingAnnotation, "a function of an interface takes `self` first",
          at: method.name.span)
      }
    }
    return pending
  }

  func reportTwice(_ name: Name, first: Span? = nil) {
    report(
      .declaredTwice, "`\(name.text)` is declared twice", at: name.span,
      secondary: first.map { [Label($0, "first here")] } ?? [])
  }

  /// Reports the names that one list declares again.
  func refuseTwice(_ names: [Name]) {
    var places: [String: Span] = [:]
    for name in names where name.text != "_" {
      if let first = places[name.text] {
        reportTwice(name, first: first)
      } else {
        places[name.text] = name.span
      }
    }
  }
}

extension GenericParameter {
  /// The parameter standing for itself.
  var itself: GenericArgument {
    switch self {
    case .dim(let symbol): .dim(Dim(symbol))
    case .type(let symbol): .type(.parameter(symbol))
    }
  }
}

extension Type {
  /// What is claimed of a tensor.
  var claim: Claim? {
    if case .tensor(_, _, let claim) = self { claim } else { nil }
  }

  var withoutClaim: Type {
    if case .tensor(let dtype, let shape, _) = self { return .tensor(dtype, shape) }
    return self
  }

  /// Of the parts of a record or list, too.
  var withoutClaims: Type {
    switch self {
    case .record(let fields):
      .record(fields.map { RecordField($0.name, $0.type.withoutClaims) })
    case .list(let element, let count): .list(element.withoutClaims, count: count)
    default: withoutClaim
    }
  }
}

// MARK: Telling type parameters from dims

extension FunctionDeclaration {
  func usesAsType(_ name: String) -> Bool {
    parameters.contains { $0.type?.usesAsType(name) ?? false }
      || (result?.usesAsType(name) ?? false)
  }
}

extension StructDeclaration {
  func usesAsType(_ name: String) -> Bool {
    fields.contains { $0.type.usesAsType(name) }
      || sections.contains { ($0.fields ?? []).contains { $0.type.usesAsType(name) } }
      || functions.contains { $0.usesAsType(name) }
  }
}

extension TypeExpression {
  /// True where `name` stands for a whole type, not for a dim.
  func usesAsType(_ name: String) -> Bool {
    switch kind {
    case .named(let names, _): names.count == 1 && names[0].text == name
    case .record(let fields): fields.contains { $0.type.usesAsType(name) }
    case .function(_, let parameters, let result):
      parameters.contains { $0.usesAsType(name) } || result.usesAsType(name)
    case .tensor, .missing: false
    }
  }
}
