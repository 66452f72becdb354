// What is built in: rows of the op table by their surface, and the constructs with typing of their
// own.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

/// How a built-in name that is not a plain row is typed.
typealias BuiltinRule = @Sendable (Checker, BuiltinCall) -> TypedExpression

struct BuiltinCall {
  let name: Name
  let dims: [Expression]?
  let arguments: [Argument]
  let span: Span
  let expected: Type?
}

extension Checker {
  /// Puts every built-in name in the prelude.
  func declareBuiltins() {
    for row in opTable.all {
      switch row.surface {
      case .none: continue
      case .pointwise(let symbol): if symbol != nil { continue }
      case .reduction, .along, .signature, .special: break
      }
      prelude.declare(row.name, .builtin(row.name))
    }
    for name in Checker.rules.keys { prelude.declare(name, .builtin(name)) }
    for name in hostNames { prelude.declare(name, .builtin(name)) }
  }

  func callBuiltin(
    _ builtin: String, _ name: Name, _ dims: [Expression]?, _ arguments: [Argument], _ span: Span,
    _ expected: Type?
  ) -> TypedExpression {
    let call = BuiltinCall(
      name: name, dims: dims, arguments: arguments, span: span, expected: expected)
    if let rule = Checker.rules[builtin] { return rule(self, call) }
    if hostNames.contains(builtin) { return hostCall(builtin, call) }
    guard let op = opTable[builtin] else { return poison(span) }
    switch op.surface {
    case .pointwise:
      guard refuseDims(call), let values = plainValues(call) else { return poison(span) }
      return elementwise(op, realLiterals(op, values), span, at: name.span)
    case .reduction: return reduction(op, call)
    case .along: return along(op, call)
    case .signature(let text): return callSignature(op, text, call)
    case .special, .none:
      report(.notCallable, "`\(builtin)` cannot be called here", at: name.span)
      return poison(span)
    }
  }

  /// A built-in without parentheses: `zeros[N]` is a value, `tanh` a function to be passed on.
  func builtinValue(
    _ builtin: String, _ dims: [Expression], _ span: Span, expected: Type? = nil
  ) -> TypedExpression {
    let name = Name(builtin, span)
    if case .function(let function) = expected.map(resolve) {
      return inScope(.lambda) {
        var variables: [Variable] = []
        var arguments: [Argument] = []
        for (index, type) in function.parameters.enumerated() {
          let variable = Variable("argument \(index + 1)", span, type: resolve(type))
          scope.declare(variable.name, .variable(variable))
          variables.append(variable)
          arguments.append(
            Argument(label: nil, value: Expression(.name(Name(variable.name, span)), span)))
        }
        let body = callBuiltin(builtin, name, dims.isEmpty ? nil : dims, arguments, span, nil)
        return TypedExpression(
          .lambda(Lambda(parameters: variables, body: body)),
          .function(FunctionType(parameters: function.parameters, result: body.type)), span)
      }
    }
    if Checker.makers.contains(builtin) {
      return callBuiltin(builtin, name, dims.isEmpty ? nil : dims, [], span, expected)
    }
    report(
      .notAValue, "`\(builtin)` is a function; call it", at: span,
      help: ["`\(builtin)(…)`, or pass it as `|x| \(builtin)(x)`"])
    return poison(span)
  }

  // MARK: Arguments

  /// Unlabelled arguments, typed; nil where one of them is wrong already.
  func plainValues(_ call: BuiltinCall, hints: [Type?] = []) -> [TypedExpression]? {
    var values: [TypedExpression] = []
    var isFine = true
    for (index, argument) in call.arguments.enumerated() {
      if let label = argument.label {
        report(
          .unknownArgument, "`\(call.name.text)` has no parameter `\(label.text)`", at: label.span)
        isFine = false
        continue
      }
      let value = expression(argument.value, expecting: index < hints.count ? hints[index] : nil)
      if case .poison = value.type { isFine = false }
      values.append(value)
    }
    return isFine ? values : nil
  }

