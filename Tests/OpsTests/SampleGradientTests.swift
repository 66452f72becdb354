// Every smooth sample of the rows that move, index, contract and address memory: first and second
// derivative against central differences; predicted types; refused operands.

import IR
import Ops
import Tensors
import Testing

@Suite struct SampleGradientTests {
  static let families: [any OpFamily] = [movement, indexing, contraction, network]
  static let rows: [Op] = OpTable(families: families).all

  @Test func thereAreAsManyRowsAsWritten() {
    #expect(Self.rows.count == 11 + 3 + 4 + 9)
  }

  @Test(arguments: rows.map(\.name))
  func derivativesAgreeWithDifferences(name: String) throws {
    let row = try #require(opTable[name])
    for sample in row.samples() where sample.isSmooth {
      let forward = graph(row, types(of: sample.operands), sample.attributes)
      if forward.realInputs.isEmpty { continue }
      try expectGradient(forward, sample.operands, "\(name), \(sample.label)")
    }
  }

  @Test(arguments: rows.map(\.name))
  func resultsHaveThePredictedTypes(name: String) throws {
    let row = try #require(opTable[name])
    for sample in row.samples() {
      let predicted = try row.type(types(of: sample.operands), sample.attributes)
      for precision in [Precision.single, .double] {
        let found = try values(row, sample.operands, sample.attributes, precision: precision)
        #expect(types(of: found) == predicted, "\(name), \(sample.label)")
      }
    }
  }

  @Test(arguments: rows.map(\.name))
  func refusedOperandsAreAProblem(name: String) throws {
    let row = try #require(opTable[name])
    #expect(!row.rejects.isEmpty)
    for rejection in row.rejects {
      #expect(throws: TypeProblem.self) {
        try row.type(rejection.operands, rejection.attributes)
      }
    }
  }
}
