// The reports of a run: what only the numbers, the files or the clock can show.
//
// Rows sorted by id; the factories with wording of their own stand below.

package import Diagnostics

package enum DriverMessages {
  package static let all: [Code] = [
    boundReached, checkpointMismatch, claimFailed, configFlag, conformance, divisionByZero,
    emptyRange, emptyReduction, expectationFailed, expectationText, fileProblem, gradientMismatch,
    hostPlacement, interrupted, intOutOfRange, letterOutOfRange, notFinite, outOfMemory,
    sizeMismatch, usage,
  ]

  package static let boundReached = Code(
    "bound-reached", "a `while` stopped at its bound",
    """
    `while condition max n` makes at most n steps. Where the condition still holds then, the run goes
    on, and says once at its end where that happened and how often.

        var x = 100.0
        while x > 1.0 max 3 { x = x / 2.0 }       // mistaken: 12.5 after three steps
        while x > 1.0 max 20 { x = x / 2.0 }      // mended
    """)

  package static let checkpointMismatch = Code(
    "checkpoint-mismatch", "a checkpoint does not fit the values it is loaded into",
    """
    A checkpoint names every tensor by its path (`m.cell.weight`) and keeps its shape. Loading
    compares all names and shapes first, reports every difference at once, and changes nothing
    where there is one.

        dim H = 64
        let run = (w: ones[100])      // mistaken: saved by a run with `--H 100`
        let run = (w: ones[H])        // mended
        save("trained", run.w)
        var w = zeros[H]
        w = load("trained", w)

    Run with the sizes of the checkpoint (`--H 100`), or save a new one. A checkpoint also keeps the
    settings of its run: `run FILE --resume CHECKPOINT` warns where one of them is another now, but
    for those that only say how far the loop goes.
    """)

  package static let claimFailed = Code(
    "claim-failed", "numbers are not what is claimed of them",
    """
    `x as simplex` says that the numbers are not negative and sum to 1; `as unit`, `as positive`,
    `as nonneg` and `as above_one` claim ranges. Everything behind the claim relies on it, so the
    numbers are looked at each time they are made. A sum may be a thousandth off, for rounding.

        let w = [0.5, 0.4] as simplex        // mistaken
        let w = normalise([0.5, 0.4])        // mended
        print(w)

    `normalise`, `softmax`, `sigmoid` and `softplus` make what they promise. The numbers of a file are
    looked at where they enter: `let w: simplex [N] = load("w.npy")`. Where the examples of a
    batch go apart, in an `if` that differs or a loop over a ragged dim, claims are not looked at.
    """)

  package static let configFlag = Code(
    "config-flag", "a value on the command line is not an expression",
    """
    Every `config` field and every `dim` with a value is a flag of `ntmscript run FILE`. What
    follows the flag is an expression of the language, checked against the field's type before
    anything runs.

        // ntmscript run copy.ntm --lengths 10,20        // mistaken
        // ntmscript run copy.ntm --lengths [10,20]      // mended
        config { lengths: int [2] = [10, 40] }
        print(lengths)
    """)

  package static let conformance = Code(
    "conformance", "a head, memory or cell lacks what each must have",
    """
    `ntmscript check FILE` puts every struct of the file that claims `Head`, `Memory` or `Cell` on
    trial, from small sizes to larger ones: weightings are nowhere negative and sum to one, outputs
    and slopes are numbers whatever it is told and whatever the memory holds, the gradient is the
    slope, a batch gives what its examples give alone, and f32 stays near f64. A head that claims
    `PermutationEquivariant` or `ShiftEquivariant`, too, must go along with the order of the rows.
    What fails is shown with few and plain numbers, and with the line that spoils them where there
    is one. `ntm.conformance` is the suite.

        // ntmscript check
        import ntm.heads { Head }
        struct Loudest[N, M]: Head[N, M] {
          emits { key: [M] }
          fn address(self, mem: [N, M], e: emits) -> (w: simplex [N]) {
            let scores = mem @ e.key
            (w: normalise(exp(scores)))      // mistaken: exp(89) is no number in f32
            (w: softmax[N](scores))          // mended
          }
        }

    Clip what goes into `exp`, keep what is divided by away from zero, and prefer the built-ins,
    which do both.
    """)

  package static let divisionByZero = Code(
    "division-by-zero", "a whole number is divided by zero",
    """
    `div` and `%` of ints have no result where the divisor is 0.

        fn share(rows: int, heads: int) -> int = rows div heads              // mistaken
        fn share(rows: int, heads: int) -> int = rows div max(heads, 1)      // mended
        print(share(10, 0))
    """)

  package static let emptyRange = Code(
    "empty-range", "a draw from no numbers",
    """
    `rng.int(low, high)` draws from `low` to `high`, both included, so `low` is not above `high`.

        let longest = 0
        let length = Rng(1).int(1, longest)              // mistaken
        let length = Rng(1).int(1, max(longest, 1))      // mended
        print(length)
    """)

  package static let emptyReduction = Code(
    "empty-reduction", "a reduction without an identity over nothing",
    """
    The sum of no numbers is 0, but no number is the largest of none. `max`, `min`, `mean` and
    `argmax` over a dim of size 0 are errors.

        let x = zeros[0]
        print(max(x))      // mistaken: of no numbers
        print(sum(x))      // mended: the sum of none is 0
    """)

  package static let expectationFailed = Code(
    "expectation-failed", "an `expect` does not hold",
    """
    `expect condition` states what must hold. In a `test` block it fails the test; elsewhere it
    ends the run. For a comparison the two sides are shown.

        let w = [1.0, 3.0]
        expect sum(w) == 1.0                     // mistaken
        expect abs(sum(w) - 4.0) < 1e-6          // mended
    """)

  package static let expectationText = Code(
    "expectation-text", "a program prints something else than its `//>` comments say",
    """
    `//>` comments below a statement, or behind it on its line, hold what it prints, line by line.
    `ntmscript test` runs the file and compares.

        // ntmscript test
        print(1 + 1)
        //> 3      // mistaken
        //> 2      // mended
    """)

  package static let fileProblem = Code(
    "file-problem", "a file cannot be read or written",
    """
    The file is missing, is a directory, may not be opened, is damaged, or the disk is full; the
    report says which. A file that is being replaced keeps its old contents until the new ones
    are complete. Arrays go into `.safetensors` (where no suffix is written), `.npz`, `.npy` and
    `.csv`; a name that ends otherwise is reported before anything runs. A picture that cannot be
    written is a warning: the run goes on.

        save("weights.npy", ones[3])                  // mended
        let x: [3] = load("weights.npy")
    """)

  package static let gradientMismatch = Code(
    "gradient-mismatch", "a gradient is not the slope of its function",
    """
    `gradcheck` compares the gradient with central differences in f64. Where the slopes on both sides
    agree with each other and not with the gradient, a `derivative` rule is wrong; where they differ
    from each other, the point lies on a kink (`abs` at 0, `max` of equals).

        fn cube(x: real) -> real = x^3
        derivative cube(x; ct) { 2.0 * x * x * ct }        // mistaken
        derivative cube(x; ct) { 3.0 * x * x * ct }        // mended
        gradcheck(cube, at: 1.5)
    """)

  package static let hostPlacement = Code(
    "host-placement", "an effect on files or pictures inside an expression",
    """
    `load`, `save`, `report`, `view` and `plot` act between computations, so they stand alone: as
    a statement, or as the whole right side of a `let`.

        save("x.npy", ones[3])
        let x = 2.0 * load("x.npy", ones[3])    // mistaken
        let stored = load("x.npy", ones[3])     // mended
        let x = 2.0 * stored                    // mended
    """)

  package static let interrupted = Code(
    "interrupted", "the run was stopped",
    """
    Ctrl-C stops a run between steps, or within one. Every binding is as after the last completed
    step; at the prompt `:resume` goes on from there, and `ntmscript run FILE --resume CHECKPOINT`
    from what the program saved.
    """)

  package static let intOutOfRange = Code(
    "int-out-of-range", "a real that has no value as an int",
    """
    `int(x)` drops the fraction of x. What is not a number, infinite, or beyond 63 bits has no int.

        let scores = [0.5, log(0.0)]
        print(int(scores))                                // mistaken
        print(int(clamp(scores, -100.0, 100.0)))          // mended
    """)

  package static let letterOutOfRange = Code(
    "letter-out-of-range", "a number that is no code of a letter",
    """
    A text is a row of bytes, so a code is one of 256 numbers, 0 to 255.

        print(letters([72, 105]))       // mended: Hi
        print(letters([72, 1050]))      // mistaken
    """)

  package static let notFinite = Code(
    "not-finite", "a logged value is not a number, or infinite",
    """
    A loss that is NaN or infinite makes every parameter NaN one step later, so `log` stops the
    run at once, with all bindings as after the last good step. What led to the number is run again,
    and the report names the first operation whose result is not finite although its operands are:
    the line, whether on the way forward or back, the example, the row and the step of the loop. What
    is computed for examples that take the other branch is never it.

        for step in 1..=3 {
          let p = real(3 - step)
          log(step, bits: -log(p))               // mistaken: log of 0 in step 3
          log(step, bits: -log(max(p, 1e-6)))    // mended
        }

    Look for `log` of 0, a division by 0, or a learning rate that is too large; the library's
    losses from logits and `clip_norm` are safe.
    """)

  package static let outOfMemory = Code(
    "out-of-memory", "a value is larger than memory",
    """
    The sizes of the dims ask for more memory than a value may have.

        dim N = 10_000_000_000      // mistaken: 40 GB
        dim N = 10_000              // mended
        print(sum(zeros[N]))
    """)

  package static let sizeMismatch = Code(
    "size-mismatch", "two sizes that must be equal are not",
    """
    What could not be decided from the dims alone is checked when the program runs: the sizes of
    loaded arrays, of `x as [N]`, and of dims that are solved from the arguments.

        dim N = 4
        fn ramp(n: int) -> real = sum((zeros[n] as [N]) * ones[N])
        print(ramp(3))      // mistaken: 3 numbers where N is 4
        print(ramp(4))      // mended
    """)

  package static let usage = Code(
    "usage", "the command line says something ntmscript does not know",
    """
    `ntmscript help` lists the commands, `ntmscript run FILE --help` the flags of a program: its
    `config` fields and its dims with a size.

        // ntmscript run copy.ntm --json --rate 0.1      // mistaken
        // ntmscript run copy.ntm --json --lr 0.1        // mended
        config { lr: positive = 1e-3 }
        log(1, lr: lr)
    """)
}

