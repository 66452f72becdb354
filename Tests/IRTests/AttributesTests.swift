import IR
import Tensors
import Testing

@Suite struct AttributesTests {
  @Test func areEqualInWhateverOrderTheyAreSet() {
    var later: Attributes = ["count": .dim(3)]
    later["axis"] = .axis(1)
    let together: Attributes = ["axis": .axis(1), "count": .dim(3)]
    #expect(later == together)
    #expect(later.hashValue == together.hashValue)
    #expect(later.entries.map(\.key) == ["axis", "count"])
  }

  @Test func keepOneValueForAKey() {
    var attributes: Attributes = ["axis": .axis(1), "count": .dim(3)]
    attributes["axis"] = .axis(2)
    #expect(attributes == ["axis": .axis(2), "count": .dim(3)])
    attributes["axis"] = nil
    attributes["start"] = nil
    #expect(attributes == ["count": .dim(3)])
    #expect(attributes["axis"] == nil)
  }
}