  func refuseDims(_ call: BuiltinCall) -> Bool {
    guard let dims = call.dims, let first = dims.first else { return true }
    report(
      .argumentCount, "`\(call.name.text)` takes no bracketed dim", at: first.span)
    return false
  }

  func expectCount(_ call: BuiltinCall, _ range: ClosedRange<Int>) -> Bool {
    if range.contains(call.arguments.count) { return true }
    let wanted =
      range.lowerBound == range.upperBound
      ? count(range.lowerBound, "argument") : "\(range.lowerBound) to \(range.upperBound) arguments"
    report(
      .argumentCount,
      "`\(call.name.text)` takes \(wanted), here are \(call.arguments.count)", at: call.name.span,
      notes: signatureNote(call.name.text))
    return false
  }

  func signatureNote(_ builtin: String) -> [String] {
    guard case .special(let text)? = opTable[builtin]?.surface else { return [] }
    return ["`\(text)`"]
  }

  /// `max(x, 0)`: an int literal beside a real is real; `exp(2)` means `exp(2.0)`.
  private func realLiterals(_ op: Op, _ values: [TypedExpression]) -> [TypedExpression] {
    let anyReal = values.contains { value in
      if case .tensor(.real, _, _) = resolve(value.type) { return true }
      return false
    }
    let allLiteral = values.allSatisfy { $0.adapted != nil }
    let takesInts = (try? op.type(values.map { _ in TensorType(.int) }, [:])) != nil
    return anyReal || (allLiteral && !takesInts) ? values.map { $0.adapted ?? $0 } : values
  }

  func tensor(_ value: TypedExpression, _ call: BuiltinCall) -> (DType, [Dim], Claim?)? {
    switch resolve(value.type) {
    case .tensor(let dtype, let shape, let claim): return (dtype, shape, claim)
    case .poison: return nil
    case let other:
      report(
        .typeMismatch, "`\(call.name.text)` works on tensors", at: value.span,
        label: "this is \(other.written)")
      return nil
    }
  }

  /// The axis that a bracketed dim names.
  func axis(_ syntax: Expression, in shape: [Dim], of value: TypedExpression) -> Int? {
    guard let dim = dim(syntax) else { return nil }
    let places = shape.indices.filter { shape[$0] == resolve(dim) }
    if places.count == 1 { return places[0] }
    if places.isEmpty {
      report(
        .dimNotInShape, "`\(dim.written)` is not a dim of this value", at: syntax.span,
        secondary: [Label(value.span, describe(resolve(value.type)))])
    } else {
      report(
        .broadcastAmbiguous, "`\(dim.written)` stands more than once in this shape",
        at: syntax.span, secondary: [Label(value.span, describe(resolve(value.type)))],
        help: ["say which with a `for` or with `einsum`"])
    }
    return nil
  }

  // MARK: Reductions

  private func reduction(_ op: Op, _ call: BuiltinCall) -> TypedExpression {
    // `max(a, b)` is elementwise.
    if call.arguments.count == 2, call.dims == nil, let pair = Checker.pairwise[op.name] {
      return callBuiltin(pair, call.name, nil, call.arguments, call.span, call.expected)
    }
    guard expectCount(call, 1...1), let values = plainValues(call),
      let (dtype, shape, claim) = tensor(values[0], call)
    else { return poison(call.span) }
    var axes: [Int]?
    if let dims = call.dims {
      var chosen: [Int] = []
      for dim in dims {
        guard let axis = axis(dim, in: shape, of: values[0]) else { return poison(call.span) }
        chosen.append(axis)
      }
      axes = chosen.sorted()
    }
    let kept = shape.indices.filter { !(axes?.contains($0) ?? true) }.map { shape[$0] }
    let result: TensorType
    do throws(TypeProblem) {
      result = try op.type(
        [TensorType(dtype, shape)], ["axes": .axes(axes ?? Array(shape.indices))])[0]
    } catch {
      report(
        .typeMismatch, "`\(op.name)` needs \(error.expected), here it has \(error.found)",
        at: call.name.span, secondary: [Label(values[0].span, describe(values[0].type))])
      return poison(call.span)
    }
    var known = claim?.refinement
    if known == .simplex, op.name != "sum" { known = .unit }
    if known == .simplex { known = .nonneg }
    let refined = op.refinement([known]).map { Claim($0) }
    return TypedExpression(
      .reduce(op, values[0], axes: axes), .tensor(result.dtype, kept, refined), call.span)
  }

