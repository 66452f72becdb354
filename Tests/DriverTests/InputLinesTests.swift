import Testing

@testable import Driver

@Suite struct InputLinesTests {
  private func inputs(_ lines: [String], looksAhead: Bool) -> [String] {
    var cutter = InputLines(looksAhead: looksAhead)
    return lines.flatMap { cutter.add($0) } + cutter.end()
  }

  /// As a file: what a line begins the next one may go on with.
  @Test(arguments: [
    (["let d = 1.0", "  + 2.0", "d"], ["let d = 1.0\n  + 2.0", "d"]),
    (["if c {", "  f()", "}", "else {", "  g()", "}"], ["if c {\n  f()\n}\nelse {\n  g()\n}"]),
    (["let d = 1.0 // one", "// and", "  + 2.0"], ["let d = 1.0 // one\n// and\n  + 2.0"]),
    (["let a = 1", "/// Doc.", "fn f() = a"], ["let a = 1", "/// Doc.\nfn f() = a"]),
    (["a", ":type b", "?c", "d"], ["a", ":type b", "?c", "d"]),
    (["a", "", "+ b"], ["a\n", "+ b"]), (["", "  ", "a"], ["  \na"]),
    (["let x = [", "", "1]", "x"], ["let x = [\n\n1]", "x"]),
    (["let x = [", "", "", "x"], ["let x = [\n\n", "x"]),
    ([], []), ([":type ["], [":type ["]),
  ])
  func aPipeIsReadAsAFile(_ lines: [String], _ expected: [String]) {
    #expect(inputs(lines, looksAhead: true) == expected)
  }

  /// Nobody waits at a prompt for what may still come.
  @Test(arguments: [
    (["let d = 1.0", "d"], ["let d = 1.0", "d"]),
    (["fn f(x: real) -> real {", "  x", "}"], ["fn f(x: real) -> real {\n  x\n}"]),
    (["let x = [", "", ""], ["let x = [\n\n"]), (["", ""], []),
    // Pasted at once: one program, but for the commands in it.
    (["let a = 1\nlet b = a\n  + 2"], ["let a = 1\nlet b = a\n  + 2"]),
    (["let a = 1\n?a\n  :type a\nlet b = a\nb"], ["let a = 1", "?a", "  :type a", "let b = a\nb"]),
    (["let a = [\n1", "]"], ["let a = [\n1\n]"]),
  ])
  func aPromptAnswersAtOnce(_ lines: [String], _ expected: [String]) {
    #expect(inputs(lines, looksAhead: false) == expected)
  }
}
