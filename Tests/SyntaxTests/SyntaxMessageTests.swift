// The exact wording of every report about syntax, for the program that makes the mistake.

import Diagnostics
import Syntax
import Testing

private let lessons: [(source: String, report: String)] = [
  (
    #"""
    if x = 3 { 1 }
    """#,
    #"""
    error[assignment-in-condition]: `=` assigns, so it cannot stand in a condition
     --> test.ntm:1:6
    1 | if x = 3 { 1 }
      |      ^ a comparison is written `==`
      = help: write `==`

    """#
  ),
  (
    #"""
    let a = .5
    """#,
    #"""
    error[bare-decimal-point]: a decimal point needs a digit on both sides
     --> test.ntm:1:9
    1 | let a = .5
      |         ^^ write `0.5`

    """#
  ),
  (
    #"""
    expect 0.0 < x < 1.0
    """#,
    #"""
    error[chained-comparison]: comparisons cannot be chained
     --> test.ntm:1:16
    1 | expect 0.0 < x < 1.0
      |            -   ^ this would compare a bool
      |            this comparison is already complete
      = help: say both and join them: `a < b and b < c`

    """#
  ),
  (
    #"""
    let y = 2 *
    let z = 3
    """#,
    #"""
    error[expected-expression]: expected an expression after `*`, found the end of the line
     --> test.ntm:1:12
    1 | let y = 2 *
      |            ^ an expression belongs here

    """#
  ),
  (
    #"""
    fn (x: real) = x
    """#,
    #"""
    error[expected-name]: expected the name of a function, found `(`
     --> test.ntm:1:4
    1 | fn (x: real) = x
      |    ^ a name belongs here

    """#
  ),
  (
    #"""
    let 3 = x
    """#,
    #"""
    error[expected-pattern]: expected a name to bind, found `3`
     --> test.ntm:1:5
    1 | let 3 = x
      |     ^ a name, `_` or `(a, b)` belongs here

    """#
  ),
  (
    #"""
    while error > 0.1 { step() }
    """#,
    #"""
    error[expected-token]: expected `max` and the most rounds the loop may take, found `{`
     --> test.ntm:1:19
    1 | while error > 0.1 { step() }
      |                   ^ `max` belongs here
      = help: write `while condition max 1_000 { … }`

    """#
  ),
  (
    #"""
    fn norm(x: ) -> real { x }
    """#,
    #"""
    error[expected-type]: expected a type, found `)`
     --> test.ntm:1:12
    1 | fn norm(x: ) -> real { x }
      |            ^ a type belongs here, such as `real`, `[N]` or `simplex [N]`

    """#
  ),
  (
    #"""
    /* read */ x
    """#,
    #"""
    error[foreign-comment]: `/* … */` is not a comment here
     --> test.ntm:1:1
    1 | /* read */ x
      | ^^ begin each line of a comment with `//`

    """#
  ),
  (
    #"""
    a && b
    """#,
    #"""
    error[foreign-operator]: `&&` is written `and`
     --> test.ntm:1:3
    1 | a && b
      |   ^^ write `and`

    """#
  ),
  (
    #"""
    fn f(x: real) { return x }
    """#,
    #"""
    error[foreign-word]: `return` is not a word of the language
     --> test.ntm:1:17
    1 | fn f(x: real) { return x }
      |                 ^^^^^^ read as an ordinary name
      = help: the value of a block is its last expression, so write the expression alone

    """#
  ),
  (
    #"""
    fn run() {
      dim N = 4
    }
    """#,
    #"""
    error[item-in-block]: `dim` belongs at the top of a file, not in a block
     --> test.ntm:2:3
    2 |   dim N = 4
      |   ^^^ inside a block
      = help: move it out of the braces around it

    """#
  ),
  (
    #"""
    let (x: a, y) = sample(rng)
    """#,
    #"""
    error[labelled-pattern]: a pattern binds by position, without labels
     --> test.ntm:1:6
    1 | let (x: a, y) = sample(rng)
      |      ^ a label
      = help: write `let (a, b) = …`, or keep the record whole and read `.x`

    """#
  ),
  (
    #"""
    zeros[2T + 1]
    """#,
    #"""
    error[malformed-number]: `2T` is neither a number nor a name
     --> test.ntm:1:7
    1 | zeros[2T + 1]
      |       ^^ a number followed by `T`
      = help: for a product write `2*T`

    """#
  ),
  (
    #"""
    fn twice(x: real) -> real
    let y = 2
    """#,
    #"""
    error[missing-body]: `twice` has no body
     --> test.ntm:1:26
    1 | fn twice(x: real) -> real
      |                          ^ `{ … }` or `= …` belongs here
      = note: only an `interface` may declare a function without a body

    """#
  ),
  (
    #"""
    m + 1 = x
    """#,
    #"""
    error[not-assignable]: only a name can be assigned to, or a field or an index of one
     --> test.ntm:1:1
    1 | m + 1 = x
      | ^^^^^ not a name

    """#
  ),
  (
    #"""
    10_000_000_000_000_000_000
    """#,
    #"""
    error[number-too-large]: `10_000_000_000_000_000_000` is too large
     --> test.ntm:1:1
    1 | 10_000_000_000_000_000_000
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^ the largest is 9_223_372_036_854_775_807

    """#
  ),
  (
    #"""
    struct A {
      state
      state { a: real }
    }
    """#,
    #"""
    error[repeated-section]: `state` is declared twice
     --> test.ntm:3:3
    2 |   state
      |   ----- first here
    3 |   state { a: real }
      |   ^^^^^^^^^^^^^^^^^ again here
      = help: join the two into one

    """#
  ),
  (
    #"""
    let a = 1; let b = 2
    """#,
    #"""
    error[stray-semicolon]: statements are separated by new lines, not by `;`
     --> test.ntm:1:10
    1 | let a = 1; let b = 2
      |          ^ not needed
      = help: begin a new line

    """#
  ),
  (
    #"""
    let y = f(g(x)
    let z = 2
    """#,
    #"""
    error[unclosed-bracket]: `(` is never closed
     --> test.ntm:1:10
    1 | let y = f(g(x)
      |          ^    - `)` belongs here at the latest
      |          opened here

    """#
  ),
  (
    #"""
    let name = 'copy
    """#,
    #"""
    error[unexpected-character]: `'` means nothing here
     --> test.ntm:1:12
    1 | let name = 'copy
      |            ^ not a character of the language
      = help: a string is written between straight double quotes: `"…"`

    """#
  ),
  (
    #"""
    let a = 1 let b = 2
    """#,
    #"""
    error[unexpected-token]: expected an operator or a new line, found `let`
     --> test.ntm:1:11
    1 | let a = 1 let b = 2
      |           ^^^ not expected here

    """#
  ),
  (
    #"""
    print("runs\copy")
    """#,
    #"""
    error[unknown-escape]: `\c` is not an escape
     --> test.ntm:1:12
    1 | print("runs\copy")
      |            ^^ unknown escape
      = help: the escapes are `\n`, `\t`, `\"`, `\\` and `\u{3b2}`

    """#
  ),
  (
    #"""
    save("copy, m)
    """#,
    #"""
    error[unterminated-string]: this string does not end on its line
     --> test.ntm:1:6
    1 | save("copy, m)
      |      ^ begins here
      = help: close it with `"`; a line break inside a string is written `\n`

    """#
  ),
]

@Suite struct SyntaxMessageTests {
  @Test(arguments: lessons.indices)
  func saysWhatIsWrong(_ index: Int) {
    let source = file(lessons[index].source)
    let renderer = Renderer { _ in source }
    #expect(renderer.render(parse(source).diagnostics) == lessons[index].report)
  }

  @Test func everyCodeHasALesson() {
    let shown = lessons.map { $0.report.prefix { $0 != "]" }.dropFirst("error[".count) }
    // Too deep a nesting is too long to show; RecoveryTests has it.
    #expect(syntaxCodes.map(\.id).filter { $0 != "nesting-too-deep" } == shown.map(String.init))
  }
}
