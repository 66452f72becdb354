// How the functions of a text are shared among compilers.

import Testing

@testable import Native

@Suite struct UnitsTests {
  @Test(arguments: [
    (1, 400, [0, 0, 0]), (2, 400, [0, 1, 1]), (2, 5000, [1, 1, 1]), (4, 400, [2, 3, 1]),
  ])
  func theLongestComesFirst(most: Int, rest: Int, expected: [Int]) {
    var units = Units()
    let parts = [("a", 500), ("b", 900), ("c", 200)].map { units.add($0.0, lines: $0.1) }
    units.share(among: most, besides: rest)
    #expect(units.count == most)
    #expect(parts.map { units.unit(ofPart: $0) } == expected)
    #expect(units.unit(ofPart: 0) == 0)
    #expect(["a;", "b;", "c;"].allSatisfy(units.declarations.contains) == (most > 1))
  }

  @Test func withoutLoopsThereIsOne() {
    var units = Units()
    units.share(among: 4, besides: 100)
    #expect(units.count == 1 && units.only(0, "text") == "text" && units.declarations.isEmpty)
  }
}
