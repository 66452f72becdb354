// Effects: what only observes (`print`, `log`, `probe`) and what only the top of a file may do.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

/// The functions of the host: files, pictures and tables. The driver has a row for each.
package let hostNames: Set<String> = [
  "save", "load", "codes", "letters", "report", "view", "plot", "gradcheck",
]

extension Checker {
  /// Effects run where the host walks the statements itself.
  var isOnHost: Bool {
    guard context.kind == .top || context.kind == .test else { return false }
    var current: Scope? = scope
    while let inner = current {
      switch inner.boundary {
      case .lambda, .function: return false
      case .loop, .block, .top: break
      }
      current = inner.parent
    }
    return true
  }

  func effectArguments(_ call: BuiltinCall) -> [EffectArgument] {
    call.arguments.map { argument in
      var value = expression(argument.value)
      if case .constructor = value.type {
        reportBareStructure(value)
        value = poison(value.span)
      }
      let label = argument.label?.text ?? effectLabel(argument.value)
      return EffectArgument(label: label, value: value)
    }
  }

  /// `m` for a name, `generalise` for a call: what a report or a checkpoint calls the value.
  func effectLabel(_ syntax: Expression) -> String {
    switch syntax.kind {
    case .name(let name): name.text
    case .call(let callee, _), .bracket(let callee, _): effectLabel(callee)
    case .field(_, let name): name.text
    default: ""
    }
  }

  func observe(_ call: BuiltinCall, _ op: Op) -> TypedExpression {
    guard refuseDims(call) else { return poison(call.span) }
    let arguments = effectArguments(call)
    if isOnHost, op != observation.probe {
      let name = op == observation.logValues ? "log" : op.name
      return TypedExpression(.host(name, arguments), .unit, call.span)
    }
    return TypedExpression(.observe(op, arguments), .unit, call.span)
  }

  /// `log(step, bits: l)`: the first is the step, the others have names. `log(x)` is the logarithm.
  func logged(_ call: BuiltinCall) -> TypedExpression {
    if call.arguments.count == 1, call.arguments[0].label == nil {
      guard refuseDims(call), let values = plainValues(call) else { return poison(call.span) }
      return elementwise(
        pointwise.log, values.map { $0.adapted ?? $0 }, call.span, at: call.name.span)
    }
    // Where an event has its kind, and the step.
    var taken: Set<String> = ["event"]
    for (index, argument) in call.arguments.enumerated() {
      let span = argument.value.span
      let type = resolve(expression(argument.value).type)
      guard type.isPoison || type.isNumber else {
        var isArray = false
        if case .tensor = type { isArray = true }
        report(
          .typeMismatch, "`log` takes numbers, one by one", at: span, label: describe(type),
          help: [isArray ? "for example its `mean`" : "`print` shows any value"])
        return poison(call.span)
      }
      let label = argument.label?.text ?? effectLabel(argument.value)
      if index == 0, argument.label == nil, type.isInt {
        taken.insert("step")
      } else if label.isEmpty {
        report(
          .missingArgument, "what is logged needs a name", at: span,
          help: ["`log(step, bits: \(text(of: span)))`"])
        return poison(call.span)
      } else if !taken.insert(label).inserted {
        report(
          .declaredTwice, "a `log` has one `\(label)`", at: argument.label?.span ?? span,
          label: label == "event" ? "`event` says that it is a `log`" : "",
          help: ["another name: `log(step, \(label)_2: \(text(of: span)))`"])
        return poison(call.span)
      }
    }
    return observe(call, observation.logValues)
  }

