// `for`, `while` and `if`.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  // MARK: if

  func conditional(
    _ condition: Expression, _ then: Block, _ otherwise: Expression?, _ span: Span,
    _ expected: Type?
  ) -> TypedExpression {
    let test = checked(condition, as: .bool, what: "a condition")
    guard let otherwise else {
      let body = inScope { block(then, expecting: nil, dropsValue: true) }
      return TypedExpression(.conditional(test, body, nil), .unit, span)
    }
    var first = inScope { block(then, expecting: expected) }
    var second = expression(otherwise, expecting: expected)
    if let literal = second.adaptedValue, isRealScalar(first.type) { second = literal }
    if let literal = first.adaptedValue, isRealScalar(second.type) { first = literal }
    let joined = join(resolve(first.type), resolve(second.type))
    guard let joined else {
      report(
        .typeMismatch, "the two sides of this `if` differ",
        at: Span(span.source, span.start, min(span.start + 2, span.end)),
        secondary: [first, second].map { side in
          Label(side.lastSpan, "this is \(resolve(side.type).written)")
        })
      return poison(span)
    }
    return TypedExpression(.conditional(test, first, second), joined, span)
  }

  private func isRealScalar(_ type: Type) -> Bool {
    if case .tensor(.real, let shape, _) = resolve(type) { return shape.isEmpty }
    return false
  }

  /// The type of a value that is one or the other: claims that both have are kept.
  func join(_ a: Type, _ b: Type) -> Type? {
    switch (a, b) {
    case (.poison, let other), (let other, .poison): return other
    case (.tensor(let s, let x, let p), .tensor(let t, let y, let q)):
      guard s == t, unifier.unify(x, y) else { return nil }
      guard let p, let q else { return resolve(.tensor(s, x)) }
      let kept = implies(p, q) ? q : implies(q, p) ? p : nil
      return resolve(.tensor(s, x, kept))
    case (.record(let x), .record(let y)) where x.count == y.count:
      var fields: [RecordField] = []
      for (left, right) in zip(x, y) {
        guard left.name == right.name, let type = join(left.type, right.type) else { return nil }
        fields.append(RecordField(left.name, type))
      }
      return .record(fields)
    default: return unifier.unify(a, b) ? resolve(a) : nil
    }
  }

  // MARK: for

  func loop(
    _ clauses: [(pattern: Pattern, source: Expression)], _ body: Block, _ span: Span
  ) -> TypedExpression {
    var sources: [(pattern: TypedPattern, source: LoopSource)] = []
    var trip: Dim?
    var tripSpan: Span?
    var count: TypedExpression?
    var listPath: Bool = false
    let carried = Scope.Carried()
    let saved = scope
    let inner = Scope(parent: saved, .loop(carried))
    defer { scope = saved }
    for clause in clauses {
      scope = saved
      guard let item = loopSource(clause.source) else {
        scope = inner
        _ = bind(clause.pattern, .poison, isMutable: false)
        _ = block(body, expecting: nil)
        return poison(span)
      }
      if let known = trip, item.count == nil || count == nil {
        guard unifier.unify(known, item.trip) else {
          report(
            .dimMismatch,
            "these go over dims of their own: `\(known.written)` and `\(item.trip.written)`",
            at: clause.source.span, label: "\(item.trip.written) steps",
            secondary: tripSpan.map { [Label($0, "\(known.written) steps")] } ?? [])
          return poison(span)
        }
      } else {
        trip = trip ?? item.trip
        tripSpan = clause.source.span
        count = count ?? item.count
      }
      listPath = listPath || item.isList
      scope = inner
      let pattern = bind(clause.pattern, item.element, isMutable: false)
      if let path = item.path, case .variable(let variable) = pattern.kind {
        aliases[variable] = path
      }
      sources.append((pattern, item.source))
    }
    scope = inner
    var typed = block(body, expecting: nil)
    let bound = sources.flatMap(\.pattern.variables)
    typed = withSizes(of: bound, typed)
    scope = saved
    let steps = resolve(trip ?? 0)
    let kind: Loop.Kind =
      listPath ? .unrolled : carried.variables.isEmpty ? .map : .scan
    let loop = Loop(
      kind: kind, sources: sources, body: typed, trip: steps, count: count,
      carried: carried.variables)
    let element = resolve(typed.type)
    let type = listPath ? listed(element, steps) : Type.array(of: element, steps)
    return TypedExpression(.loop(loop), element == .unit ? .unit : type, span)
  }

  private struct LoopItem {
    var source: LoopSource
    var element: Type
    var trip: Dim
    var count: TypedExpression?
    var path: Path?
    var isList = false
  }

  private func loopSource(_ syntax: Expression) -> LoopItem? {
    if case .range(let from, let to, let inclusive) = syntax.kind {
      return rangeSource(from, to, inclusive, syntax.span)
    }
    let value = expression(syntax)
    if case .size(let dim) = value.form {
      return LoopItem(source: .dim(dim), element: .int, trip: dim)
    }
    switch resolve(value.type) {
    case .poison: return nil
    case .tensor(_, let shape, _) where !shape.isEmpty:
      return LoopItem(
        source: .axis(value), element: sliceType(resolve(value.type)), trip: shape[0])
    case .array(let size, let element):
      return LoopItem(source: .axis(value), element: element, trip: size)
    case .record(let fields):
      guard let trip = commonTrip(fields) else { break }
      return LoopItem(source: .axis(value), element: sliceType(resolve(value.type)), trip: trip)
    case .list(let element, let count):
      return LoopItem(
        source: .list(value), element: element, trip: count,
        path: path(of: value).map { .each($0) },
        isList: true)
    default: break
    }
    report(
      .notIterable, "`for` cannot go over this", at: value.span,
      label: "this is \(resolve(value.type).written)",
      notes: ["it goes over the first dim of a tensor, a dim, a range of ints, or a list"])
    return nil
  }

  private func commonTrip(_ fields: [RecordField]) -> Dim? {
    var trip: Dim?
    for field in fields {
      guard case .tensor(_, let shape, _) = resolve(field.type), let first = shape.first else {
        return nil
      }
      if let trip, !unifier.unify(trip, first) { return nil }
      trip = trip ?? first
    }
    return trip
  }

  private func rangeSource(
    _ from: Expression?, _ to: Expression?, _ inclusive: Bool, _ span: Span
  ) -> LoopItem? {
    guard let to else {
      report(.rangeOutOfPlace, "a loop needs an end", at: span)
      return nil
    }
    let zero = TypedExpression(.integer(0), .int, span)
    let start = from.map { checked($0, as: .int, what: "the start of a range") } ?? zero
    let end = checked(to, as: .int, what: "the end of a range")
    if case .poison = start.type { return nil }
    if case .poison = end.type { return nil }
    // A range whose ends are dims has a dim of steps; otherwise the number is found at run time.
    if let a = sizeOf(start), let b = sizeOf(end) {
      let trip = b - a + (inclusive ? 1 : 0)
      if trip.isOverflow { return reportUncountable(span) }
      return LoopItem(source: .count(from: start), element: .int, trip: trip)
    }
    func number(_ op: Op, _ x: TypedExpression, _ y: TypedExpression) -> TypedExpression {
      TypedExpression(.pointwise(op, [x, y], .same), .int, span)
    }
    // The end itself is counted last: a count beyond all ints is negative then, and no size.
    let one = TypedExpression(.integer(1), .int, span)
    let least = TypedExpression(.integer(inclusive ? -1 : 0), .int, span)
    let distance = number(pointwise.maximum, number(pointwise.sub, end, start), least)
    let steps = inclusive ? number(pointwise.add, distance, one) : distance
    return LoopItem(
      source: .count(from: start), element: .int, trip: Dim(freshSymbol("steps")), count: steps)
  }

  private func sizeOf(_ value: TypedExpression) -> Dim? {
    switch value.form {
    case .integer(let number): Dim(number)
    case .size(let dim): dim
    default: nil
    }
  }

  // MARK: while

  func whileLoop(
    _ condition: Expression, _ bound: Expression, _ body: Block, _ span: Span
  ) -> TypedExpression {
    let limit = checked(bound, as: .int, what: "the bound of a `while`")
    let test = checked(condition, as: .bool, what: "a condition")
    let carried = Scope.Carried()
    let typed = inScope(.loop(carried)) { block(body, expecting: nil, dropsValue: true) }
    if carried.variables.isEmpty {
      report(
        .endlessLoop, "nothing in this loop changes, so its condition cannot either", at: span,
        help: ["assign a `var` of the outside, or use `if`"])
      return poison(span)
    }
    let trip = sizeOf(limit) ?? Dim(freshSymbol("bound"))
    return TypedExpression(
      .whileLoop(
        WhileLoop(
          condition: test, trip: trip, bound: limit, body: typed, carried: carried.variables)),
      .unit, span)
  }

  // MARK: einsum and rearrange

  func axes(
    _ function: Name, _ inputs: [[Name]], _ output: [Name], _ arguments: [Argument], _ span: Span
  ) -> TypedExpression {
    let isEinsum = function.text == "einsum"
    guard inputs.count == arguments.count else {
      report(
        .argumentCount,
        "`\(function.text)` names the dims of \(count(inputs.count, "value")), here are \(arguments.count)",
        at: function.span)
      return poison(span)
    }
    var labels: [String: Int] = [:]
    var sizes: [Dim] = []
    var parts: [(value: TypedExpression, labels: [Int])] = []
    for (names, argument) in zip(inputs, arguments) {
      let value = expression(argument.value)
      guard case .tensor(.real, let shape, _) = resolve(value.type) else {
        if case .poison = value.type { return value }
        report(
          .typeMismatch, "`\(function.text)` works on tensors of reals", at: value.span,
          label: describe(resolve(value.type)))
        return poison(span)
      }
      guard names.count == shape.count else {
        report(
          .shapeMismatch,
          "\(count(names.count, "name")) for \(count(shape.count, "dim"))", at: value.span,
          label: describe(resolve(value.type)))
        return poison(span)
      }
      if Set(names.map(\.text)).count != names.count {
        report(
          .broadcastAmbiguous, "a name stands twice for one value", at: names[0].span,
          help: ["take the diagonal with a `for`"])
        return poison(span)
      }
      var numbers: [Int] = []
      for (name, dim) in zip(names, shape) {
        if let number = labels[name.text] {
          guard unifier.unify(sizes[number], dim) else {
            report(
              .dimMismatch,
              "`\(name.text)` is \(sizes[number].written) here and \(dim.written) there",
              at: name.span, secondary: [Label(value.span, describe(resolve(value.type)))])
            return poison(span)
          }
          numbers.append(number)
        } else {
          labels[name.text] = sizes.count
          numbers.append(sizes.count)
          sizes.append(dim)
        }
      }
      parts.append((value, numbers))
    }
    var kept: [Int] = []
    for name in output {
      guard let number = labels[name.text] else {
        report(
          .unknownName, "`\(name.text)` is not one of the dims on the left", at: name.span,
          help: suggestion(name.text, among: labels.keys.sorted()))
        return poison(span)
      }
      if kept.contains(number) {
        report(
          .declaredTwice, "`\(name.text)` stands twice in the result", at: name.span,
          help: ["a diagonal is made by `for` and `onehot`, or by a product with `eye`"])
        return poison(span)
      }
      kept.append(number)
    }
    if !isEinsum, parts.count != 1 || kept.count != sizes.count {
      report(
        .shapeMismatch, "`rearrange` keeps every dim of one value", at: function.span,
        help: ["`einsum` sums over the dims that are left out"])
      return poison(span)
    }
    return TypedExpression(
      .einsum(parts, output: kept), .tensor(.real, kept.map { resolve(sizes[$0]) }), span)
  }
}

extension TypedExpression {
  /// Where the value of a block comes from.
  var lastSpan: Span {
    if case .block(_, let value?) = form { return value.lastSpan }
    return span
  }

  /// A block or literal whose value is an int literal, as a real one.
  var adaptedValue: TypedExpression? {
    switch form {
    case .integer: return adapted
    case .block(let statements, let value?):
      return value.adaptedValue.map {
        TypedExpression(.block(statements, $0), .real, span)
      }
    default: return nil
    }
  }
}
