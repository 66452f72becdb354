// A pass: a name and a function from graph to graph.
//
// Promise: a pass changes no result, and what it makes is verified in debug builds.

package import IR

/// One rewriting of a graph.
package struct Pass: Sendable {
  package let name: String
  private let body: @Sendable (Graph) -> Graph

  package init(_ name: String, _ body: @escaping @Sendable (Graph) -> Graph) {
    self.name = name
    self.body = body
  }

  /// What the pass makes of a graph; debug builds trap where that is illegal.
  package func run(_ graph: Graph) -> Graph { body(graph).verified(after: name) }
}

extension Node {
  /// The node with each graph it holds replaced.
  func mapGraphs(_ transform: (Graph) -> Graph) -> Node {
    var result = self
    switch kind {
    case .op: break
    case .branch(let branch):
      result.kind = .branch(
        Branch(then: transform(branch.then), otherwise: transform(branch.otherwise)))
    case .scan(var scan):
      scan.body = transform(scan.body)
      result.kind = .scan(scan)
    case .call(var call):
      call.body = transform(call.body)
      call.derivative = call.derivative.map(transform)
      result.kind = .call(call)
    }
    return result
  }
}
