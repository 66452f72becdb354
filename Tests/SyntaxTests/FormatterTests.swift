// Canonical text: what it looks like, and that getting there changes nothing else.

import Diagnostics
import Syntax
import Testing

/// The tokens and comments of a text, in order, without the white space.
func essence(_ text: String) -> [String] {
  let source = file(text)
  let tokenized = tokenize(source.utf8, source: source.id)
  var parts: [String] = []
  for token in tokenized.tokens {
    for piece in tokenized.trivia[token.trivia] where piece.kind == .comment || piece.kind == .doc {
      var comment = source.text(of: piece.span).unicodeScalars
      while let last = comment.last, last.properties.isWhitespace { comment.removeLast() }
      parts.append(String(comment))
    }
    parts.append(source.text(of: token.span))
  }
  return parts
}

@Suite struct FormatterTests {
  @Test(arguments: allPrograms.indices)
  func programsKeepTheirTokensAndMeaning(_ index: Int) {
    let program = allPrograms[index]
    let result = formatted(program)
    #expect(essence(result) == essence(program))
    #expect(outline(result) == outline(program))
    #expect(formatted(result) == result)
    for line in result.split(separator: "\n") where !line.contains("//") {
      #expect(line.count <= 100)
    }
  }

  @Test func theHeadComesOutWellSet() {
    #expect(
      formatted(headProgram)
        == """
        import ntm.heads { Head }
        import ntm.address { content, shift, sharpen, mix }

        /// Either jump to the best match or walk on from the last row; sharpen when sure.
        struct LeapHead[N, M]: Head[N, M] {
          emits {
            key: [M] via tanh,
            beta: positive via softplus,
            jump: unit via sigmoid,
            walk: simplex [3] via softmax
          }
          state { w: simplex [N] = onehot[N](0) }

          fn address(self, mem: [N, M], e: emits, s: state) -> (w: simplex [N], next: state) {
            let found = content(mem, e.key, e.beta)
            let moved = shift(s.w, e.walk)
            let both = mix(e.jump, found, moved)
            let w = sharpen(both, 1.0 + 4.0 * max(both))
            (w: w, next: state(w: w))
          }
        }

        """)
  }

  @Test func theCopyTaskComesOutWellSet() {
    let result = formatted(copyProgram)
    for line in [
      "  steps: int = 2_000  /// training steps",
      "dim N = 128, M = 20, H = 100  // memory rows, row width, controller units",
      "fn sample[T](rng: Rng) -> (x: [2*T + 1, W + 1], y: [T, W]) {",
      "  let show = for s in bits { s ++ [0.0] }  // [T, W + 1]",
      "  sum(bce_bits(logits: out[T + 1 ..], target: y))",
      "for step in 1..=steps {",
      "  let (l, g) = value_and_grad(|m| mean[B](loss(m, d.x, d.y)), at: m)",
      "  if step % 500 == 0 { save(\"copy\", m, opt, step) }",
      "view(m, sample[20](rng).x)  // what the heads did",
    ] {
      #expect(result.contains("\n" + line + "\n"))
    }
  }

  @Test(arguments: [
    ("", ""), ("\n\n", ""), ("// a", "// a\n"), ("x", "x\n"), ("\n\n x \n\n\n\n y", "x\n\ny\n"),
    ("-x^ 2*y", "-x^2 * y\n"), ("not  (a)", "not (a)\n"), ("|a,b|a", "|a, b| a\n"),
    ("f( | | 1 , x : 2)", "f(|| 1, x: 2)\n"), ("x [ 1 .. ]", "x[1 ..]\n"),
    ("x[..]", "x[..]\n"), ("x[-1]", "x[-1]\n"), ("m with[i]=v", "m with [i] = v\n"),
    ("let a:simplex[ N ]=x", "let a: simplex [N] = x\n"),
    ("let a:simplex [N] [R,N]=x", "let a: simplex[N] [R, N] = x\n"),
    ("fn f(g:|[N]|->real)->[2 * N]{ x}", "fn f(g: |[N]| -> real) -> [2*N] { x }\n"),
    ("if a{b}\nelse\n{c}", "if a { b } else { c }\n"),
    ("if a { b } // why\nelse { c }", "if a { b }  // why\nelse { c }\n"),
    ("fn f()\n{\n\n// a\n\n\n// b\n\n}", "fn f() {\n  // a\n\n  // b\n}\n"),
    ("{ let a = 1\na }", "{\n  let a = 1\n  a\n}\n"),
    ("f(\na,\nb)", "f(\n  a,\n  b\n)\n"), ("f(a,\nb)", "f(a,\n  b)\n"),
    ("let x =\n1 +\n2", "let x =\n  1 +\n  2\n"), ("a\n  .b()\n  .c()", "a\n  .b()\n  .c()\n"),
    ("f([\n1,\n2])", "f([\n  1,\n  2\n])\n"),
    ("struct A { state  fn f(self) = 1 }", "struct A { state fn f(self) = 1 }\n"),
    ("struct A { state  fn f(self) = 1\n}", "struct A {\n  state\n  fn f(self) = 1\n}\n"),
    ("let y = f(|m| {\na\n})", "let y = f(|m| {\n  a\n})\n"),
    ("derivative f(x ;ct){ct}", "derivative f(x; ct) { ct }\n"),
    ("x // a \n// b\ny", "x  // a\n// b\ny\n"), ("1 ..= n", "1..=n\n"), ("{\n}", "{}\n"),
    ("a = a+b", "a = a + b\n"), ("einsum [ i j ,j->i ] (a)", "einsum[i j, j -> i](a)\n"),
    ("\u{FEFF}x\r\ny", "x\ny\n"), ("for a in b,\nc in d {e}", "for a in b,\n  c in d { e }\n"),
  ])
  func formats(_ source: String, _ expected: String) {
    #expect(formatted(source) == expected)
    #expect(formatted(expected) == expected)
  }

  @Test func longLinesAreBrokenAtTheWidestBracket() {
    let parts = (1...12).map { "argument_\($0): value_\($0)" }
    let call = "let y = f(\(parts.joined(separator: ", ")))"
    #expect(
      formatted(call)
        == "let y = f(\n" + parts.map { "  " + $0 }.joined(separator: ",\n") + "\n)\n")
    let word = String(repeating: "x", count: 120)
    #expect(formatted("let y = \(word)") == "let y = \(word)\n")
    let body = "let y = map(xs, |x| { \(String(repeating: "x", count: 60)) + \(word) })"
    #expect(formatted(body).hasPrefix("let y = map(xs, |x| {\n  xxx"))
  }

  @Test func aTextWithMistakesIsNotFormatted() {
    guard case .failure(let failure) = format(file("let a = \nf(")) else {
      Issue.record("formatted")
      return
    }
    #expect(failure.diagnostics.map(\.code.id) == ["unclosed-bracket"])
  }
}