  private func along(_ op: Op, _ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1), let values = plainValues(call),
      let (dtype, shape, claim) = tensor(values[0], call)
    else { return poison(call.span) }
    var axis = 0
    if let dims = call.dims {
      guard dims.count == 1, let chosen = self.axis(dims[0], in: shape, of: values[0]) else {
        if dims.count != 1 { _ = refuseDims(call) }
        return poison(call.span)
      }
      axis = chosen
    } else if shape.count != 1 {
      report(
        .argumentCount, "`\(op.name)` must say along which dim it works", at: call.name.span,
        secondary: [Label(values[0].span, describe(resolve(values[0].type)))],
        help: shape.last.map { ["for example `\(op.name)[\($0.written)](…)`"] } ?? [])
      return poison(call.span)
    }
    let result: TensorType
    do throws(TypeProblem) {
      result = try op.type([TensorType(dtype, shape)], ["axis": .axis(axis)])[0]
    } catch {
      report(
        .typeMismatch, "`\(op.name)` needs \(error.expected), here it has \(error.found)",
        at: call.name.span, secondary: [Label(values[0].span, describe(values[0].type))])
      return poison(call.span)
    }
    let refined = op.refinement([claim?.refinement]).map { refinement in
      Claim(refinement, axis: refinement == .simplex ? axis - shape.count : -1)
    }
    return TypedExpression(
      .along(op, values[0], axis: axis), .tensor(result.dtype, result.shape, refined), call.span)
  }

  // MARK: Fixed signatures

  /// The signature of a row, parsed once.
  private func declared(_ op: Op, _ text: String) -> Function? {
    if let known = signatures[op.name] { return known }
    let file = SourceFile(
      id: SourceID(-1 - signatures.count), name: "built in", text: "fn \(op.name)\(text)\n")
    register(file)
    let (program, _) = parse(file)
    guard case .function(let syntax)? = program.items.first?.kind else { return nil }
    let saved = (scope, fileName, bag)
    defer { (scope, fileName, bag) = saved }
    scope = prelude
    fileName = "built in"
    let function = Function(name: op.name, span: syntax.name.span, doc: op.doc, module: "built in")
    _ = signature(function, syntax, owner: nil)
    signatures[op.name] = function
    return function
  }

  private func callSignature(_ op: Op, _ text: String, _ call: BuiltinCall) -> TypedExpression {
    guard let function = declared(op, text) else {
      preconditionFailure("the signature of `\(op.name)` does not parse: \(text)")
    }
    return callFunction(
      function, nil, call.dims, call.arguments, call.name.span, call.span, call.expected,
      as: { known, values in
        var attributes = Attributes()
        for (parameter, argument) in known {
          if function.explicit.contains(parameter), case .dim(let dim) = argument {
            attributes[parameter.name.lowercased()] = .dim(dim)
          }
        }
        return .primitive(op, values.compactMap { $0 }, attributes)
      })
  }

  /// The signature text of a name, for documentation and `:type`.
  package func builtinSignature(_ name: String) -> String? {
    guard let op = opTable[name] else { return nil }
    switch op.surface {
    case .signature(let text): return name + text
    case .special(let text): return text
    case .pointwise: return "\(name)(\(op.operands.joined(separator: ", ")))"
    case .reduction: return "\(name)[D, …](x)"
    case .along: return "\(name)[D](x)"
    case .none: return nil
    }
  }

  static let pairwise = ["max": "maximum", "min": "minimum"]
  /// Built-ins that are values without parentheses.
  static let makers: Set<String> = ["zeros", "ones", "eye", "iota", "uniform"]
}
