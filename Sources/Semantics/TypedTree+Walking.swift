// Walking a typed tree.

import IR
import Tensors

extension TypedExpression {
  /// Calls `body` on this expression and on every one inside it, outermost first.
  package func visit(_ body: (TypedExpression) -> Void) {
    body(self)
    for child in form.children { child.visit(body) }
  }
}

extension TypedExpression {
  /// What a function value calls its parameters, where it says.
  package var parameterNames: [String] {
    switch form {
    case .lambda(let lambda): lambda.parameters.map(\.name)
    case .function(let function, _, _):
      function.parameters.dropFirst(function.hasSelf ? 1 : 0).map(\.variable.name)
    default: []
    }
  }

  /// The functions that it names, and those that they name in turn.
  package var functions: Set<Function> {
    var found: Set<Function> = []
    var bodies = [self]
    while let body = bodies.popLast() {
      body.visit { expression in
        switch expression.form {
        case .call(let function, _, _), .method(let function, _, _), .function(let function, _, _):
          guard found.insert(function).inserted, let inner = function.body else { return }
          bodies.append(inner)
        default: break
        }
      }
    }
    return found
  }
}

extension Form {
  /// The expressions directly inside, in the order they are evaluated.
  package var children: [TypedExpression] {
    switch self {
    case .real, .integer, .boolean, .text, .size, .variable, .poison: []
    case .function(_, let receiver, _): receiver.map { [$0] } ?? []
    case .lambda(let lambda): [lambda.body]
    case .record(let parts): parts.map(\.value)
    case .list(let parts), .stack(let parts), .concatenate(let parts): parts
    case .field(let base, _), .rawField(let base, _), .position(let base, _): [base]
    case .index(let base, let parts): [base] + parts.compactMap(\.expression)
    case .withIndex(let base, let parts, let value):
      [base] + parts.compactMap(\.expression) + [value]
    case .withFields(let base, let parts): [base] + parts.map(\.value)
    case .construct(_, _, let rng, let fields, _): (rng.map { [$0] } ?? []) + fields.map(\.value)
    case .section(_, let owner, let fields): [owner] + fields.map(\.value)
    case .project(let projection, let input, let clip):
      [projection, input] + (clip.map { [$0] } ?? [])
    case .pointwise(_, let operands, _), .primitive(_, let operands, _),
      .treeArithmetic(_, let operands):
      operands
    case .reduce(_, let inner, _), .along(_, let inner, _), .reshapeDims(let inner),
      .claim(let inner, _), .makeRng(let inner), .labelled(let inner, _), .remat(let inner):
      [inner]
    case .einsum(let parts, _): parts.map(\.value)
    case .tree(_, let function, let operands): (function.map { [$0] } ?? []) + operands
    case .intercepted(let change): [change.value, change.function]
    case .draw(_, let rng, let operands, _, _): [rng] + operands
    case .call(_, let receiver, let detail):
      (receiver.map { [$0] } ?? []) + detail.expressions
    case .method(_, let receiver, let detail): [receiver] + detail.expressions
    case .apply(let callee, _, let detail): [callee] + detail.expressions
    case .block(let statements, let value):
      statements.flatMap(\.expressions) + (value.map { [$0] } ?? [])
    case .conditional(let condition, let then, let otherwise):
      [condition, then] + (otherwise.map { [$0] } ?? [])
    case .loop(let loop):
      loop.sources.compactMap(\.source.expression) + (loop.count.map { [$0] } ?? []) + [loop.body]
    case .whileLoop(let loop): [loop.bound, loop.condition, loop.body]
    case .derivative(_, let function, let at, let seed):
      [function] + at + (seed.map { [$0] } ?? [])
    case .observe(_, let arguments), .host(_, let arguments, _): arguments.map(\.value)
    }
  }
}

extension IndexPart {
  package var expression: TypedExpression? {
    switch self {
    case .at(let inner), .gather(let inner): inner
    case .range, .all: nil
    }
  }
}

extension LoopSource {
  package var expression: TypedExpression? {
    switch self {
    case .axis(let inner), .count(let inner), .list(let inner): inner
    case .dim: nil
    }
  }
}

extension CallDetail {
  package var expressions: [TypedExpression] { arguments.compactMap { $0 } }
}

extension TypedStatement {
  package var expressions: [TypedExpression] {
    switch kind {
    case .binding(_, let value), .assignment(_, let value), .expect(let value),
      .expression(let value):
      [value]
    case .sizes(let bindings): bindings.map(\.value)
    }
  }
}

extension TypedModule {
  /// Calls `body` on every expression of the file: what stands at its top, its tests, and what its
  /// functions, structs and interfaces hold.
  package func visit(_ body: (TypedExpression) -> Void) {
    let methods =
      structures.flatMap(\.methods.values) + interfaces.flatMap(\.methods.values)
    let inFunctions = (functions + methods).flatMap { function in
      function.parameters.compactMap(\.value) + [function.body].compactMap { $0 }
    }
    let inFields = structures.flatMap(\.fields).compactMap(\.value)
    let atTop = items.flatMap(\.expressions) + tests.map(\.body)
    for expression in atTop + inFunctions + inFields { expression.visit(body) }
  }
}

extension TopLevel {
  package var expressions: [TypedExpression] {
    switch self {
    case .config(let entries): entries.map(\.value)
    case .dims(let entries): entries.compactMap(\.value)
    case .statement(let statement): statement.expressions
    }
  }
}
