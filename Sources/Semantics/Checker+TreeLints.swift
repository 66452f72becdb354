// Lints of whole bodies: what no single expression shows.

import Diagnostics
import IR
import Ops
import Tensors

extension Checker {
  /// Warns of steps up the loss and of outputs that nothing reads, in all that a module declares.
  func lintTrees(_ module: TypedModule) {
    var ascent = AscentLint()
    for case .config(let entries) in module.items {
      for entry in entries where entry.variable.name == "lr" { ascent.rate(entry.value) }
    }
    for case .statement(let statement) in module.items { ascent.visit(statement) }
    for body in bodies(of: module) {
      ascent.visit(body)
      lintUnread(body)
    }
    for (place, target) in ascent.found {
      report(
        .ascendingRate, "this step increases what is differentiated", at: place,
        label: target.map { "`\($0)` moves along its gradient, not against it" }
          ?? "a learning rate below zero",
        help: [
          target.map { "subtract: `\($0) = \($0) - …`" } ?? "write the rate without its sign",
          "to increase a reward, differentiate its negative",
        ], severity: .warning)
    }
  }

  private func bodies(of module: TypedModule) -> [TypedExpression] {
    let methods = module.structures.flatMap { $0.methods.values.sorted { $0.span < $1.span } }
    let defaults = module.interfaces.flatMap { interface in
      interface.methodOrder.compactMap { interface.methods[$0] }
    }
    // A default that a struct takes over is the interface's.
    let own = methods.filter { method in
      if case .structure = method.owner { return true }
      return false
    }
    return (module.functions + own + defaults).flatMap { function in
      [function.body, function.derivative?.body].compactMap { $0 }
    }
  }

  /// Reals that a body names and never mentions again.
  private func lintUnread(_ body: TypedExpression) {
    var bound: [Variable] = []
    var mentions = Mentions()
    // What failed may have been to read them.
    if body.holdsPoison { return }
    mentions.visit(body) { statement in
      guard case .binding(let pattern, _) = statement.kind else { return }
      bound += pattern.variables
    }
    for variable in bound where !mentions.variables.contains(variable) {
      guard !variable.name.hasPrefix("_"), case .tensor(.real, _, _) = resolve(variable.type)
      else { continue }
      report(
        .unreadRows, "nothing reads `\(variable.name)`", at: variable.span,
        label: describe(resolve(variable.type)),
        help: ["use it, or write `_` in its place if only the rest is wanted"], severity: .warning)
    }
  }
}

extension TypedExpression {
  fileprivate var holdsPoison: Bool {
    var found = false
    visit { if case .poison = $0.form { found = true } }
    return found
  }
}

/// The variables that are read in a body and in the functions declared inside of it.
private struct Mentions {
  var variables: Set<Variable> = []
  private var functions: Set<Function> = []

  init() {}

  mutating func visit(_ body: TypedExpression, _ note: (TypedStatement) -> Void) {
    var local: [TypedExpression] = []
    body.visit { expression in
      switch expression.form {
      case .variable(let variable): variables.insert(variable)
      case .call(let function, _, _), .function(let function, _, _):
        if function.owner == nil, let inner = function.body, functions.insert(function).inserted {
          local.append(inner)
        }
      case .block(let statements, _): statements.forEach(note)
      default: break
      }
    }
    for inner in local { visit(inner) { _ in } }
  }
}

/// `m = m + k * g` where g is the gradient at `m` and k is positive; `lr: -1e-3`.
private struct AscentLint {
  /// The place, and the name that is moved; nil for a rate.
  private(set) var found: [(place: Span, target: String?)] = []
  /// What a name is the gradient at.
  private var gradients: [Variable: Variable] = [:]

  init() {}

  mutating func visit(_ statement: TypedStatement) {
    note(statement)
    for expression in statement.expressions { visit(expression) }
  }

  mutating func visit(_ expression: TypedExpression) {
    switch expression.form {
    case .block(let statements, let value):
      // In order, so that a gradient is known where it is used.
      for statement in statements { visit(statement) }
      if let value { visit(value) }
      return
    case .call(let function, _, let detail), .method(let function, _, let detail):
      let parameters = function.hasSelf ? function.parameters.dropFirst() : function.parameters[...]
      for (parameter, argument) in zip(parameters, detail.arguments)
      where parameter.variable.name == "lr" {
        if let argument { rate(argument) }
      }
    default: break
    }
    for child in expression.form.children { visit(child) }
  }

