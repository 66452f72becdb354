// Where a value of one type meets a place for another: literals adapt, claims are compared, a
// struct's name becomes the struct. Everything else must agree exactly.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

/// What a report says of a place for a value.
struct Place {
  /// `the argument \`key\``, `the default`, …
  var what: String
  /// The function whose argument it is.
  var callee: String?
  var secondary: [Label] = []
  /// Where the dims of the place come from, which explains dims and nothing else.
  var reasons: [Label] = []
  var notes: [String] = []
  /// What to do, where only the place knows it.
  var help: [String] = []
  /// Where a struct built from its name draws its first numbers.
  var rng: TypedExpression?

  init(_ what: String) { self.what = what }
}

extension Checker {
  func checked(_ syntax: Expression, as type: Type, what: String) -> TypedExpression {
    let typed = expression(syntax, expecting: type)
    return coerce(typed, to: type, Place(what))
  }

  /// `value` as a `type`, with what that takes written out.
  func coerce(_ value: TypedExpression, to wanted: Type, _ place: Place) -> TypedExpression {
    let found = resolve(value.type)
    let target = resolve(wanted)
    switch (found, target) {
    case (.poison, _), (_, .poison): return value
    case (.tensor(let from, let shape, _), .tensor(let to, let dims, let claim)):
      if from == .int, to == .real, let literal = value.adapted, dims.isEmpty, shape.isEmpty {
        return claimed(literal, claim, place)
      }
      guard from == to, unifier.unify(shape, dims, entry: unifier.leavesToEntry) else { break }
      return claimed(value, claim, place)
    case (.constructor(let structure, let arguments), .interface):
      return instantiate(structure, arguments, as: target, value, place)
    case (.constructor(let structure, let arguments), .structure(let other, _))
    where structure == other:
      return instantiate(structure, arguments, as: target, value, place)
    case (.structure(let structure, let arguments), .interface(let interface, let needed)):
      guard let claim = structure.claims.first(where: { $0.interface == interface }) else {
        report(
          .interfaceMissing, "`\(structure.name)` does not claim `\(interface.name)`",
          at: value.span, label: "this is \(found.written)",
          secondary: place.secondary + [Label(structure.span, "declared here")],
          help: [
            "declare `struct \(structure.name)[…]: \(interface.name)[…]` and give it "
              + interface.methodOrder.map { "`\($0)`" }.joined(separator: ", ")
          ])
        return poison(value.span)
      }
      let given = claim.type(of: structure, arguments)
      guard unifier.unify(given, .interface(interface, needed)) else {
        mismatch(found: given, wanted: target, value.span, place)
        return poison(value.span)
      }
      return value
    case (.list(_, let count), .list(let element, let number)):
      guard unifier.unify(count, number) else { break }
      if case .list(let parts) = value.form {
        let converted = parts.map { coerce($0, to: element, place) }
        return TypedExpression(
          .list(converted), .list(resolve(element), count: resolve(number)), value.span)
      }
      guard stands(found, for: target) else { break }
      return value
    case (.record(let fields), .record(let needed)):
      if let converted = coerceRecord(value, fields, needed, place) { return converted }
    case (.function(let function), .function(let needed)):
      guard matches(function, needed) else { break }
      return value
    default:
      if unifier.unify(found, target) { return value }
    }
    let culprit = value.giver
    mismatch(found: resolve(found), wanted: resolve(target), culprit.span, place, culprit)
    return poison(value.span)
  }

  /// Whether a value of one type is one of the other as it is: a struct stands for an interface that
  /// it claims, also inside of lists and tuples.
  private func stands(_ found: Type, for wanted: Type) -> Bool {
    switch (resolve(found), resolve(wanted)) {
    case (.structure(let structure, let arguments), .interface(let interface, let needed)):
      guard let claim = structure.claims.first(where: { $0.interface == interface }) else {
        return false
      }
      let given = claim.type(of: structure, arguments)
      return unifier.unify(given, .interface(interface, needed))
    case (.list(let element, let count), .list(let wantedElement, let number)):
      return unifier.unify(count, number) && stands(element, for: wantedElement)
    case (.record(let fields), .record(let needed)):
      return fields.count == needed.count
        && zip(fields, needed).allSatisfy { have, need in
          (have.name == nil || need.name == nil || have.name == need.name)
            && stands(have.type, for: need.type)
        }
    default: return unifier.unify(found, wanted)
    }
  }

