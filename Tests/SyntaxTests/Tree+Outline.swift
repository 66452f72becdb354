// The tree as one line of nested lists a statement.
//
// Spans and documentation are left out, so two texts have the same outline exactly if they mean the
// same to every later stage.

import Syntax

extension Program {
  /// One line for every item.
  var outline: String { items.map { Outline.item($0) }.joined(separator: "\n") }
}

extension Expression {
  var outline: String { Outline.expression(self) }
}

extension TypeExpression {
  var outline: String { Outline.type(self) }
}

private enum Outline {
  static func list(_ parts: [String]) -> String {
    "(" + parts.filter { !$0.isEmpty }.joined(separator: " ") + ")"
  }

  static func names(_ names: [Name]) -> String {
    "[" + names.map(\.text).joined(separator: " ") + "]"
  }

  // MARK: Items

  static func item(_ item: Item) -> String {
    switch item.kind {
    case .importing(let item):
      let path =
        switch item.path {
        case .library(let names): names.map(\.text).joined(separator: ".")
        case .file(let path, _): text(path)
        }
      return list(["import", path, item.names.map(names) ?? "", item.alias?.text ?? ""])
    case .config(let fields):
      return list(
        ["config"] + fields.map { list([$0.name.text, type($0.type), expression($0.value)]) })
    case .dim(let item): return dim(item)
    case .structure(let item):
      return list(
        ["struct", item.name.text, names(item.dims)] + item.claims.map { ":" + type($0) }
          + item.fields.map(field) + item.sections.map(section) + item.functions.map(function)
          + item.tests.map(test))
    case .interface(let item):
      return list(
        ["interface", item.name.text, names(item.dims)] + item.fields.map(field)
          + item.sections.map(section) + item.functions.map(function))
    case .function(let item): return function(item)
    case .derivative(let item):
      return list([
        item.isSurrogate ? "surrogate-derivative" : "derivative", item.function.text,
        names(item.parameters), names([item.cotangent] + [item.output].compactMap { $0 }),
        expression(item.body),
      ])
    case .test(let item): return test(item)
    case .statement(let item): return statement(item)
    }
  }

  static func field(_ field: FieldDeclaration) -> String {
    list([
      field.isFrozen ? "frozen" : "field", field.name.text, type(field.type),
      field.via.map { "(via \(expression($0)))" } ?? "", field.value.map(expression) ?? "",
    ])
  }

  static func section(_ section: Section) -> String {
    list([section.kind.rawValue] + (section.fields.map { $0.map(field) } ?? ["named"]))
  }

  static func function(_ item: FunctionDeclaration) -> String {
    let parameters = item.parameters.map { parameter in
      let bound = parameter.type.map { ":" + type($0) } ?? ""
      return parameter.name.text + bound + (parameter.value.map { "=" + expression($0) } ?? "")
    }
    return list([
      "fn", item.name.text, item.dims.isEmpty ? "" : names(item.dims), list(parameters),
      item.result.map { "->" + type($0) } ?? "", item.body.map(expression) ?? "",
    ])
  }

  static func test(_ item: TestDeclaration) -> String {
    list(["test", text(item.title), block(item.body)])
  }

  // MARK: Types

  static func type(_ type: TypeExpression) -> String {
    switch type.kind {
    case .tensor(let element, let refinement, let dim, let shape):
      let words = [element?.text, refinement?.text, dim.map { "[\(expression($0))]" }]
      let brackets = shape.map { "[" + expressions($0) + "]" }
      return (words + [brackets]).compactMap { $0 }.joined(separator: " ")
    case .named(let path, let arguments):
      let name = path.map(\.text).joined(separator: ".")
      return name + (arguments.map { "[" + expressions($0) + "]" } ?? "")
    case .record(let fields):
      return list(["record"] + fields.map { label($0.name) + Outline.type($0.type) })
    case .function(let dims, let parameters, let result):
      return list(
        ["function", dims.isEmpty ? "" : names(dims), list(parameters.map(Outline.type))]
          + [Outline.type(result)])
    case .missing: return "<missing>"
    }
  }

