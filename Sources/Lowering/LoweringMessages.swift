// Codes and wording of what is found while a program is lowered: mistakes that only the actual
// shapes, structs and derivatives show.

package import Diagnostics
package import IR
package import Semantics
package import Tensors

/// A program that cannot be lowered.
package struct LoweringProblem: Error {
  package let diagnostic: Diagnostic
  /// The name that the environment lacks, where that is the reason.
  package let missing: ObjectIdentifier?

  package init(_ diagnostic: Diagnostic, missing: ObjectIdentifier? = nil) {
    self.diagnostic = diagnostic
    self.missing = missing
  }
}

/// The rows of the table of codes, sorted.
package enum LoweringMessages {
  package static let all: [Code] = [
    branchesDiffer, interceptsNothing, loopCarryChanges, noDefault, noValue, recursionTooDeep,
    shapesDiffer, sizeVaries, unreachedParameter, unsolvedDim,
  ]

  static let branchesDiffer = Code(
    "branches-differ", "the two sides of an `if` give values of different structure",
    """
    Which side of an `if` is taken may be known only when the program runs, for each example of a
    batch by itself. So both sides give one structure: numbers of one shape, structs of one type,
    and the same function, since a function is written out where it is called.

        fn activate(x: [N], sharply: bool) -> [N] {
          let f = if sharply { |y: real| tanh(y) } else { |y: real| y }      // mistaken
          for y in x { f(y) }                                                // mistaken
          for y in x { if sharply { tanh(y) } else { y } }                   // mended
        }
        let steep = Rng(1).uniform[1](0.0, 1.0)[0] > 0.5
        print(activate(ones[3], steep))

    Decide where the function is called; a stream is labelled on both sides or on neither.
    """)

  static let interceptsNothing = Code(
    "intercepts-nothing", "a value of which no part claims the interface",
    """
    `intercept(m, Head.address, w: f)`, and `harden(m)`, which is made of it, change what the heads
    of a model answer. A value without any would come out as it went in, and look like proof.

        import ntm.audit { harden }
        import ntm.cells { LSTM }
        import ntm.heads { LocationHead }
        import ntm.models { NTM, plain }
        let m = plain[3, 2](Rng(1), cell: LSTM[4])                                         // mistaken
        let m = NTM[3, 2, 5, 4](Rng(1), cell: LSTM[4], read: [LocationHead], write: [LocationHead])  // mended
        print(max(abs(harden(m).run(ones[2, 3]))) < 10.0)
    """)

  static let loopCarryChanges = Code(
    "loop-carry-changes", "a `var` changes its structure from one step of a loop to the next",
    """
    A loop is written out once, whatever the number of its steps, so what it carries has one
    structure: one shape, one type of struct, and the same function.

        fn steeper(x: real, steps: int) -> real {
          var f = |y: real| y                                // mistaken
          for _ in 0 .. steps { f = |y: real| 2.0 * y }      // mistaken
          f(x)                                               // mistaken
          var y = x                                          // mended
          for _ in 0 .. steps { y = 2.0 * y }                // mended
          y                                                  // mended
        }
        print(steeper(1.0, 3))

    Carry the numbers that the function would be made of.
    """)

  static let noDefault = Code(
    "no-default", "a state that nothing says how to begin",
    """
    Numbers of a `state` start at zero where they have no default. A struct, a function or a random
    stream has no zero.

        struct Noisy[N] {
          state { rng: Rng }                 // mistaken
          state { rng: Rng = Rng(1) }        // mended
          fn start(self) -> [N] { state().rng.normal[N] }
        }
        print(Noisy[3]().start())

    Give the field a default, or give its value where the state is made: `state(rng: rng)`.
    """)

  static let noValue = Code(
    "no-value", "a name that is read before it has a value",
    """
    The statements at the top of a file run in order. A function may read a `let` or `var` that is
    declared below it, but is called only when that has run.

        fn area(radius: real) -> real = turn * radius^2 / 2.0
        print(area(1.0))           // mistaken
        let turn = 6.283
        print(area(2.0))

    Call it further down. So it is with `dim N = …`, whose size is made of those above it. Of an imported file only `config` and `dim` run: hand its functions what
    they need as arguments.
    """)

  static let recursionTooDeep = Code(
    "recursion-too-deep", "calls are nested more than 200 deep, or there are too many",
    """
    Calls are written out when a program is lowered, so a function that calls itself must come to
    an end without looking at numbers that are known only when the program runs.

        fn sum_to(n: int) -> int = n + sum_to(n - 1)      // mistaken
        fn sum_to(n: int) -> int {                        // mended
          var total = 0                                   // mended
          for i in 1..=n { total += i }                   // mended
          total                                           // mended
        }                                                 // mended
        print(sum_to(4))

    Use `while` with `max`, or carry a `var` through a `for`.
    """)

  static let shapesDiffer = Code(
    "shapes-differ", "two values that must correspond have different structures",
    """
    Structs are added, mapped, stacked and exchanged number by number, so their parts correspond.
    Functions in them take no part in arithmetic, and have to be the same.

        struct Layer[N] {
          weight: [N] = ones[N]
          activation: |real| -> real
        }
        let soft = |x: real| tanh(x)
        let a = Layer[3](activation: soft)
        let b = Layer[3](activation: |x: real| x)      // mistaken
        let b = Layer[3](activation: soft)             // mended
        print((a + b).weight)
    """)

  static let sizeVaries = Code(
    "size-varies", "each step of a loop makes a result of its own size",
    """
    The results of the steps of a loop are stacked, so they have one size.

        fn noise(rng: Rng, lengths: int [_]) -> real {
          let parts = for n in lengths { rng.normal[n] }              // mistaken
          let parts = for n in lengths { sum(rng.normal[n]) }         // mended
          sum(parts)
        }
        print(noise(Rng(1), [2, 3]))

    Reduce each to what is needed, or make them all as long as the longest and keep the lengths
    beside them.
    """)

  static let unreachedParameter = Code(
    "unreached-parameter", "a parameter that the differentiated function does not depend on",
    """
    A parameter is differentiated but no smooth way leads from it to the result, so that it never
    learns. Often a layer was forgotten, or a `floor`, an `argmax` or a comparison is in the way.

        struct Net[N] { w: [N] = ones[N], b: [N] = zeros[N] }
        let m = Net[3]()
        print(grad(|m| sum(m.w * m.w), at: m))             // mistaken: `m.b` is never read
        print(grad(|m| sum(m.w * m.w + m.b), at: m))       // mended

    Use it, mark the field `frozen` where it is not to learn, or say in the function that it is
    left alone: `let _ = stop(m.b)`. Tests are not warned: they may ask for a zero.
    """)

  static let unsolvedDim = Code(
    "unsolved-dim", "a dim that a call does not tell",
    """
    A `_` in the result of a function parameter is the size that comes back. It is read off the
    numbers of the result; where only a function is given back there are none.

        fn try_out(make: [T] |int| -> |[_]| -> real, n: int) -> real {     // mistaken
        fn try_out(make: [T] |int| -> [_], n: int) -> real {               // mended
          let made = make[n](1)
          1.0
        }
        fn total[T](k: int) -> |[T]| -> real = |x: [T]| sum(x)             // mistaken
        fn total[T](k: int) -> [T] = ones[T]                               // mended
        print(try_out(total, 3))

    Give back the numbers, or the function together with something of that size.
    """)
}

