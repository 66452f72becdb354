// What declarations, statements and types parse to, and where documentation goes.

import Syntax
import Testing

@Suite struct ItemTests {
  @Test(arguments: [
    ("import ntm.heads { Head, A }", "(import ntm.heads [Head A])"),
    ("import \"a b.ntm\" as name", "(import \"a b.ntm\" name)"),
    ("import ntm.eval", "(import ntm.eval)"),
    (
      "config {\n a: int = 1\n b: [R, Head[N, M]] = [x]\n}",
      "(config (a int 1) (b [R (bracket Head N M)] (list x)))"
    ),
    ("dim N = 128, M", "(dim (N 128) (M))"),
    ("batch dim B = 2 * 8", "(batch-dim (B (* 2 8)))"),
    ("ragged dim T = lengths", "(ragged-dim (T lengths))"),
    ("let batch = 3", "(let batch 3)"),
    ("fn f[T](a: [N], b: int = 3) -> [T] = a", "(fn f [T] (a:[N] b:int=3) ->[T] a)"),
    ("fn f() { }", "(fn f () {})"),
    ("derivative f(x, y; ct) { ct }", "(derivative f [x y] [ct] {ct})"),
    ("surrogate derivative f(x; ct, out) = ct", "(surrogate-derivative f [x] [ct out] ct)"),
    ("test \"a\" { expect b }", "(test \"a\" {(expect b)})"),
    (
      "struct A[N]: B[N], C { frozen w: [N] via tanh = zeros[N]\n b: real, c: int\n state { s: [N] }\n"
        + " fn f(self) = self.w\n test \"t\" { } }",
      "(struct A [N] :B[N] :C (frozen w [N] (via tanh) (bracket zeros N)) (field b real) (field c int)"
        + " (state (field s [N])) (fn f (self) (. self w)) (test \"t\" {}))"
    ),
    (
      "interface C[X, H] { state    fn step(self, x: [X], s: state) -> (h: [H], next: state) }",
      "(interface C [X H] (state named) (fn step (self x:[X] s:state) ->(record h:[H] next:state)))"
    ),
    (
      "interface I { emits { state: [N] }\n state: real }",
      "(interface I [] (field state real) (emits (field state [N])))"
    ),
    ("{ fn g(x: real) = x\n g(1.0) }", "{(fn g (x:real) x); (call g 1.0)}"),
    ("(m, opt) = f(m)", "(= (record m opt) (call f m))"),
    ("a.b[1] += 2", "(+= (bracket (. a b) 1) 2)"),
    ("let (l, (_, g)): (a: real, b: T) = x", "(let (l (_ g)) :(record a:real b:T) x)"),
  ])
  func parses(_ source: String, _ expected: String) {
    #expect(outline(source) == expected)
  }

  @Test(arguments: [
    ("real [N]", "real [N]"), ("int", "int"), ("bool [2*N + 1, _]", "bool [(+ (* 2 N) 1) _]"),
    ("simplex [N]", "simplex [N]"), ("simplex[N] [R, N]", "simplex [N] [R N]"),
    ("positive", "positive"), ("above_one [K]", "above_one [K]"), ("[]", "[]"),
    ("cell.state", "cell.state"), ("Head[N, M]", "Head[N M]"),
    ("[Head[N, M]]", "[(bracket Head N M)]"),
    ("|[N], real| -> [M]", "(function ([N] real) [M])"), ("|| -> real", "(function () real)"),
    ("[T] |Rng| -> (x: [_, X], y: [_, Y])", "(function [T] (Rng) (record x:[_ X] y:[_ Y]))"),
    ("([N], real)", "(record [N] real)"), ("(real)", "real"),
  ])
  func parsesType(_ source: String, _ expected: String) {
    #expect(outline("fn f(x: \(source)) = x") == "(fn f (x:\(expected)) x)")
  }

  @Test func programsParse() {
    for program in allPrograms {
      #expect(reports(program) == [])
      #expect(!outline(program).contains("missing"))
    }
  }

  @Test func headProgramIsReadWhole() {
    #expect(
      outline(headProgram)
        == """
        (import ntm.heads [Head])
        (import ntm.address [content shift sharpen mix])
        (struct LeapHead [N M] :Head[N M] (emits (field key [M] (via tanh)) (field beta positive \
        (via softplus)) (field jump unit (via sigmoid)) (field walk simplex [3] (via softmax))) \
        (state (field w simplex [N] (call (bracket onehot N) 0))) (fn address (self mem:[N M] \
        e:emits s:state) ->(record w:simplex [N] next:state) {(let found (call content mem (. e key) \
        (. e beta))); (let moved (call shift (. s w) (. e walk))); (let both (call mix (. e jump) \
        found moved)); (let w (call sharpen both (+ 1.0 (* 4.0 (call max both))))); (record w:w \
        next:(call state w:w))}))
        """)
  }

  @Test func documentationBelongsToWhatFollowsOrToTheFieldBefore() {
    let (program, _) = parse(
      file(
        """
        /// The file.

        /// Not this.

        /// First.
        ///   Second.
        fn f() = 1 // no
        config {
          /// Above.
          a: int = 1   /// behind a
          b: int = 2
        }
        struct S { /// not a field's
          x: real, /// behind x
          /// of g
          fn g() = 1
        }
        """))
    #expect(program.doc == "The file.")
    #expect(program.items[0].doc == "First.\n  Second.")
    guard case .function(let function) = program.items[0].kind,
      case .config(let fields) = program.items[1].kind,
      case .structure(let structure) = program.items[2].kind
    else {
      Issue.record("wrong items")
      return
    }
    #expect(function.doc == program.items[0].doc)
    #expect(fields.map(\.doc) == ["Above.\nbehind a", nil])
    #expect(structure.fields.map(\.doc) == ["behind x"])
    #expect(structure.functions.map(\.doc) == ["of g"])
    #expect(parse(file(copyProgram)).program.doc?.hasPrefix("Train an NTM") == true)
    let alone = parse(file("/// The file.\n\nfn f() = 1\n\n/// Rows.\n\ndim N = 1  /// a row"))
      .program
    #expect(alone.doc == "The file.")
    #expect(alone.items.map(\.doc) == [nil, "Rows.\na row"])
    #expect(parse(file("/// Of f.\nfn f() = 1")).program.doc == nil)
  }

  @Test(arguments: [
    ("", true), ("1 + 2", true), ("1 +", false), ("f(1,", false), ("f(1)", true), ("[1", false),
    ("let x", false), ("let x =", false), ("fn f(x: real)", false), ("fn f(x: real) {", false),
    ("fn f() {\n  1\n}", true), ("if c", false), ("if c { 1 }", true), ("if c { 1 } else", false),
    ("struct A", false), ("struct A {", false), ("for x in", false), ("for x in xs", false),
    ("while a", false), ("while a max 3", false), ("|x|", false), ("|x", false), ("x as", false),
    ("\"abc", true), ("f(]", true), ("f(1 2", true), ("x.", false), ("/// doc", false),
    ("/// doc\n\n", true), ("// note", true), ("test \"a\"", false), ("import ntm.x {", false),
    ("a with", false), ("expect", false), ("$ (", true), ("dim N =", false), ("einsum[i j", false),
    ("not", false), ("x[1 ..", false), ("-", false), ("f(1,\n\n", false), ("{", false), ("}", true),
  ])
  func knowsWhetherInputIsComplete(_ source: String, _ expected: Bool) {
    #expect(inputIsComplete(source) == expected)
  }
}
