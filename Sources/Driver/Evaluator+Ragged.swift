// Loops of the host over a batch whose examples have lengths of their own.
//
// In a step a ragged dim is as long as the step's example, as it is in a lifted body: the loop's
// variables lose their padding on the way in, and what a step gives gets it back, so that results
// stack. A name from outside that is as long as the longest example has no place in a step.

import Diagnostics
import IR
import Lowering
import Semantics
import Tensors

/// The lengths along a ragged dim of the examples that a loop goes over.
struct StepLengths {
  let symbol: DimSymbol
  let lengths: [Int]
}

extension Evaluator {
  /// The ragged dims that have another size in every step of the loop.
  func stepLengths(of loop: Loop) -> [StepLengths] {
    let found = held.entries.compactMap { variable, entry -> StepLengths? in
      guard entry.value.types.isLengths(of: variable, along: loop.trip),
        let symbol = variable.lengthsOf, let tensor = entry.value.tensor,
        case .int(let lengths) = tensor.storage
      else { return nil }
      return StepLengths(symbol: symbol, lengths: lengths)
    }
    return found.sorted { $0.symbol < $1.symbol }
  }

  /// Gives ragged dims the sizes of one example, or of the longest.
  func resize(_ dims: [StepLengths], to step: Int?) {
    for dim in dims {
      sizes[dim.symbol] = step.map { dim.lengths[$0] } ?? dim.lengths.max() ?? 0
    }
  }

  /// The value in the sizes that its dims have now.
  func resized(_ value: HostValue, at span: Span) throws(RunProblem) -> HostValue {
    var tensors = value.tensors
    for (index, type) in value.types.leaves.enumerated() {
      let shape = type.shape.compactMap { $0.evaluated(sizes) }
      guard shape.count == tensors[index].rank, shape != tensors[index].shape else { continue }
      try checkRoom(for: type, shape, at: span)
      tensors[index] = tensors[index].resized(to: shape)
    }
    return HostValue(value.types, tensors)
  }

  /// Whether what a name holds is as long as the longest example.
  func isRagged(_ variable: Variable, along dims: [StepLengths]) -> Bool {
    guard let types = held[variable]?.value.types else { return false }
    return dims.contains { dim in types.leaves.contains { $0.symbols.contains(dim.symbol) } }
  }

  /// A name of other sizes than its dims have now.
  func misfit(among variables: [Variable]) -> Variable? {
    variables.first { variable in
      guard let value = held[variable]?.value else { return false }
      return zip(value.types.leaves, value.tensors).contains { type, tensor in
        zip(type.shape, tensor.shape).contains { dim, size in
          dim.evaluated(sizes).map { $0 != size } ?? false
        }
      }
    }
  }
}

extension Aggregate<TensorType> {
  /// Whether this is what the variable of a ragged dim holds for a batch of `size` examples.
  func isLengths(of variable: Variable, along size: Dim) -> Bool {
    guard variable.lengthsOf != nil, case .tensor(let type) = self else { return false }
    return type.shape == [size]
  }
}
