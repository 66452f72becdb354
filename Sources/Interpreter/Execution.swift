// What a run gives back: results and faults.

package import IR
package import Tensors

/// The results of a run.
package struct Execution: Sendable {
  package let outputs: [Tensor]
  /// The number of every dim symbol that has one at the top level of the graph.
  package let sizes: [DimSymbol: Int]

  package init(outputs: [Tensor], sizes: [DimSymbol: Int]) {
    self.outputs = outputs
    self.sizes = sizes
  }
}

/// Why a run ended without results.
package enum ExecutionProblem: Error, Sendable {
  /// A mistake that only the numbers show. `steps` are the indexes of the scans around the node,
  /// outermost first.
  case evaluation(EvaluationProblem, Origin, steps: [Int])
  /// The caller asked the run to stop.
  case interrupted
  /// An input does not have its type.
  case mismatch(input: Int, expected: TensorType, found: [Int], reason: String)
  /// A tensor beyond any sensible size. Nothing was allocated.
  case tooLarge(TensorType, Origin)
}