  // MARK: Statements

  static func statement(_ statement: Statement) -> String {
    switch statement.kind {
    case .binding(let isMutable, let pattern, let type, let value):
      return list([
        isMutable ? "var" : "let", Outline.pattern(pattern),
        type.map { ":" + Outline.type($0) } ?? "", expression(value),
      ])
    case .assignment(let target, let operation, let value):
      return list([(operation?.rawValue ?? "") + "=", expression(target), expression(value)])
    case .expect(let value): return list(["expect", expression(value)])
    case .expression(let value): return expression(value)
    case .function(let item): return function(item)
    case .dim(let item): return dim(item)
    }
  }

  private static func dim(_ item: DimDeclaration) -> String {
    let kind = item.kind == .plain ? "dim" : "\(item.kind.rawValue)-dim"
    return list(
      [kind] + item.entries.map { list([$0.name.text, $0.value.map(expression) ?? ""]) })
  }

  static func block(_ block: Block) -> String {
    "{" + block.statements.map(statement).joined(separator: "; ") + "}"
  }

  static func pattern(_ pattern: Pattern) -> String {
    switch pattern.kind {
    case .name(let name): name.text
    case .wildcard: "_"
    case .tuple(let parts): list(parts.map(Outline.pattern))
    case .missing: "<missing>"
    }
  }

  // MARK: Expressions

  static func expressions(_ expressions: [Expression]) -> String {
    expressions.map(expression).joined(separator: " ")
  }

  static func label(_ name: Name?) -> String { name.map { $0.text + ":" } ?? "" }

  static func arguments(_ arguments: [Argument]) -> [String] {
    arguments.map { label($0.label) + expression($0.value) }
  }

  static func text(_ text: String) -> String { "\"" + text + "\"" }

  static func expression(_ expression: Expression) -> String {
    let show = Outline.expression
    switch expression.kind {
    case .integer(let value): return String(value)
    case .real(let value): return String(value)
    case .text(let value): return text(value)
    case .boolean(let value): return String(value)
    case .name(let name): return name.text
    case .record(let parts): return list(["record"] + arguments(parts))
    case .list(let elements): return list(["list"] + elements.map(show))
    case .block(let body): return block(body)
    case .unary(let operation, let inner, _): return list([operation.rawValue, show(inner)])
    case .binary(let operation, let left, let right, _):
      return list([operation.rawValue, show(left), show(right)])
    case .range(let from, let to, let inclusive):
      return list([inclusive ? "..=" : "..", from.map(show) ?? "_", to.map(show) ?? "_"])
    case .withIndex(let base, let indices, let value):
      return list(["with", show(base), "[" + expressions(indices) + "]", show(value)])
    case .withFields(let base, let fields):
      return list(["with", show(base)] + arguments(fields))
    case .cast(let inner, let type): return list(["as", show(inner), Outline.type(type)])
    case .call(let function, let parts):
      return list(["call", show(function)] + arguments(parts))
    case .bracket(let base, let indices):
      return list(["bracket", show(base)] + indices.map(show))
    case .field(let base, let name): return list([".", show(base), name.text])
    case .lambda(let parameters, let body):
      let names = parameters.map { $0.name.text + ($0.type.map { ":" + type($0) } ?? "") }
      return list(["lambda", list(names), show(body)])
    case .conditional(let condition, let then, let otherwise):
      return list(["if", show(condition), block(then), otherwise.map(show) ?? ""])
    case .loop(let clauses, let body):
      let heads = clauses.map { pattern($0.pattern) + " in " + show($0.source) }
      return list(["for", heads.joined(separator: ", "), block(body)])
    case .whileLoop(let condition, let bound, let body):
      return list(["while", show(condition), "max", show(bound), block(body)])
    case .axes(let function, let inputs, let output, let parts):
      return list(
        [function.text, inputs.map(names).joined(separator: ","), "->" + names(output)]
          + arguments(parts))
    case .missing: return "<missing>"
    }
  }
}
