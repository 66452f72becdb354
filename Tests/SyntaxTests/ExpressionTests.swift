// What expressions parse to.

import Diagnostics
import Syntax
import Testing

@Suite struct ExpressionTests {
  @Test(arguments: [
    ("1 + 2 * 3 @ x", "(+ 1 (* 2 (@ 3 x)))"),
    ("-x^2", "(- (^ x 2))"),
    ("2^-x^3", "(^ 2 (- (^ x 3)))"),
    ("a^b^c", "(^ a (^ b c))"),
    ("-x * y", "(* (- x) y)"),
    ("-x @ y", "(@ (- x) y)"),
    ("a - b - c", "(- (- a b) c)"),
    ("7 div 2 % 3", "(% (// 7 2) 3)"),
    ("a ++ b + c", "(++ a (+ b c))"),
    ("not a == b and c or d", "(or (and (not (== a b)) c) d)"),
    ("a + b as [N] + c", "(+ (as (+ a b) [N]) c)"),
    ("m with [i, ..] = a + b", "(with m [i (.. _ _)] (+ a b))"),
    ("m with [i] = v with [j] = w", "(with (with m [i] v) [j] w)"),
    ("s with (w: a, b: c)", "(with s w:a b:c)"),
    ("1..=steps + 1", "(..= 1 (+ steps 1))"),
    ("x[.., j]", "(bracket x (.. _ _) j)"),
    ("x[a ..]", "(bracket x (.. a _))"),
    ("x[.. a]", "(bracket x (.. _ a))"),
    ("x[..=a, a .. b]", "(bracket x (..= _ a) (.. a b))"),
    ("sample[len](rng)", "(call (bracket sample len) rng)"),
    ("rng.normal[N, M]", "(bracket (. rng normal) N M)"),
    ("rng[\"noise\"]", "(bracket rng \"noise\")"),
    ("state(w: w)", "(call state w:w)"),
    ("()", "(record)"),
    ("(a)", "a"),
    ("(x: a)", "(record x:a)"),
    ("(a, b,)", "(record a b)"),
    ("[[1, 2], []]", "(list (list 1 2) (list))"),
    ("|m| m + 1", "(lambda (m) (+ m 1))"),
    ("|| 1", "(lambda () 1)"),
    ("|a, b: [N]| { a }", "(lambda (a b:[N]) {a})"),
    ("f(|x: |[N]| -> real| x, y)", "(call f (lambda (x:(function ([N]) real)) x) y)"),
    ("einsum[i j, j k -> i k](a, b)", "(einsum [i j],[j k] ->[i k] a b)"),
    ("einsum[i, i ->](a, b)", "(einsum [i],[i] ->[] a b)"),
    ("rearrange[a b -> b a](x)", "(rearrange [a b] ->[b a] x)"),
    ("for a in p, (b, _) in q { a }", "(for a in p, (b _) in q {a})"),
    ("while a < b max n { c }", "(while (< a b) max n {c})"),
    ("if a { 1 } else if b { 2 } else { 3 }", "(if a {1} (if b {2} {3}))"),
    ("max(max, 1)", "(call max max 1)"),
    ("2_000", "2000"), ("3e-3", "0.003"), ("1.5E2", "150.0"),
    (#""a\n\t\"\\\u{3b2}β""#, "\"a\n\t\"\\ββ\""),
    ("t.0", "(. t 0)"), ("t.0.1.x", "(. (. (. t 0) 1) x)"),
    ("f(t).0[1].2", "(. (bracket (. (call f t) 0) 1) 2)"),
    ("(1).0", "(. 1 0)"), ("t.0..t.1", "(.. (. t 0) (. t 1))"),
    ("x.with.state", "(. (. x with) state)"),
    ("f(in: 1)", "(call f in:1)"),
    ("β₁ + x_2", "(+ β₁ x_2)"),
    ("{ }", "{}"),
    ("{ let a = 1\n a }", "{(let a 1); a}"),
    ("x as simplex", "(as x simplex)"),
    ("dim + config * test", "(+ dim (* config test))"),
  ])
  func parses(_ source: String, _ expected: String) {
    #expect(outline(source) == expected)
  }

  @Test(arguments: [
    ("a\n+ b", "(+ a b)"),
    ("a +\n\n// why\n b", "(+ a b)"),
    ("a\n- b", "a\n(- b)"),
    ("a\n[b]", "a\n(list b)"),
    ("a\n(b)", "a\nb"),
    ("a\n.b", "(. a b)"), ("a\n.0.1", "(. (. a 0) 1)"),
    ("a\nand b\nwith [1] = 2", "(and a (with b [1] 2))"),
    ("(a\n- b\n[c])", "(- a (bracket b c))"),
    ("f({ a\n- b })", "(call f {a; (- b)})"),
    ("if a { b }\nelse { c }", "(if a {b} {c})"),
    ("let x\n= 3", "(let x 3)"),
    ("if a\n{ b }", "(if a {b})"),
    ("a\n|x| x", "a\n(lambda (x) x)"),
    ("let x = // why\n 3", "(let x 3)"),
  ])
  func newlinesEndStatementsOnlyWhereTheyMay(_ source: String, _ expected: String) {
    #expect(outline(source) == expected)
  }

  @Test func groupingKeepsItsBracketsInTheSpan() {
    let (program, _) = parse(file("(a + b) * c"))
    guard case .statement(let statement) = program.items[0].kind,
      case .expression(let product) = statement.kind,
      case .binary(_, let left, _, let sign) = product.kind
    else {
      Issue.record("not a product")
      return
    }
    #expect((left.span.start, left.span.end) == (0, 7))
    #expect((sign.start, sign.end) == (8, 9))
    #expect((product.span.start, product.span.end) == (0, 11))
  }
}
