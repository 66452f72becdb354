// Runs a graph node by node, by kernel form: the definition of what a program means.
//
// No op is known by name. Results depend on nothing but the graph, the inputs and the precision.
// Values are given up after their last use.

package import IR
package import Tensors

/// The reference backend: what every other one must agree with.
package struct Interpreter: Sendable {
  package let precision: Precision
  private let observer: (@Sendable (Observation) -> Void)?
  private let isInterrupted: @Sendable () -> Bool

  /// - Parameters:
  ///   - observer: receives what `print`, `probe` and `log` nodes see, in program order.
  ///   - isInterrupted: asked after every node, at every step of a scan, and inside long loops.
  ///     Once true it stays so until the run has ended.
  package init(
    precision: Precision, observer: (@Sendable (Observation) -> Void)? = nil,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.precision = precision
    self.observer = observer
    self.isInterrupted = isInterrupted
  }

  /// The numbers of the symbols of the input types besides `sizes`; nil where inputs do not fit.
  package static func sizes(
    of graph: Graph, _ inputs: [Tensor], _ sizes: [DimSymbol: Int]
  ) -> [DimSymbol: Int]? {
    try? SizeBinder.bind(graph.inputTypes, inputs, sizes)
  }

  /// Binds the symbols of the input types from the inputs' shapes (plain occurrences first, then
  /// linear ones that divide) on top of `sizes`, checks every input, and runs the graph.
  package func run(
    _ graph: Graph, _ inputs: [Tensor], sizes: [DimSymbol: Int] = [:]
  ) throws(ExecutionProblem) -> Execution {
    try run(PreparedGraph(graph), inputs, sizes: sizes)
  }

  /// The same without preparing the graph again.
  /// - Parameter check: is told of every number that is not finite, and may replace it.
  package func run(
    _ prepared: PreparedGraph, _ inputs: [Tensor], sizes: [DimSymbol: Int] = [:],
    check: FiniteCheck? = nil
  ) throws(ExecutionProblem) -> Execution {
    let bound = try SizeBinder.bind(prepared.graph.inputTypes, inputs, sizes)
    let machine = Machine(
      prepared, bound, precision: precision, observer: observer, check: check,
      isInterrupted: isInterrupted)
    let body = prepared.body
    for (index, (value, input)) in zip(body.inputs, inputs).enumerated() {
      let input = input.converted(to: precision)
      machine.set(value, check?.checked(input, at: index) ?? input)
    }
    let outputs = try Patience.asking(isInterrupted) { () throws(ExecutionProblem) in
      try machine.run(body)
    }
    var all = bound
    for node in body.nodes {
      if case .bindDim(let slot) = node.action {
        all[prepared.symbols.symbols[slot]] = machine.sizes[slot]
      }
    }
    return Execution(outputs: outputs, sizes: all)
  }
}
