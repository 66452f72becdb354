// Dims that no form decides: `fn halves(x: [2*T])` called with an `[n]`. Its `T` is a dim of its own
// for each call, `n div 2`, and that `2*T` is `n` is checked when the call is entered.

import Diagnostics
import IR
import Ops
import Tensors

/// The sizes that calls in a statement find at entry, as far as they can be bound in front of it:
/// what it makes then has dims that later statements know, also where they stand alone.
final class EntrySizes {
  /// Those of the statement around this one.
  let outer: EntrySizes?
  let span: Span
  /// The symbols made so far are from before the statement.
  let start: Int
  var bindings: [SizeBinding] = []

  init(before span: Span, symbols start: Int, in outer: EntrySizes?) {
    self.outer = outer
    self.span = span
    self.start = start
  }
}

extension Checker {
  /// The dims of a call that follow from numbers alone, each with how to compute it; those that are
  /// bound in front of the statement are not among them.
  ///
  /// The same quotient is the same dim, so that what two calls give of one size fits together.
  func sizesAtEntry(_ span: Span) -> (isChecked: Bool, bindings: [SizeBinding]) {
    var bindings: [SizeBinding] = []
    var isChecked = false
    while let (symbol, size) = unifier.leaveToEntry(dim(of:as:)) {
      isChecked = true
      let operands = [size.dividend, size.divisor].map { TypedExpression(.size($0), .int, span) }
      let value = TypedExpression(.pointwise(pointwise.floorDiv, operands, .same), .int, span)
      let binding = SizeBinding(symbol: symbol, value: value, quotient: size)
      guard let place = place(for: size) else {
        bindings.append(binding)
        continue
      }
      if !place.bindings.contains(where: { $0.symbol == symbol }) { place.bindings.append(binding) }
    }
    return (isChecked, bindings)
  }

  private func dim(of name: String, as size: Quotient) -> DimSymbol {
    if let known = entryDims[size] { return known }
    let symbol = freshSymbol(name)
    entryDims[size] = symbol
    return symbol
  }

  /// The statement that a size is found in front of: the one at hand, or the outermost one where
  /// nothing can be wrong with it, so that both sides of an `if` have it.
  private func place(for size: Quotient) -> EntrySizes? {
    func isKnown(before statement: EntrySizes) -> Bool {
      size.symbols.allSatisfy { self.isKnown($0, before: statement) }
    }
    guard var place = entrySizes, isKnown(before: place) else { return nil }
    guard size.dividend.isNeverNegative, size.divisor.constant != nil else { return place }
    while let outer = place.outer, isKnown(before: outer) { place = outer }
    return place
  }

  private func isKnown(_ symbol: DimSymbol, before statement: EntrySizes) -> Bool {
    if symbol.number <= statement.start { return true }
    // Ints become dims where they are first used as such.
    guard let variable = sizeSymbols.first(where: { $0.value == symbol })?.key else { return false }
    return !statement.span.contains(variable.span)
  }

  /// What `check` gives, and the statements that are to stand in front of it.
  func withEntrySizes<Value>(
    before span: Span, _ check: () -> Value
  ) -> (value: Value, first: [TypedStatement]) {
    let saved = entrySizes
    let own = EntrySizes(before: span, symbols: symbolCounter, in: saved)
    entrySizes = own
    defer { entrySizes = saved }
    let value = check()
    return (value, own.bindings.isEmpty ? [] : [TypedStatement(.sizes(own.bindings), span)])
  }

  /// Two dims that would have to agree: where arguments behind it say what the first is to be, that
  /// argument is the culprit.
  func reportUndecided(
    _ a: Dim, _ b: Dim, _ values: [TypedExpression?], _ extra: [[Dim]],
    _ signature: CallSignature, _ span: Span
  ) {
    let parameters = signature.parameters
    if !unifier.hasUnknowns(a - b) {
      for (index, value) in values.enumerated() {
        guard let value, recast(value.type, parameters[index].type, extra[index]) != nil else {
          continue
        }
        var others = values
        others[index] = nil
        mismatch(
          found: resolve(value.type), wanted: resolve(parameters[index].type), value.span,
          place(of: index, in: signature, others), value)
        return
      }
    }
    report(
      .undecidedDim, "the dims of this call do not follow from its arguments", at: span,
      notes: ["`\(a.written)` and `\(b.written)` would have to agree"]
        + (signature.note.map { [$0] } ?? []))
  }

  /// Notes which arguments are to have the dims that are found at entry.
  func checkAtEntry(_ entry: [SizeBinding], _ matched: inout Matched, _ wanted: [Type]) {
    matched.entry = entry
    for (index, value) in matched.values.enumerated() {
      guard let value, let type = recast(value.type, wanted[index], matched.extra[index]) else {
        continue
      }
      matched.checked[index] = type
    }
  }

  /// `found` with the dims of `wanted`, where they differ.
  private func recast(_ found: Type, _ wanted: Type, _ extra: [Dim]) -> Type? {
    switch (resolve(found), resolve(wanted)) {
    case (.tensor(let dtype, let shape, let claim), .tensor(_, let dims, _)):
      let target = extra + dims
      return target == shape ? nil : .tensor(dtype, target, claim)
    case (.record(let fields), .record(let others)) where fields.count == others.count:
      let types = zip(fields, others).map { recast($0.type, $1.type, extra) }
      if types.allSatisfy({ $0 == nil }) { return nil }
      return .record(zip(fields, types).map { RecordField($0.name, $1 ?? $0.type) })
    default: return nil
    }
  }

  /// The call behind its checks. Arguments are evaluated first, and once: their sizes are what the
  /// dims follow from.
  func entered(
    _ matched: Matched, _ type: Type, _ span: Span,
    _ build: ([TypedExpression?]) -> TypedExpression
  ) -> TypedExpression {
    var statements: [TypedStatement] = []
    var inner = matched
    (inner.entry, inner.checked) = ([], [:])
    for (index, value) in matched.values.enumerated() {
      guard let value else { continue }
      let outside = evaluated(value, named: matched.names[index], in: &statements)
      inner.values[index] =
        matched.checked[index].map { TypedExpression(.reshapeDims(outside), $0, value.span) }
        ?? outside
    }
    if !matched.entry.isEmpty { statements.append(TypedStatement(.sizes(matched.entry), span)) }
    let body = lifted(inner, type, span, build)
    if statements.isEmpty { return body }
    return TypedExpression(.block(statements, body), body.type, span)
  }

  /// A variable that holds `value` from a statement on; the value itself where it computes nothing.
  func evaluated(
    _ value: TypedExpression, named name: String, in statements: inout [TypedStatement]
  ) -> TypedExpression {
    switch value.form {
    case .variable, .function, .lambda: return value
    default:
      let variable = Variable(name, value.span, type: value.type)
      statements.append(
        TypedStatement(
          .binding(TypedPattern(.variable(variable), value.span), value), value.span))
      return TypedExpression(.variable(variable), value.type, value.span)
    }
  }
}
