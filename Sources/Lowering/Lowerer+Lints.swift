// What only the graph of a function shows: parameters that its derivative cannot reach.

import Diagnostics
import IR
import Semantics
import Tensors

extension Lowerer {
  /// Warns of the parameters among `parts` that are not among the `reached` ones.
  /// - Parameters:
  ///   - at: what is differentiated, as written.
  ///   - unreached: numbers of parameters, counted through all parts.
  func lintUnreached(
    _ at: [TypedExpression], _ parts: [Aggregate<Operand>], _ unreached: Set<Int>
  ) {
    if unreached.isEmpty { return }
    var next = 0
    for (expression, part) in zip(at, parts) {
      let marks = part.mapPlaced { place, leaf -> Bool? in
        guard place.isParameter(leaf.type.dtype) else { return nil }
        defer { next += 1 }
        return unreached.contains(next)
      }
      // A point that has no name is no parameter of anything.
      guard let name = expression.writtenPath else { continue }
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
            "if that is meant, mark the field `frozen`, or say `let _ = stop(\(first.path))` in the "
              + "function"
          ],
          severity: .warning))
    }
  }
}

extension Aggregate where Leaf == Bool? {
  /// The largest parts without a parameter that is reached, and the fields that hold them.
  fileprivate func unreached(_ path: String, _ field: Span?) -> [(path: String, field: Span?)] {
    let marks = leaves.compactMap { $0 }
    guard marks.contains(true) else { return [] }
    if !marks.contains(false) { return [(path, field)] }
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
        .map { ("\(path).\($0.1)", field) }
    case .tensor, .rng, .closure, .text: return [(path, field)]
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
