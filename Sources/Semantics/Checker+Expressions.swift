// Expressions: names, literals, records, fields, lists, blocks and functions written in place.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  /// Types an expression. `expected` is a hint for literals and for functions written in place; the
  /// caller still coerces.
  func expression(_ syntax: Expression, expecting expected: Type? = nil) -> TypedExpression {
    let span = syntax.span
    switch syntax.kind {
    case .missing: return poison(span)
    case .integer(let value):
      if case .tensor(.real, let shape, _) = expected.map(resolve), shape.isEmpty {
        return TypedExpression(.real(Double(value)), .real, span)
      }
      return TypedExpression(.integer(value), .int, span)
    case .real(let value): return TypedExpression(.real(value), .real, span)
    case .text(let value): return TypedExpression(.text(value), .text, span)
    case .boolean(let value): return TypedExpression(.boolean(value), .bool, span)
    case .name(let name): return nameExpression(name, expected)
    case .record(let parts): return record(parts, span, expected)
    case .list(let parts): return list(parts, span, expected)
    case .block(let inner): return inScope { block(inner, expecting: expected) }
    case .unary(let operation, let inner, let place): return unary(operation, inner, place, span)
    case .binary(let operation, let left, let right, let place):
      return binary(operation, left, right, place, span, expected)
    case .range:
      report(
        .rangeOutOfPlace, "a range stands only in `for … in` and between brackets", at: span)
      return poison(span)
    case .withIndex(let base, let index, let value): return withIndex(base, index, value, span)
    case .withFields(let base, let parts): return withFields(base, parts, span)
    case .cast(let inner, let type): return cast(inner, type, span)
    case .call(let callee, let arguments): return call(callee, arguments, span, expected)
    case .bracket(let base, let parts): return bracket(base, parts, span, expected)
    case .field(let base, let name): return fieldExpression(base, name)
    case .lambda(let parameters, let body): return lambda(parameters, body, span, expected)
    case .conditional(let condition, let then, let otherwise):
      return conditional(condition, then, otherwise, span, expected)
    case .loop(let clauses, let body): return loop(clauses, body, span)
    case .whileLoop(let condition, let bound, let body):
      return whileLoop(condition, bound, body, span)
    case .axes(let function, let inputs, let output, let arguments):
      return axes(function, inputs, output, arguments, span)
    }
  }

  // MARK: Names

  private func nameExpression(_ name: Name, _ expected: Type?) -> TypedExpression {
    guard let entity = scope.lookUp(name.text) else {
      reportUnknown(name)
      return poison(name.span)
    }
    switch entity {
    case .variable(let variable):
      return TypedExpression(.variable(variable), resolve(variable.type), name.span)
    case .dim(let dim):
      for symbol in dim.symbols { dimUses[symbol, default: 0] += 1 }
      return TypedExpression(.size(dim), .int, name.span)
    case .function(let function): return functionValue(function, written: [], name.span)
    case .structure(let structure):
      return TypedExpression(.poison, .constructor(structure, []), name.span)
    case .builtin(let builtin): return builtinValue(builtin, [], name.span, expected: expected)
    case .interface, .typeParameter, .module:
      report(.notAValue, "`\(name.text)` is not a value", at: name.span)
      return poison(name.span)
    }
  }

  func lookUpVariable(_ name: Name) -> TypedExpression? {
    guard let entity = scope.lookUp(name.text) else {
      reportUnknown(name)
      return nil
    }
    guard case .variable(let variable) = entity else {
      report(.notAValue, "`\(name.text)` is not a value", at: name.span)
      return nil
    }
    return TypedExpression(.variable(variable), resolve(variable.type), name.span)
  }

  /// A function as a value, or one of a struct or interface together with its `self`.
  func functionValue(
    _ function: Function, of receiver: TypedExpression? = nil, written: [Expression], _ span: Span
  ) -> TypedExpression {
    if written.count > function.explicit.count {
      reportTooManyDims(for: function, at: span)
      return poison(span)
    }
    var substitution = Substitution()
    var known: [GenericParameter: GenericArgument] = [:]
    var open: [DimSymbol] = []
    for (index, parameter) in function.explicit.enumerated() {
      if index < written.count {
        guard let argument = generic(parameter, written[index]) else { return poison(span) }
        known[parameter] = argument
        substitution.add(parameter, argument)
      } else if case .dim(let symbol) = parameter {
        open.append(symbol)
      }
    }
    // Implicit dims are solved where the function is used.
    for parameter in function.implicit { substitution.add(parameter, unknown(parameter)) }
    if let receiver { ownerSubstitution(function, receiver, &substitution) }
    let parameters = function.parameters.dropFirst(function.hasSelf ? 1 : 0)
    let type = FunctionType(
      dims: open, parameters: parameters.map { $0.variable.type.substituting(substitution) },
      result: function.result.substituting(substitution), unknowns: function.unknowns)
    return TypedExpression(.function(function, of: receiver, known), .function(type), span)
  }

  /// The function of a value's struct or interface, where no field has its name.
  func boundMethod(_ name: Name, of value: TypedExpression) -> Function? {
    let method: Function? =
      switch resolve(value.type) {
      case .structure(let structure, _): self.method(name.text, of: structure)
      case .interface(let interface, _): interface.methods[name.text]
      default: nil
      }
    guard let method, method.hasSelf, !fields(of: resolve(value.type)).contains(name.text) else {
      return nil
    }
    return method
  }

  // MARK: Records and fields

  private func record(
    _ parts: [Argument], _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    if parts.count == 1, parts[0].label == nil {
      return expression(parts[0].value, expecting: expected)
    }
    var hints: [RecordField] = []
    if case .record(let fields) = expected.map(resolve), fields.count == parts.count {
      hints = fields
    }
    var values: [(name: String?, value: TypedExpression)] = []
    var seen: Set<String> = []
    for (index, part) in parts.enumerated() {
      if let label = part.label, !seen.insert(label.text).inserted { reportTwice(label) }
      let hint = index < hints.count ? hints[index].type : nil
      values.append((part.label?.text, expression(part.value, expecting: hint)))
    }
    return TypedExpression(
      .record(values), .record(values.map { RecordField($0.name, $0.value.type) }), span)
  }

  private func fieldExpression(_ base: Expression, _ name: Name) -> TypedExpression {
    if case .name(let first) = base.kind, case .module(let module) = scope.lookUp(first.text) {
      guard let entity = find(name, in: module) else { return poison(name.span) }
      return inScope {
        scope.declare(name.text, entity)
        return nameExpression(name, nil)
      }
    }
    return member(name, of: expression(base), base.span.joined(name.span))
  }

  /// A field, or a function of a struct with its `self`; with the dims in brackets behind it.
  func member(
    _ name: Name, of value: TypedExpression, written: [Expression] = [], _ span: Span
  ) -> TypedExpression {
    if let method = boundMethod(name, of: value) {
      return functionValue(method, of: value, written: written, span)
    }
    guard let field = fieldAccess(value, name) else { return poison(name.span) }
    return written.isEmpty ? field : index(field, written, span)
  }

  /// `value.name`; nil (and a report) where there is no such field.
  func fieldAccess(_ value: TypedExpression, _ name: Name) -> TypedExpression? {
    let type = resolve(value.type)
    guard let field = fieldType(type, name.text, at: path(of: value)) else {
      if case .poison = type { return nil }
      if let position = name.position { return part(position, of: value, name.span) }
      report(
        .unknownField, "`\(type.written)` has no field `\(name.text)`", at: name.span,
        secondary: [Label(value.span, "this is \(type.written)")], notes: olderNote(type),
        help: drawHelp(name, of: value) ?? suggestion(name.text, among: fieldNames(type)))
      return nil
    }
    switch type {
    case .array(let size, let element): return fieldOfEach(value, .axis(value), element, size, name)
    case .list(let element, let count):
      return fieldOfEach(value, .list(value), element, count, name)
    default:
      return TypedExpression(.field(value, name.text), field, value.span.joined(name.span))
    }
  }

  /// `rng.normal`, which draws nothing until it is told how many.
  private func drawHelp(_ name: Name, of rng: TypedExpression) -> [String]? {
    guard case .rng = resolve(rng.type), Checker.draws.contains(name.text) else { return nil }
    return ["a draw has its dims behind it: `\(text(of: rng.span)).\(name.text)[N]`"]
  }

  /// `value.0`; nil (and a report) where there is no such part.
  private func part(_ position: Int, of value: TypedExpression, _ span: Span) -> TypedExpression? {
    let type = resolve(value.type)
    if case .record(let fields) = type, position < fields.count {
      return TypedExpression(
        .position(value, position), fields[position].type, value.span.joined(span))
    }
    reportNoPart(position, of: value, span)
    return nil
  }

  /// The field of every struct of many: read one by one, since `via` is meant for one.
  private func fieldOfEach(
    _ value: TypedExpression, _ source: LoopSource, _ element: Type, _ size: Dim, _ name: Name
  ) -> TypedExpression? {
    let one = Variable("element", value.span, type: element)
    let whole = TypedExpression(.variable(one), element, value.span)
    guard let body = fieldAccess(whole, name) else { return nil }
    var isList = false
    if case .list = source { isList = true }
    let loop = Loop(
      kind: isList ? .unrolled : .map,
      sources: [(TypedPattern(.variable(one), value.span), source)], body: body, trip: size,
      count: nil, carried: [])
    let type = isList ? listed(body.type, size) : Type.array(of: body.type, size)
    return TypedExpression(.loop(loop), type, value.span.joined(name.span))
  }

  /// - Parameter path: of the value that is of the type, if it has one.
  func fieldType(_ type: Type, _ name: String, at path: Path?) -> Type? {
    switch type {
    case .record(let fields): return fields.first { $0.name == name }?.type
    case .structure(let structure, let arguments):
      guard let field = structure.fields.first(where: { $0.name == name }) else { return nil }
      var substitution = Substitution(structure.generics, arguments)
      substitution.paths[structure.selfVariable] =
        path ?? .variable(Variable("value", structure.span, type: type))
      return field.type.substituting(substitution)
    case .interface(let interface, let arguments):
      return interface.fields.first { $0.name == name }?.type
        .substituting(Substitution(interface.generics, arguments))
    case .array(let size, let element):
      return fieldType(element, name, at: nil).map { .array(of: $0, size) }
    case .list(let element, let count):
      return fieldType(element, name, at: nil).map { listed($0, count) }
    default: return nil
    }
  }

  private func fields(of type: Type) -> [String] {
    switch type {
    case .structure(let structure, _): structure.fields.map(\.name)
    case .interface(let interface, _): interface.fields.map(\.name)
    default: []
    }
  }

  func fieldNames(_ type: Type) -> [String] {
    switch type {
    case .record(let fields): fields.compactMap(\.name)
    case .structure(let structure, _):
      structure.fields.map(\.name) + structure.methods.keys.sorted()
    case .interface(let interface, _):
      interface.fields.map(\.name) + interface.methodOrder
    case .array(_, let element), .list(let element, _): fieldNames(element)
    case .rng: Checker.draws
    default: []
    }
  }

  /// What a written-out loop gives: tensors are stacked, records taken apart, all else listed.
  func listed(_ element: Type, _ count: Dim) -> Type {
    switch element {
    case .tensor(let dtype, let shape, let claim): .tensor(dtype, [count] + shape, claim)
    case .record(let fields):
      .record(fields.map { RecordField($0.name, listed($0.type, count)) })
    case .poison: .poison
    default: .list(element, count: count)
    }
  }

  private func withFields(_ base: Expression, _ parts: [Argument], _ span: Span) -> TypedExpression
  {
    let value = expression(base)
    var changes: [(name: String, value: TypedExpression)] = []
    for part in parts {
      guard let label = part.label else {
        report(
          .missingArgument, "`with` changes fields by name", at: part.value.span,
          help: ["`s with (field: value)`"])
        continue
      }
      guard let current = fieldAccess(value, label) else { continue }
      let type = stored(label.text, of: value, read: current.type)
      let typed = expression(part.value, expecting: type)
      changes.append((label.text, coerce(typed, to: type, Place("the field `\(label.text)`"))))
    }
    return TypedExpression(.withFields(value, changes), value.type, span)
  }

  // MARK: Lists

  /// `[a, b, c]`: numbers make a tensor with a new axis in front; structs and functions a fixed list.
  private func list(_ parts: [Expression], _ span: Span, _ expected: Type?) -> TypedExpression {
    let hint = expected.map(resolve)
    let count = Dim(parts.count)
    var elementHint: Type?
    switch hint {
    case .list(let element, _):
      let values = parts.map { expression($0, expecting: element) }
      let type = values.first?.type ?? element
      return TypedExpression(.list(values), .list(type, count: count), span)
    case .tensor(let dtype, let shape, _) where !shape.isEmpty:
      elementHint = .tensor(dtype, Array(shape.dropFirst()))
    default: break
    }
    if parts.isEmpty {
      if case .tensor(let dtype, let shape, _) = hint, !shape.isEmpty {
        return TypedExpression(.stack([]), .tensor(dtype, [0] + shape.dropFirst()), span)
      }
      report(
        .emptyList, "an empty list has no type of its own", at: span,
        help: ["say what it would hold: `let name: int [0] = []`"])
      return poison(span)
    }
    var values = parts.map { expression($0, expecting: elementHint) }
    if values.contains(where: { if case .tensor(.real, _, _) = $0.type { true } else { false } }) {
      values = values.map { $0.adapted ?? $0 }
    }
    let first = values[0]
    for (index, value) in values.enumerated().dropFirst() {
      var place = Place("element \(index + 1) of a list")
      place.secondary = [Label(first.span, describe(resolve(first.type)))]
      place.help = jointHelp(first.type, value.type, count: count)
      values[index] = coerce(value, to: first.type.withoutClaim, place)
    }
    if values.contains(where: \.type.isPoison) {
      return poison(span)
    }
    guard case .tensor(let dtype, let shape, let claim) = resolve(first.type) else {
      return TypedExpression(.list(values), .list(first.type, count: count), span)
    }
    let kept = values.dropFirst().allSatisfy { value in
      if case .tensor(_, _, let other) = value.type { return other == claim }
      return false
    }
    let stacked = TypedExpression(
      .stack(values), .tensor(dtype, [count] + shape, kept ? claim : nil), span)
    // What is written out takes the dim that is awaited, where there are as many as it says. That a
    // flag may change the size is why this is checked again when the program runs.
    guard case .tensor(_, let awaited, _)? = hint, awaited.count == shape.count + 1,
      case let dim = resolve(awaited[0]), dim != count, size(dim) == parts.count
    else { return stacked }
    return TypedExpression(
      .reshapeDims(stacked), .tensor(dtype, [dim] + shape, kept ? claim : nil), span)
  }

  // MARK: Casts

  private func cast(_ inner: Expression, _ type: TypeExpression, _ span: Span) -> TypedExpression {
    let value = expression(inner)
    if let claim = type.claimAlone(ofRank: resolve(value.type).rank) {
      return self.claim(value, claim.refinement, along: claim.dim, span)
    }
    let target = self.type(type)
    switch (resolve(value.type), target) {
    case (.poison, _), (_, .poison): return poison(span)
    case (.tensor(let from, let shape, let known), .tensor(let to, let dims, let claim))
    where (from == to || type.isBareShape) && shape.count == dims.count:
      // Other names for the dims change no number; written sizes that differ are never the same.
      if refusesSizes(of: value, shape, as: dims, type) { return poison(span) }
      let kept = TypedExpression(.reshapeDims(value), .tensor(from, dims, known), span)
      guard let claim else { return kept }
      let recast = TypedExpression(.reshapeDims(value), .tensor(to, dims), span)
      return TypedExpression(.claim(recast, claim), .tensor(to, dims, claim), span)
    default:
      report(
        .typeMismatch, "`as` renames dims, it does not make \(target.written)", at: value.span,
        label: "this is \(resolve(value.type).written)")
      return poison(span)
    }
  }

  /// Reports sizes that can never agree, 3 and 4 or `N` and `N + 1`; others are compared when the
  /// program runs.
  private func refusesSizes(
    of value: TypedExpression, _ shape: [Dim], as dims: [Dim], _ type: TypeExpression
  ) -> Bool {
    guard case .tensor(_, _, _, let written?) = type.kind,
      let axis = shape.indices.first(where: { (resolve(shape[$0]) - dims[$0]).constant ?? 0 != 0 })
    else { return false }
    report(
      .shapeMismatch,
      "`as` renames dims and keeps their sizes, and `\(resolve(shape[axis]).written)` is never "
        + "`\(dims[axis].written)`", at: written[axis].span,
      secondary: [Label(value.span, describe(resolve(value.type)))],
      help: ["`x[a .. b]` cuts a part out, `pad` and `++` make it longer"])
    return true
  }

  /// `x as unit`, `x as simplex[N]`: claims what the value has in its own shape.
  private func claim(
    _ value: TypedExpression, _ name: Name, along dim: Expression?, _ span: Span
  ) -> TypedExpression {
    guard let claimed = Refinement(rawValue: name.text), !resolve(value.type).isPoison else {
      return poison(span)
    }
    guard case .tensor(.real, let shape, _) = resolve(value.type) else {
      report(
        .typeMismatch, "only reals can be claimed to be `\(name.text)`", at: value.span,
        label: "this is \(value.type.written)")
      return poison(span)
    }
    if shape.isEmpty, claimed == .simplex {
      report(
        .typeMismatch, "a simplex has a dim to sum over, and this is one number", at: value.span,
        label: "this is \(value.type.written)")
      return poison(span)
    }
    var axis = -1
    if let dim {
      guard let named = self.dim(dim) else { return poison(span) }
      guard let index = shape.lastIndex(of: resolve(named)) else {
        reportNotInShape(dim, shape)
        return poison(span)
      }
      axis = index - shape.count
    }
    let claim = Claim(claimed, axis: axis)
    return TypedExpression(.claim(value, claim), .tensor(.real, shape, claim), span)
  }
}