  mutating func rate(_ value: TypedExpression) {
    if literal(value).map({ $0 < 0 }) == true { found.append((value.span, nil)) }
  }

  private mutating func note(_ statement: TypedStatement) {
    switch statement.kind {
    case .binding(let pattern, let value):
      guard case .derivative(let kind, _, let at, _) = value.form else { return }
      switch (kind, pattern.kind) {
      case (.grad, _): bind(pattern, at)
      case (.valueAndGrad, .tuple(let parts)) where parts.count == 2: bind(parts[1], at)
      default: return
      }
    case .assignment(let pattern, let value):
      guard case .variable(let target) = pattern.kind, let sum = value.form.operands(of: "add"),
        sum.count == 2
      else { return }
      for (base, step) in [(sum[0], sum[1]), (sum[1], sum[0])] {
        guard case .variable(let moved) = base.form, moved == target,
          let (at, isPositive) = direction(step), at == target, isPositive
        else { continue }
        found.append((value.span, target.name))
        return
      }
    case .expect, .expression, .sizes: return
    }
  }

  private mutating func bind(_ pattern: TypedPattern, _ at: [TypedExpression]) {
    switch pattern.kind {
    case .wildcard: return
    case .variable(let gradient):
      guard at.count == 1, case .variable(let place) = at[0].form, !gradient.isMutable else {
        return
      }
      gradients[gradient] = place
    case .tuple(let parts):
      guard parts.count == at.count else { return }
      for (part, place) in zip(parts, at) { bind(part, [place]) }
    }
  }

  /// What an expression is a multiple of the gradient at, and the sign of the factor.
  private func direction(_ step: TypedExpression) -> (at: Variable, isPositive: Bool)? {
    switch step.form {
    case .variable(let gradient): return gradients[gradient].map { ($0, true) }
    case .derivative(.grad, _, let at, _):
      guard at.count == 1, case .variable(let place) = at[0].form else { return nil }
      return (place, true)
    case .call(let function, _, let detail):
      // `clip_norm(g, 50.0)` points where `g` does.
      guard function.name.hasPrefix("clip"), let first = detail.arguments.first ?? nil else {
        return nil
      }
      return direction(first)
    default: break
    }
    if let inner = step.form.operands(of: "neg")?.first {
      return direction(inner).map { ($0.at, !$0.isPositive) }
    }
    if let parts = step.form.operands(of: "div"), parts.count == 2 {
      return scaled(parts[0], by: parts[1])
    }
    if let parts = step.form.operands(of: "mul"), parts.count == 2 {
      return scaled(parts[0], by: parts[1]) ?? scaled(parts[1], by: parts[0])
    }
    return nil
  }

  private func scaled(
    _ step: TypedExpression, by factor: TypedExpression
  ) -> (at: Variable, isPositive: Bool)? {
    guard let (at, isPositive) = direction(step), let sign = isPositiveFactor(factor) else {
      return nil
    }
    return (at, isPositive == sign)
  }

  /// nil where the text does not say.
  private func isPositiveFactor(_ factor: TypedExpression) -> Bool? {
    if let value = literal(factor) { return value == 0 ? nil : value > 0 }
    if let inner = factor.form.operands(of: "neg")?.first {
      return isPositiveFactor(inner).map { !$0 }
    }
    // Every claim is of numbers from zero up.
    if case .tensor(.real, let shape, .some) = factor.type, shape.isEmpty { return true }
    return nil
  }

  private func literal(_ value: TypedExpression) -> Double? {
    switch value.form {
    case .real(let number): number
    case .integer(let number): Double(number)
    case .claim(let inner, _): literal(inner)
    default: value.form.operands(of: "neg")?.first.flatMap(literal).map { -$0 }
    }
  }
}

extension Form {
  /// The operands, where this is the op of that name, on tensors or on trees.
  fileprivate func operands(of name: String) -> [TypedExpression]? {
    switch self {
    case .pointwise(let op, let operands, _), .treeArithmetic(let op, let operands):
      op.name == name ? operands : nil
    default: nil
    }
  }
}
