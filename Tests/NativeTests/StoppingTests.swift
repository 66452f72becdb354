// Where compiled code looks whether anybody still waits for it.

import CPool
import IR
import Native
import Ops
import Tensors
import Testing

@Suite struct StoppingTests {
  /// How often the code of the sine of a tensor looks.
  /// - Parameter isRepeated: whether all rows are one, so that no loop goes through them as one.
  private func looks(_ shape: [Dim], isRepeated: Bool = false) throws -> Int {
    let builder = Builder(name: "nest")
    let kept = isRepeated ? [shape.count - 1] : Array(shape.indices)
    let x = builder.input(TensorType(.real, kept.map { shape[$0] }))
    let rows = isRepeated ? builder.broadcast(x, to: shape, axes: kept) : x
    let graph = builder.finish([builder.emit(pointwise.sin, rows)])
    let source = try NativeSource(graph, lane: nil, lanes: 1, bytes: 32, precision: .single)
    return source.text.ranges(of: "*c->stop").count
  }

  @Test func aLongNestLooksBetweenItsSteps() throws {
    let short = try looks([100])
    #expect(try looks([30_000_000]) == short + 1)
    #expect(try looks([5_000, 5_000]) == short + 1)
    // Once for so many numbers, not for each few.
    #expect(try looks([1_000_000, 4]) == short + 1)
    #expect(try looks([700, 3_000_000]) == short + 1)
    #expect(try looks([2, 3_000_000], isRepeated: true) == short + 2)
    #expect(try looks([700, 3_000_000], isRepeated: true) == short + 2)
    #expect(throws: NativeRefusal.self) { try looks([10_000_000_000, 10_000_000_000]) }
    #expect(try looks([4, 4, 4]) == short)
    // A call may bring any length.
    #expect(try looks([Dim(DimSymbol("T")), 4]) == short + 1)
  }

  /// Rows may lie anywhere in memory, so looks are more frequent.
  @Test func readingRowsLooks() throws {
    func looks(_ count: Int) throws -> Int {
      let builder = Builder(name: "rows")
      let table = builder.input(TensorType(.real, [10]))
      let places = builder.input(TensorType(.int, [Dim(count)]))
      let graph = builder.finish([
        builder.emit(indexing.gather, [table, places], gatherAttributes())[0]
      ])
      let source = try NativeSource(graph, lane: nil, lanes: 1, bytes: 32, precision: .single)
      return source.text.ranges(of: "*c->stop").count
    }
    #expect(try looks(30_000) == looks(100) + 1)
  }
}
