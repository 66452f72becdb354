// Reading, adding to and replacing rows by index, and their derivatives where a row is named twice.

import IR
import Ops
import Tensors
import Testing

@Suite struct IndexingTests {
  let table = tensor([4, 2], [0, 1, 10, 11, 20, 21, 30, 31])

  @Test func gatherReadsRows() throws {
    let rows = try values(
      indexing.gather, [table, Tensor([3], ints: [3, 0, 3])], gatherAttributes())[0]
    #expect(rows.shape == [3, 2])
    #expect(rows.doubles == [30, 31, 0, 1, 30, 31])
    let one = try values(indexing.gather, [table, Tensor(ints: [2])], gatherAttributes())[0]
    #expect(one.shape == [2])
    #expect(one.doubles == [20, 21])
  }

  @Test func gatherWithABatchAxisReadsEachExamplesOwnRows() throws {
    let found = try values(
      indexing.gather,
      [tensor([2, 3], [0, 1, 2, 10, 11, 12]), Tensor([2, 2], ints: [2, 0, 1, 1])],
      gatherAttributes(batch: 1))[0]
    #expect(found.shape == [2, 2])
    #expect(found.doubles == [2, 0, 11, 11])
  }

  @Test func anIndexOutsideIsAnErrorOrTheNearestRow() throws {
    let indices = Tensor([2], ints: [-1, 9])
    #expect(throws: (any Error).self) {
      try values(indexing.gather, [table, indices], gatherAttributes())
    }
    let found = try value(indexing.gather, [table, indices], gatherAttributes(clamped: true))
    #expect(found == [0, 1, 30, 31])
    let updates = tensor([2, 2], [1, 1, 1, 1])
    #expect(throws: (any Error).self) {
      try values(
        indexing.scatterAdd, [table, indices, updates], scatterAttributes(replaces: false))
    }
  }

  @Test func scatterAddAddsEveryUpdate() throws {
    let found = try value(
      indexing.scatterAdd,
      [table, Tensor([3], ints: [1, 3, 1]), tensor([3, 2], [1, 2, 3, 4, 5, 6])],
      scatterAttributes(replaces: false))
    #expect(found == [0, 1, 16, 19, 20, 21, 33, 35])
  }

  @Test func scatterSetKeepsTheLastUpdate() throws {
    let found = try value(
      indexing.scatterSet,
      [table, Tensor([3], ints: [1, 3, 1]), tensor([3, 2], [1, 2, 3, 4, 5, 6])],
      scatterAttributes(replaces: true))
    #expect(found == [0, 1, 5, 6, 20, 21, 3, 4])
  }

  @Test func gradientsGoWhereTheNumbersCameFrom() throws {
    let indices = Tensor([3], ints: [1, 3, 1])
    let updates = tensor([3, 2], [1, 2, 3, 4, 5, 6])
    let read = try gradients(indexing.gather, [table, indices], gatherAttributes())
    let g = cotangentNumbers(6)
    expectClose(read[0].doubles, [0, 0, g[0] + g[4], g[1] + g[5], 0, 0, g[2], g[3]], 1e-15)
    let h = cotangentNumbers(8)
    let added = try gradients(
      indexing.scatterAdd, [table, indices, updates], scatterAttributes(replaces: false))
    #expect(added[0].doubles == h)
    #expect(added[1].doubles == [h[2], h[3], h[6], h[7], h[2], h[3]])
    let replaced = try gradients(
      indexing.scatterSet, [table, indices, updates], scatterAttributes(replaces: true))
    #expect(replaced[0].doubles == [h[0], h[1], 0, 0, h[4], h[5], 0, 0])
    #expect(replaced[1].doubles == [0, 0, h[6], h[7], h[2], h[3]])
  }

  /// Few updates, which are compared with each other, and many, which a table tells apart.
  @Test(arguments: [1, 2, 16, 17, 40], [RowBounds.error, .nearest])
  func theLastUpdateOfARowHasItsGradient(count: Int, bounds: RowBounds) throws {
    let outside = bounds == .nearest ? 2 : 0
    let indices = Samplers.ints([count], in: -outside...(4 + outside), seed: UInt64(count))
    var attributes = scatterAttributes(replaces: true)
    attributes.rowBounds = bounds
    let found = try gradients(
      indexing.scatterSet,
      [Samplers.reals([5], seed: 1), indices, Samplers.reals([count], seed: 2)], attributes)
    let g = cotangentNumbers(5)
    let rows = indices.doubles.map { min(max(Int($0), 0), 4) }
    #expect(found[0].doubles == (0..<5).map { rows.contains($0) ? 0 : g[$0] })
    #expect(
      found[1].doubles
        == rows.indices.map { rows[($0 + 1)...].contains(rows[$0]) ? 0 : g[rows[$0]] })
  }

  @Test func eachExampleHasItsOwnLastUpdates() throws {
    let found = try gradients(
      indexing.scatterSet,
      [
        Samplers.reals([2, 3], seed: 1), Tensor([2, 2], ints: [1, 1, 0, 2]),
        Samplers.reals([2, 2], seed: 2),
      ], scatterAttributes(batch: 1, replaces: true))
    let g = cotangentNumbers(6)
    #expect(found[0].doubles == [g[0], 0, g[2], 0, g[4], 0])
    #expect(found[1].doubles == [0, g[1], g[3], g[5]])
  }

  @Test func clampedReadsSendTheirGradientToTheRowThatWasRead() throws {
    let found = try gradients(
      indexing.gather, [tensor([3], [1, 2, 3]), Tensor([3], ints: [-4, 1, 7])],
      gatherAttributes(clamped: true))
    #expect(found[0].doubles == cotangentNumbers(3))
  }
}
