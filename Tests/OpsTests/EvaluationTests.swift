// Values of rows against numbers worked out by hand, and the mistakes only numbers show.

import IR
import Interpreter
import Ops
import Tensors
import TestSupport
import Testing

/// The body fails with an evaluation problem of `code`, from a row or from a run.
func expectProblem(
  _ code: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("nothing was wrong", sourceLocation: sourceLocation)
  } catch let problem as EvaluationProblem {
    #expect(problem.code == code, sourceLocation: sourceLocation)
  } catch ExecutionProblem.evaluation(let problem, _, steps: _) {
    #expect(problem.code == code, sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
}

@Suite struct EvaluationTests {
  private func vector(_ values: [Double]) -> Tensor {
    Tensor([values.count], reals: values, precision: .double)
  }

  private func ints(_ values: [Int]) -> Tensor { Tensor([values.count], ints: values) }

  private func value(
    _ row: Op, _ operands: Tensor..., attributes: Attributes = [:]
  ) throws -> [Double] {
    try Rows.results(row, operands, attributes)[0].doubles
  }

  @Test func intsDivideTowardsMinusInfinity() throws {
    let a = ints([7, -7, 7, -7])
    let b = ints([2, 2, -2, -2])
    #expect(try value(pointwise.floorDiv, a, b) == [3, -4, -4, 3])
    #expect(try value(pointwise.mod, a, b) == [1, 1, -1, -1])
    expectProblem("division-by-zero") { _ = try value(pointwise.floorDiv, a, ints([0, 1, 1, 1])) }
  }

  @Test func remaindersHaveTheSignOfTheDivisor() throws {
    let found = try value(pointwise.mod, vector([5.5, -5.5, 5.5, -5.5]), vector([2, 2, -2, -2]))
    #expect(found == [1.5, 0.5, -0.5, -1.5])
  }

  @Test func comparisonsOrder() throws {
    let a = vector([1, 2, 3])
    let b = vector([2, 2, 2])
    #expect(try value(pointwise.less, a, b) == [1, 0, 0])
    #expect(try value(pointwise.lessEqual, a, b) == [1, 1, 0])
    #expect(try value(pointwise.greater, a, b) == [0, 0, 1])
    #expect(try value(pointwise.greaterEqual, a, b) == [0, 1, 1])
    #expect(try value(pointwise.equal, a, b) == [0, 1, 0])
    #expect(try value(pointwise.notEqual, a, b) == [1, 0, 1])
  }

  @Test func convertingRoundsTowardsZero() throws {
    #expect(try value(pointwise.toInt, vector([-1.7, 1.7, -0.5])) == [-1, 1, 0])
    #expect(try value(pointwise.toReal, Tensor([2], bools: [true, false])) == [1, 0])
  }

  @Test func reductionsOfNothingAreTheirIdentity() throws {
    let none = Tensor([0, 2], reals: [], precision: .double)
    let axes: Attributes = ["axes": .axes([0])]
    #expect(try value(reductions.sum, none, attributes: axes) == [0, 0])
    #expect(try value(reductions.prod, none, attributes: axes) == [1, 1])
    let flags = Tensor([0], bools: [])
    #expect(try value(reductions.any, flags, attributes: axes) == [0])
    #expect(try value(reductions.all, flags, attributes: axes) == [1])
  }

  @Test(arguments: ["max", "min", "mean", "logsumexp"])
  func reductionsWithoutIdentityRefuseNothing(name: String) throws {
    let row = try #require(opTable[name])
    let none = Tensor([0, 2], reals: [], precision: .double)
    expectProblem("empty-reduction") { _ = try value(row, none, attributes: ["axes": .axes([0])]) }
  }

  @Test(arguments: ["argmax", "argmin"])
  func positionsOfNothingAreRefused(name: String) throws {
    let row = try #require(opTable[name])
    expectProblem("empty-reduction") {
      try Rows.evaluate(row, [vector([])], ["axis": .axis(0)])
    }
  }

  @Test func positionsAreTheFirst() throws {
    let x = Tensor([2, 3], reals: [1, 3, 3, 2, 0, 0], precision: .double)
    #expect(try value(reductions.argmax, x, attributes: ["axis": .axis(1)]) == [1, 0])
    #expect(try value(reductions.argmin, x, attributes: ["axis": .axis(1)]) == [0, 1])
    #expect(try value(reductions.argmax, x, attributes: ["axis": .axis(0)]) == [1, 0, 0])
    // Ints that are one double.
    let large = ints([1 << 53, 1 << 53 + 1])
    #expect(try value(reductions.argmax, large, attributes: ["axis": .axis(0)]) == [1])
    #expect(try value(reductions.argmin, large, attributes: ["axis": .axis(0)]) == [0])
  }

  @Test func runningSumsAndProducts() throws {
    let x = Tensor([2, 3], reals: [1, 2, 3, 4, 5, 6], precision: .double)
    #expect(try value(reductions.cumsum, x, attributes: ["axis": .axis(1)]) == [1, 3, 6, 4, 9, 15])
    #expect(try value(reductions.cumsum, x, attributes: ["axis": .axis(0)]) == [1, 2, 3, 5, 7, 9])
    #expect(
      try value(reductions.cumprod, x, attributes: ["axis": .axis(1)]) == [1, 2, 6, 4, 20, 120])
    #expect(
      try value(reductions.cumprod, ints([2, 0, 5]), attributes: ["axis": .axis(0)]) == [2, 0, 0])
    #expect(try value(reductions.cumsum, vector([]), attributes: ["axis": .axis(0)]) == [])
    #expect(try value(reductions.cumprod, vector([]), attributes: ["axis": .axis(0)]) == [])
  }

  @Test func softmaxIsShiftedByTheMaximum() throws {
    let found = try value(reductions.softmax, vector([1e4, 1e4]), attributes: ["axis": .axis(0)])
    #expect(found == [0.5, 0.5])
    let masked = try value(
      reductions.softmax, vector([0, -.infinity, 0]), attributes: ["axis": .axis(0)])
    #expect(masked == [0.5, 0, 0.5])
    let log = try value(
      reductions.logsumexp, vector([1000, 1000]), attributes: ["axes": .axes([0])])
    #expect(Swift.abs(log[0] - 1000.693_147_180_559_9) < 1e-9)
  }

  @Test func onehotRefusesAnIndexOutOfRange() throws {
    #expect(try value(making.onehot, Tensor(ints: [1]), attributes: ["dim": .dim(3)]) == [0, 1, 0])
    for index in [-1, 3] {
      expectProblem("index-out-of-range") {
        try Rows.evaluate(making.onehot, [Tensor(ints: [index])], ["dim": .dim(3)])
      }
    }
  }

  @Test func theIdentityMatrix() throws {
    let eye = try Rows.results(making.eye, [], ["dim": .dim(3)])[0]
    #expect(eye.doubles == [1, 0, 0, 0, 1, 0, 0, 0, 1])
  }

  @Test func aSizeThatIsNoNumberIsAProblem() {
    expectProblem("size-out-of-range") { try Rows.evaluate(making.size, [], ["dim": .dim(-1)]) }
    expectProblem("size-out-of-range") {
      try Rows.evaluate(making.iota, [], ["dim": .dim(Dim(DimSymbol("T")))])
    }
  }
}
