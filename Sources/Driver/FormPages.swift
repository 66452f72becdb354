// What `?grad` and `ntmscript doc grad` say: a row for each built-in with typing of its own that is
// no row of the op table, and for each type.

enum FormPages {
  /// In alphabetical order.
  static let functions: [WordPage] = [
    WordPage(
      name: "Rng", form: "Rng(SEED)",
      doc: "A stream of random numbers. Draws are `rng.normal[N]`, `rng.uniform[N]`, "
        + "`rng.bernoulli[N](p)`, `rng.int(low, high)` and `rng.permutation[N]`; they depend on the "
        + "seed and on where they stand, never on the batch size. A second draw at one place takes "
        + "a label: `rng[\"noise\"]`.",
      example: "let rng = Rng(7)\nlet mem = rng.normal[128, 20]"),
    WordPage(
      name: "count", form: "count(x)", doc: "How many parameters a struct has.",
      example: "print(count(model))"),
    WordPage(
      name: "einsum", form: "einsum[AXES, … -> AXES](x, …)",
      doc: "Products summed over the axes that the result lacks.",
      example: "einsum[i j, j k -> i k](a, b)"),
    WordPage(
      name: "grad", form: "grad(f, at: x)",
      doc: "The gradient of a function with one number for a result. It nests.",
      example: "grad(|x| sum(x ^ 2), at: [1.0, 2.0])"),
    WordPage(
      name: "jvp", form: "jvp(f, at: x, tangent: t)",
      doc: "What a function gives and how that changes where `x` moves along the tangent.",
      example: "let (y, dy) = jvp(|x| x * x, at: [1.0, 2.0], tangent: [1.0, 1.0])"),
    WordPage(
      name: "map", form: "map(f, x)",
      doc: "The struct with `f` of each parameter in its place.",
      example: "map(|g| clamp(g, -1.0, 1.0), gradient)"),
    WordPage(
      name: "merge", form: "merge(x)", doc: "One dim of the first two: `[A, C]` becomes `[A*C]`.",
      example: "merge([[1.0, 2.0], [3.0, 4.0]])"),
    WordPage(
      name: "norm", form: "norm(x)",
      doc: "The square root of the sum of the squares of a tensor, or of all parameters.",
      example: "norm([3.0, 4.0])"),
    WordPage(
      name: "intercept", form: "intercept(m, INTERFACE.FUNCTION, MEMBER: f)",
      doc: """
        The value, changed in one thing: in all its parts that claim the interface, the member of what \
        the function gives goes through `f`. Its numbers, their paths and its state are what they were. \
        `f` takes a tensor like that member and gives one.
        """,
      example: "let hard = intercept(m, Head.address, w: hardest)"),
    WordPage(
      name: "normalise", form: "normalise(x)  or  normalise[N](x)",
      doc: """
        Divides by the sum, so that the entries add up to 1. They must be known not to be negative, and \
        one at least must be positive.
        """,
      example: "let w = normalise([1.0, 3.0])"),
    WordPage(
      name: "raw", form: "raw(self.NAME)",
      doc: """
        What a field declared with `via` stores, before `via` is applied. It is what `print` shows of a \
        struct, what arithmetic on structs works on, and what is given to make one.
        """,
      example: "raw(self.start)"),
    WordPage(
      name: "rearrange", form: "rearrange[AXES -> AXES](x)", doc: "The axes in another order.",
      example: "rearrange[n m -> m n](x)"),
    WordPage(
      name: "remat", form: "remat(|| VALUE)",
      doc: "The value; its derivative computes again what it needs, in place of keeping it.",
      example: "remat(|| exp(sin(x)))"),
    WordPage(
      name: "split", form: "split[A, C](x)",
      doc: "Cuts `[A + C, …]` into `[A, …]` and `[C, …]`.",
      example: "let (left, right) = split[A, C](x)"),
    WordPage(
      name: "uniform", form: "uniform[N]", doc: "The weighting that is 1/N everywhere.",
      example: "let w = uniform[4]"),
    WordPage(
      name: "value_and_grad", form: "value_and_grad(f, at: x)",
      doc: "What a function gives, and its gradient.",
      example: "let (loss, g) = value_and_grad(|m| cost(m), at: model)"),
    WordPage(
      name: "vjp", form: "vjp(f, at: x, ct: c)",
      doc: "What a function gives, and what comes back to `x` where `c` is the gradient of that.",
      example: "let (y, dx) = vjp(|x| 2.0 * x, at: [1.0, 2.0], ct: [1.0, 10.0])"),
    WordPage(
      name: "zip", form: "zip(f, x, y, …)",
      doc: "The struct with `f` of the parameters at each place of several.",
      example: "zip(|v, g| 0.9 * v + g, velocity, gradient)"),
  ]

  /// From the widest to the narrowest.
  static let types: [WordPage] = [
    WordPage(
      name: "real", form: "real  or  real(x)",
      doc: "Numbers with a fraction, f32, or f64 with `--f64`; `[N]` is short for `real [N]`. "
        + "As a function it converts ints and bools.",
      example: "let mean = real(total) / 4.0"),
    WordPage(
      name: "int", form: "int  or  int(x)",
      doc: """
        Whole numbers of 64 bits; arithmetic that goes beyond them wraps round. As a function it \
        converts bools, and reals towards zero.
        """,
      example: "let places: int [3] = [0, 2, 1]"),
    WordPage(
      name: "bool", form: "bool", doc: "`true` or `false`.",
      example: "fn isLarge(x: real) -> bool = x > 10.0"),
    WordPage(
      name: "nonneg", form: "nonneg  or  nonneg [N]", doc: "Reals that are not below 0.",
      example: "fn root(x: nonneg) -> nonneg = sqrt(x)"),
    WordPage(
      name: "positive", form: "positive  or  positive [N]",
      doc: """
        Reals above 0. What `exp` and `softplus` give is such, but for rounding: far below 0 they are \
        0.0, so a divisor wants a floor, as in `1e-6 + softplus(x)`.
        """,
      example: "config { lr: positive = 3e-3 }"),
    WordPage(
      name: "above_one", form: "above_one  or  above_one [N]",
      doc: "Reals that are not below 1, as `sharpen` asks for.",
      example: "fn sharper(w: simplex [N], by: above_one) -> simplex [N] = sharpen(w, by)"),
    WordPage(
      name: "unit", form: "unit  or  unit [N]", doc: "Reals from 0 to 1.",
      example: "fn keep(x: [N], gate: unit) -> [N] = gate * x"),
    WordPage(
      name: "simplex", form: "simplex [N]  or  simplex[N] [R, N]",
      doc: "Reals that are not below 0 and add up to 1: a weighting over the rows of a memory.",
      example: "fn look(w: simplex [N], mem: [N, M]) -> [M] = w @ mem"),
    WordPage(
      name: "text", form: "text", doc: "Words between quotes, for names, titles and files.",
      example: "config { task: text = \"copy\" }"),
  ]
}
