// Running one row on given numbers, and comparing what it gives with numbers worked out by hand.
//
// Rows are built through the builder, so that composite ones are their parts. The numbers are
// made by formulas of their own and owe nothing to the library under test.

import Foundation
import IR
import Ops
import Tensors
import TestSupport
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

/// The elements of the first result of one row.
func value(
  _ op: Op, _ operands: [Tensor], _ attributes: Attributes = [:], precision: Precision = .double
) throws -> [Double] {
  try values(op, operands, attributes, precision: precision)[0].doubles
}

/// Every result of one row.
func values(
  _ op: Op, _ operands: [Tensor], _ attributes: Attributes = [:], precision: Precision = .double
) throws -> [Tensor] {
  try Rows.results(op, operands, attributes, precision)
}

/// The cotangents of the real operands of one row, for fixed cotangents of its real results.
func gradients(
  _ op: Op, _ operands: [Tensor], _ attributes: Attributes = [:], precision: Precision = .double
) throws -> [Tensor] {
  let graph = Rows.graph(op, Rows.types(of: operands), attributes)
  let results = try Rows.run(graph, operands, precision).filter { $0.dtype == .real }
  let seeds = results.enumerated().map { order, result in
    tensor(result.shape, numbers(result.count, seed: 900 + order))
  }
  return try Rows.run(reversedGradient(of: graph), operands + seeds, precision)
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
