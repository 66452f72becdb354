// Which names of its surroundings an expression reads.

import Semantics

/// The variables that occur in an expression without being bound there, in order of occurrence.
func freeVariables(_ lambda: Lambda) -> [Variable] {
  var walk = FreeVariableWalk()
  walk.bound.formUnion(lambda.parameters)
  walk.visit(lambda.body)
  return walk.occurring.filter { !walk.bound.contains($0) }
}

/// The variables that a function declared inside another reads of it; none for other functions.
func freeVariables(_ function: Function) -> [Variable] {
  var walk = FreeVariableWalk()
  walk.visit(function.body)
  for parameter in function.parameters {
    walk.bound.insert(parameter.variable)
    walk.visit(parameter.value)
  }
  return walk.occurring.filter { !walk.bound.contains($0) && !$0.isTopLevel }
}

/// Variables are unique, so what is bound anywhere inside is not free anywhere.
private struct FreeVariableWalk {
  var occurring: [Variable] = []
  var bound: Set<Variable> = []
  private var seen: Set<Variable> = []
  private var entered: Set<Function> = []

  mutating func occurs(_ variable: Variable) {
    if seen.insert(variable).inserted { occurring.append(variable) }
  }

  /// A function declared inside another may read names of its surroundings.
  mutating func visit(_ function: Function) {
    guard function.owner == nil, entered.insert(function).inserted else { return }
    bound.formUnion(function.parameters.map(\.variable))
    visit(function.body)
  }

  mutating func visit(_ expressions: [TypedExpression]) {
    for expression in expressions { visit(expression) }
  }

  mutating func visit(_ expression: TypedExpression?) {
    guard let expression else { return }
    switch expression.form {
    case .real, .integer, .boolean, .text, .size, .poison: break
    case .function(let function, let receiver, _):
      visit(function)
      visit(receiver)
    case .variable(let variable): occurs(variable)
    case .lambda(let lambda):
      bound.formUnion(lambda.parameters)
      visit(lambda.body)
    case .record(let members): visit(members.map(\.value))
    case .list(let elements), .stack(let elements), .concatenate(let elements):
      visit(elements)
    case .field(let base, _), .rawField(let base, _), .position(let base, _),
      .reshapeDims(let base), .claim(let base, _), .labelled(let base, _), .remat(let base),
      .makeRng(let base), .reduce(_, let base, _), .along(_, let base, _):
      visit(base)
    case .index(let base, let parts):
      visit(base)
      visit(parts)
    case .withIndex(let base, let parts, let value):
      visit(base)
      visit(parts)
      visit(value)
    case .withFields(let base, let fields):
      visit(base)
      visit(fields.map(\.value))
    case .construct(_, _, let rng, let fields, _):
      visit(rng)
      visit(fields.map(\.value))
    case .section(_, let owner, let fields):
      visit(owner)
      visit(fields.map(\.value))
    case .project(let projection, let input, let clip):
      visit(projection)
      visit(input)
      visit(clip)
    case .pointwise(_, let operands, _), .primitive(_, let operands, _),
      .treeArithmetic(_, let operands):
      visit(operands)
    case .einsum(let operands, _): visit(operands.map(\.value))
    case .tree(_, let function, let operands):
      visit(function)
      visit(operands)
    case .intercepted(let change): visit([change.value, change.function])
    case .draw(_, let rng, let operands, _, _):
      visit(rng)
      visit(operands)
    case .call(let function, let receiver, let detail):
      visit(function)
      visit(receiver)
      visit(detail)
    case .method(_, let receiver, let detail):
      visit(receiver)
      visit(detail)
    case .apply(let function, _, let detail):
      visit(function)
      visit(detail)
    case .block(let statements, let result):
      statements.forEach { visit($0) }
      visit(result)
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      visit(then)
      visit(otherwise)
    case .loop(let loop): visit(loop)
    case .whileLoop(let loop):
      visit(loop.condition)
      visit(loop.bound)
      visit(loop.body)
      loop.carried.forEach { occurs($0) }
    case .derivative(_, let function, let at, let seed):
      visit(function)
      visit(at)
      visit(seed)
    case .observe(_, let arguments), .host(_, let arguments, _):
      visit(arguments.map(\.value))
    }
  }

  private mutating func visit(_ parts: [IndexPart]) {
    for part in parts {
      switch part {
      case .at(let index), .gather(let index): visit(index)
      case .range, .all: break
      }
    }
  }

  private mutating func visit(_ detail: CallDetail) {
    for argument in detail.arguments { visit(argument) }
  }

  private mutating func visit(_ loop: Loop) {
    for (pattern, source) in loop.sources {
      bind(pattern)
      switch source {
      case .axis(let value), .count(from: let value), .list(let value): visit(value)
      case .dim: break
      }
    }
    visit(loop.count)
    loop.carried.forEach { occurs($0) }
    visit(loop.body)
  }

  private mutating func visit(_ statement: TypedStatement) {
    switch statement.kind {
    case .binding(let pattern, let value):
      visit(value)
      bind(pattern)
    case .assignment(let pattern, let value):
      visit(value)
      assign(pattern)
    case .expect(let value), .expression(let value): visit(value)
    case .sizes(let sizes): visit(sizes.map(\.value))
    }
  }

  private mutating func bind(_ pattern: TypedPattern) {
    switch pattern.kind {
    case .variable(let variable): bound.insert(variable)
    case .wildcard: break
    case .tuple(let parts): parts.forEach { bind($0) }
    }
  }

  private mutating func assign(_ pattern: TypedPattern) {
    switch pattern.kind {
    case .variable(let variable): occurs(variable)
    case .wildcard: break
    case .tuple(let parts): parts.forEach { assign($0) }
    }
  }
}
