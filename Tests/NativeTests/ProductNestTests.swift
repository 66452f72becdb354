// Products of the matrices of each example, against the interpreter.

import IR
import Interpreter
import Ops
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: hasCompiler, "needs a compiler")) struct ProductNestTests {
  private static let batch = DimSymbol("B", 1)

  /// Sums of whole numbers are exact in any order: few rows against a matrix, from both sides, along
  /// lengths that fill one vector or many, an odd number or a part of one.
  @Test(arguments: [Precision.single, .double], [1, 8])
  func sumsEveryProductOnce(_ precision: Precision, _ lanes: Int) throws {
    for (rows, length) in [(4, 7), (40, 33), (40, 64), (40, 75), (3, 1027)] {
      let builder = Builder(name: "products")
      let batch = Dim(Self.batch)
      let few = builder.input(TensorType(.real, [batch, 3, Dim(rows)]))
      let long = builder.input(TensorType(.real, [batch, 3, Dim(length)]))
      let matrix = builder.input(TensorType(.real, [batch, Dim(rows), Dim(length)]))
      let outputs = [
        builder.contract(few, matrix, batch: ([0], [0]), contracted: ([2], [1])),
        builder.contract(long, matrix, batch: ([0], [0]), contracted: ([2], [2])),
        builder.contract(matrix, long, batch: ([0], [0]), contracted: ([2], [2])),
      ]
      let inputs = [[11, 3, rows], [11, 3, length], [11, rows, length]].enumerated().map {
        let (seed, shape) = $0
        let whole = Samplers.ints(shape, in: -4...4, seed: UInt64(seed)).doubles
        return Tensor(shape, reals: whole, precision: precision)
      }
      let graph = builder.finish(outputs)
      let found = try graph.runNatively(inputs, lane: Self.batch, lanes: lanes, precision)
      let expected = try Interpreter(precision: precision).run(graph, inputs).outputs
      #expect(found == expected)
    }
  }
}
