// Derivatives: `grad` and its relatives, rules of the user's own, `remat`.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  /// `value_and_grad(f, at: m)`, `vjp(f, at: x, ct: c)`, `jvp(f, at: x, tangent: t)`; `at: (a, b)`
  /// for a function of two.
  func derivative(_ call: BuiltinCall, _ kind: DerivativeKind) -> TypedExpression {
    let seedName = kind == .vjp ? "ct" : kind == .jvp ? "tangent" : nil
    var function: Expression?
    var place: Expression?
    var seed: Expression?
    for argument in call.arguments {
      switch argument.label?.text {
      case nil where function == nil: function = argument.value
      case nil where place == nil: place = argument.value
      case nil where seed == nil && seedName != nil: seed = argument.value
      case "at": place = argument.value
      case seedName?: seed = argument.value
      default:
        report(
          .unknownArgument,
          "`\(call.name.text)` takes a function and `at:`"
            + (seedName.map { " and `\($0):`" } ?? ""),
          at: argument.label?.span ?? argument.value.span)
        return poison(call.span)
      }
    }
    guard let function else {
      report(.missingArgument, "`\(call.name.text)` lacks a function", at: call.name.span)
      return poison(call.span)
    }
    guard let place else { return derivativeFunction(function, kind, call) }
    if let seedName, seed == nil {
      report(.missingArgument, "`\(call.name.text)` lacks `\(seedName):`", at: call.name.span)
      return poison(call.span)
    }
    let at = parts(of: place)
    if at.contains(where: \.type.isPoison) {
      _ = expression(
        function,
        expecting: .function(FunctionType(parameters: at.map { _ in .poison }, result: .poison)))
      return poison(call.span)
    }
    let types = at.map { resolve($0.type).parameterType }
    let wanted = FunctionType(
      parameters: types,
      result: kind == .grad || kind == .valueAndGrad ? .real : unifier.unknownType())
    let typed = coerce(
      expression(function, expecting: .function(wanted)), to: .function(wanted),
      Place("what `\(call.name.text)` differentiates"))
    guard case .function(let found) = resolve(typed.type) else { return poison(call.span) }
    return finishDerivative(kind, typed, at, seed, resolve(found.result), call)
  }

  private func parts(of place: Expression) -> [TypedExpression] {
    if case .record(let parts) = place.kind, parts.count > 1, parts.allSatisfy({ $0.label == nil })
    {
      return parts.map { realValue(expression($0.value)) }
    }
    return [realValue(expression(place))]
  }

  private func realValue(_ value: TypedExpression) -> TypedExpression { value.adapted ?? value }

  private func finishDerivative(
    _ kind: DerivativeKind, _ function: TypedExpression, _ at: [TypedExpression],
    _ seed: Expression?, _ result: Type, _ call: BuiltinCall
  ) -> TypedExpression {
    let gradientParts = at.map { resolve($0.type).parameterType }
    let gradient: Type =
      gradientParts.count == 1
      ? gradientParts[0] : .record(gradientParts.map { RecordField(nil, $0) })
    var typedSeed: TypedExpression?
    let type: Type
    switch kind {
    case .grad: type = gradient
    case .valueAndGrad: type = .record([RecordField(nil, result), RecordField(nil, gradient)])
    case .vjp:
      typedSeed = seed.map { checked($0, as: result.parameterType, what: "the cotangent") }
      type = .record([RecordField(nil, result), RecordField(nil, gradient)])
    case .jvp:
      typedSeed = seed.map { checked($0, as: gradient, what: "the tangent") }
      type = .record([RecordField(nil, result), RecordField(nil, result.parameterType)])
    }
    if case .poison = typedSeed?.type { return poison(call.span) }
    return TypedExpression(
      .derivative(kind, function: function, at: at, seed: typedSeed), type, call.span)
  }

  /// `grad(f)` of a function whose parameters are annotated is a function.
  private func derivativeFunction(
    _ function: Expression, _ kind: DerivativeKind, _ call: BuiltinCall
  ) -> TypedExpression {
    let typed = expression(function)
    guard case .function(let type) = resolve(typed.type),
      kind == .grad || kind == .valueAndGrad,
      !type.parameters.contains(where: { hasUnknowns($0) })
    else {
      if case .poison = typed.type { return typed }
      report(
        .missingArgument, "`\(call.name.text)` lacks `at:`", at: call.name.span,
        help: ["`\(call.name.text)(f, at: x)`"])
      return poison(call.span)
    }
    let variables = type.parameters.enumerated().map { index, parameter in
      Variable("x\(index + 1)", typed.span, type: parameter)
    }
    let at = variables.map { TypedExpression(.variable($0), $0.type, typed.span) }
    let body = finishDerivative(kind, typed, at, nil, resolve(type.result), call)
    return TypedExpression(
      .lambda(Lambda(parameters: variables, body: body)),
      .function(FunctionType(parameters: type.parameters, result: body.type)), call.span)
  }

  func remat(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1) else { return poison(call.span) }
    let hint = Type.function(FunctionType(parameters: [], result: unifier.unknownType()))
    let typed = expression(call.arguments[0].value, expecting: hint)
    guard case .function(let type) = resolve(typed.type), type.parameters.isEmpty else {
      if case .poison = typed.type { return typed }
      // `remat(e)` of a plain expression: the expression is the body.
      return TypedExpression(
        .remat(
          TypedExpression(
            .lambda(Lambda(parameters: [], body: typed)),
            .function(FunctionType(parameters: [], result: typed.type)), typed.span)),
        typed.type, call.span)
    }
    return TypedExpression(.remat(typed), resolve(type.result), call.span)
  }

  // MARK: Rules of the user's own

  func checkDerivative(_ syntax: DerivativeDeclaration) {
    guard case .function(let function)? = scope.lookUp(syntax.function.text) else {
      reportUnknown(syntax.function, wanted: "function")
      return
    }
    guard function.derivative == nil else {
      reportTwice(syntax.function)
      return
    }
    guard syntax.parameters.count == function.parameters.count else {
      report(
        .argumentCount,
        "`\(function.name)` has \(count(function.parameters.count, "parameter")), its derivative names \(syntax.parameters.count)",
        at: syntax.function.span, notes: [note(function)])
      return
    }
    let saved = context
    context = FunctionContext(kind: .function)
    defer { context = saved }
    inScope(.function) {
      declareGenerics(function.explicit + function.implicit)
      var variables: [Variable] = []
      for (name, parameter) in zip(syntax.parameters, function.parameters) {
        let variable = Variable(name.text, name.span, type: parameter.variable.type)
        scope.declare(name.text, .variable(variable))
        variables.append(variable)
      }
      let cotangent = Variable(
        syntax.cotangent.text, syntax.cotangent.span, type: function.result.parameterType)
      scope.declare(syntax.cotangent.text, .variable(cotangent))
      let output = syntax.output.map { Variable($0.text, $0.span, type: function.result) }
      if let output { scope.declare(output.name, .variable(output)) }
      let real = variables.map { resolve($0.type).parameterType }.filter(\.isDifferentiable)
      let wanted: Type =
        real.count == 1 ? real[0] : .record(real.map { RecordField(nil, $0) })
      let body = withSizes(
        of: variables,
        checked(syntax.body, as: wanted, what: "what the derivative of `\(function.name)` gives"))
      function.derivative = CustomDerivative(
        parameters: variables, cotangent: cotangent, output: output, body: body,
        isSurrogate: syntax.isSurrogate)
    }
  }
}

extension Type {
  /// The type of a cotangent or of an updated parameter: the same, with nothing claimed.
  var parameterType: Type {
    mapped(
      dim: { $0 },
      type: { inner in
        switch inner {
        case .tensor(let dtype, let shape, _?): .tensor(dtype, shape)
        case .structure: inner
        default: nil
        }
      })
  }

  /// Whether a cotangent makes sense.
  var isDifferentiable: Bool {
    switch self {
    case .tensor(let dtype, _, _): dtype == .real
    case .rng, .text, .function, .constructor: false
    default: true
    }
  }
}
