// Every order of passes, as lists; nowhere else.

package import IR

extension Pass {
  package static let deadCode = Pass("dead code") { $0.withoutDeadCode }
  package static let simplify = Pass("simplify") { $0.simplified }
  package static let loopInvariants = Pass("loop invariants") { $0.withInvariantsOutside }
  package static let deadObservations = Pass("dead observations") { $0.withoutProbes }
  package static let rowsInParts = Pass("rows in parts") { $0.withRowsInParts }
  package static let unrolling = Pass("unrolling") { $0.unrolled }
  package static let contractionOrder = Pass("contraction order") { $0.withOrderedContractions }
  package static let joinedSums = Pass("joined sums") { $0.withJoinedSums }
  package static let rematerialization = Pass("rematerialization") { $0.rematerialized }

  /// Before a graph is executed. Simplifying again after the invariants have moved joins nodes that
  /// are now in one graph.
  package static let beforeExecution: [Pass] = [
    .deadCode, .simplify, .loopInvariants, .simplify, .deadCode,
  ]

  /// Before a graph becomes native code. What a loop stores is decided when equal nodes are one
  /// and nothing is in a loop that need not be.
  package static let native: [Pass] =
    [.rowsInParts, .unrolling] + beforeExecution + [
      .rematerialization, .simplify, .joinedSums, .contractionOrder, .deadCode,
    ]
}

/// The graph as it should be executed by an engine that runs it node by node.
package func optimize(_ graph: Graph) -> Graph {
  Pass.beforeExecution.reduce(graph) { $1.run($0) }
}

/// The graph as native code should run it.
/// - Parameters:
///   - isProbed: whether anyone listens to probes.
///   - without: names of passes to leave out.
package func optimizeForNative(
  _ graph: Graph, isProbed: Bool, without: Set<String> = []
) -> Graph {
  let passes = (isProbed ? [] : [Pass.deadObservations]) + Pass.native
  return passes.filter { !without.contains($0.name) }.reduce(graph) { $1.run($0) }
}
