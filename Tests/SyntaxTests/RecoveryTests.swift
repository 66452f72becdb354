// Mistakes: each is reported once, where it is, and hides no other.

import Diagnostics
import Syntax
import Testing

@Suite struct RecoveryTests {
  @Test(arguments: [
    ("if x = 3 { 1 }", ["assignment-in-condition@1:6"]),
    ("let a = .5", ["bare-decimal-point@1:9"]),
    ("1. + 2", ["bare-decimal-point@1:1"]),
    ("a < b < c", ["chained-comparison@1:7"]),
    ("let x =\nlet y = 3", ["expected-expression@1:8"]),
    ("let x = * 3", ["expected-expression@1:9"]),
    ("x[]", ["expected-expression@1:2"]),
    ("fn (x: real) = x", ["expected-name@1:4"]),
    ("let in = 3", ["expected-pattern@1:5"]),
    ("let 3 = x", ["expected-pattern@1:5"]),
    ("while a { b }", ["expected-token@1:9"]),
    ("for i = 1..3 { i }", ["expected-token@1:7"]),
    ("|x y| x + 1", ["expected-token@1:4"]),
    ("a\nelse { b }", ["expected-expression@2:1"]),
    ("f(|x, y) + 1 2", ["expected-token@1:8", "unexpected-token@1:14"]),
    ("f(1 2, 3 4)", ["expected-token@1:5", "expected-token@1:10"]),
    ("fn f(x: ) = x", ["expected-type@1:9"]),
    ("/* a */ b", ["foreign-comment@1:1"]),
    (
      "a && !b || c ** 2",
      [
        "foreign-operator@1:3", "foreign-operator@1:6", "foreign-operator@1:9",
        "foreign-operator@1:14",
      ]
    ),
    ("a ≤ b", ["foreign-operator@1:3"]),
    ("fn f() { return x }", ["foreign-word@1:10"]),
    ("{ dim N = 4\n 1 }", ["item-in-block@1:3"]),
    ("let (x: a, y: b) = c", ["labelled-pattern@1:6", "labelled-pattern@1:12"]),
    ("zeros[2T + 1]", ["malformed-number@1:7"]),
    ("fn f(x: real)\nlet y = 2", ["missing-body@1:14"]),
    ("m + 1 = x", ["not-assignable@1:1"]),
    ("(a, b) += x", ["not-assignable@1:1"]),
    ("9223372036854775808", ["number-too-large@1:1"]),
    ("1e999", ["number-too-large@1:1"]),
    ("struct A { state\n state { a: real } }", ["repeated-section@2:2"]),
    ("let a = 1; let b = 2", ["stray-semicolon@1:10"]),
    ("let a = f(1, 2\nlet b = 3", ["unclosed-bracket@1:10"]),
    ("let a = f(1, 2\nb = $", ["unclosed-bracket@1:10", "unexpected-character@2:5"]),
    (
      "let a = # 3\nlet b = 'x'",
      [
        "unexpected-character@1:9", "unexpected-character@2:9", "unexpected-character@2:11",
      ]
    ),
    ("let a = 1 let b = 2", ["unexpected-token@1:11"]),
    ("a }\nb )", ["unexpected-token@1:3", "unexpected-token@2:3"]),
    ("\"a\\q\\u{110000}\"", ["unknown-escape@1:3", "unknown-escape@1:5"]),
    ("f(\"a)\nlet b = 2", ["unterminated-string@1:3"]),
  ])
  func reportsOnce(_ source: String, _ expected: [String]) {
    #expect(reports(source) == expected)
  }

  @Test(arguments: [
    ("if x = 3 { 1 }", "if x == 3 { 1 }"), ("let a = .5", "let a = 0.5"), ("1. + 2", "1.0 + 2"),
    ("a&&b", "a and b"), ("!a", "not a"), ("a || b", "a  or  b"), ("a ≤ b", "a <= b"),
    ("a ** b", "a ^ b"), ("let a = 1; let b = 2", "let a = 1\n let b = 2"),
  ])
  func fixesMend(_ source: String, _ mended: String) {
    let source = file(source)
    let fixed = source.text(with: parse(source).diagnostics[0].fix?.edits ?? [])
    #expect(fixed == mended)
    #expect(reports(fixed) == [])
  }

  @Test func codesAreSortedAndTeach() {
    #expect(syntaxCodes.map(\.id) == syntaxCodes.map(\.id).sorted())
    for code in syntaxCodes {
      #expect(code.explanation.contains("mistaken") || code.id == "nesting-too-deep")
      #expect(code.explanation.contains("\n\n  "))
    }
  }

  @Test func independentMistakesAreReportedTogether() {
    #expect(
      reports(
        """
        let a = f(1, , 2)
        fn g(x: real, 3) -> {
          let = 4
          x +
        }
        struct S {
          w [N]
          fn h(self) { self. }
        }
        let z = 5 6
        """) == [
          "expected-expression@1:14", "expected-name@2:15", "expected-type@2:21",
          "expected-pattern@3:7", "expected-expression@4:6", "expected-token@7:5",
          "expected-name@8:22", "unexpected-token@10:11",
        ])
  }

  @Test func aMissingBraceIsFoundByIndentation() {
    #expect(
      reports(
        """
        fn f(x: real) -> real {
          if x > 1.0 {
            x
        }
        fn g() = 1
        let y = 2 3
        """) == ["unclosed-bracket@1:23", "unexpected-token@6:11"])
    // Where the braces balance, indentation means nothing.
    #expect(reports("fn f() {\nfn g() = 1\ng()\n}") == [])
  }

  @Test func whatIsUnreadableLeavesTheRestInPlace() {
    let (program, _) = parse(file("let a = )\nlet b = 2\nlet c = f(3"))
    #expect(program.outline == "(let a <missing>)\n(let b 2)\n(let c (call f 3))")
  }

  @Test(arguments: [
    "(", "[", "{", "-", "not ", "f(", "a[", "|x| ", "if a { } else ", "fn f() {", "a + (", "x^",
    "let x = {", "struct A { fn f() {", "m with [", "for a in {", "((a) ", "fn f(x: (", "let (",
    "fn f(x: || -> ", "!", "x as (", ".5", "a.b", "a + ", "()", "f()", "a++", "[..", "(\n",
    "einsum[i", "{ |", "if a = {",
  ])
  func depthIsBounded(_ piece: String) {
    let text = String(repeating: piece, count: 100_000)
    let start = ContinuousClock.now
    let (program, diagnostics) = parse(file(text))
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(!diagnostics.isEmpty || !program.items.isEmpty)
    // Walking the tree must not exhaust the stack either.
    #expect(!program.outline.isEmpty)
  }

  @Test func longChainsAndDeepNestingSayWhatIsWrong() {
    let chain = "let y = " + String(repeating: "a + ", count: 600) + "a\nlet z = 1 2"
    #expect(reports(chain).count == 2)
    #expect(reports(chain).first?.hasPrefix("nesting-too-deep@1:") == true)
    let deep = String(repeating: "(", count: 300) + "x" + String(repeating: ")", count: 300)
    #expect(reports(deep) == ["nesting-too-deep@1:257"])
    let fine = String(repeating: "(", count: 200) + "x" + String(repeating: ")", count: 200)
    #expect(outline(fine) == "x")
    let sum = Array(repeating: "a", count: 400).joined(separator: " + ")
    #expect(reports(sum) == [])
  }
}