  private func coerceRecord(
    _ value: TypedExpression, _ found: [RecordField], _ wanted: [RecordField], _ place: Place
  ) -> TypedExpression? {
    guard found.count == wanted.count else { return nil }
    for (have, need) in zip(found, wanted) {
      if let a = have.name, let b = need.name, a != b { return nil }
    }
    if case .record(let parts) = value.form {
      let converted = zip(parts, wanted).map { part, need in
        (name: need.name ?? part.name, value: coerce(part.value, to: need.type, place))
      }
      return TypedExpression(
        .record(converted),
        .record(converted.map { RecordField($0.name, resolve($0.value.type)) }), value.span)
    }
    for (have, need) in zip(found, wanted) where !stands(have.type, for: need.type) { return nil }
    for (have, need) in zip(found, wanted) {
      guard case .tensor(_, _, let claim?) = need.type, case .tensor(_, _, let given) = have.type
      else { continue }
      if !(given.map { implies($0, claim) } ?? false) {
        reportClaim(claim, resolve(have.type), value.span, place)
        return poison(value.span)
      }
    }
    return TypedExpression(
      value.form,
      .record(zip(found, wanted).map { RecordField($1.name ?? $0.name, resolve($0.type)) }),
      value.span)
  }

  func implies(_ given: Claim, _ needed: Claim) -> Bool {
    given.refinement.implies(needed.refinement)
      && (needed.refinement != .simplex || given.axis == needed.axis)
  }

  private func claimed(
    _ value: TypedExpression, _ claim: Claim?, _ place: Place
  ) -> TypedExpression {
    guard let claim else { return value }
    if let number = value.everyEntry, value.constant != nil || claim.refinement != .simplex {
      if Refinement.all(of: number).contains(where: { $0.implies(claim.refinement) }) {
        return TypedExpression(value.form, value.type.claiming(claim), value.span)
      }
      report(
        .claimBroken, "\(place.what) must be \(claim.refinement.meaning), here it is \(number)",
        at: value.span, secondary: place.secondary)
      return poison(value.span)
    }
    if case .stack(let parts) = value.form, claim.refinement != .simplex {
      let converted = parts.map { claimed($0, claim, place) }
      return TypedExpression(.stack(converted), value.type.claiming(claim), value.span)
    }
    if case .reshapeDims(let stack) = value.form, case .stack = stack.form {
      let claimed = claimed(stack, claim, place)
      if claimed.type.isPoison { return claimed }
      return TypedExpression(.reshapeDims(claimed), value.type.claiming(claim), value.span)
    }
    if case .tensor(_, _, let given?) = resolve(value.type), implies(given, claim) { return value }
    if case .stack(let parts) = value.form, claim.refinement == .simplex, claim.axis == -1 {
      let numbers = parts.compactMap(\.constant)
      let isSimplex =
        numbers.count == parts.count && numbers.allSatisfy { $0 >= 0 }
        && abs(numbers.reduce(0, +) - 1) < 1e-9
      if isSimplex { return TypedExpression(value.form, value.type.claiming(claim), value.span) }
    }
    var place = place
    if case .variable(let variable) = value.form, variable.isMutable, claim.refinement != .simplex {
      let type = resolve(value.type).claiming(claim).written
      place.notes.append(
        "a `var` keeps no range that its first value has; `var \(variable.name): \(type) = …` does")
    }
    reportClaim(claim, resolve(value.type), value.giver.span, place)
    return poison(value.span)
  }

  func reportClaim(_ claim: Claim, _ found: Type, _ span: Span, _ place: Place) {
    report(
      .claimMissing, "\(place.what) must be \(claim.refinement.meaning)", at: span,
      label: "this is \(found.written), of which that is not known", secondary: place.secondary,
      notes: place.notes,
      help: place.help.isEmpty ? establishing(claim, of: found, text(of: span)) : place.help)
  }