extension DriverMessages {
  static func boundReached(_ count: Int, at span: Span) -> Diagnostic {
    Diagnostic(
      boundReached, "this `while` stopped at its bound \(count == 1 ? "once" : "\(count) times")",
      at: Label(span, ""), severity: .warning)
  }

  static func expectationFailed(at span: Span, detail: String?) -> Diagnostic {
    Diagnostic(
      expectationFailed, "this does not hold", at: Label(span, detail ?? "false"))
  }

  static func conformance(
    _ name: String, _ property: String, at span: Span, secondary: [Label], notes: [String]
  ) -> Diagnostic {
    Diagnostic(
      conformance, "what must hold of `\(name)` does not: \(property)", at: Label(span, "of this"),
      secondary: secondary, notes: notes)
  }

  static func configFlag(_ file: SourceFile, _ problems: [Diagnostic]) -> Diagnostic {
    let whole = Span(file.id, 0, file.utf8.count)
    return Diagnostic(
      configFlag, "`\(file.text)` is not an expression",
      at: Label(problems.first?.primary?.span ?? whole, problems.first?.message ?? "given here"))
  }

  static func gradientMismatch(_ rows: [String], at span: Span) -> Diagnostic {
    Diagnostic(
      gradientMismatch, "the gradient differs from central differences",
      at: Label(span, "checked here"), notes: rows)
  }

