// Structs that hold themselves.

import Diagnostics
import Tensors

extension Checker {
  /// Reports each way back from a struct to itself once.
  func checkEnds(of structures: [Structure]) {
    var reported: Set<Structure> = []
    for structure in structures where !reported.contains(structure) {
      var seen: Set<Structure> = []
      guard let way = way(from: structure, to: structure, &seen) else { continue }
      reported.insert(structure)
      for (_, next) in way { reported.insert(next) }
      let labels = way.map { field, next in
        Label(field.variable.span, "holds `\(next.name)`")
      }
      report(
        .endlessStruct, "`\(structure.name)` holds itself", at: labels[0].span,
        label: labels[0].text, secondary: Array(labels.dropFirst()),
        help: ["keep all of them in arrays, and the place of the next one as an index"])
    }
  }

  /// The fields by which a struct holds another.
  private func way(
    from start: Structure, to end: Structure, _ seen: inout Set<Structure>
  ) -> [(Field, Structure)]? {
    for field in start.fields {
      for held in held(by: field.type) {
        if held == end { return [(field, held)] }
        guard seen.insert(held).inserted else { continue }
        if let rest = way(from: held, to: end, &seen) { return [(field, held)] + rest }
      }
    }
    return nil
  }

  /// The structs of which a value of the type has at least one inside.
  private func held(by type: Type) -> [Structure] {
    switch resolve(type) {
    case .structure(let structure, _): [structure]
    case .record(let fields): fields.flatMap { held(by: $0.type) }
    case .list(let element, let count), .array(let count, let element):
      size(count) == 0 ? [] : held(by: element)
    default: []
    }
  }
}