  /// What makes such a value of one that is written as `source`.
  private func establishing(_ claim: Claim, of found: Type, _ source: String) -> [String] {
    let short = source.count <= 40 && !source.contains("\n") ? source : "x"
    let isNotNegative = found.claim.map { implies($0, Claim(.nonneg)) } ?? false
    var help: [String] = []
    switch claim.refinement {
    case .simplex:
      if case .tensor(_, let shape, _) = found, shape.count + claim.axis >= 0 {
        let dim = shape[shape.count + claim.axis].written
        let softmax = "`softmax[\(dim)](\(short))` takes any reals"
        help = [
          isNotNegative ? "`normalise(\(short))` divides by the sum, \(softmax)" : softmax
        ]
      }
    case .unit: help = ["`sigmoid(\(short))` lies between 0 and 1"]
    case .positive: help = ["`softplus(\(short))` or `exp(\(short))` is positive"]
    case .nonneg: help = ["`relu(\(short))` or `softplus(\(short))` is not negative"]
    case .aboveOne:
      help = ["`1.0 + \(isNotNegative ? short : "softplus(\(short))")` is at least one"]
    }
    let operand = short.contains(" ") && !short.hasSuffix(")") ? "(\(short))" : short
    return help
      + ["where you know it holds, `\(operand) as \(claim.refinement.rawValue)` says so"]
  }

  // MARK: Constructors

  /// A struct from its name, where an interface is wanted: the dims not written are solved from the
  /// interface, its numbers drawn from the stream at hand.
  private func instantiate(
    _ structure: Structure, _ written: [GenericArgument], as wanted: Type,
    _ value: TypedExpression, _ place: Place
  ) -> TypedExpression {
    let arguments = structure.generics.enumerated().map { index, parameter in
      index < written.count ? written[index] : unknown(parameter)
    }
    let type = Type.structure(structure, arguments)
    let built = TypedExpression(.poison, type, value.span)
    if case .interface = wanted {
      let claimed = coerce(built, to: wanted, place)
      if case .poison = claimed.type { return claimed }
    } else if !unifier.unify(type, wanted) {
      mismatch(found: type, wanted: wanted, value.span, place)
      return poison(value.span)
    }
    return TypedExpression(
      .construct(
        structure, bindings(structure.generics, arguments), rng: place.rng, fields: [],
        site: context.nextSite()),
      type, value.span)
  }

  /// Called when the arguments of the surrounding call are all known: every dim must be solved by
  /// now, and a stream must be there if the defaults draw.
  func settle(_ value: TypedExpression, rng: TypedExpression?) -> TypedExpression {
    switch value.form {
    case .list(let parts):
      return TypedExpression(
        .list(parts.map { settle($0, rng: rng) }), resolve(value.type), value.span)
    case .construct(let structure, let generics, let stream, let fields, let site):
      var settled: [GenericParameter: GenericArgument] = [:]
      for (parameter, argument) in generics {
        let solved = resolve(argument)
        if hasUnknowns(solved) {
          report(
            .undecidedDim,
            "the dim `\(parameter.name)` of `\(structure.name)` does not follow from its use",
            at: value.span, secondary: [Label(structure.span, "declared here")],
            help: ["write it: `\(structure.name)[…]`"])
          return poison(value.span)
        }
        settled[parameter] = solved
      }
      let source = stream ?? rng
      let missing = structure.fields.first { field in
        !field.hasDefault && !field.type.initialisesItself
          && !fields.contains { $0.name == field.name }
      }
      if let missing {
        report(
          .missingArgument, "`\(structure.name)` cannot be built from its name alone",
          at: value.span, secondary: [Label(missing.variable.span, "this field has no default")],
          help: ["build it: `\(structure.name)(\(missing.name): …)`"])
        return poison(value.span)
      }
      if source == nil, structure.drawsRandomly(given: Set(fields.map(\.name))) {
        report(
          .missingArgument, "`\(structure.name)` draws random numbers and there is no `rng` here",
          at: value.span, help: ["build it: `\(structure.name)(rng)`"])
        return poison(value.span)
      }
      return TypedExpression(
        .construct(structure, settled, rng: source, fields: fields, site: site),
        resolve(value.type), value.span)
    default: return value
    }
  }

  func unknown(_ parameter: GenericParameter) -> GenericArgument {
    switch parameter {
    case .dim(let symbol): .dim(unifier.unknownDim(symbol.name))
    case .type: .type(unifier.unknownType(keepsClaims: false))
    }
  }

