// What in an expression the host must do itself.

import Diagnostics
import Semantics

extension Evaluator {
  /// Whether the host walks an expression: it holds an effect on the world, or assigns a name from
  /// outside of itself. A loop that stands as a statement is walked as well, so that it shows its
  /// progress and can be stopped.
  func needsWalk(_ expression: TypedExpression, isStatement: Bool) -> Bool {
    if isStatement {
      switch expression.form {
      case .loop, .whileLoop: return true
      default: break
      }
    }
    if case .block(let statements, _) = expression.form,
      statements.contains(where: { if case .expect = $0.kind { true } else { false } })
    {
      return true
    }
    var scan = EffectScan()
    scan.visit(expression)
    return scan.host != nil || !scan.assigned.isSubset(of: scan.bound)
  }

  func hostEffect(in expression: TypedExpression) -> (name: String, span: Span)? {
    var scan = EffectScan()
    scan.visit(expression)
    return scan.host
  }
}

/// Effects and assignments in an expression. Function bodies are not entered: they are pure.
private struct EffectScan {
  var host: (name: String, span: Span)?
  var assigned: Set<Variable> = []
  var bound: Set<Variable> = []

  mutating func visit(_ expressions: [TypedExpression]) {
    for expression in expressions { visit(expression) }
  }

  mutating func visit(_ expression: TypedExpression?) {
    guard let expression else { return }
    if case .host(let name, _) = expression.form, host == nil { host = (name, expression.span) }
    if case .lambda(let lambda) = expression.form { bound.formUnion(lambda.parameters) }
    if case .block(let statements, _) = expression.form { statements.forEach { note($0) } }
    if case .loop(let loop) = expression.form {
      for source in loop.sources { bound.formUnion(source.pattern.variables) }
    }
    visit(expression.children)
  }

  private mutating func note(_ statement: TypedStatement) {
    switch statement.kind {
    case .binding(let pattern, _): bound.formUnion(pattern.variables)
    case .assignment(let pattern, _): assigned.formUnion(pattern.variables)
    case .expect, .expression, .sizes: break
    }
  }
}

extension TypedExpression {
  /// The expressions directly inside, in the order of evaluation.
  var children: [TypedExpression] {
    switch form {
    case .real, .integer, .boolean, .text, .size, .variable, .function, .poison: []
    case .lambda(let lambda): [lambda.body]
    case .record(let members): members.map(\.value)
    case .list(let elements), .stack(let elements), .concatenate(let elements): elements
    case .field(let base, _), .rawField(let base, _), .position(let base, _),
      .reshapeDims(let base), .claim(let base, _), .labelled(let base, _), .remat(let base),
      .makeRng(let base), .reduce(_, let base, _), .along(_, let base, _):
      [base]
    case .index(let base, let parts): [base] + parts.flatMap(\.children)
    case .withIndex(let base, let parts, let value): [base] + parts.flatMap(\.children) + [value]
    case .withFields(let base, let fields): [base] + fields.map(\.value)
    case .construct(_, _, let rng, let fields, _): [rng].compactMap { $0 } + fields.map(\.value)
    case .section(_, let owner, let fields): [owner] + fields.map(\.value)
    case .projection(_, let owner, let rng, _): [owner, rng]
    case .project(let projection, let input, let clip):
      [projection, input] + [clip].compactMap { $0 }
    case .pointwise(_, let operands, _), .primitive(_, let operands, _),
      .treeArithmetic(_, let operands):
      operands
    case .einsum(let operands, _): operands.map(\.value)
    case .tree(_, let function, let operands): [function].compactMap { $0 } + operands
    case .draw(_, let rng, let operands, _, _): [rng] + operands
    case .call(_, let receiver, let detail): [receiver].compactMap { $0 } + detail.children
    case .method(_, let receiver, let detail): [receiver] + detail.children
    case .apply(let function, _, let detail): [function] + detail.children
    case .block(let statements, let result):
      statements.flatMap(\.children) + [result].compactMap { $0 }
    case .conditional(let condition, let then, let otherwise):
      [condition, then] + [otherwise].compactMap { $0 }
    case .loop(let loop): loop.children
    case .whileLoop(let loop): [loop.bound, loop.condition, loop.body]
    case .derivative(_, let function, let at, let seed):
      [function] + at + [seed].compactMap { $0 }
    case .observe(_, let arguments), .host(_, let arguments): arguments.map(\.value)
    }
  }
}

extension IndexPart {
  fileprivate var children: [TypedExpression] {
    switch self {
    case .at(let index), .gather(let index): [index]
    case .range, .all: []
    }
  }
}

extension CallDetail {
  fileprivate var children: [TypedExpression] {
    sizes.map(\.value) + arguments.compactMap { $0 }
  }
}

extension Loop {
  fileprivate var children: [TypedExpression] {
    let sources = sources.compactMap { source -> TypedExpression? in
      switch source.source {
      case .axis(let value), .count(from: let value), .list(let value): value
      case .dim: nil
      }
    }
    return sources + [count].compactMap { $0 } + [body]
  }
}

extension TypedStatement {
  fileprivate var children: [TypedExpression] {
    switch kind {
    case .binding(_, let value), .assignment(_, let value), .expect(let value),
      .expression(let value):
      [value]
    case .sizes(let sizes): sizes.map(\.value)
    }
  }
}
