// Derivatives of graphs against central differences, in f64.
//
// One seeded random direction and one random cotangent for each real result reduce a graph to a
// function of one number, so the cost does not grow with the size. The second order is the same
// check of the reversed graph. Promise: the same seed asks the same question.

import Autodiff
package import IR
import Interpreter
import Ops
package import Tensors

package struct Gradcheck: Sendable {
  /// How far apart the two sides of a difference are, halved.
  package var step = 1e-5
  package var tolerance = 2e-6
  package var seed: UInt64 = 1
  /// Of dims that the shapes of the inputs do not show.
  package var sizes: [DimSymbol: Int] = [:]

  package init() {}

  /// What differs, in words, for each order up to `order`; empty where all is well.
  package func failures(
    of graph: Graph, at inputs: [Tensor], order: Int = 2
  ) throws -> [String] {
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let results = graph.outputs.indices.filter { graph.outputTypes[$0].dtype == .real }
    if variables.isEmpty || results.isEmpty { return [] }
    return try failures(
      of: graph, at: inputs, variables: variables, results: results, order: 1, last: order)
  }

  private func failures(
    of graph: Graph, at inputs: [Tensor], variables: [Int], results: [Int], order: Int, last: Int
  ) throws -> [String] {
    let interpreter = Interpreter(precision: .double)
    let prepared = PreparedGraph(graph)
    let outputs = try interpreter.run(prepared, inputs, sizes: sizes).outputs
    let seeds = results.enumerated().map { place, index in
      random(outputs[index].shape, UInt64(place) + 100 * UInt64(order))
    }
    let directions = variables.enumerated().map { place, index in
      random(inputs[index].shape, UInt64(place) + 100 * UInt64(order) + 50)
    }

    let reversed = reverse(graph, outputs: results, inputs: variables)
    let found = try interpreter.run(reversed, inputs + seeds, sizes: sizes).outputs
    let gradients = found.dropFirst(graph.outputs.count)
    let slope = zip(gradients, directions).reduce(0) { $0 + dot($1.0, $1.1) }

    func height(_ distance: Double) throws -> (value: Double, size: Double) {
      var moved = inputs
      for (index, direction) in zip(variables, directions) {
        let values = zip(inputs[index].doubles, direction.doubles).map { $0 + distance * $1 }
        moved[index] = Tensor(inputs[index].shape, reals: values, precision: .double)
      }
      let outputs = try interpreter.run(prepared, moved, sizes: sizes).outputs
      let terms = zip(results, seeds).map { dot(outputs[$0], $1) }
      return (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
    }
    // Five points: the error is of fourth order in the step, so that an ε of 1e-6 inside a root,
    // which bends at 1e-3, is seen right.
    let (above, below) = (try height(step), try height(-step))
    let (far, near) = (try height(2 * step), try height(-2 * step))
    let expected = (8 * (above.value - below.value) - (far.value - near.value)) / (12 * step)
    // Rounding of the value itself, seen through the division by the step.
    let rounding = 1e-15 * above.size / step
    let allowed = tolerance * max(1, abs(expected)) + rounding

    if !(abs(slope - expected) <= allowed) {
      return ["order \(order): the slope is \(slope), differences give \(expected)"]
    }
    if order == last { return [] }
    let cotangents = graph.inputs.count..<reversed.inputs.count
    return try failures(
      of: reversed, at: inputs + seeds, variables: variables + cotangents,
      results: Array(graph.outputs.count..<reversed.outputs.count), order: order + 1, last: last)
  }

  private func random(_ shape: [Int], _ stream: UInt64) -> Tensor {
    Samplers.reals(shape, in: -1...1, seed: seed &* 1_000_003 &+ stream)
  }

  private func dot(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.doubles, b.doubles).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
