// What only the graph of a function shows: parameters that its derivative cannot reach.

import Diagnostics
import IR
import Semantics
import Tensors

extension Lowerer {
  /// Warns of the parameters among `parts` that are not among the `reached` ones.
  /// - Parameters:
  ///   - function: what is differentiated.
  ///   - at: at what, as written.
  ///   - unreached: numbers of parameters, counted through all parts.
  func lintUnreached(
    of function: TypedExpression, at: [TypedExpression], _ parts: [Aggregate<Operand>],
    _ unreached: Set<Int>
  ) {
    if unreached.isEmpty { return }
    var next = 0
    for (index, (expression, part)) in zip(at, parts).enumerated() {
      let marks = part.mapPlaced { place, leaf -> Bool? in
        guard place.isParameter(leaf.type.dtype) else { return nil }
        defer { next += 1 }
        return unreached.contains(next)
      }
      // A point that has no name is no parameter of anything, but a record names its parts.
      var name = expression.writtenPath
      if case .record = expression.form { name = function.parameterNames.dropFirst(index).first }
      guard let name else { continue }
      let found = marks.unreached(name, nil)
      guard let first = found.first else { continue }
      let others = found.dropFirst()
      var notes = others.prefix(8).map { "nor does it reach `\($0.path)`" }
      if others.count > 8 { notes.append("and \(others.count - 8) more") }
      lints.append(
        Diagnostic(
          LoweringMessages.unreachedParameter,
          "what is differentiated does not depend on `\(first.path)`",
          at: Label(expression.span, "its gradient is always zero"),
          secondary: first.field.map { [Label($0, "declared here")] } ?? [], notes: notes,
          help: [
            (first.field == nil
              ? "if that is meant, say so in the function: "
              : "if that is meant, mark the field `frozen`, or say so in the function: ")
              + (first.isNumber
                ? "`let _ = stop(\(first.path))`"
                : "`let _ = map(|x| stop(x), \(first.path))`")
          ],
          severity: .warning))
    }
  }
}

private struct UnreachedPart {
  let path: String
  /// The field that holds it.
  let field: Span?
  let isNumber: Bool
}

extension Aggregate where Leaf == Bool? {
  /// The largest parts without a parameter that is reached.
  fileprivate func unreached(_ path: String, _ field: Span?) -> [UnreachedPart] {
    let marks = leaves.compactMap { $0 }
    guard marks.contains(true) else { return [] }
    if !marks.contains(false) {
      var isNumber = false
      if case .tensor = self { isNumber = true }
      return [UnreachedPart(path: path, field: field, isNumber: isNumber)]
    }
    switch self {
    case .record(let members):
      return members.enumerated().flatMap { index, member in
        member.value.unreached(path + (member.name.map { ".\($0)" } ?? "[\(index)]"), field)
      }
    case .structure(let structure, _, let fields):
      return fields.flatMap { member in
        let declared = structure.fields.first { $0.name == member.name }
        return member.value.unreached(
          "\(path).\(member.name ?? "")", declared?.variable.span ?? field)
      }
    case .list(let elements):
      return elements.enumerated().flatMap { $1.unreached("\(path)[\($0)]", field) }
    case .array(_, let element): return element.unreached(path, field)
    case .projection(_, let tree): return tree.unreached(path, field)
    case .block(let block):
      return [(block.weight, "weight"), (block.bias, "bias")].filter { $0.0 == true }
        .map { UnreachedPart(path: "\(path).\($0.1)", field: field, isNumber: true) }
    case .tensor, .rng, .closure, .text: return []
    }
  }
}

extension TypedExpression {
  /// `m.memory` for a name or the field of one; nil for anything else.
  fileprivate var writtenPath: String? {
    switch form {
    case .variable(let variable): variable.name
    case .field(let base, let name): base.writtenPath.map { "\($0).\(name)" }
    default: nil
    }
  }
}
