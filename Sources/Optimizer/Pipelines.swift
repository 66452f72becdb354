// Every order of passes, as lists; nowhere else.

package import IR

extension Pass {
  package static let deadCode = Pass("dead code") { $0.withoutDeadCode }
  package static let simplify = Pass("simplify") { $0.simplified }
  package static let loopInvariants = Pass("loop invariants") { $0.withInvariantsOutside }

  /// Before a graph is executed. Simplifying again after the invariants have moved joins nodes that
  /// are now in one graph.
  package static let beforeExecution: [Pass] = [
    .deadCode, .simplify, .loopInvariants, .simplify, .deadCode,
  ]
}

/// The graph as it should be executed.
package func optimize(_ graph: Graph) -> Graph {
  Pass.beforeExecution.reduce(graph) { $1.run($0) }
}
