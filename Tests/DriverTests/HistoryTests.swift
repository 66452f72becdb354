import Glibc
import Testing

@testable import Driver

@Suite struct HistoryTests {
  private func withFile(_ body: (String) throws -> Void) rethrows {
    let path = "\(temporaryFolder())/history-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    defer { unlink(path) }
    try body(path)
  }

  private func temporaryFolder() -> String {
    getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  }

  private func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  @Test func entriesSurviveWithTheirLines() {
    withFile { path in
      var history = History(path: path)
      history.add("let x = 1")
      history.add("fn f(x: real) -> real {\n  x \\ 2\n}")
      // At once, whatever becomes of the session.
      #expect(
        History(path: path).earlier == ["let x = 1", "fn f(x: real) -> real {\n  x \\ 2\n}"])
    }
  }

  @Test func sessionsAtTheSameTimeLoseNothing() {
    withFile { path in
      var one = History(path: path)
      var two = History(path: path)
      one.add("one")
      two.add("two")
      one.add("three")
      #expect(History(path: path).earlier == ["one", "two", "three"])
    }
  }

  @Test func damagedLinesCostOnlyThemselves() {
    withFile { path in
      write(
        Array("good\n".utf8) + [0xFF, 0xFE, 10, 0, 1, 2, 10] + Array("also good".utf8), to: path)
      var history = History(path: path)
      #expect(history.earlier == ["good", "also good"])
      history.add("new")
      #expect(History(path: path).earlier == ["good", "also good", "new"])
    }
  }

  @Test func aLongHistoryIsCutWhenASessionBegins() {
    withFile { path in
      let count = History.limit + History.limit / 10 + 1
      write(Array((0..<count).map { "x\($0)\n" }.joined().utf8), to: path)
      #expect(History(path: path).earlier.first == "x\(count - History.limit)")
      #expect(History(path: path).earlier.count == History.limit)
    }
  }

  @Test func aFolderInItsPlaceIsNoReasonToFail() {
    var history = History(path: temporaryFolder())
    #expect(history.earlier.isEmpty)
    let isKept = history.add("x")
    #expect(!isKept)
  }

  /// Nothing is thrown, and the entries of the session are still there.
  @Test(arguments: ["/dev/null/history", "/dev/null/folder/history", "/proc/history", "/dev/full"])
  func aPlaceThatCannotBeWrittenIsNoReasonToFail(_ path: String) {
    var history = History(path: path)
    let isKept = history.add("x")
    #expect(!isKept)
    #expect(history.added == ["x"])
  }

  @Test func repetitionsAndEmptyEntriesAreNotKept() {
    var history = History(path: nil)
    for entry in ["a", "a\n", "", "\n", "b", "a"] { history.add(entry) }
    #expect(history.added == ["a", "b", "a"])
  }
}
