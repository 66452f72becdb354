// Running one row on given numbers, and comparing what it gives with numbers worked out by hand.
//
// Rows are built through the builder, so that composite ones are their parts. The numbers are
// made by formulas of their own and owe nothing to the library under test.

import Autodiff
import Foundation
import IR
import Interpreter
import Ops
import Tensors
import Testing

// MARK: Numbers

/// Reproducible numbers in -1 ..< 1.
func numbers(_ count: Int, seed: Int) -> [Double] {
  (0..<count).map { index in
    let x = sin(Double(index + 1) * 12.9898 + Double(seed) * 78.233) * 43758.5453
    return 2 * (x - x.rounded(.down)) - 1
  }
}

/// Reproducible positive numbers with sum 1.
func simplexNumbers(_ count: Int, seed: Int) -> [Double] {
  let sizes = numbers(count, seed: seed).map { abs($0) + 0.1 }
  return sizes.map { $0 / sizes.reduce(0, +) }
}

/// The cotangent that `gradients` gives the first result.
func cotangentNumbers(_ count: Int) -> [Double] { numbers(count, seed: 900) }

func tensor(_ shape: [Int], _ values: [Double]) -> Tensor {
  Tensor(shape, reals: values, precision: .double)
}

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

func modulo(_ a: Int, _ b: Int) -> Int { ((a % b) + b) % b }

// MARK: Running

/// Fully known types of given tensors.
func types(of tensors: [Tensor]) -> [TensorType] {
  tensors.map { TensorType($0.dtype, $0.shape.map { Dim($0) }) }
}

func graph(_ op: Op, _ types: [TensorType], _ attributes: Attributes) -> Graph {
  let builder = Builder(name: op.name)
  let inputs = types.map(builder.input)
  return builder.finish(builder.emit(op, inputs, attributes))
}

func run(
  _ graph: Graph, _ inputs: [Tensor], precision: Precision = .double
) throws -> [Tensor] {
  try Interpreter(precision: precision).run(graph, inputs).outputs
}

/// Every result of one row.
func values(
  _ op: Op, _ operands: [Tensor], _ attributes: Attributes = [:], precision: Precision = .double
) throws -> [Tensor] {
  try run(graph(op, types(of: operands), attributes), operands, precision: precision)
}

/// The elements of the first result of one row.
func value(
  _ op: Op, _ operands: [Tensor], _ attributes: Attributes = [:], precision: Precision = .double
) throws -> [Double] {
  try values(op, operands, attributes, precision: precision)[0].doubles
}

// MARK: Derivatives

extension Graph {
  var realInputs: [Int] { inputs.indices.filter { inputTypes[$0].dtype == .real } }
  var realOutputs: [Int] { outputs.indices.filter { outputTypes[$0].dtype == .real } }

  /// The graph of sum over outputs of output times a fixed cotangent, a cotangent for each real
  /// output as further inputs.
  var reversed: Graph {
    get throws { try reverse(self, outputs: realOutputs, inputs: realInputs) }
  }
}

/// Fixed cotangents for the real outputs of a graph, given what it gives.
func cotangents(_ graph: Graph, _ outputs: [Tensor]) -> [Tensor] {
  graph.realOutputs.enumerated().map { order, index in
    tensor(outputs[index].shape, numbers(outputs[index].count, seed: 900 + order))
  }
}

/// The cotangents of the real operands of one row, for fixed cotangents of its results.
func gradients(
  _ op: Op, _ operands: [Tensor], _ attributes: Attributes = [:], precision: Precision = .double
) throws -> [Tensor] {
  let forward = graph(op, types(of: operands), attributes)
  let seeds = cotangents(forward, try run(forward, operands, precision: precision))
  let found = try run(forward.reversed, operands + seeds, precision: precision)
  return Array(found.dropFirst(forward.outputs.count))
}

// MARK: Comparing

func expectClose(
  _ found: [Double], _ expected: [Double], _ tolerance: Double, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    found.count == expected.count
      && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) },
    "\(label) found \(found), expected \(expected)", sourceLocation: sourceLocation)
}

/// Compares the pullback of a graph with central differences along a fixed direction, then does
/// the same to the pullback itself.
func expectGradient(
  _ forward: Graph, _ operands: [Tensor], order: Int = 2, _ label: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let seeds = cotangents(forward, try run(forward, operands))
  let backward = try forward.reversed
  let found = try run(backward, operands + seeds).dropFirst(forward.outputs.count)
  let directions = forward.realInputs.map { index in
    tensor(operands[index].shape, numbers(operands[index].count, seed: 700 + index))
  }
  var slope = 0.0
  for (gradient, direction) in zip(found, directions) {
    for (a, b) in zip(gradient.doubles, direction.doubles) { slope += a * b }
  }
  func loss(_ step: Double) throws -> Double {
    var moved = operands
    for (index, direction) in zip(forward.realInputs, directions) {
      moved[index] = tensor(
        operands[index].shape,
        zip(operands[index].doubles, direction.doubles).map { $0 + step * $1 })
    }
    let outputs = try run(forward, moved)
    var sum = 0.0
    for (index, seed) in zip(forward.realOutputs, seeds) {
      for (a, b) in zip(outputs[index].doubles, seed.doubles) { sum += a * b }
    }
    return sum
  }
  let step = 1e-5
  let difference = try (loss(step) - loss(-step)) / (2 * step)
  #expect(
    abs(slope - difference) <= 1e-7 * max(1, abs(slope)),
    "\(label): slope \(slope), difference \(difference)", sourceLocation: sourceLocation)
  if order > 1 {
    try expectGradient(
      backward, operands + seeds, order: order - 1, "\(label), pullback",
      sourceLocation: sourceLocation)
  }
}
