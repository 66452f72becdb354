// Flags that are known before a graph is compiled.
//
// A bool of rank 0 that the host holds (a field such as `write_first`) decides by `select` over
// whole memories; as a constant it decides at compile time.

package import IR
import Ops
import Tensors

extension Graph {
  /// The graph with some bool inputs of rank 0, by position, read as constants. The inputs stay.
  package func fixing(_ flags: [Int: Bool]) -> Graph {
    if flags.isEmpty { return self }
    var graph = self
    var renamed: [Value: Value] = [:]
    var constants: [Node] = []
    for (position, flag) in flags.sorted(by: { $0.key < $1.key }) {
      let input = inputs[position]
      precondition(type(of: input) == TensorType(.bool), "only a bool of rank 0 can be fixed")
      let value = Value(graph.types.count)
      graph.types.append(TensorType(.bool))
      renamed[input] = value
      constants.append(
        Node(
          .op(making.constant, ["dtype": .dtype(.bool), "value": .flag(flag)]), operands: [],
          results: [value], origin: .none))
    }
    for index in graph.nodes.indices {
      graph.nodes[index].operands = graph.nodes[index].operands.map { renamed[$0] ?? $0 }
    }
    graph.outputs = graph.outputs.map { renamed[$0] ?? $0 }
    graph.nodes = constants + graph.nodes
    return graph
  }
}