  /// `report(found)`: numbers, or records and structs of them.
  private func reported(_ call: BuiltinCall) -> TypedExpression {
    guard refuseDims(call) else { return poison(call.span) }
    let arguments = effectArguments(call)
    for (index, (argument, given)) in zip(arguments, call.arguments).enumerated() {
      let type = resolve(argument.value.type)
      if type.holdsText {
        let next = index + 1 < arguments.count ? call.arguments[index + 1].value.span : nil
        report(
          .typeMismatch, "`report` shows numbers under their names", at: given.value.span,
          label: describe(type),
          help: [
            type == .text
              ? "the name stands in front: `report(accuracy: \(next.map { text(of: $0) } ?? "x"))`"
              : "`print` shows texts"
          ])
        return poison(call.span)
      }
      for field in type.fieldNames where ["event", "name"].contains(field) {
        report(
          .declaredTwice, "a `report` has one `\(field)`", at: given.value.span,
          label: describe(type),
          notes: ["with `--json`, `event` and `name` say that it is a report, and whose"],
          help: ["another name for the field"])
        return poison(call.span)
      }
    }
    if arguments.contains(where: \.value.type.isPoison) { return poison(call.span) }
    return TypedExpression(.host("report", arguments), .unit, call.span)
  }

  func hostCall(_ name: String, _ call: BuiltinCall) -> TypedExpression {
    guard isOnHost else {
      report(
        .effectInside, "`\(name)` works only at the top of a file", at: call.name.span,
        notes: ["a `fn` is pure, but for `print`, `log` and `probe`, which only observe"],
        help: ["return the value and call `\(name)` where the function is called"])
      for argument in call.arguments { _ = expression(argument.value) }
      return poison(call.span)
    }
    switch name {
    case "gradcheck": return gradcheck(call)
    case "load": return load(call)
    case "report": return reported(call)
    case "save": return save(call)
    case "codes": return codes(call)
    case "letters": return letters(call)
    default: break
    }
    let arguments = name == "view" ? viewArguments(call) : effectArguments(call)
    if arguments.contains(where: \.value.type.isPoison) { return poison(call.span) }
    return TypedExpression(.host(name, arguments), .unit, call.span)
  }

  /// The name that `view` gives its input inside of the run; no user can write it.
  package static let viewInput = "the input"

  /// `view(m, x)`: what goes in, then what `m.run` makes of it. Other values are shown as they are.
  private func viewArguments(_ call: BuiltinCall) -> [EffectArgument] {
    guard call.arguments.count == 2 else { return effectArguments(call) }
    let model = call.arguments[0].value
    let given = call.arguments[1].value
    let input = expression(given)
    let name = Name(Checker.viewInput, given.span)
    let output = inScope {
      scope.declare(
        name.text,
        .variable(Variable(name.text, given.span, type: resolve(input.type), isTopLevel: true)))
      let run = Expression(.field(model, Name("run", model.span)), model.span)
      let argument = Argument(label: nil, value: Expression(.name(name), given.span))
      return expression(Expression(.call(run, [argument]), call.span))
    }
    return [
      EffectArgument(label: "input", value: input), EffectArgument(label: "output", value: output),
    ]
  }

  /// `gradcheck(f, at: x)`: the derivative as a function of a direction is what the host needs, so
  /// the value-and-gradient expression is the argument.
  private func gradcheck(_ call: BuiltinCall) -> TypedExpression {
    let typed = derivative(call, .valueAndGrad)
    if case .poison = typed.type { return typed }
    return TypedExpression(
      .host("gradcheck", [EffectArgument(label: "derivative", value: typed)]), .unit, call.span)
  }
}

extension Type {
  /// Whether it is a number or a truth value, alone.
  fileprivate var isNumber: Bool {
    if case .tensor(_, let shape, _) = self { shape.isEmpty } else { false }
  }

  fileprivate var isInt: Bool {
    if case .tensor(.int, _, _) = self { true } else { false }
  }

  /// Whether it is a text, or a record with one.
  fileprivate var holdsText: Bool {
    switch self {
    case .text: true
    case .record(let fields): fields.contains { $0.type.holdsText }
    default: false
    }
  }

  /// The names of a record's or a struct's fields.
  fileprivate var fieldNames: [String] {
    switch self {
    case .record(let fields): fields.compactMap(\.name)
    case .structure(let structure, _): structure.fields.map(\.name)
    default: []
    }
  }
}
