// Brackets on values: indices, ranges, and the built-ins that move entries about.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  /// `f[…]` without parentheses: dim arguments of a function or type, a draw, a label, or indexing.
  func bracket(
    _ base: Expression, _ parts: [Expression], _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    if case .name(let name) = base.kind {
      switch scope.lookUp(name.text) {
      case .function(let function): return functionValue(function, written: parts, span)
      case .structure(let structure): return constructorValue(structure, parts, span)
      case .builtin(let builtin): return builtinValue(builtin, parts, span, expected: expected)
      default: break
      }
    }
    if case .field(let inner, let name) = base.kind {
      if case .name(let first) = inner.kind, case .module(let module) = scope.lookUp(first.text) {
        switch module.names[name.text] {
        case .structure(let structure): return constructorValue(structure, parts, span)
        case .function(let function): return functionValue(function, written: parts, span)
        default: break
        }
      } else {
        let owner = expression(inner)
        if Checker.draws.contains(name.text), case .rng = resolve(owner.type) {
          return draw(owner, name, parts, [], span)
        }
        return member(name, of: owner, written: parts, span)
      }
    }
    return index(expression(base), parts, span)
  }

  /// Entries of a value; a stream by its label.
  func index(
    _ value: TypedExpression, _ parts: [Expression], _ span: Span
  ) -> TypedExpression {
    if case .rng = resolve(value.type) {
      guard parts.count == 1, case .text(let label) = parts[0].kind else {
        report(
          .typeMismatch, "a stream is labelled by a text", at: span, help: ["`rng[\"noise\"]`"])
        return poison(span)
      }
      return TypedExpression(.labelled(value, label), .rng, span)
    }
    return entries(of: value, parts, span)
  }

  private func constructorValue(
    _ structure: Structure, _ parts: [Expression], _ span: Span
  ) -> TypedExpression {
    var written: [GenericArgument] = []
    for (parameter, syntax) in zip(structure.generics, parts) {
      guard let argument = generic(parameter, syntax) else { return poison(span) }
      written.append(argument)
    }
    return TypedExpression(.poison, .constructor(structure, written), span)
  }

  private func entries(
    of value: TypedExpression, _ parts: [Expression], _ span: Span
  ) -> TypedExpression {
    if case .list(let element, let size) = resolve(value.type) {
      guard parts.count == 1, case .integer(let position) = parts[0].kind else {
        report(
          .typeMismatch, "a fixed list is indexed by a number that is written out", at: span,
          help: ["or go over it with `for`"])
        return poison(span)
      }
      if let known = size.constant, position >= known {
        report(
          .indexOutOfRange, "index \(position) is out of range for \(count(known, "element"))",
          at: parts[0].span)
        return poison(span)
      }
      return TypedExpression(.position(value, position), element, span)
    }
    guard let (typed, type) = indexParts(value, parts) else { return poison(span) }
    return TypedExpression(.index(value, typed), type, span)
  }

  /// Typed parts of an index and the type of what they pick.
  func indexParts(
    _ value: TypedExpression, _ parts: [Expression]
  ) -> (parts: [IndexPart], type: Type)? {
    switch resolve(value.type) {
    case .poison: return nil
    case .tensor(let dtype, let shape, let claim):
      guard let (typed, dims) = typedParts(parts, shape, value) else { return nil }
      // What holds of every number still does; a simplex stays one while its axis is whole.
      let axis = shape.count + (claim?.axis ?? -1)
      let isWhole =
        axis >= typed.count
        || (axis >= 0 && axis < typed.count
          && { if case .all = typed[axis] { true } else { false } }())
      var kept = claim
      if claim?.refinement == .simplex, !isWhole { kept = Claim(.unit) }
      return (typed, .tensor(dtype, dims, kept))
    case .array(let size, let element):
      guard parts.count == 1, let (typed, dims) = typedParts(parts, [size], value) else {
        if parts.count != 1 {
          report(
            .shapeMismatch, "structs are indexed one dim at a time", at: value.span,
            label: describe(value.type))
        }
        return nil
      }
      return (typed, dims.reversed().reduce(element) { .array(of: $0, $1) })
    case let other:
      report(
        .typeMismatch, "only tensors and lists can be indexed", at: value.span,
        label: "this is \(other.written)")
      return nil
    }
  }

  private func typedParts(
    _ parts: [Expression], _ shape: [Dim], _ value: TypedExpression
  ) -> ([IndexPart], [Dim])? {
    guard parts.count <= shape.count else {
      report(
        .shapeMismatch,
        "\(count(parts.count, "index", "indices")) for \(count(shape.count, "dim"))",
        at: value.span, label: describe(resolve(value.type)))
      return nil
    }
    var typed: [IndexPart] = []
    var dims: [Dim] = []
    for (part, size) in zip(parts, shape) {
      guard let (one, kept) = typedPart(part, resolve(size)) else { return nil }
      typed.append(one)
      dims += kept
    }
    return (typed, dims + shape.dropFirst(parts.count))
  }

  private func typedPart(_ part: Expression, _ size: Dim) -> (IndexPart, [Dim])? {
    switch part.kind {
    case .range(nil, nil, _): return (.all, [size])
    case .range(let from, let to, let inclusive):
      if case .range? = from?.kind {
        report(
          .rangeOutOfPlace, "a range has two ends and no stride", at: part.span,
          help: ["take every second entry by a `for`: `for i in 0 .. n { x[2 * i] }`"])
        return nil
      }
      var start = Dim(0)
      var end = size
      if let from {
        guard let dim = dim(from) else { return nil }
        start = dim
      }
      if let to {
        guard let dim = dim(to) else { return nil }
        end = inclusive ? dim + 1 : dim
        if end.isOverflow { return reportUncountable(part.span) }
      }
      let length = resolve(end - start)
      if let a = self.size(end), let b = self.size(size), a > b {
        report(
          .indexOutOfRange, "this range ends at \(a), the dim has \(count(b, "entry", "entries"))",
          at: part.span)
        return nil
      }
      if let known = self.size(length), known < 0 {
        report(.indexOutOfRange, "this range ends before it starts", at: part.span)
        return nil
      }
      return (.range(start: start, count: length), [length])
    default:
      let value = expression(part)
      switch resolve(value.type) {
      case .poison: return nil
      case .tensor(.int, let shape, _):
        if let number = value.constant.flatMap({ Int(exactly: $0) }) {
          if number < 0 {
            report(
              .indexOutOfRange, "indices count from 0", at: part.span,
              help: ["the last entry is `[\(size.written) - 1]`"])
            return nil
          }
          if let known = self.size(size), number >= known {
            report(
              .indexOutOfRange,
              "index \(number) is out of range for \(count(known, "entry", "entries"))",
              at: part.span)
            return nil
          }
        }
        return shape.isEmpty ? (.at(value), []) : (.gather(value), shape)
      case let other:
        report(
          .typeMismatch, "an index is int, here it is \(other.written)", at: part.span)
        return nil
      }
    }
  }

  func count(_ number: Int, _ one: String, _ many: String) -> String {
    number == 1 ? "one \(one)" : "\(number) \(many)"
  }

  func withIndex(
    _ base: Expression, _ parts: [Expression], _ value: Expression, _ span: Span
  ) -> TypedExpression {
    let whole = expression(base)
    guard let (typed, type) = indexParts(whole, parts) else {
      _ = expression(value)
      return poison(span)
    }
    let part = checked(value, as: type.withoutClaim, what: "what is put there")
    if case .poison = part.type { return part }
    return TypedExpression(
      .withIndex(whole, typed, part), resolve(whole.type).withoutClaim, span)
  }

  // MARK: Moving entries

  /// The one axis that brackets name, or the only one there is.
  private func movedAxis(_ call: BuiltinCall, _ shape: [Dim], _ value: TypedExpression) -> Int? {
    if let dims = call.dims {
      guard dims.count == 1 else {
        report(
          .argumentCount, "`\(call.name.text)` works along one dim", at: call.name.span,
          notes: signatureNote(call.name.text))
        return nil
      }
      return axis(dims[0], in: shape, of: value)
    }
    if shape.count == 1 { return 0 }
    report(
      .argumentCount, "`\(call.name.text)` must say along which dim it works", at: call.name.span,
      secondary: [Label(value.span, describe(resolve(value.type)))],
      help: shape.last.map { ["for example `\(call.name.text)[\($0.written)](…)`"] } ?? [])
    return nil
  }

  /// Arguments by the names given, typed without hints.
  private func named(_ call: BuiltinCall, _ names: [String], required: Int) -> [Expression?]? {
    var assigned = [Expression?](repeating: nil, count: names.count)
    var next = 0
    for argument in call.arguments {
      var index = next
      if let label = argument.label {
        guard let found = names.firstIndex(of: label.text) else {
          report(
            .unknownArgument, "`\(call.name.text)` has no parameter `\(label.text)`",
            at: label.span, help: suggestion(label.text, among: names))
          return nil
        }
        index = found
      } else {
        next += 1
      }
      guard index < names.count else {
        report(
          .argumentCount,
          "`\(call.name.text)` takes at most \(count(names.count, "argument"))",
          at: argument.value.span, notes: signatureNote(call.name.text))
        return nil
      }
      assigned[index] = argument.value
    }
    if let missing = names.indices.first(where: { $0 < required && assigned[$0] == nil }) {
      report(
        .missingArgument, "`\(call.name.text)` lacks `\(names[missing])`", at: call.name.span,
        notes: signatureNote(call.name.text))
      return nil
    }
    return assigned
  }

  func pad(_ call: BuiltinCall) -> TypedExpression {
    guard let parts = named(call, ["x", "before", "after", "value"], required: 3),
      let (dtype, shape, value) = operand(parts[0], call),
      let axis = movedAxis(call, shape, value),
      let before = parts[1].flatMap({ dim($0) }), let after = parts[2].flatMap({ dim($0) })
    else { return poison(call.span) }
    let fill =
      parts[3].map { checked($0, as: .tensor(dtype, []), what: "the value of `pad`") }
      ?? TypedExpression(
        dtype == .real ? .real(0) : dtype == .int ? .integer(0) : .boolean(false),
        .tensor(dtype, []), call.span)
    if case .poison = fill.type { return fill }
    for (width, syntax) in [(before, parts[1]), (after, parts[2])] {
      guard let syntax, let number = width.constant, number < 0 else { continue }
      report(
        .sizeOutOfRange, "`pad` cannot add \(number) entries", at: syntax.span,
        help: ["`x[a .. b]` cuts a part out"])
      return poison(call.span)
    }
    var result = shape
    result[axis] = resolve(shape[axis] + before + after)
    return TypedExpression(
      .primitive(
        movement.pad, [value, fill],
        ["axis": .axis(axis), "before": .dim(before), "after": .dim(after)]),
      .tensor(dtype, result), call.span)
  }

  func roll(_ call: BuiltinCall) -> TypedExpression {
    guard let parts = named(call, ["x", "shift"], required: 2),
      let (dtype, shape, value) = operand(parts[0], call),
      let axis = movedAxis(call, shape, value), let by = parts[1]
    else { return poison(call.span) }
    let shift = checked(by, as: .int, what: "the shift")
    if case .poison = shift.type { return shift }
    guard case .tensor(_, _, let claim) = resolve(value.type) else { return poison(call.span) }
    return TypedExpression(
      .primitive(movement.roll, [value, shift], ["axis": .axis(axis)]),
      .tensor(dtype, shape, claim), call.span)
  }

  private func operand(
    _ syntax: Expression?, _ call: BuiltinCall
  ) -> (DType, [Dim], TypedExpression)? {
    guard let syntax else { return nil }
    let value = expression(syntax)
    guard let (dtype, shape, _) = tensor(value, call) else { return nil }
    return (dtype, shape, value)
  }

  /// `split[A, C](x)` cuts `[A + C, …]` into `[A, …]` and `[C, …]`.
  func split(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1),
      let (dtype, shape, value) = operand(call.arguments[0].value, call)
    else { return poison(call.span) }
    guard !shape.isEmpty, let syntax = call.dims else {
      report(
        .shapeMismatch, "`split` cuts the first dim into those that are named", at: call.name.span,
        secondary: [Label(value.span, describe(value.type))], help: ["`split[A, C](x)`"])
      return poison(call.span)
    }
    var sizes: [Dim] = []
    for part in syntax {
      guard let dim = dim(part) else { return poison(call.span) }
      sizes.append(dim)
    }
    let total = sizes.reduce(Dim(0), +)
    guard unifier.unify(total, shape[0]) else {
      report(
        .dimMismatch, "`\(total.written)` is not `\(shape[0].written)`", at: call.name.span,
        secondary: [Label(value.span, describe(resolve(value.type)))],
        notes: ["`split` cuts the first dim into the dims in brackets"])
      return poison(call.span)
    }
    let whole = Variable("whole", value.span, type: value.type)
    let source = TypedExpression(.variable(whole), value.type, value.span)
    var start = Dim(0)
    var parts: [(name: String?, value: TypedExpression)] = []
    for size in sizes {
      let type = Type.tensor(dtype, [size] + shape.dropFirst())
      parts.append(
        (nil, TypedExpression(.index(source, [.range(start: start, count: size)]), type, call.span))
      )
      start = start + size
    }
    let type = Type.record(parts.map { RecordField(nil, $0.value.type) })
    return TypedExpression(
      .block(
        [
          TypedStatement(
            .binding(TypedPattern(.variable(whole), value.span), value), value.span)
        ], TypedExpression(.record(parts), type, call.span)), type, call.span)
  }

  /// `merge(x)` makes one dim of the first two.
  func merge(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1),
      let (dtype, shape, value) = operand(call.arguments[0].value, call)
    else { return poison(call.span) }
    guard shape.count >= 2 else {
      report(
        .shapeMismatch, "`merge` joins the first two dims", at: value.span,
        label: describe(value.type))
      return poison(call.span)
    }
    let result = [resolve(shape[0] * shape[1])] + shape.dropFirst(2)
    return TypedExpression(
      .primitive(movement.reshape, [value], ["shape": .shape(result)]), .tensor(dtype, result),
      call.span)
  }

  func sort(_ call: BuiltinCall) -> TypedExpression {
    guard let parts = named(call, ["x", "descending"], required: 1),
      let (dtype, shape, value) = operand(parts[0], call), let axis = movedAxis(call, shape, value)
    else { return poison(call.span) }
    var descending = false
    if let flag = parts[1] {
      guard case .boolean(let written) = flag.kind else {
        report(.typeMismatch, "`descending` is `true` or `false`, written out", at: flag.span)
        return poison(call.span)
      }
      descending = written
    }
    return pairOf(
      movement.sort, value, ["axis": .axis(axis), "descending": .flag(descending)], dtype, shape,
      call)
  }

  func topk(_ call: BuiltinCall) -> TypedExpression {
    guard let dims = call.dims, dims.count == 1, let size = dim(dims[0]), expectCount(call, 1...1),
      let (dtype, shape, value) = operand(call.arguments[0].value, call)
    else {
      if call.dims == nil {
        report(
          .argumentCount, "`topk` takes the number of entries in brackets", at: call.name.span,
          help: ["`topk[K](x)`"])
      }
      return poison(call.span)
    }
    guard !shape.isEmpty else {
      report(.shapeMismatch, "`topk` needs a dim", at: value.span, label: describe(value.type))
      return poison(call.span)
    }
    let axis = shape.count - 1
    if let lacking = (size - resolve(shape[axis])).constant, lacking > 0 {
      report(
        .shapeMismatch, "`topk[\(size.written)]` needs at least `\(size.written)` entries",
        at: dims[0].span, secondary: [Label(value.span, describe(resolve(value.type)))])
      return poison(call.span)
    }
    return pairOf(
      movement.topk, value, ["axis": .axis(axis), "count": .dim(size)], dtype,
      shape.dropLast() + [size], call)
  }

  private func pairOf(
    _ op: Op, _ value: TypedExpression, _ attributes: Attributes, _ dtype: DType, _ shape: [Dim],
    _ call: BuiltinCall
  ) -> TypedExpression {
    TypedExpression(
      .primitive(op, [value], attributes),
      .record([
        RecordField("values", .tensor(dtype, shape)), RecordField("indices", .tensor(.int, shape)),
      ]), call.span)
  }

  /// The ints that name rows of a table.
  private func rows(
    _ syntax: Expression?, of table: TypedExpression, _ call: BuiltinCall
  ) -> ([Dim], TypedExpression)? {
    guard let (kind, places, indices) = operand(syntax, call) else { return nil }
    guard kind == .int else {
      report(
        .typeMismatch, "an index is int, here it is \(resolve(indices.type).written)",
        at: indices.span)
      return nil
    }
    guard case .tensor(_, let shape, _) = resolve(table.type), !shape.isEmpty else {
      report(
        .shapeMismatch, "`\(call.name.text)` needs a dim", at: table.span,
        label: describe(table.type))
      return nil
    }
    return (places, indices)
  }

  func gather(_ call: BuiltinCall) -> TypedExpression {
    guard let parts = named(call, ["table", "indices"], required: 2),
      let (dtype, shape, table) = operand(parts[0], call),
      let (places, indices) = rows(parts[1], of: table, call)
    else { return poison(call.span) }
    return TypedExpression(
      .primitive(
        indexing.gather, [table, indices], ["batch": .integer(0), "clamped": .flag(false)]),
      .tensor(dtype, places + shape.dropFirst()), call.span)
  }

  func scatterAdd(_ call: BuiltinCall) -> TypedExpression {
    guard let parts = named(call, ["base", "indices", "updates"], required: 3),
      let (dtype, shape, base) = operand(parts[0], call),
      let (places, indices) = rows(parts[1], of: base, call), let updates = parts[2]
    else { return poison(call.span) }
    let added = checked(
      updates, as: .tensor(dtype, places + shape.dropFirst()), what: "the argument `updates`")
    if case .poison = added.type { return added }
    return TypedExpression(
      .primitive(indexing.scatterAdd, [base, indices, added], ["batch": .integer(0)]),
      .tensor(dtype, shape), call.span)
  }
}
