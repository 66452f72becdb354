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
      #expect(history.save())
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
      one.save()
      two.save()
      #expect(History(path: path).earlier == ["one", "two"])
    }
  }

  @Test func damagedLinesCostOnlyThemselves() {
    withFile { path in
      write(
        Array("good\n".utf8) + [0xFF, 0xFE, 10, 0, 1, 2, 10] + Array("also good".utf8), to: path)
      #expect(History(path: path).earlier == ["good", "also good"])
    }
  }

  @Test func aFolderInItsPlaceIsNoReasonToFail() {
    var history = History(path: temporaryFolder())
    #expect(history.earlier.isEmpty)
    history.add("x")
    #expect(!history.save())
  }

  /// Nothing is thrown, and the entries of the session are still there.
  @Test(arguments: ["/dev/null/history", "/dev/null/folder/history", "/proc/history", "/dev/full"])
  func aPlaceThatCannotBeWrittenIsNoReasonToFail(_ path: String) {
    var history = History(path: path)
    history.add("x")
    #expect(!history.save())
    #expect(history.added == ["x"])
  }

  @Test func repetitionsAndEmptyEntriesAreNotKept() {
    var history = History(path: nil)
    for entry in ["a", "a\n", "", "\n", "b", "a"] { history.add(entry) }
    #expect(history.added == ["a", "b", "a"])
  }
}
