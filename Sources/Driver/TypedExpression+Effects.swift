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
    // No number stands for a text, so only the host can choose between two.
    if case .conditional = expression.form, case .text = expression.type { return true }
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
    if case .host(let name, _, _) = expression.form, host == nil { host = (name, expression.span) }
    if case .lambda(let lambda) = expression.form { bound.formUnion(lambda.parameters) }
    if case .block(let statements, _) = expression.form { statements.forEach { note($0) } }
    if case .loop(let loop) = expression.form {
      for source in loop.sources { bound.formUnion(source.pattern.variables) }
    }
    visit(expression.form.children)
  }

  private mutating func note(_ statement: TypedStatement) {
    switch statement.kind {
    case .binding(let pattern, _): bound.formUnion(pattern.variables)
    case .assignment(let pattern, _): assigned.formUnion(pattern.variables)
    case .expect, .expression, .sizes: break
    }
  }
}
