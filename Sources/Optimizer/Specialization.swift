// Inputs whose numbers are known when a graph is compiled.
//
// A bool of rank 0 that the host holds (a field such as `write_first`) decides by `select` over
// whole memories; as a constant it decides at compile time.

package import IR
import Ops
import Tensors

extension Graph {
  /// The graph with some bool inputs of rank 0, by position, read as constants. The inputs stay.
  package func fixing(_ flags: [Int: Bool]) -> Graph {
    reading(flags.mapValues { ["dtype": .dtype(.bool), "value": .flag($0)] })
  }

  /// The graph with some inputs of rank 0, by position, read as the constants of these attributes.
  func reading(_ literals: [Int: Attributes]) -> Graph {
    if literals.isEmpty { return self }
    var graph = self
    var renamed: [Value: Value] = [:]
    var constants: [Node] = []
    for (position, literal) in literals.sorted(by: { $0.key < $1.key }) {
      let input = inputs[position]
      let type = type(of: input)
      precondition(type.rank == 0, "only an input of rank 0 can be a constant")
      let value = Value(graph.types.count)
      graph.types.append(type)
      renamed[input] = value
      constants.append(
        Node(.op(making.constant, literal), operands: [], results: [value], origin: .none))
    }
    for index in graph.nodes.indices {
      graph.nodes[index].operands = graph.nodes[index].operands.map { renamed[$0] ?? $0 }
    }
    graph.outputs = graph.outputs.map { renamed[$0] ?? $0 }
    graph.nodes = constants + graph.nodes
    return graph
  }
}
