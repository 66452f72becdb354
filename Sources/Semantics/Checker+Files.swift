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
    guard let arguments = fileArguments(call) else { return poison(call.span) }
    let like = arguments.dropFirst()
    if let key = like.first, resolve(key.value.type) == .text {
      guard like.count == 1 else {
        let file = text(of: call.arguments[0].value.span)
        report(
          .argumentCount, "`load` gives one array at a time", at: call.arguments[2].value.span,
          help: ["several are a record: `let r: (a: [N], b: [N]) = load(\(file))`"])
        return poison(call.span)
      }
    } else if !like.isEmpty {
      guard areNamed(call) else { return poison(call.span) }
      let types = like.map { resolve($0.value.type) }
      let type = types.count == 1 ? types[0] : .record(types.map { RecordField(nil, $0) })
      return TypedExpression(.host("load", arguments), type, call.span)
    }
    var unknowns: [DimSymbol] = []
    let awaited = call.expected.map { withSizesOfItsOwn(resolve($0), &unknowns) }
    guard let awaited, !hasUnknowns(awaited) else {
      report(
        .missingAnnotation, "what is loaded needs a type", at: call.name.span,
        help: [
          "`let x: [_, N] = load(\"x.npy\")`, `let book: text = load(\"book.txt\")`, or "
            + "`load(\"run\", m)` for a value like `m`"
        ])
      return poison(call.span)
    }
    guard awaited.isOfArrays else {
      report(
        .typeMismatch, "a file holds arrays, and this is to be \(awaited.written)",
        at: call.name.span,
        help: [
          "give a value like it, which says what the file's arrays are parts of: "
            + "`load(\(text(of: call.arguments[0].value.span)), m)`"
        ])
      return poison(call.span)
    }
    return TypedExpression(.host("load", arguments, unknowns: unknowns), awaited, call.span)
  }

  /// `save("run", m, opt)`: values under their names.
  func save(_ call: BuiltinCall) -> TypedExpression {
    guard let arguments = fileArguments(call) else { return poison(call.span) }
    return TypedExpression(.host("save", arguments), .unit, call.span)
  }

  /// The arguments of a call whose first is the name of a file; nil after a report.
  private func fileArguments(_ call: BuiltinCall) -> [EffectArgument]? {
    let name = call.name.text
    guard refuseDims(call) else { return nil }
    guard let first = call.arguments.first else {
      report(
        .missingArgument, "`\(name)` needs the name of a file", at: call.name.span,
        help: ["`\(name)(\"run\", m)`"])
      return nil
    }
    let arguments = effectArguments(call)
    if arguments.contains(where: \.value.type.isPoison) { return nil }
    let type = resolve(arguments[0].value.type)
    guard type == .text else {
      report(
        .typeMismatch, "`\(name)` begins with the name of a file", at: first.value.span,
        label: describe(type), help: ["`\(name)(\"run\", \(text(of: first.value.span)))`"])
      return nil
    }
    return arguments
  }

  /// Whether what a file is searched for has names: a number has none.
  private func areNamed(_ call: BuiltinCall) -> Bool {
    for argument in call.arguments.dropFirst()
    where argument.label == nil && effectLabel(argument.value).isEmpty {
      let file = text(of: call.arguments[0].value.span)
      report(
        .missingArgument, "what is loaded needs a name", at: argument.value.span,
        help: [
          "`load(\(file), \"x\")` for the array `x`, `load(\(file), m)` for a value like `m`"
        ])
      return false
    }
    return true
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

extension Type {
  /// Whether a file may hold such a value: an array, several by name, or a text.
  fileprivate var isOfArrays: Bool {
    switch self {
    case .tensor, .text: true
    case .record(let fields):
      fields.allSatisfy { field in
        if case .tensor = field.type { field.name != nil } else { false }
      }
    default: false
    }
  }
}
