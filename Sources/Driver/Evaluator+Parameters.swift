// What a program trains: how many parameters each model has, and what a step of it computes.

import Diagnostics
import Lowering
import Semantics
import Tensors

/// One model of a program.
struct TrainedModel {
  let name: String
  let parameters: Int
  /// Of a step that trains it; nil where nobody counted.
  let operations: Double?
}

extension Evaluator {
  /// The `var`s at the top that hold structs with parameters, in the order of the text. What an
  /// optimiser keeps beside a model is not the model's.
  var trained: [TrainedModel] {
    var counts: [TrainedModel] = []
    for found in heldModels {
      // A name that is bound again is the later one.
      counts.removeAll { $0.name == found.name }
      counts.append(found)
    }
    return counts
  }

  private var heldModels: [TrainedModel] {
    held.entries.filter { $0.key.isTopLevel && $0.key.isMutable && $0.key.type.isTrained }
      .sorted { $0.key.span.start < $1.key.span.start }
      .map {
        TrainedModel(
          name: $0.key.name, parameters: Display.parameterCount($0.value.value),
          operations: tally.operations(of: $0.key))
      }
      .filter { $0.parameters > 0 }
  }
}

extension Type {
  /// Whether values of the type hold structs that are no optimisers.
  var isTrained: Bool {
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
