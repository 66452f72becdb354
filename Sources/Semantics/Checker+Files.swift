// What comes from files, and texts as numbers: what type a `load` has, `codes` and `letters`.
//
// How long a file is nobody knows before it is read. Where its type says `_`, the size is a dim of
// its own, made here, which gets its number when the program runs.

import Diagnostics
import IR
import Syntax
import Tensors

extension Checker {
  /// `load("run", m)` gives a value like `m`; `let x: [K, N] = load("x.npy")` what is awaited. A text
  /// behind the file names one of its arrays.
  func load(_ call: BuiltinCall) -> TypedExpression {
    let arguments = effectArguments(call)
    if arguments.contains(where: \.value.type.isPoison) { return poison(call.span) }
    let like = arguments.dropFirst().map { resolve($0.value.type) }.filter { $0 != .text }
    if !like.isEmpty {
      let type = like.count == 1 ? like[0] : .record(like.map { RecordField(nil, $0) })
      return TypedExpression(.host("load", arguments), type, call.span)
    }
    var unknowns: [DimSymbol] = []
    let awaited = call.expected.map { withSizesOfItsOwn(resolve($0), &unknowns).withoutClaim }
    guard let awaited, !hasUnknowns(awaited) else {
      report(
        .missingAnnotation, "what is loaded needs a type", at: call.name.span,
        help: [
          "`let x: [_, N] = load(\"x.npy\")`, `let book: text = load(\"book.txt\")`, or "
            + "`load(\"run\", m)` for a value like `m`"
        ])
      return poison(call.span)
    }
    return TypedExpression(.host("load", arguments, unknowns: unknowns), awaited, call.span)
  }

  /// The type with a fresh dim for each that is open.
  private func withSizesOfItsOwn(_ type: Type, _ unknowns: inout [DimSymbol]) -> Type {
    var fresh: [DimSymbol: DimSymbol] = [:]
    let result = type.mapped(
      dim: { dim in
        guard let open = dim.symbol, unifier.hasUnknowns(dim) else { return dim }
        let own = fresh[open] ?? freshSymbol(open.name)
        fresh[open] = own
        return Dim(own)
      }, type: { _ in nil })
    unknowns = fresh.values.sorted()
    return result
  }

  /// `codes(book)`: the bytes of a text.
  func codes(_ call: BuiltinCall) -> TypedExpression {
    guard let text = onlyArgument(call, "text", .text) else { return poison(call.span) }
    let count = freshSymbol("_")
    return TypedExpression(
      .host("codes", [EffectArgument(label: "text", value: text)], unknowns: [count]),
      .tensor(.int, [Dim(count)]), call.span)
  }

  /// `letters(codes)`: the text that bytes are.
  func letters(_ call: BuiltinCall) -> TypedExpression {
    let wanted = Type.tensor(.int, [unifier.unknownDim("T")])
    guard let codes = onlyArgument(call, "codes", wanted) else { return poison(call.span) }
    return TypedExpression(
      .host("letters", [EffectArgument(label: "codes", value: codes)]), .text, call.span)
  }

  /// The argument of a function that is not lifted: a file and a text are one.
  private func onlyArgument(_ call: BuiltinCall, _ name: String, _ type: Type) -> TypedExpression? {
    let signature = CallSignature(name: call.name.text, parameters: [(name, type, false)])
    guard refuseDims(call),
      let matched = match(call.arguments, signature, call.name.span, call.span)
    else { return nil }
    guard let batch = matched.extra[0].first else { return matched.values[0] }
    report(
      .typeMismatch, "`\(call.name.text)` takes the codes of one text",
      at: call.arguments[0].value.span, label: "these are texts along `\(batch.written)`",
      help: ["one of them: `x[0]`"])
    return nil
  }
}
