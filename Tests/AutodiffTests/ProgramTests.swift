// Derivatives of whole programs, first and second order, against differences.

import Autodiff
import IR
import Interpreter
import Tensors
import TestSupport
import Testing

@Suite struct ProgramTests {
  @Test(arguments: Program.all)
  func theReverseMatchesDifferencesTwice(program: Program) throws {
    let graph = try program.graph()
    #expect(graph.problems == [])
    var gradcheck = Gradcheck()
    gradcheck.sizes = Program.sizes
    #expect(try gradcheck.failures(of: graph, at: program.inputs(), order: 2) == [])
  }

  /// A tangent along a direction, weighted, is the gradient along it.
  @Test(arguments: Program.all)
  func theForwardMatchesTheReverse(program: Program) throws {
    let graph = try program.graph()
    let inputs = try program.inputs()
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let results = graph.outputs.indices.filter { graph.outputTypes[$0].dtype == .real }
    let directions = try variables.map { try program.inputs(seed: 7)[$0] }
    let outputs = try run(graph, inputs)
    let seeds = results.map { index in
      Tensor(
        outputs[index].shape,
        reals: outputs[index].doubles.indices.map { 1 / Double(2 + $0) }, precision: .double)
    }
    let gradients = try run(
      reverse(graph, outputs: results, inputs: variables), inputs + seeds)
    let tangents = try run(
      forward(graph, inputs: variables, outputs: results), inputs + directions)
    let backward = zip(gradients.dropFirst(outputs.count), directions).map(dot).reduce(0, +)
    let onward = zip(tangents.dropFirst(outputs.count), seeds).map(dot).reduce(0, +)
    #expect(abs(backward - onward) <= 1e-9 * max(1, abs(backward)))
    #expect(distance(Array(gradients.prefix(outputs.count)), outputs) == 0)
  }

  private func dot(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.doubles, b.doubles).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func run(_ graph: Graph, _ inputs: [Tensor]) throws -> [Tensor] {
    try Interpreter(precision: .double).run(graph, inputs, sizes: Program.sizes).outputs
  }
}