  func bindings(
    _ parameters: [GenericParameter], _ arguments: [GenericArgument]
  ) -> [GenericParameter: GenericArgument] {
    var result: [GenericParameter: GenericArgument] = [:]
    for (parameter, argument) in zip(parameters, arguments) {
      result[parameter] = resolve(argument)
    }
    return result
  }

  func resolve(_ argument: GenericArgument) -> GenericArgument {
    switch argument {
    case .dim(let dim): .dim(resolve(dim))
    case .type(let type): .type(resolve(type))
    }
  }

  func hasUnknowns(_ argument: GenericArgument) -> Bool {
    switch argument {
    case .dim(let dim): unifier.hasUnknowns(dim)
    case .type(let type): hasUnknowns(type)
    }
  }

  func hasUnknowns(_ type: Type) -> Bool {
    var found = false
    _ = resolve(type).mapped(
      dim: { dim in
        found = found || unifier.hasUnknowns(dim)
        return dim
      },
      type: { inner in
        if case .variable = inner { found = true }
        return nil
      })
    return found
  }

  // MARK: Functions

  /// Whether a function may stand where another function type is wanted: the dims that the wanted
  /// type leaves to its caller are rigid, the `_` of its result are whatever comes back.
  private func matches(_ function: FunctionType, _ wanted: FunctionType) -> Bool {
    guard function.parameters.count == wanted.parameters.count else { return false }
    var mine = Substitution()
    for (index, symbol) in function.dims.enumerated() {
      mine.dims[symbol] =
        index < wanted.dims.count
        ? Dim(wanted.dims[index]) : unifier.unknownDim(symbol.name)
    }
    if function.dims.count > wanted.dims.count { return false }
    var theirs = Substitution()
    for symbol in wanted.unknowns { theirs.dims[symbol] = unifier.unknownDim(symbol.name) }
    for (have, need) in zip(function.parameters, wanted.parameters) {
      guard unifier.unify(have.substituting(mine), need) else { return false }
    }
    return unifier.unify(
      function.result.substituting(mine), wanted.result.substituting(theirs))
  }
}

extension TypedExpression {
  /// The number that a literal is.
  var constant: Double? {
    switch form {
    case .real(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  /// The number that every entry is, where it is written: of a literal, `ones`, `full[N](0.5)`.
  var everyEntry: Double? {
    if case .primitive(let op, let parts, _) = form, op == making.full { return parts[0].constant }
    return constant
  }

  /// An int literal as a real one.
  var adapted: TypedExpression? {
    guard case .integer(let value) = form else { return nil }
    return TypedExpression(.real(Double(value)), .real, span)
  }
}

extension Type {
  func claiming(_ claim: Claim?) -> Type {
    if case .tensor(let dtype, let shape, _) = self { return .tensor(dtype, shape, claim) }
    return self
  }

  /// Projections are initialised without being asked.
  var initialisesItself: Bool {
    if case .projection = self { return true }
    return false
  }
}

extension Structure {
  /// Whether building it from the defaults of all other fields needs a random stream.
  func drawsRandomly(given: Set<String> = []) -> Bool {
    fields.contains { field in
      if given.contains(field.name) { return false }
      return field.type.initialisesItself || field.draws
    }
  }
}

extension Refinement {
  /// In the words of a report.
  package var meaning: String {
    switch self {
    case .simplex: "a simplex (not negative, summing to one)"
    case .unit: "between 0 and 1"
    case .positive: "positive"
    case .nonneg: "not negative"
    case .aboveOne: "at least one"
    }
  }

  /// Everything true of a number.
  static func all(of number: Double) -> [Refinement] {
    var result: [Refinement] = []
    if number >= 1 { result.append(.aboveOne) }
    if number > 0 { result.append(.positive) }
    if number >= 0, number <= 1 { result.append(.unit) }
    if number >= 0 { result.append(.nonneg) }
    return result
  }
}

extension TypedExpression {
  /// The last expression of a block, which is what gives the value.
  fileprivate var giver: TypedExpression {
    if case .block(_, let result?) = form { result.giver } else { self }
  }
}
