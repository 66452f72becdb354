// Structs and their sections: reading fields, making values from defaults, start states.

import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  // MARK: Reading

  /// A field as users see it: with `via` applied, its own or that of what a projection is for.
  func read(_ name: String, of value: Aggregate<Operand>) throws -> Aggregate<Operand> {
    let raw = stored(name, of: value)
    guard case .structure(let structure, let generics, _) = value,
      let field = structure.fields.first(where: { $0.name == name })
    else { return raw }
    let inner = fieldFrame(structure, generics, owner: value)
    if case .projection(_, let path) = field.type {
      return try activated(raw) { try inFrame(inner) { try self.value(at: path) } }
    }
    guard let via = field.via else { return raw }
    let closure = try inFrame(inner) { try functionValue(via) }
    return try apply(closure, [raw])
  }

  /// The value with the names of its type: a tuple without any has them from what it is passed for.
  func named(_ expression: TypedExpression) throws -> Aggregate<Operand> {
    let value = try evaluate(expression)
    guard case .record(let fields) = expression.type, case .record(let members) = value,
      fields.count == members.count
    else { return value }
    return .record(zip(members, fields).map { .init($0.name ?? $1.name, $0.value) })
  }

  func stored(_ name: String, of value: Aggregate<Operand>) -> Aggregate<Operand> {
    guard let member = value.member(name) else {
      preconditionFailure("\(words(types(value))) has no `\(name)`")
    }
    return member
  }

  /// The frame for defaults, `via` and the types of a struct's fields and sections.
  func fieldFrame(
    _ structure: Structure, _ generics: [GenericParameter: GenericArgument],
    owner: Aggregate<Operand>
  ) -> Frame {
    let inner = Frame(calls: frame.calls)
    inner.bind(generics)
    inner.owner = (structure, owner)
    inner.values[structure.selfVariable] = owner
    return inner
  }

  /// The value that a path means in the current frame.
  func value(at path: Path) throws -> Aggregate<Operand> {
    switch path {
    case .variable(let variable): return try lookUp(variable)
    case .field(let base, let name): return try read(name, of: value(at: base))
    case .each(let list):
      guard let element = frame.elements[list] else {
        preconditionFailure("a section of no element in particular")
      }
      return element
    }
  }

  /// Runs `body` for every element of the list that the type `element` speaks of, or `count` times
  /// where it speaks of none.
  func forEach(
    _ element: Type, count: Dim, _ body: (Int) throws -> Aggregate<Operand>
  ) throws -> Aggregate<Operand> {
    var results: [Aggregate<Operand>] = []
    if let path = element.listPath, case .list(let elements) = try value(at: path) {
      let saved = frame.elements[path]
      defer { frame.elements[path] = saved }
      for (index, value) in elements.enumerated() {
        frame.elements[path] = value
        results.append(try body(index))
      }
      return .list(results)
    }
    guard let count = frame.dim(count).constant else {
      preconditionFailure("a list of a length that is not fixed")
    }
    for index in 0..<max(0, count) { results.append(try body(index)) }
    return .list(results)
  }

  // MARK: Making

  func construct(
    _ structure: Structure, _ generics: [GenericParameter: GenericArgument],
    _ rng: TypedExpression?, _ fields: [(name: String, value: TypedExpression)], _ site: Int
  ) throws -> Aggregate<Operand> {
    var given: [String: Aggregate<Operand>] = [:]
    for (name, value) in fields { given[name] = try evaluate(value) }
    let stream = try rng.map(evaluate)
    let generics = solved(structure, frame.generics(generics), given).filter { parameter, _ in
      // What a type parameter stands for is plain from the fields; a value that is passed round a
      // loop must not differ from itself by how its type was written.
      if case .dim = parameter { true } else { false }
    }
    var members: [Aggregate<Operand>.Member] = []
    let inner = fieldFrame(structure, generics, owner: .unit)
    inner.values[structure.rngVariable] = stream
    for field in structure.fields {
      let earlier = Aggregate<Operand>.structure(structure, generics: generics, fields: members)
      inner.owner = (structure, earlier)
      inner.values[structure.selfVariable] = earlier
      let value: Aggregate<Operand>
      if let chosen = given[field.name] {
        value = try conformed(chosen.stored, to: inner.type(field.type))
      } else {
        let place = "field:\(site):\(structure.name).\(field.name)"
        value = try inFrame(inner) {
          try scoped(.site(Hash.of(place))) { try initial(field, structure) }
        }
      }
      members.append(.init(field.name, value))
    }
    return .structure(structure, generics: generics, fields: members)
  }

  /// The generics with those that only the fields determine.
  private func solved(
    _ structure: Structure, _ generics: [GenericParameter: GenericArgument],
    _ given: [String: Aggregate<Operand>]
  ) -> [GenericParameter: GenericArgument] {
    var unknown: Set<DimSymbol> = []
    for case .dim(let symbol) in structure.generics where generics[.dim(symbol)] == nil {
      unknown.insert(symbol)
    }
    if unknown.isEmpty { return generics }
    let known = Frame()
    known.bind(generics)
    var matcher = DimMatcher(unknown: unknown, bound: known.dims)
    for field in structure.fields {
      if let value = given[field.name] { matcher.match(field.type, types(value)) }
    }
    matcher.solve()
    var result = generics
    for symbol in unknown {
      if let dim = matcher.bound[symbol] { result[.dim(symbol)] = .dim(dim) }
    }
    return result
  }

  /// What a field is that was not given; the current frame is the struct's.
  private func initial(_ field: Field, _ structure: Structure) throws -> Aggregate<Operand> {
    if let value = field.value {
      return try conformed(evaluate(value), to: frame.type(field.type))
    }
    guard case .projection(let inputs, let path) = field.type else {
      return try zeros(frame.type(field.type), of: field.name)
    }
    guard case .rng(let leaf, let isLabelled)? = frame.values[structure.rngVariable] else {
      preconditionFailure("`\(field.name)` of `\(structure.name)` is drawn from no stream")
    }
    let key = try key(leaf, isLabelled: isLabelled)
    return try projection(frame.dim(inputs), of: value(at: path), key)
  }

  /// Zeros, `false` and start states of a type; its dims are of the graph.
  /// - Parameter name: whose value it is, for reports.
  func zeros(_ type: Type, of name: String) throws -> Aggregate<Operand> {
    switch type {
    case .tensor(let dtype, let shape, _):
      let zero =
        switch dtype {
        case .real: try real(0)
        case .int: try integer(0)
        case .bool: try flag(false)
        }
      return tensor(try filled(zero, shape))
    case .record(let fields):
      return .record(try fields.map { .init($0.name, try zeros($0.type, of: name)) })
    case .associated(let path, let kind): return try section(kind, value(at: path), [])
    case .list(let element, let count):
      return try forEach(element, count: count) { _ in try zeros(element, of: name) }
    case .array(let size, let element):
      let inner = try zeros(element, of: name)
      let leaves = try materialised(inner).map { operand(try repeated($0, size)) }
      return inner.rebuilt(leaves).stacked(size)
    default:
      throw problem(LoweringMessages.noDefault, "`\(name)` has no value to start from")
    }
  }

  func filled(_ scalar: Value, _ shape: [Dim]) throws -> Value {
    if shape.isEmpty { return scalar }
    return try emit(
      movement.broadcast, scalar, attributes: ["axes": .axes([]), "shape": .shape(shape)])
  }

  // MARK: Sections

  func section(
    _ kind: SectionKind, _ owner: TypedExpression,
    _ fields: [(name: String, value: TypedExpression)]
  ) throws -> Aggregate<Operand> {
    let owner = try evaluate(owner)
    return try section(kind, owner, fields.map { ($0.name, try evaluate($0.value)) })
  }

  /// The section of a struct with the given fields and the defaults of the others; of a list, the
  /// sections of its elements.
  func section(
    _ kind: SectionKind, _ owner: Aggregate<Operand>,
    _ given: [(name: String, value: Aggregate<Operand>)]
  ) throws -> Aggregate<Operand> {
    switch owner {
    case .list(let elements): return .list(try elements.map { try section(kind, $0, []) })
    case .array(let size, let element):
      return try lanes(over: size, try materialised(element)) { slices in
        try section(kind, element.rebuilt(slices.map(operand)), [])
      }
    case .structure(let structure, let generics, _):
      let declared = (kind == .state ? structure.state : structure.emits) ?? []
      let inner = fieldFrame(structure, generics, owner: owner)
      var members: [Aggregate<Operand>.Member] = []
      for field in declared {
        let value = try inFrame(inner) {
          let type = frame.type(field.type)
          if let chosen = given.first(where: { $0.name == field.name }) {
            return try conformed(chosen.value, to: type)
          }
          if let value = field.value { return try conformed(evaluate(value), to: type) }
          if kind == .emits {
            preconditionFailure("`\(field.name)` of the emits is not given")
          }
          return try zeros(type, of: field.name)
        }
        inner.values[field.variable] = value
        members.append(.init(field.name, value))
      }
      return .record(members)
    default:
      preconditionFailure("\(words(types(owner))) has no \(kind.rawValue)")
    }
  }
}

extension Type {
  /// The list whose elements the type speaks of.
  var listPath: Path? {
    switch self {
    case .associated(let path, _), .projection(_, let path): path.listPath
    case .record(let fields): fields.lazy.compactMap(\.type.listPath).first
    case .list(let element, _), .array(_, let element): element.listPath
    default: nil
    }
  }
}

extension Path {
  fileprivate var listPath: Path? {
    switch self {
    case .variable: nil
    case .field(let base, _): base.listPath
    case .each(let list): list
    }
  }
}
