// Calls on whole batches: what a `batch dim` in front of an argument makes of the call.

import Diagnostics
import IR
import Tensors

extension Checker {
  /// The value with the leading batch dims off that its parameter does not ask for.
  func stripping(
    _ value: TypedExpression, toFit parameter: Type
  ) -> (TypedExpression, [Dim]) {
    var type = resolve(value.type)
    var dims: [Dim] = []
    while let (dim, inner) = unlifted(type, toFit: resolve(parameter)) {
      dims.append(dim)
      type = inner
    }
    return (dims.isEmpty ? value : TypedExpression(value.form, type, value.span), dims)
  }

  private func unlifted(_ type: Type, toFit parameter: Type) -> (Dim, Type)? {
    func isBatch(_ dim: Dim) -> Bool { dim.symbol.map { batchDims.contains($0) } ?? false }
    switch (type, parameter) {
    case (.tensor(let dtype, let shape, let claim), .tensor(_, let wanted, _))
    where shape.count > wanted.count && isBatch(shape[0]):
      return (shape[0], .tensor(dtype, Array(shape.dropFirst()), claim))
    case (.record(let fields), .record(let wanted)) where fields.count == wanted.count:
      let inner = zip(fields, wanted).map { unlifted($0.type, toFit: resolve($1.type)) }
      guard let first = inner.first??.0, inner.allSatisfy({ $0?.0 == first }) else { return nil }
      return (
        first,
        .record(zip(fields, inner).map { RecordField($0.name, $1?.1 ?? $0.type) })
      )
    case (.array(let size, let element), .structure), (.array(let size, let element), .interface):
      return isBatch(size) ? (size, element) : nil
    default: return nil
    }
  }

  /// The call, inside a `for` over each batch dim that arguments bring.
  func lifted(
    _ matched: Matched, _ type: Type, _ span: Span,
    _ build: ([TypedExpression?]) -> TypedExpression
  ) -> TypedExpression {
    if !matched.checked.isEmpty { return entered(matched, type, span, build) }
    guard let dim = matched.extra.first(where: { !$0.isEmpty })?.first else {
      return build(matched.values)
    }
    // Arguments are evaluated once, outside; each step sees its slice of the lifted ones.
    var statements: [TypedStatement] = []
    var sources: [(pattern: TypedPattern, source: LoopSource)] = []
    var inner = matched
    for (index, value) in matched.values.enumerated() {
      guard let value else { continue }
      let isSlice = matched.extra[index].first == dim
      if case .variable = value.form, !isSlice { continue }
      let outside = evaluated(value, named: matched.names[index], in: &statements)
      inner.values[index] = outside
      guard isSlice else { continue }
      let slice = Variable(
        matched.names[index], value.span, type: sliceType(resolve(value.type)))
      sources.append((TypedPattern(.variable(slice), value.span), .axis(outside)))
      inner.values[index] = TypedExpression(.variable(slice), slice.type, value.span)
      inner.extra[index].removeFirst()
    }
    let body = lifted(inner, type, span, build)
    let loop = Loop(
      kind: .map, sources: sources, body: body, trip: resolve(dim), count: nil, carried: [])
    let result = Type.array(of: body.type, resolve(dim))
    return TypedExpression(
      .block(statements, TypedExpression(.loop(loop), result, span)), result, span)
  }

  /// One element along the leading axis.
  func sliceType(_ type: Type) -> Type {
    switch type {
    case .tensor(let dtype, let shape, let claim):
      // A claim along the leading axis says nothing of one element.
      return .tensor(
        dtype, Array(shape.dropFirst()),
        claim.flatMap { $0.refinement == .simplex && -$0.axis == shape.count ? nil : $0 })
    case .record(let fields):
      return .record(fields.map { RecordField($0.name, sliceType($0.type)) })
    case .array(_, let element): return element
    default: return .poison
    }
  }
}
