// The structure of values: one order of leaves for everything.

import Lowering
import Tensors
import Testing

struct AggregateTests {
  private let sample = Aggregate<Int>.record([
    .init("a", .tensor(1)),
    .init(
      "b",
      .list([
        .tensor(2), .record([.init("c", .tensor(3)), .init(nil, .rng(4, isLabelled: false))]),
      ])),
  ])

  @Test func leavesAndPlacesAgree() {
    #expect(sample.leaves == [1, 2, 3, 4])
    #expect(sample.places.map(\.path) == ["a", "b[0]", "b[1].c", "b[1][1]"])
    #expect(sample.places[3].role == .key(isLabelled: false))
    #expect(sample.places[2].isParameter(.real))
    #expect(!sample.places[2].isParameter(.int))
    #expect(!sample.places[3].isParameter(.int))
  }

  @Test func rebuildingKeepsTheStructure() {
    let other = sample.rebuilt(["w", "x", "y", "z"])
    #expect(other.leaves == ["w", "x", "y", "z"])
    #expect(other.skeleton == sample.skeleton)
    #expect(sample.zipped(other)?.leaves.map(\.1) == ["w", "x", "y", "z"])
    #expect(sample.zipped(Aggregate<Int>.tensor(1)) == nil)
  }

  @Test func stackingDistributesOverRecords() {
    let stacked = sample.stacked(Dim(3))
    guard case .array(let size, _)? = stacked.member("b") else {
      Issue.record("a list is not held as an array")
      return
    }
    #expect(size == Dim(3))
    #expect(stacked.unstacked == sample)
    #expect(Aggregate<Int>.list([]).unstacked == nil)
  }

  @Test func membersAreExchangedByName() {
    let changed = sample.replacing("a", by: .tensor(9))
    #expect(changed.leaves == [9, 2, 3, 4])
    #expect(sample.replacing("none", by: .tensor(9)) == sample)
  }
}

struct ObservationLayoutTests {
  @Test func labelsReadBack() {
    let layout = ObservationLayout(pieces: [
      .text("loss is"), .value(label: "l"), .value(label: ""),
    ])
    #expect(ObservationLayout(label: layout.label) == layout)
  }
}
