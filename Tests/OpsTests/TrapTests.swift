// Where textbook formulas give NaN: value and gradient stay finite, in both precisions.
//
// The memory rows are tested beside them; here are the rows they are made of, and the products of
// a zero cotangent with an infinite slope.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct TrapTests {
  static let precisions: [Precision] = [.double, .single]

  /// Vectors of four: zeros, a one-hot and a uniform weighting, huge, tiny, mixed.
  static let vectors: [[Double]] = [
    [0, 0, 0, 0], [0, 1, 0, 0], [0.25, 0.25, 0.25, 0.25], [1e4, -1e4, 1e4, 0],
    [-1e4, -1e4, -1e4, -1e4], [1e-30, 0, 1, 1e-10], [100, -100, 88.8, 710],
  ]

  private func vector(_ values: [Double]) -> Tensor {
    Tensor([values.count], reals: values, precision: .double)
  }

  private func expectFinite(
    _ graph: Graph, _ inputs: [Tensor], _ precision: Precision, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let converted = inputs.map { $0.converted(to: precision) }
    let value = try Rows.run(graph, converted, precision).flatMap(\.doubles)
    let slopes = try Rows.gradients(of: graph, at: converted, precision).flatMap(\.doubles)
    #expect(
      value.allSatisfy { $0.isFinite }, "\(label): value \(value)", sourceLocation: sourceLocation)
    #expect(
      slopes.allSatisfy { $0.isFinite }, "\(label): gradient \(slopes)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: ["tanh", "sigmoid", "softplus", "relu", "abs", "sin", "cos", "sign", "floor"])
  func functionsOfAnyReal(name: String) throws {
    let row = try #require(opTable[name])
    for precision in Self.precisions {
      for values in Self.vectors {
        let graph = Rows.graph(row, [TensorType(.real, [4])])
        try expectFinite(graph, [vector(values)], precision, "\(name) of \(values)")
      }
    }
  }

  @Test(arguments: ["softmax", "cumsum"])
  func alongAnAxis(name: String) throws {
    let row = try #require(opTable[name])
    for precision in Self.precisions {
      for values in Self.vectors {
        let graph = Rows.graph(row, [TensorType(.real, [4])], ["axis": .axis(0)])
        try expectFinite(graph, [vector(values)], precision, "\(name) of \(values)")
      }
    }
  }

  @Test(arguments: ["sum", "mean", "max", "min", "logsumexp", "prod"])
  func reductionsStayFinite(name: String) throws {
    let row = try #require(opTable[name])
    for precision in Self.precisions {
      for values in Self.vectors {
        let graph = Rows.graph(row, [TensorType(.real, [4])], ["axes": .axes([0])])
        try expectFinite(graph, [vector(values)], precision, "\(name) of \(values)")
      }
    }
  }

  @Test func powersOfWeightings() throws {
    let graph = Rows.graph(pointwise.pow, [TensorType(.real, [4]), TensorType(.real)])
    for precision in Self.precisions {
      for values in Self.vectors where values.allSatisfy({ 0...1 ~= $0 }) {
        for exponent in [0, 0.5, 1, 1.5, 25, 1e4] {
          let inputs = [vector(values), Tensor([], reals: [exponent], precision: .double)]
          try expectFinite(graph, inputs, precision, "\(values) to \(exponent)")
        }
      }
    }
  }

  @Test func theLengthOfAZeroVectorHasAZeroGradient() throws {
    let builder = Builder(name: "length")
    let x = builder.input(TensorType(.real, [3]))
    let graph = builder.finish([builder.emit(pointwise.sqrt, builder.total(builder.mul(x, x)))])
    let found = try Rows.gradients(of: graph, at: [vector([0, 0, 0])])
    #expect(found[0].doubles == [0, 0, 0])
    let slopes = try Rows.gradients(of: graph, at: [vector([3, 0, 4])])[0].doubles
    #expect(zip(slopes, [0.6, 0, 0.8]).allSatisfy { Swift.abs($0 - $1) < 1e-15 })
  }

  /// `select` on a condition: the branch that is not taken may be infinite, its gradient is 0.
  @Test(arguments: ["log", "sqrt", "exp", "div"])
  func aBranchNotTakenGivesNoGradient(name: String) throws {
    let row = try #require(opTable[name])
    let builder = Builder(name: "guarded")
    let x = builder.input(TensorType(.real, [4]))
    let isSafe = builder.emit(
      pointwise.and, builder.emit(pointwise.less, builder.real(0), x),
      builder.emit(pointwise.less, x, builder.real(100)))
    let risky = name == "div" ? builder.div(builder.real(1), x) : builder.emit(row, x)
    let graph = builder.finish([builder.select(isSafe, risky, builder.real(0))])
    for precision in Self.precisions {
      let inputs = [vector([0, -1, 1e4, 2])]
      try expectFinite(graph, inputs, precision, name)
      let slopes = try Rows.gradients(of: graph, at: inputs, precision)[0].doubles
      #expect(slopes[0] == 0 && slopes[1] == 0 && slopes[2] == 0 && slopes[3] != 0)
      // And again through the gradient.
      let gradient = try reversedGradient(of: graph)
      let cotangent = vector([1, 1, 1, 1])
      let bends = try Rows.gradients(of: gradient, at: inputs + [cotangent], precision)
      let entries = bends.flatMap(\.doubles)
      #expect(entries.allSatisfy { $0.isFinite }, "\(entries)")
    }
  }

  @Test func productsOfZerosHaveTheirGradient() throws {
    func slopes(_ values: [Double]) throws -> [Double] {
      try Rows.gradients(reductions.prod, [vector(values)], ["axes": .axes([0])])[0].doubles
    }
    #expect(try slopes([2, 0, 5]) == [0, 10, 0])
    #expect(try slopes([0, 0, 5]) == [0, 0, 0])
    #expect(try slopes([2, 3, 5]) == [15, 10, 6])
    let running = try Rows.gradients(
      reductions.cumprod, [vector([2, 0, 5])], ["axis": .axis(0)])[0].doubles
    // 2 + 2 x + 2 x 5 with respect to each factor, at x = 0.
    #expect(running == [1, 12, 0])
  }

  @Test func aZeroCotangentTimesAnInfiniteSlopeIsZero() throws {
    let found = try Rows.results(
      pointwise.cotangentProduct,
      [vector([0, 0, 2, 0]), vector([.infinity, .nan, 3, -.infinity])])
    #expect(found[0].doubles == [0, 0, 6, 0])
  }
}