extension Substitution {
  mutating func add(_ parameter: GenericParameter, _ argument: GenericArgument) {
    switch (parameter, argument) {
    case (.dim(let symbol), .dim(let dim)): dims[symbol] = dim
    case (.type(let symbol), .type(let type)): types[symbol] = type
    default: break
    }
  }
}

extension Name {
  /// The part that the name behind the `.` of `t.0` counts.
  var position: Int? { Int(text) }
}

extension Type {
  fileprivate var rank: Int? {
    if case .tensor(_, let shape, _) = self { shape.count } else { nil }
  }
}

extension TypeExpression {
  /// What `as` claims of a value in the shape that it has: `unit`, `simplex[N]`. Behind `as` a dim
  /// alone names the one that sums to one, unless it is the whole shape.
  fileprivate func claimAlone(ofRank rank: Int?) -> (refinement: Name, dim: Expression?)? {
    guard case .tensor(nil, let refinement?, nil, let shape) = kind else { return nil }
    guard let shape else { return (refinement, nil) }
    guard refinement.text == Refinement.simplex.rawValue, shape.count == 1, let rank, rank > 1
    else { return nil }
    return (refinement, shape[0])
  }

  /// `[N, M]`, which names no element type.
  fileprivate var isBareShape: Bool {
    if case .tensor(nil, nil, nil, _) = kind { return true }
    return false
  }
}
