// Solving the dims of signatures.

import Semantics
import Tensors
import Testing

@testable import Lowering

struct DimMatcherTests {
  private let t = DimSymbol("T", 1)
  private let w = DimSymbol("W", 2)
  private let n = Dim(DimSymbol("N", 3))

  @Test func plainOccurrencesComeFirst() {
    var matcher = DimMatcher(unknown: [t, w])
    matcher.match(2 * Dim(t) + 1, 2 * n + 1)
    matcher.match(Dim(t), n)
    matcher.match(Dim(w) + Dim(t), n + 4)
    matcher.solve()
    #expect(matcher.bound == [t: n, w: 4])
    #expect(matcher.pending.isEmpty)
  }

  @Test func linearOnesAreDivided() {
    var matcher = DimMatcher(unknown: [t])
    matcher.match(2 * Dim(t) + 1, 4 * n + 3)
    matcher.solve()
    #expect(matcher.bound == [t: 2 * n + 1])
  }

  @Test func whatDoesNotDivideIsLeftForTheRun() throws {
    var matcher = DimMatcher(unknown: [t])
    matcher.match(2 * Dim(t) + 1, n)
    matcher.solve()
    #expect(matcher.bound.isEmpty)
    let pending = try #require(matcher.pending.first)
    #expect(pending.symbol == t && pending.divisor == 2 && pending.numerator == n - 1)
  }

  @Test func typesAreMatchedPartByPart() {
    var matcher = DimMatcher(unknown: [t, w])
    let type = Type.record([
      RecordField("x", .tensor(.real, [Dim(t)])),
      RecordField("y", .list(.tensor(.real, [Dim(w)]), count: 2)),
    ])
    matcher.match(
      type,
      .record([
        .init("x", .tensor(TensorType(.real, [n]))),
        .init("y", .list([.tensor(TensorType(.real, [5])), .tensor(TensorType(.real, [5]))])),
      ]))
    matcher.solve()
    #expect(matcher.bound == [t: n, w: 5])
  }
}
