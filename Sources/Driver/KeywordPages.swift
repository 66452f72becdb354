// What `?for` and `ntmscript doc for` say: a row for each word of the language.

struct WordPage {
  let name: String
  let form: String
  let doc: String
  let example: String

  var text: String {
    let example = example.split(separator: "\n").map { "    \($0)\n" }.joined()
    let lines = Documentation.lines(doc, width: 88)
    return "\(form)\n\n\(lines.joined(separator: "\n"))\n\n\(example)"
  }
}

enum KeywordPages {
  /// In alphabetical order.
  static let rows: [WordPage] = [
    WordPage(
      name: "and", form: "a and b", doc: "True if both are.", example: "x > 0.0 and x < 1.0"),
    WordPage(
      name: "as", form: "x as TYPE",
      doc: "Claims what cannot be proved: sizes and ranges are checked where it stands.",
      example: "let w = counts / sum(counts) as simplex"),
    WordPage(
      name: "batch", form: "batch dim NAME = SIZE",
      doc: "A dim that lifts every call automatically: one writes for a single example.",
      example: "batch dim B = 16"),
    WordPage(
      name: "config", form: "config { NAME: TYPE = VALUE … }",
      doc: "Settings of a program; each is a flag of `ntmscript run FILE`.",
      example: "config {\n  lr: positive = 3e-3    /// learning rate\n}"),
    WordPage(
      name: "derivative", form: "derivative f(x; ct) { … }",
      doc: "The rule for the gradient of `f`, in place of the one found for its body. With "
        + "`surrogate` in front, one that is not meant to be exact.",
      example: "derivative cube(x; ct) { 3.0 * x * x * ct }"),
    WordPage(
      name: "dim", form: "dim NAME = SIZE, …",
      doc:
        "Names a dim. Two dims are different things even if their sizes are equal; `dim K = W + 1` "
        + "is an abbreviation.",
      example: "dim N = 128, M = 20\nlet mem = zeros[N, M]"),
    WordPage(
      name: "div", form: "a div b", doc: "The quotient of two ints, rounded down.",
      example: "7 div 2"),
    WordPage(
      name: "else", form: "if c { … } else { … }", doc: "What holds otherwise; see `if`.",
      example: "if x > 0.0 { x } else { 0.0 }"),
    WordPage(
      name: "emits", form: "emits { NAME: TYPE via f, … }",
      doc: "In a struct: what the controller must produce for it. The model sizes the projection, "
        + "cuts it and applies `via`.",
      example: "emits { key: [M] via tanh, beta: positive via softplus }"),
    WordPage(
      name: "expect", form: "expect CONDITION",
      doc: "States what must hold; fails the test or ends the run where it does not.",
      example: "expect sum(w) == 1.0"),
    WordPage(
      name: "false", form: "false", doc: "A truth value.", example: "let done = false"),
    WordPage(
      name: "fn", form: "fn NAME[DIMS](x: TYPE, …) -> TYPE { … }  or  … = EXPRESSION",
      doc:
        "A function. Its value is the last expression. Upper-case names in the types are dims that "
        + "the call solves.",
      example: "fn half(x: [N]) -> [N] = x / 2.0"),
    WordPage(
      name: "for", form: "for x in xs { … }",
      doc:
        "The loop over collections and ranges: a map where no outer `var` is assigned, else a scan "
        + "that carries those vars. The values of the body stack into the result. `for a in p, b in q` "
        + "goes over both.",
      example: "let squares = for i in 0..5 { i * i }"),
    WordPage(
      name: "frozen", form: "frozen NAME: TYPE",
      doc: "A field of a struct that is no parameter: nothing trains it.",
      example: "struct Scale { frozen by: real }"),
    WordPage(
      name: "if", form: "if CONDITION { … } else { … }",
      doc: "Chooses; it has a value where both sides do.",
      example: "let y = if x > 0.0 { x } else { -x }"),
    WordPage(
      name: "import", form: "import ntm.MODULE { NAMES }  or  import \"FILE.ntm\" as NAME",
      doc: "Brings names of a library module, or of a file beside this one, into view.",
      example: "import ntm.optim { adam, clip_norm }"),
    WordPage(
      name: "in", form: "for x in xs", doc: "What a `for` goes over.",
      example: "for row in mem { sum(row) }"),
    WordPage(
      name: "interface", form: "interface NAME[DIMS] { NAME: TYPE  fn …  emits  state }",
      doc: "What several structs have in common; checked where a struct claims it.",
      example:
        "interface Cell[X, H] { state    fn step(self, x: [X], s: state) -> (h: [H], next: state) }"
    ),
    WordPage(
      name: "let", form: "let NAME = VALUE  or  let (a, b) = PAIR",
      doc: "Names a value, for good; `var` names one that can be replaced.",
      example: "let x = zeros[N]"),
    WordPage(
      name: "not", form: "not a", doc: "True if `a` is false.", example: "not done"),
    WordPage(
      name: "or", form: "a or b", doc: "True if one of them is.", example: "x < 0.0 or x > 1.0"),
    WordPage(
      name: "ragged", form: "ragged dim NAME",
      doc:
        "A dim whose size differs from example to example of a batch; reductions skip the padding.",
      example: "ragged dim T = lengths"),
    WordPage(
      name: "self", form: "self",
      doc: "In a method, the struct that it is called on: its first parameter.",
      example: "fn run(self, x: [X]) -> [Y] = self.w @ x"),
    WordPage(
      name: "state", form: "state { NAME: TYPE = START, … }",
      doc: "In a struct: what it carries from step to step, and how it starts.",
      example: "state { w: simplex [N] = onehot[N](0) }"),
    WordPage(
      name: "struct", form: "struct NAME[DIMS]: INTERFACE { FIELDS  emits  state  fn … }",
      doc: "A type with fields. Its real tensors that are not `frozen` are its parameters.",
      example: "struct Linear[X, Y] {\n  w: [Y, X]\n  fn run(self, x: [X]) -> [Y] = self.w @ x\n}"),
    WordPage(
      name: "surrogate", form: "surrogate derivative f(x; ct) { … }",
      doc: "A rule for the gradient that is not meant to be exact, as one that goes straight "
        + "through a step; see `derivative`.",
      example: "surrogate derivative step(x; ct) { ct }"),
    WordPage(
      name: "test", form: "test \"TITLE\" { … }",
      doc: "Runs under `ntmscript test FILE`, and nowhere else.",
      example: "test \"weights sum to one\" {\n  expect sum(uniform[4]) == 1.0\n}"),
    WordPage(
      name: "true", form: "true", doc: "A truth value.", example: "let done = true"),
    WordPage(
      name: "var", form: "var NAME = VALUE",
      doc: "Names a value that `NAME = …` replaces later; the value itself never changes.",
      example: "var total = 0.0\nfor x in xs { total += x }"),
    WordPage(
      name: "via", form: "NAME: TYPE via f",
      doc: """
        Stores and trains the raw number; reading the field gives `f` of it. The default, `S(NAME: x)` \
        and `s with (NAME: x)` give the raw number, and `print(s)` shows it.
        """,
      example: "beta: positive via softplus"),
    WordPage(
      name: "while", form: "while CONDITION max N { … }",
      doc: "Repeats while the condition holds, N times at most.",
      example: "while error > 1e-3 max 100 { x = step(x) }"),
    WordPage(
      name: "with", form: "m with [i] = v  or  s with (field: v)",
      doc: "A copy with one part replaced; the original stays.",
      example: "let cleared = mem with [0] = zeros[M]"),
  ]
}
