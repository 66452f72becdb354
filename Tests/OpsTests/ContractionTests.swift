// `contract` against the sum it stands for, written over every index, for many layouts.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct ContractionTests {
  struct Layout: Sendable, CustomStringConvertible {
    var left: [Int]
    var right: [Int]
    var batch: ([Int], [Int]) = ([], [])
    var contracted: ([Int], [Int]) = ([], [])

    var attributes: Attributes { contractAttributes(batch: batch, contracted: contracted) }
    var description: String { "\(left) \(right) batch \(batch) contracted \(contracted)" }
  }

  static let layouts = [
    Layout(left: [], right: []),
    Layout(left: [3], right: [], batch: ([], [])),
    Layout(left: [3], right: [3], contracted: ([0], [0])),
    Layout(left: [3], right: [3], batch: ([0], [0])),
    Layout(left: [2], right: [3]),
    Layout(left: [2, 3], right: [3, 4], contracted: ([1], [0])),
    Layout(left: [3, 2], right: [4, 3], contracted: ([0], [1])),
    Layout(left: [2, 3], right: [2, 3], contracted: ([0, 1], [0, 1])),
    Layout(left: [2, 3], right: [3, 2], contracted: ([0, 1], [1, 0])),
    Layout(left: [5, 2, 3], right: [5, 3, 4], batch: ([0], [0]), contracted: ([2], [1])),
    Layout(left: [2, 5, 3], right: [3, 4, 5], batch: ([1], [2]), contracted: ([2], [0])),
    Layout(
      left: [2, 5, 3, 4], right: [4, 2, 3, 6, 5], batch: ([3, 1], [0, 4]),
      contracted: ([2, 0], [2, 1])),
    Layout(left: [2, 0], right: [0, 3], contracted: ([1], [0])),
    Layout(left: [0, 2], right: [2, 3], contracted: ([1], [0])),
    Layout(left: [1, 2, 1], right: [1, 2], contracted: ([1], [1])),
  ]

  @Test(arguments: layouts)
  func isTheSumOverPairedAxes(layout: Layout) throws {
    let left = numbers(layout.left.reduce(1, *), seed: 1)
    let right = numbers(layout.right.reduce(1, *), seed: 2)
    let leftFree = layout.left.indices.filter {
      !layout.batch.0.contains($0) && !layout.contracted.0.contains($0)
    }
    let rightFree = layout.right.indices.filter {
      !layout.batch.1.contains($0) && !layout.contracted.1.contains($0)
    }
    let shape =
      layout.batch.0.map { layout.left[$0] } + leftFree.map { layout.left[$0] }
      + rightFree.map { layout.right[$0] }
    let sizes = layout.contracted.0.map { layout.left[$0] }
    let expected = MovementTests.expected(shape) { index in
      MovementTests.indices(sizes).reduce(0.0) { sum, inner in
        var i = [Int](repeating: 0, count: layout.left.count)
        var j = [Int](repeating: 0, count: layout.right.count)
        for (axis, at) in zip(layout.batch.0 + leftFree, index) { i[axis] = at }
        let ofRight = index.prefix(layout.batch.0.count) + index.suffix(rightFree.count)
        for (axis, at) in zip(layout.batch.1 + rightFree, ofRight) { j[axis] = at }
        for (axis, at) in zip(layout.contracted.0, inner) { i[axis] = at }
        for (axis, at) in zip(layout.contracted.1, inner) { j[axis] = at }
        return sum + left[MovementTests.position(i, layout.left)]
          * right[MovementTests.position(j, layout.right)]
      }
    }
    for precision in [Precision.double, .single] {
      let found = try values(
        contraction.contract, [tensor(layout.left, left), tensor(layout.right, right)],
        layout.attributes, precision: precision)[0]
      #expect(found.shape == shape)
      expectClose(found.doubles, expected, precision == .double ? 1e-13 : 1e-5)
    }
  }

  @Test(arguments: layouts)
  func derivativesOfBothOrders(layout: Layout) throws {
    let operands = [
      tensor(layout.left, numbers(layout.left.reduce(1, *), seed: 1)),
      tensor(layout.right, numbers(layout.right.reduce(1, *), seed: 2)),
    ]
    let graph = Rows.graph(contraction.contract, Rows.types(of: operands), layout.attributes)
    #expect(try Gradcheck().failures(of: graph, at: operands).isEmpty)
  }

  @Test func shorthands() throws {
    let a = tensor([2], [1, 2])
    let b = tensor([2], [3, 5])
    #expect(try value(contraction.dot, [a, b]) == [13])
    #expect(try value(contraction.outer, [a, b]) == [3, 5, 6, 10])
    let m = tensor([2, 2], [1, 2, 3, 4])
    #expect(try value(contraction.matmul, [a, m]) == [7, 10])
    #expect(try value(contraction.matmul, [m, a]) == [5, 11])
    #expect(try value(contraction.matmul, [m, m]) == [7, 10, 15, 22])
  }

  @Test func dimsAreComparedByIdentity() throws {
    let (n, m) = (Dim(DimSymbol("N")), Dim(DimSymbol("M")))
    #expect(
      try contraction.matmul.type([TensorType(.real, [n, m]), TensorType(.real, [m])], [:])
        == [TensorType(.real, [n])])
    #expect(throws: TypeProblem.self) {
      try contraction.matmul.type([TensorType(.real, [n, m]), TensorType(.real, [n])], [:])
    }
    #expect(throws: TypeProblem.self) {
      try network.content.type(
        [TensorType(.real, [n, m]), TensorType(.real, [n]), TensorType(.real)], [:])
    }
    #expect(
      try network.lstmStep.type(
        [
          TensorType(.real, [n]), TensorType(.real, [m]), TensorType(.real, [m]),
          TensorType(.real, [m + n, 4 * m]), TensorType(.real, [4 * m]),
        ], [:]) == [TensorType(.real, [m]), TensorType(.real, [m])])
  }
}