/// The report of a `var` that a loop does not leave as it found it; nil where only dims that are
/// found at run time tell the two apart.
package func loopCarryChanges(
  _ variable: Variable, from start: Aggregate<TensorType>, to end: Aggregate<TensorType>,
  at place: Span
) -> Diagnostic? {
  let (before, after) = (words(start), words(end))
  guard before != after else { return nil }
  return Diagnostic(
    LoweringMessages.loopCarryChanges,
    "`\(variable.name)` is \(before) before a step and \(after) after it",
    at: Label(place, "this is \(after)"),
    secondary: place == variable.span ? [] : [Label(variable.span, "this is \(before)")],
    notes: start.difference(from: end).notes)
}

/// The report of a name that is as long as the longest example in a step that has one of its own.
package func longerThanStep(_ variable: Variable, at place: Span) -> Diagnostic {
  Diagnostic(
    LoweringMessages.sizeVaries,
    "`\(variable.name)` has all examples of a batch, and a step of this loop is as long as its own",
    at: Label(place, "here"), secondary: [Label(variable.span, "this is `\(variable.name)`")],
    notes: ["go over it too: `for v in \(variable.name) { … }`"])
}

/// The report of a name of the top that is read before it was made.
func noValue(_ variable: Variable, readAt origin: Origin) -> Diagnostic {
  let asked = origin.calls.first ?? origin.span
  let isImported = asked.map { $0.source != variable.span.source } ?? false
  return Diagnostic(
    LoweringMessages.noValue, "`\(variable.name)` has no value yet",
    at: origin.span.map { Label($0, "read here") },
    secondary: origin.calls.reversed().prefix(3).map { Label($0, "called from here") }
      + [Label(variable.span, isImported ? "this does not run" : "made here")],
    notes: isImported ? ["of an imported file only `config` and `dim` run"] : [],
    help: [
      isImported
        ? "make it a parameter of the function"
        : "call the function below the place where `\(variable.name)` is made"
    ])
}

/// The report of a dim of the top that is read before it got its size.
package func noSize(_ dim: DimSymbol, declared: Span, readAt origin: Origin) -> Diagnostic {
  Diagnostic(
    LoweringMessages.noValue, "`\(dim.name)` has no size yet",
    at: origin.span.map { Label($0, "needed here") },
    secondary: origin.calls.reversed().prefix(3).map { Label($0, "called from here") }
      + [Label(declared, "gets its size here")],
    help: ["sizes are worked out from top to bottom, each from those above it"])
}

// MARK: Types as users write them

func words(_ value: Aggregate<TensorType>) -> String {
  switch value {
  case .tensor(let type): return type.written
  case .record(let members):
    let parts = members.map { ($0.name.map { "\($0): " } ?? "") + words($0.value) }
    return "(\(parts.joined(separator: ", ")))"
  case .structure(let structure, let generics, _):
    let arguments = structure.generics.compactMap { parameter -> String? in
      guard case .dim(let dim)? = generics[parameter] else { return nil }
      return dim.written
    }
    return arguments.isEmpty
      ? structure.name : "\(structure.name)[\(arguments.joined(separator: ", "))]"
  case .list(let elements): return "a list (\(elements.map(words).joined(separator: ", ")))"
  case .array(let size, let element): return "\(size.written) of \(words(element))"
  case .rng(_, let isLabelled):
    return isLabelled ? "a labelled random stream" : "a random stream"
  case .projection: return "a projection"
  case .block(let block): return "a projection to \(TensorType(.real, block.shape).written)"
  case .closure: return "a function"
  case .text(let text): return "\"\(text)\""
  }
}
