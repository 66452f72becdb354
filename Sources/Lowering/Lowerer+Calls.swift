// Calls: functions, methods found in the receiver's struct, function values.
//
// A callee is written out in a frame of its own. Its dims come from the shapes of the arguments
// where they determine them, from what the checker knows otherwise. Arguments with a batch dim more
// than the parameters ask for lift the call; see Lowerer+Loops.

import Diagnostics
import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  // MARK: The three kinds of callee

  func call(
    _ function: Function, _ receiver: TypedExpression?, _ detail: CallDetail
  ) throws -> Aggregate<Operand> {
    let receiver = try receiver.map(evaluate)
    let generics = frame.generics(detail.generics)
    let arguments = try evaluate(detail.arguments)
    let result = try invoke(
      function, receiver, arguments, generics, .site(Hash.call(function.name, site: detail.site)))
    try learn(detail.unknowns, from: result, function, receiver, arguments, generics)
    return result
  }

  func method(
    _ function: Function, _ receiver: TypedExpression, _ detail: CallDetail
  ) throws -> Aggregate<Operand> {
    let receiver = try evaluate(receiver)
    let generics = frame.generics(detail.generics)
    let arguments = try evaluate(detail.arguments)
    let result = try invokeMethod(
      function, receiver, arguments, generics, .site(Hash.call(function.name, site: detail.site)))
    try learn(detail.unknowns, from: result, function, receiver, arguments, generics)
    return result
  }

  func apply(
    _ function: TypedExpression, _ dims: [Dim], _ detail: CallDetail
  ) throws -> Aggregate<Operand> {
    let closure = try functionValue(function)
    let chosen = frame.shape(dims)
    let arguments = try evaluate(detail.arguments)
    let result = try apply(
      closure, arguments.compactMap { $0 }, chosen: chosen, .site(Hash.call("", site: detail.site)))
    if case .function(let type) = function.type, !detail.unknowns.isEmpty {
      try learn(detail.unknowns, from: result, type, chosen, arguments)
    }
    return result
  }

  private func evaluate(
    _ arguments: [TypedExpression?]
  ) throws -> [Aggregate<Operand>?] {
    try arguments.map { try $0.map(evaluate) }
  }

  // MARK: Methods of interfaces

  /// The struct's own method, or the interface's default.
  private func invokeMethod(
    _ declared: Function, _ receiver: Aggregate<Operand>, _ arguments: [Aggregate<Operand>?],
    _ generics: [GenericParameter: GenericArgument], _ fold: Fold
  ) throws -> Aggregate<Operand> {
    guard case .structure(let structure, _, _) = receiver else {
      preconditionFailure("`\(declared.name)` of \(words(types(receiver))), which is no struct")
    }
    guard let own = structure.methods[declared.name] else {
      return try invoke(declared, receiver, arguments, generics, fold)
    }
    // Bracketed dims correspond by position.
    let omitted = omittedParameters(declared, own, structure)
    func kept<T>(_ all: some Sequence<T>) -> [T] {
      all.enumerated().filter { !omitted.contains($0.offset) }.map(\.element)
    }
    let known = Frame()
    known.bind(ownerGenerics(declared, receiver))
    known.bind(generics)
    var ownGenerics = implicitDims(
      own, from: kept(declared.parameters.dropFirst()).map { known.type($0.variable.type) })
    for (theirs, mine) in zip(declared.explicit, own.explicit) {
      ownGenerics[mine] = generics[theirs]
    }
    let result = try invoke(own, receiver, kept(arguments), ownGenerics, fold)
    return completed(result, declared, structure)
  }

  /// The dims that a struct's own method finds in its parameters, from the types that the call
  /// has for them: of a function no shape tells its dims.
  private func implicitDims(
    _ own: Function, from types: [Type]
  ) -> [GenericParameter: GenericArgument] {
    var unknown: Set<DimSymbol> = []
    for case .dim(let symbol) in own.implicit { unknown.insert(symbol) }
    var matcher = DimMatcher(unknown: unknown)
    for (parameter, type) in zip(own.parameters.dropFirst(), types) {
      matcher.match(.type(parameter.variable.type), .type(type))
    }
    matcher.solve()
    return Dictionary(
      uniqueKeysWithValues: matcher.bound.map { (.dim($0.key), .dim($0.value)) })
  }

  /// The parameters (without `self`) for a section that the struct does not have, where its method
  /// leaves them out.
  private func omittedParameters(
    _ declared: Function, _ own: Function, _ structure: Structure
  ) -> Set<Int> {
    let theirs = declared.parameters.dropFirst(declared.hasSelf ? 1 : 0)
    let mine = own.parameters.dropFirst(own.hasSelf ? 1 : 0)
    guard mine.count < theirs.count else { return [] }
    return Set(
      theirs.enumerated().filter { lacks(structure, $0.element.variable.type) }.map(\.offset))
  }

  /// Whether a type is a section that the struct does not have.
  private func lacks(_ structure: Structure, _ type: Type) -> Bool {
    guard case .associated(_, let kind) = type else { return false }
    switch kind {
    case .state: return structure.state == nil
    case .emits: return structure.emits == nil
    }
  }

  /// The result with `()` for sections that the interface declares and the struct does not have.
  private func completed(
    _ result: Aggregate<Operand>, _ declared: Function, _ structure: Structure
  ) -> Aggregate<Operand> {
    guard case .record(let fields) = declared.result,
      fields.contains(where: { lacks(structure, $0.type) })
    else { return result }
    let others = fields.filter { !lacks(structure, $0.type) }
    var isBare = true
    if case .record = result { isBare = false }
    return .record(
      fields.map { field in
        if let member = field.name.flatMap({ result.member($0) }) {
          return .init(field.name, member)
        }
        if lacks(structure, field.type) { return .init(field.name, .unit) }
        if isBare, others.count == 1 { return .init(field.name, result) }
        let index = others.firstIndex { $0 == field } ?? 0
        return .init(field.name, result.member(at: index) ?? .unit)
      })
  }

  // MARK: Writing out

  /// Writes out one call of a function whose callee is known.
  func invoke(
    _ function: Function, _ receiver: Aggregate<Operand>?, _ arguments: [Aggregate<Operand>?],
    _ generics: [GenericParameter: GenericArgument], _ fold: Fold
  ) throws -> Aggregate<Operand> {
    try entering(function.name) {
      let callee = try bound(function, receiver, arguments, generics)
      guard let body = function.body else {
        preconditionFailure("`\(function.name)` has no body, neither here nor in its interface")
      }
      return try scoped(fold) {
        try inFrame(callee) {
          try fill(function, arguments, hasReceiver: receiver != nil)
          if let rule = function.derivative { return try withRule(function, body, rule) }
          if receiver != nil { return try answer(of: function, body, receiver) }
          return try evaluate(body)
        }
      }
    }
  }

  private func entering<T>(_ name: String, _ body: () throws -> T) throws -> T {
    entered.append((name, sides))
    defer { entered.removeLast() }
    if entered.count > Self.deepest { throw tooDeep() }
    calls += 1
    if calls > Self.mostCalls {
      throw problem(
        LoweringMessages.recursionTooDeep, "writing out the calls of `\(name)` comes to no end")
    }
    return try body()
  }

  /// The report of calls within calls that come to no end.
  func tooDeep() -> LoweringProblem {
    let names = entered.map(\.name)
    guard let name = names.last(where: { name in names.filter { $0 == name }.count > 1 }),
      let outermost = entered.first(where: { $0.name == name }),
      let innermost = entered.last(where: { $0.name == name })
    else {
      return problem(
        LoweringMessages.recursionTooDeep, "these calls, and what they compute, nest too deep")
    }
    if innermost.sides == outermost.sides {
      return problem(
        LoweringMessages.recursionTooDeep, "`\(name)` calls itself without an end in sight")
    }
    return problem(
      LoweringMessages.recursionTooDeep,
      "how often `\(name)` calls itself depends on numbers that only the run knows",
      at: origin.calls.last,
      notes: ["calls are written out before the run, on both sides of such an `if`"],
      help: ["a loop takes as many steps as the numbers say: `for`, or `while … max`"])
  }

  /// Defaults for parameters that are not given; they may read earlier ones.
  private func fill(
    _ function: Function, _ arguments: [Aggregate<Operand>?], hasReceiver: Bool
  ) throws {
    let declared = function.parameters.dropFirst(hasReceiver ? 1 : 0)
    for (index, parameter) in declared.enumerated() {
      let isGiven = arguments.indices.contains(index) && arguments[index] != nil
      if isGiven { continue }
      guard let value = parameter.value else {
        preconditionFailure(
          "`\(parameter.variable.name)` of `\(function.name)` is neither given nor has a default")
      }
      frame.values[parameter.variable] = try evaluate(value)
    }
  }

  /// The frame of a call: dims solved, parameters bound.
  private func bound(
    _ function: Function, _ receiver: Aggregate<Operand>?, _ arguments: [Aggregate<Operand>?],
    _ generics: [GenericParameter: GenericArgument]
  ) throws -> Frame {
    let callee = Frame(calls: frame.calls + (origin.span.map { [$0] } ?? []))
    let surroundings = try captured(by: function)
    if !surroundings.isEmpty || function.owner == nil { callee.dims = frame.dims }
    for (variable, value) in surroundings { callee.values[variable] = value }
    for case .dim(let symbol) in function.explicit + function.implicit {
      callee.dims[symbol] = nil
    }
    callee.bind(ownerGenerics(function, receiver))
    for parameter in function.explicit {
      if let argument = generics[parameter] { callee.bind([parameter: argument]) }
    }
    for case .type(let symbol) in function.implicit {
      if case .type(let type)? = generics[.type(symbol)] { callee.types[symbol] = type }
    }
    var declared = function.parameters
    if let receiver, let first = declared.first {
      callee.values[first.variable] = receiver
      declared.removeFirst()
    }
    var given: [(FunctionParameter, Aggregate<Operand>)] = []
    for (parameter, argument) in zip(declared, arguments) {
      if let argument { given.append((parameter, argument)) }
    }
    try solve(function, callee, given, generics)
    for (parameter, argument) in given {
      let type = callee.type(parameter.variable.type)
      callee.values[parameter.variable] = try conformed(argument, to: type)
    }
    return callee
  }

  /// The generics of the struct or interface that declares a method.
  private func ownerGenerics(
    _ function: Function, _ receiver: Aggregate<Operand>?
  ) -> [GenericParameter: GenericArgument] {
    guard case .structure(let structure, let generics, _)? = receiver else { return [:] }
    switch function.owner {
    case .structure, nil: return generics
    case .interface(let interface):
      guard let claimed = structure.claimed(interface, generics) else { return [:] }
      return Dictionary(zip(interface.generics, claimed), uniquingKeysWith: { first, _ in first })
    }
  }

  /// Solves the callee's dims: actual shapes first, then what the checker knows.
  private func solve(
    _ function: Function, _ callee: Frame, _ given: [(FunctionParameter, Aggregate<Operand>)],
    _ generics: [GenericParameter: GenericArgument]
  ) throws {
    var unknown: [DimSymbol] = []
    for case .dim(let symbol) in function.explicit + function.implicit
    where callee.dims[symbol] == nil {
      unknown.append(symbol)
    }
    if unknown.isEmpty { return }
    var matcher = DimMatcher(unknown: Set(unknown), bound: callee.dims)
    for (parameter, argument) in given {
      matcher.match(parameter.variable.type, types(argument))
    }
    matcher.solve()
    callee.dims = matcher.bound
    for pending in matcher.pending { try divide(pending, callee) }
    for symbol in unknown where callee.dims[symbol] == nil {
      guard case .dim(let dim)? = generics[.dim(symbol)] else {
        throw problem(
          LoweringMessages.unsolvedDim,
          "the dim `\(symbol.name)` of `\(function.name)` is not determined here")
      }
      callee.dims[symbol] = dim
    }
  }

  /// A dim that is a quotient is found when the program runs; that the division has no rest is
  /// part of the check of the arguments' shapes.
  private func divide(_ pending: DimMatcher.Pending, _ callee: Frame) throws {
    let quotient = try emit(
      pointwise.floorDiv, size(pending.numerator), integer(pending.divisor))
    callee.dims[pending.symbol] = try dim(of: operand(quotient), named: pending.symbol.name)
  }

  // MARK: Function values

  /// The value of an expression of function type.
  func functionValue(_ expression: TypedExpression) throws -> Aggregate<Operand>.Closure {
    guard case .closure(let closure) = try evaluate(expression) else {
      preconditionFailure("a value of function type is none")
    }
    return closure
  }

  /// - Parameter receiver: the `self` of a function of a struct: captured like any other name.
  func closure(
    _ function: Function, _ receiver: Aggregate<Operand>?,
    _ generics: [GenericParameter: GenericArgument]
  ) throws -> Aggregate<Operand> {
    var captured = try captured(by: function)
    if let receiver { captured.append((function.parameters[0].variable, receiver)) }
    return .closure(
      .init(
        code: .function(function, frame.generics(generics)), captured: captured, dims: frame.dims))
  }

  /// What a function declared inside another reads of it.
  private func captured(
    by function: Function
  ) throws -> [(variable: Variable, value: Aggregate<Operand>)] {
    if function.owner != nil { return [] }
    let free: [Variable]
    if let known = freeVariablesOf[function] {
      free = known
    } else {
      free = freeVariables(function)
      freeVariablesOf[function] = free
    }
    return try free.map { ($0, try lookUp($0)) }
  }

  func closure(_ lambda: Lambda, _ type: Type) throws -> Aggregate<Operand> {
    var captured: [(variable: Variable, value: Aggregate<Operand>)] = []
    for variable in freeVariables(lambda) { captured.append((variable, try lookUp(variable))) }
    var chosen: [DimSymbol] = []
    if case .function(let function) = type { chosen = function.dims }
    return .closure(
      .init(
        code: .lambda(lambda), captured: captured, dims: frame.dims, types: frame.types,
        chosen: chosen))
  }

  /// Writes out one call of a function value.
  func apply(
    _ closure: Aggregate<Operand>.Closure, _ arguments: [Aggregate<Operand>],
    chosen: [Dim] = [], _ fold: Fold = .none
  ) throws -> Aggregate<Operand> {
    switch closure.code {
    case .function(let function, var generics):
      for (parameter, dim) in zip(function.explicit, chosen) { generics[parameter] = .dim(dim) }
      // As if it were called where it was made, which is where its names are.
      let surroundings = Frame(dims: closure.dims, calls: frame.calls)
      for (variable, value) in closure.captured { surroundings.values[variable] = value }
      return try inFrame(surroundings) {
        let receiver = function.hasSelf ? closure.captured.last?.value : nil
        if let receiver, case .interface = function.owner {
          return try invokeMethod(function, receiver, arguments, generics, fold)
        }
        return try invoke(function, receiver, arguments, generics, fold)
      }
    case .lambda(let lambda):
      let inner = Frame(
        dims: closure.dims, types: closure.types,
        calls: frame.calls + (origin.span.map { [$0] } ?? []))
      for (symbol, dim) in zip(closure.chosen, chosen) { inner.dims[symbol] = dim }
      for (variable, value) in closure.captured { inner.values[variable] = value }
      for (parameter, value) in zip(lambda.parameters, arguments) {
        inner.values[parameter] = value
      }
      return try entering("a function value") {
        try scoped(fold) { try inFrame(inner) { try evaluate(lambda.body) } }
      }
    }
  }

  // MARK: Sizes that come back

  /// Binds the caller's dims for the `_` of a result to the sizes that it has.
  private func learn(
    _ unknowns: [DimSymbol], from result: Aggregate<Operand>, _ function: Function,
    _ receiver: Aggregate<Operand>?, _ arguments: [Aggregate<Operand>?],
    _ generics: [GenericParameter: GenericArgument]
  ) throws {
    if unknowns.isEmpty { return }
    var known: [DimSymbol: Dim] = [:]
    let owner = ownerGenerics(function, receiver)
    for (parameter, argument) in owner.merging(generics, uniquingKeysWith: { own, _ in own }) {
      if case .dim(let symbol) = parameter, case .dim(let dim) = argument { known[symbol] = dim }
    }
    let parameters = function.parameters.dropFirst(receiver == nil ? 0 : 1).map(\.variable.type)
    var implicit: Set<DimSymbol> = []
    for case .dim(let symbol) in function.implicit { implicit.insert(symbol) }
    try learn(
      unknowns, as: function.unknowns, function.result, from: result, parameters, arguments,
      implicit, known)
  }

  private func learn(
    _ unknowns: [DimSymbol], from result: Aggregate<Operand>, _ type: FunctionType,
    _ chosen: [Dim], _ arguments: [Aggregate<Operand>?]
  ) throws {
    var known = frame.dims
    for (symbol, dim) in zip(type.dims, chosen) { known[symbol] = dim }
    try learn(
      unknowns, as: type.unknowns, type.result, from: result, type.parameters, arguments, [], known)
  }

  private func learn(
    _ unknowns: [DimSymbol], as declared: [DimSymbol], _ type: Type,
    from result: Aggregate<Operand>, _ parameters: [Type], _ arguments: [Aggregate<Operand>?],
    _ implicit: Set<DimSymbol>, _ known: [DimSymbol: Dim]
  ) throws {
    var matcher = DimMatcher(
      unknown: implicit.union(declared).subtracting(known.keys), bound: known)
    for (parameter, argument) in zip(parameters, arguments) {
      if let argument { matcher.match(parameter, types(argument)) }
    }
    matcher.match(type, types(result))
    matcher.solve()
    for (mine, theirs) in zip(unknowns, declared) {
      guard let dim = matcher.bound[theirs] else {
        throw problem(
          LoweringMessages.unsolvedDim, "a size of the result, `\(mine.name)`, does not come back")
      }
      frame.dims[mine] = dim
    }
  }
}
