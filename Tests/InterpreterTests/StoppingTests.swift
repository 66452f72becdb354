// A run is stopped inside one long operation, not only between two.

import IR
import Interpreter
import Ops
import Synchronization
import Tensors
import Testing

@Suite struct StoppingTests {
  /// True from the `count`th question on.
  private final class Countdown: Sendable {
    private let left: Atomic<Int>
    let asked = Atomic<Int>(0)
    init(_ count: Int) { left = Atomic(count) }

    var isOver: Bool {
      asked.add(1, ordering: .relaxed)
      return left.subtract(1, ordering: .relaxed).newValue <= 0
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let row: Op
    let operands: [Tensor]
    let attributes: Attributes
    var testDescription: String { row.name }
  }

  private static let count = 1 << 21
  private static let vector = Tensor(
    [count], reals: [Double](repeating: 0.5, count: count), precision: .single)

  static let cases: [Case] = [
    Case(
      row: random.randomNormal, operands: [Tensor(ints: [1])],
      attributes: ["shape": .shape([Dim(count)])]),
    Case(
      row: random.randomPermutation, operands: [Tensor(ints: [1])],
      attributes: ["dim": .dim(Dim(count / 8))]),
    Case(row: pointwise.exp, operands: [vector], attributes: [:]),
    Case(row: reductions.sum, operands: [vector], attributes: ["axes": .axes([0])]),
    Case(row: reductions.argmax, operands: [vector], attributes: ["axis": .axis(0)]),
    Case(
      row: reductions.recurrence, operands: [vector, vector], attributes: ["axis": .axis(0)]),
    Case(
      row: movementSort, operands: [vector],
      attributes: ["axis": .axis(0), "descending": .flag(false)]),
  ]

  private static var movementSort: Op {
    guard let row = opTable["sort"] else { preconditionFailure("there is a row `sort`") }
    return row
  }

  /// The third question is asked inside the operation: before it there is one, behind it another.
  @Test(arguments: cases) func insideOneOperation(_ item: Case) throws {
    let countdown = Countdown(3)
    do {
      _ = try run(item, countdown)
      Issue.record("the run was not stopped")
    } catch ExecutionProblem.interrupted {
    }
    // And it ended there, give or take the questions on the way out.
    #expect(countdown.asked.load(ordering: .relaxed) < 16)
  }

  /// Nobody asks: the blocks add up to the whole.
  @Test(arguments: cases) func isWholeOtherwise(_ item: Case) throws {
    let outputs = try run(item, Countdown(.max))
    let attributes = item.attributes
    if item.row.name == "sum" {
      #expect(outputs[0].doubles == [Double(Self.count) / 2])
    } else if attributes["axes"] == nil, item.row.name != "argmax" {
      #expect(outputs[0].count >= Self.count / 8)
    }
  }

  /// A depth in pieces gives the sums of one piece, in index order.
  @Test func aLongDepth() throws {
    let depth = (1 << 16) * 2 + 77
    let x = (0..<depth).map { Float($0 % 13) / 7 }
    let left = Tensor(shape: [3, depth], storage: .single(x + x + x))
    let right = Tensor(shape: [depth], storage: .single(x))
    let item = Case(
      row: contraction.contract, operands: [left, right],
      attributes: [
        "leftBatch": .axes([]), "rightBatch": .axes([]), "leftContracted": .axes([1]),
        "rightContracted": .axes([0]),
      ])
    let total = x.reduce(Float(0)) { $0 + $1 * $1 }
    #expect(try run(item, Countdown(.max))[0].storage == .single([total, total, total]))
  }

  private func run(_ item: Case, _ countdown: Countdown) throws -> [Tensor] {
    let interpreter = Interpreter(precision: .single, isInterrupted: { countdown.isOver })
    return try interpreter.run(
      graph(item.row, item.operands, item.attributes), item.operands
    ).outputs
  }
}
