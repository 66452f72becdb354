// How many parameters what a program trains has.

import Diagnostics
import Lowering
import Semantics
import Tensors

extension Evaluator {
  /// The `var`s at the top that hold structs with parameters, in the order of the text. What an
  /// optimiser keeps beside a model is not the model's.
  var trained: [(name: String, parameters: Int)] {
    var counts: [(name: String, parameters: Int)] = []
    for found in heldModels {
      // A name that is bound again is the later one.
      counts.removeAll { $0.name == found.name }
      counts.append(found)
    }
    return counts
  }

  private var heldModels: [(name: String, parameters: Int)] {
    held.entries.filter { $0.key.isTopLevel && $0.key.isMutable && $0.key.type.isTrained }
      .sorted { $0.key.span.start < $1.key.span.start }
      .map { (name: $0.key.name, parameters: Display.parameterCount($0.value.value)) }
      .filter { $0.parameters > 0 }
  }
}

extension Type {
  /// Whether values of the type hold structs that are no optimisers.
  fileprivate var isTrained: Bool {
    switch self {
    case .structure(let structure, _):
      !structure.claims.contains { $0.interface.name == "Optimiser" }
    case .interface(let interface, _): interface.name != "Optimiser"
    case .list(let element, _), .array(_, let element): element.isTrained
    case .record(let fields): fields.contains { $0.type.isTrained }
    case .tensor, .text, .rng, .associated, .projection, .function, .constructor, .parameter,
      .variable, .poison:
      false
    }
  }
}
