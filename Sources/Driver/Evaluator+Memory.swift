// Values that the host itself makes are refused where they do not fit, as those of graphs are.

import Diagnostics
import IR
import Interpreter
import Lowering
import Semantics
import Tensors

extension Evaluator {
  /// Throws unless a tensor of that shape can be made.
  func checkRoom(
    for type: TensorType, _ shape: [Int], at span: Span
  ) throws(RunProblem) {
    if AvailableMemory.holds(shape, of: type.dtype, options.precision) { return }
    throw .from(.tooLarge(type, .none), inputs: [], span: span, spellings: [:])
  }

  /// Throws unless there is room for what all steps of a loop give, by what one gave.
  func checkRoom(
    for value: HostValue, stacked trip: Int, of loop: Loop, at span: Span
  ) throws(RunProblem) {
    for (type, tensor) in zip(value.types.leaves, value.tensors) {
      try checkRoom(for: type.stacked(by: loop.trip), [trip] + tensor.shape, at: span)
    }
  }
}
