// Running one row: its graph, its results, its gradients.

import Autodiff
package import IR
import Interpreter
import Ops
package import Tensors

package enum Rows {
  /// The types of tensors, with numbers for dims.
  package static func types(of tensors: [Tensor]) -> [TensorType] {
    tensors.map { TensorType($0.dtype, $0.shape.map { Dim($0) }) }
  }

  /// A graph with the row alone, or its parts.
  package static func graph(
    _ row: Op, _ types: [TensorType], _ attributes: Attributes = [:]
  ) -> Graph {
    let builder = Builder(name: row.name)
    let inputs = types.map(builder.input)
    return builder.finish(builder.emit(row, inputs, attributes))
  }

  package static func graph(_ row: Op, _ sample: Sample) -> Graph {
    graph(row, types(of: sample.operands), sample.attributes)
  }

  package static func run(
    _ graph: Graph, _ inputs: [Tensor], _ precision: Precision = .double
  ) throws -> [Tensor] {
    try Interpreter(precision: precision).run(graph, inputs).outputs
  }

  package static func results(
    _ row: Op, _ operands: [Tensor], _ attributes: Attributes = [:],
    _ precision: Precision = .double
  ) throws -> [Tensor] {
    try run(graph(row, types(of: operands), attributes), operands, precision)
  }

  /// The cotangents of the real inputs, for the cotangents of the real outputs; 1 by default.
  package static func gradients(
    of graph: Graph, at inputs: [Tensor], _ precision: Precision = .double,
    cotangents: [Tensor]? = nil
  ) throws -> [Tensor] {
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let results = graph.outputs.indices.filter { graph.outputTypes[$0].dtype == .real }
    let reversed = reverse(graph, outputs: results, inputs: variables)
    let outputs = try run(graph, inputs, precision)
    let ones = results.map { index in
      Tensor(
        outputs[index].shape, reals: outputs[index].doubles.map { _ in 1 }, precision: precision)
    }
    let found = try run(reversed, inputs + (cotangents ?? ones), precision)
    return Array(found.dropFirst(graph.outputs.count))
  }

  /// The cotangents of the real operands of a row.
  package static func gradients(
    _ row: Op, _ operands: [Tensor], _ attributes: Attributes = [:],
    _ precision: Precision = .double, cotangents: [Tensor]? = nil
  ) throws -> [Tensor] {
    try gradients(
      of: graph(row, types(of: operands), attributes), at: operands, precision,
      cotangents: cotangents)
  }
}

extension Rows {
  /// The evaluation of a library row, without an interpreter around it.
  @discardableResult
  package static func evaluate(
    _ row: Op, _ operands: [Tensor], _ attributes: Attributes = [:],
    _ precision: Precision = .double
  ) throws(EvaluationProblem) -> [Tensor] {
    guard let evaluate = row.evaluate else {
      preconditionFailure("`\(row.name)` has no evaluation of its own")
    }
    return try evaluate(
      Evaluation(operands: operands, attributes: attributes, precision: precision, sizes: [:]))
  }
}

/// The gradient of the sum of the real results, as a graph of the inputs and a cotangent for each
/// real result.
package func reversedGradient(of graph: Graph) throws -> Graph {
  let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
  let results = graph.outputs.indices.filter { graph.outputTypes[$0].dtype == .real }
  var reversed = reverse(graph, outputs: results, inputs: variables)
  reversed.outputs = Array(reversed.outputs.dropFirst(graph.outputs.count))
  return reversed
}
