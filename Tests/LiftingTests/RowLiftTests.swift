// Every row lifted over a batch = the row on each example.

import IR
import Lifting
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct RowLiftTests {
  static let families: [any OpFamily] = [movement, indexing, contraction, network]
  static let names = OpTable(families: families).all.map(\.name)

  /// Real elements scaled, so that the examples differ; indices as they are.
  func example(_ operand: Tensor, _ number: Int) -> Tensor {
    guard operand.dtype == .real else { return operand }
    let values = operand.doubles.map { $0 * (1 - 0.25 * Double(number)) }
    return Tensor(operand.shape, reals: values, precision: .double)
  }

  func stacked(_ parts: [Tensor]) -> Tensor {
    let shape = [parts.count] + parts[0].shape
    if parts[0].dtype == .int {
      return Tensor(shape, ints: parts.flatMap { $0.doubles.map { Int($0) } })
    }
    return Tensor(shape, reals: parts.flatMap(\.doubles), precision: .double)
  }

  @Test(arguments: names)
  func aLiftedRowIsTheRowExampleByExample(name: String) throws {
    let row = try #require(opTable[name])
    for sample in row.samples() {
      let graph = Rows.graph(row, sample)
      for choice in 1..<(1 << sample.operands.count) {
        let marks = sample.operands.indices.map { choice >> $0 & 1 == 1 }
        let (lifted, isLifted) = try lift(graph, over: Dim(DimSymbol("B")), inputs: marks)
        let examples = (0..<3).map { number in
          zip(sample.operands, marks).map { $1 ? example($0, number) : $0 }
        }
        let inputs = sample.operands.indices.map { index in
          marks[index] ? stacked(examples.map { $0[index] }) : sample.operands[index]
        }
        let together = try Rows.run(lifted, inputs)
        let apart = try examples.map { try Rows.run(graph, $0) }
        for index in together.indices {
          let expected = isLifted[index] ? stacked(apart.map { $0[index] }) : apart[0][index]
          #expect(together[index].shape == expected.shape)
          let isClose = zip(together[index].doubles, expected.doubles).allSatisfy {
            abs($0 - $1) <= 1e-12 * max(1, abs($1))
          }
          #expect(isClose, "\(sample.label), lifted \(marks), result \(index)")
        }
      }
    }
  }
}