  static func expectationText(_ found: String?, at span: Span) -> Diagnostic {
    Diagnostic(
      expectationText,
      found == nil ? "the program printed nothing more" : "the program printed something else",
      at: Label(span, "expected here"), notes: found.map { ["printed: \($0)"] } ?? [])
  }

  static func expectationMore(_ found: String, at span: Span) -> Diagnostic {
    Diagnostic(
      expectationText, "the program printed more than this",
      at: Label(span, "the last line expected"),
      notes: ["printed: \(found)"])
  }

  static func hostPlacement(_ name: String, at span: Span) -> Diagnostic {
    Diagnostic(
      hostPlacement, "`\(name)` cannot stand inside an expression", at: Label(span, "here"),
      help: ["bind it first: `let stored = \(name)(…)`"])
  }

  static func interrupted(_ words: String) -> Diagnostic { Diagnostic(interrupted, words, at: nil) }

  static func usage(_ message: String) -> Diagnostic { Diagnostic(usage, message, at: nil) }

  static func letterOutOfRange(_ code: Int, at place: Int, _ span: Span) -> Diagnostic {
    Diagnostic(
      letterOutOfRange, "\(code) is no code of a letter: they go from 0 to 255",
      at: Label(span, "at \(place)"))
  }

  /// Of a run, which goes on from there.
  static let nothingChanged = "no binding was changed by the step that gave this value"

  static func notFinite(_ label: String, _ value: String, at span: Span) -> Diagnostic {
    Diagnostic(
      notFinite, "`\(label)` is \(value)", at: Label(span, "logged here"),
      notes: [nothingChanged])
  }

  /// A problem that the numbers showed, by the id of its code.
  static func evaluation(
    _ id: String, _ message: String, at span: Span?, calls: [Span], notes: [String] = []
  ) -> Diagnostic {
    guard let code = Codes.named(id) else {
      preconditionFailure("a run reports `\(id)`, which is no code")
    }
    let place = span ?? calls.last
    return Diagnostic(
      code, message, at: place.map { Label($0, "here") },
      secondary: calls.reversed().prefix(3).filter { $0 != place }.map {
        Label($0, "called from here")
      }, notes: notes)
  }
}
