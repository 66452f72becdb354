// Which names an expression reads, told from the tree alone: before anything is resolved.

extension Expression {
  /// Whether the expression reads a name from outside of itself. Labels, fields and what is bound
  /// inside of the expression do not count.
  package func reads(_ name: String) -> Bool {
    switch kind {
    case .integer, .real, .text, .boolean, .missing: false
    case .name(let found): found.text == name
    case .record(let arguments), .axes(_, _, _, let arguments): arguments.read(name)
    case .list(let elements): elements.read(name)
    case .block(let block): block.reads(name)
    case .unary(_, let operand, _), .cast(let operand, _), .field(let operand, _):
      operand.reads(name)
    case .binary(_, let left, let right, _): [left, right].read(name)
    case .range(let start, let end, _): [start, end].compactMap { $0 }.read(name)
    case .withIndex(let base, let indexes, let value): ([base, value] + indexes).read(name)
    case .withFields(let base, let fields): base.reads(name) || fields.read(name)
    case .call(let function, let arguments): function.reads(name) || arguments.read(name)
    case .bracket(let base, let arguments): base.reads(name) || arguments.read(name)
    case .lambda(let parameters, let body):
      !parameters.contains { $0.name.text == name } && body.reads(name)
    case .conditional(let condition, let then, let otherwise):
      condition.reads(name) || then.reads(name) || otherwise?.reads(name) == true
    case .loop(let sources, let body):
      sources.map(\.source).read(name)
        || !sources.contains { $0.pattern.binds(name) } && body.reads(name)
    case .whileLoop(let condition, let bound, let body):
      [condition, bound].read(name) || body.reads(name)
    }
  }
}

extension [Expression] {
  fileprivate func read(_ name: String) -> Bool { contains { $0.reads(name) } }
}

extension [Argument] {
  fileprivate func read(_ name: String) -> Bool { contains { $0.value.reads(name) } }
}

extension Block {
  fileprivate func reads(_ name: String) -> Bool {
    for statement in statements {
      if statement.reads(name) { return true }
      // From here on the name is the block's own.
      if statement.binds(name) { return false }
    }
    return false
  }
}

extension Statement {
  fileprivate func reads(_ name: String) -> Bool {
    switch kind {
    case .binding(_, _, _, let value), .expect(let value), .expression(let value):
      value.reads(name)
    case .assignment(let target, _, let value): [target, value].read(name)
    case .function(let function): function.reads(name)
    case .dim(let dims): dims.entries.compactMap(\.value).read(name)
    }
  }

  fileprivate func binds(_ name: String) -> Bool {
    switch kind {
    case .binding(_, let pattern, _, _): pattern.binds(name)
    case .function(let function): function.name.text == name
    case .assignment, .expect, .expression, .dim: false
    }
  }
}

extension FunctionDeclaration {
  fileprivate func reads(_ name: String) -> Bool {
    parameters.compactMap(\.value).read(name)
      || !parameters.contains { $0.name.text == name } && body?.reads(name) == true
  }
}

extension Pattern {
  fileprivate func binds(_ name: String) -> Bool {
    switch kind {
    case .name(let found): found.text == name
    case .tuple(let parts): parts.contains { $0.binds(name) }
    case .wildcard, .missing: false
    }
  }
}
