// The codes of what the checker finds, with a lesson each, sorted by name.

package import Diagnostics

extension Code {
  static let argumentCount = Code(
    "argument-count", "a call with too many or too few arguments",
    """
    Every parameter without a default takes one argument, by position or by name.

        fn scale(x: [N], by: real) -> [N] = x * by
        print(scale(ones[3], 2.0, 0.5))      // mistaken
        print(scale(ones[3], 2.0))           // mended
    """)
  static let ascendingRate = Code(
    "ascending-rate", "a step that increases what is differentiated",
    """
    A gradient points to where the function grows; descent subtracts it. Warned of is an assignment
    `m = m + k * g`, where `g` is the gradient at `m` and `k` is plainly positive, and a negative `lr`.

        var x = ones[3]
        let g = grad(|x| sum(x * x), at: x)
        x = x + 0.1 * g      // mistaken: the sum grows
        x = x - 0.1 * g      // mended

    To increase a reward, differentiate its negative and descend.
    """)
  static let broadcastAmbiguous = Code(
    "broadcast-ambiguous", "dims that could line up in two ways",
    """
    Dims meet by name. Where a name stands twice, as in `[N, N] * [N]`, the rows or the columns could be
    meant, and the language does not guess.

        fn scaled(a: [N, N], v: [N]) -> [N, N] {
          a * v                        // mistaken: every row, or every column?
          for row in a { row * v }     // mended: every row
        }
    """)
  static let broadcastMismatch = Code(
    "broadcast-mismatch", "dims that cannot line up",
    """
    A scalar meets anything; otherwise one operand's dims must be among the other's, in order, by name.
    Size 1 is not special, and equal sizes do not make equal dims.

        dim N = 3, M = 4
        let (u, v) = (ones[N], ones[M])
        print(u + v)            // mistaken
        print(outer(u, v))      // mended: [N, M], if all pairs are meant
    """)
  static let claimBroken = Code(
    "claim-broken", "a number outside what its type claims",
    """
    `positive`, `unit`, `simplex` and the like say what numbers may occur.

        config { lr: positive = 0.0 }       // mistaken: zero is not positive
        config { lr: positive = 1e-3 }      // mended
    """)
  static let claimMissing = Code(
    "claim-missing", "a value of which the needed claim is not known",
    """
    Weightings must be a simplex, key strengths positive, gates between 0 and 1. Primitives and activations
    establish such claims; other arithmetic forgets them.

        fn moved(w: simplex [N], s: [3]) -> simplex [N] {
          shift(w, s)                  // mistaken: s may be any numbers
          shift(w, softmax(s))         // mended
        }
    """)
  static let declaredTwice = Code(
    "declared-twice", "one name declared twice in one place",
    """
    Each name of a file, a struct or a parameter list is declared once.

        fn f(x: [N], x: [N]) -> [N] = x          // mistaken: which?
        fn f(x: [N], y: [N]) -> [N] = x + y      // mended
    """)
  static let dimMismatch = Code(
    "dim-mismatch", "one dim where another is due",
    """
    Dims are nominal: `dim N = 20` and `dim M = 20` are two dims, because they mean two things. A value with
    one cannot stand where the other is due, even if the sizes agree.

        dim N = 128, M = 20
        let memory = zeros[N, M]
        print(content(memory, ones[N], 5.0))      // mistaken
        print(content(memory, ones[M], 5.0))      // mended: a key is as wide as a row
    """)
  static let dimNotInShape = Code(
    "dim-not-in-shape", "a dim named that the value does not have",
    """
    Reductions and the like name the dim they work along.

        dim N = 3, M = 4
        print(sum[M](ones[N]))      // mistaken
        print(sum[N](ones[N]))      // mended
    """)
  static let droppedValue = Code(
    "dropped-value", "a value computed and dropped",
    """
    A value on a line of its own goes nowhere.

        var m = zeros[3]
        m with [0] = 1.0            // mistaken: makes a new value and drops it
        m = m with [0] = 1.0        // mended
    """)
  static let effectInside = Code(
    "effect-inside", "a file or picture asked for inside a function",
    """
    A `fn` is pure: files, plots and checkpoints belong to the top of a file. `print`, `log` and `probe` only
    observe and may stand anywhere.

        fn double(x: [N]) -> [N] {
          plot(x)                        // mistaken
          2.0 * x
        }
        let y = double(ones[3])
        print(y)                         // mended: here `plot(y)` may stand too
    """)
  static let emptyList = Code(
    "empty-list", "an empty list without a type",
    """
    Nothing says what an empty list would hold.

        let lengths = []                  // mistaken: of what?
        let lengths: int [0] = []         // mended
    """)
  static let endlessLoop = Code(
    "endless-loop", "a `while` that changes nothing",
    """
    If the body assigns no `var` of the outside, the condition is the same for ever.

        var x = 100.0
        while x > 1.0 max 10 { let y = x / 2.0 }      // mistaken: x stays
        while x > 1.0 max 10 { x = x / 2.0 }          // mended
    """)
  static let endlessStruct = Code(
    "endless-struct", "a struct that holds itself",
    """
    A struct has its fields inside of it, so one that holds itself, directly or through others, would never
    end and cannot be made.

        struct Node { value: real, next: Node }             // mistaken
        struct Nodes[K] { value: [K], next: int [K] }       // mended: all of them, linked by index
    """)
  static let importCycle = Code(
    "import-cycle", "modules that import one another",
    """
    Modules form a hierarchy. Move what both need into a third file.

        import "grid.ntm" as grid
        fn area(n: int) -> int = grid.rows(n) * n
        // file: grid.ntm
        import "main.ntm" as main                          // mistaken
        fn rows(n: int) -> int = n
    """)
  static let importNotFound = Code(
    "import-not-found", "an import that leads nowhere",
    """
    `import ntm.x` is the library inside the program; `import "x.ntm" as x` is a file beside this one.

        import ntm.headz { Head }      // mistaken
        import ntm.heads { Head }      // mended
    """)
  package static let indexOutOfRange = Code(
    "index-out-of-range", "an index outside its dim",
    """
    Indices count from 0 to one less than the size.

        let x = [1.0, 2.0, 3.0]
        print(x[3])      // mistaken: entries 0, 1, 2
        print(x[2])      // mended
    """)
  static let interfaceMismatch = Code(
    "interface-mismatch", "a field or function that differs from what its interface asks for",
    """
    A struct that claims an interface gives every field of it, with the same type, and every function, with
    the same parameters and result.

        interface Scale { fn apply(self, x: [N]) -> [N] }
        struct Double: Scale {
          fn apply(self, x: [N]) -> real = 2.0 * sum(x)      // mistaken
          fn apply(self, x: [N]) -> [N] = 2.0 * x            // mended
        }
    """)
  static let interfaceMissing = Code(
    "interface-missing", "a claim that is not kept, or not made",
    """
    A struct can stand for an interface only if it claims it and has all its fields and functions.

        interface Scale { fn apply(self, x: [N]) -> [N] }
        struct Double { fn apply(self, x: [N]) -> [N] = 2.0 * x }             // mistaken
        struct Double: Scale { fn apply(self, x: [N]) -> [N] = 2.0 * x }      // mended
        fn twice(s: Scale, x: [N]) -> [N] = s.apply(s.apply(x))
        print(twice(Double(), ones[3]))
    """)
  static let missingAnnotation = Code(
    "missing-annotation", "a parameter or load without a type",
    """
    Parameters of a `fn` are annotated; so is what comes from a file. The rest is inferred.

        fn double(x) = x * 2.0                  // mistaken
        fn double(x: [N]) -> [N] = x * 2.0      // mended
    """)
  static let missingArgument = Code(
    "missing-argument", "an argument that is not given",
    """
    Parameters without a default must be given.

        fn scale(x: [N], by: real) -> [N] = x * by
        print(scale(ones[3]))               // mistaken
        print(scale(ones[3], by: 2.0))      // mended
    """)
  static let missingSize = Code(
    "missing-size", "a dim without a size",
    """
    A dim at the top of a file has a size, which the command line may change.

        dim N            // mistaken
        dim N = 128      // mended
        print(zeros[N])
    """)
  static let notADim = Code(
    "not-a-dim", "something that cannot be a dim",
    """
    Dims are made of dim names, of ints bound by `let`, of whole numbers, and + - * of these.

        let rng = Rng(1)
        let x = zeros[rng.int(1, 9)]      // mistaken
        let n = rng.int(1, 9)             // mended
        let x = zeros[n]                  // mended
    """)
  static let notAType = Code(
    "not-a-type", "something that is not a type",
    """
    Types are shapes `[N, M]`, `real`, `int`, `bool`, records, functions, structs and interfaces.

        dim N = 3
        fn total(x: N) -> real = sum(x)        // mistaken: N is a dim
        fn total(x: [N]) -> real = sum(x)      // mended
    """)
  static let notAValue = Code(
    "not-a-value", "something that is not a value",
    """
    Types, modules and functions have names, but are not numbers.

        struct Point { x: real = 0.0 }
        let p = Point        // mistaken
        let p = Point()      // mended
    """)
  static let notCallable = Code(
    "not-callable", "something called that is no function",
    """
    Functions, constructors and function values can be called.

        let k = 3.0
        print(k(2.0))       // mistaken
        print(k * 2.0)      // mended
    """)
  static let notIterable = Code(
    "not-iterable", "a `for` over something without a first dim",
    """
    `for` goes over the first dim of a tensor, over a dim, a range of ints or a fixed list.

        for i in 5 { print(i) }           // mistaken
        for i in 0 .. 5 { print(i) }      // mended
    """)
  static let rangeOutOfPlace = Code(
    "range-out-of-place", "a range where no range can stand",
    """
    `a..b` stands in `for … in` and between brackets.

        let r = 0 .. 5                    // mistaken
        for i in 0 .. 5 { print(i) }      // mended
    """)
  static let realEquality = Code(
    "real-equality", "two reals compared for equality",
    """
    Rounding makes two roads to one number end a little apart.

        let (loss, target) = (0.3, 0.1 + 0.2)
        print(loss == target)                  // mistaken
        print(abs(loss - target) < 1e-6)       // mended

    `x == x` asks whether x is a number at all; `is_finite(x)` says that in words.
    """)
  static let shadowedBuiltin = Code(
    "shadowed-builtin", "a name that hides a built-in",
    """
    It is allowed, and sooner or later it confuses.

        let sum = 1.0 + 2.0        // mistaken
        let total = 1.0 + 2.0      // mended
    """)
  package static let shapeMismatch = Code(
    "shape-mismatch", "shapes that do not fit an operation",
    """
    The message says which dims were expected and which were found.

        dim N = 8, M = 4
        let (memory, w) = (ones[N, M], uniform[N])
        print(memory @ w)      // mistaken: [N, M] has no N at its end
        print(w @ memory)      // mended: [M]
    """)
  static let sizeOutOfRange = Code(
    "size-out-of-range", "a size that no tensor can have",
    """
    A size is a whole number from 0 up, small enough to be counted.

        fn rows(length: int) -> real = sum(zeros[length])
        print(rows(-2))                // mistaken: -2 numbers
        print(rows(2))                 // mended
    """)
  static let singleUse = Code(
    "single-use", "a dim of a signature used only once",
    """
    A dim that occurs once says nothing: it is a misspelling, or wants to be `_`.

        fn scores(m: [N, M], k: [MM]) -> [N] = m @ (k as [M])      // mistaken
        fn scores(m: [N, M], k: [M]) -> [N] = m @ k                // mended
    """)
  static let trainedClaim = Code(
    "trained-claim", "a parameter with a claim that training does not keep",
    """
    Real fields of a struct are parameters, and an optimiser moves them anywhere. What is claimed of one is
    made from free numbers by `via`; what is not to be trained is `frozen`.

        struct Sharp { strength: positive = 2.0 }                  // mistaken: a step may make it negative
        struct Sharp { strength: positive via softplus = 2.0 }     // mended
    """)
  package static let typeMismatch = Code(
    "type-mismatch", "one type where another is due",
    """
    There is no silent conversion between int, real and bool; literals adapt.

        let n = 3
        let x: real = n            // mistaken
        let x: real = real(n)      // mended
    """)
  static let undecidedDim = Code(
    "undecided-dim", "a dim that nothing decides",
    """
    Dims follow from the arguments, or are written in brackets. Nothing is guessed.

        fn sample[T](rng: Rng) -> [T] = rng.normal[T]
        let e = sample(Rng(1))         // mistaken: how long?
        let e = sample[5](Rng(1))      // mended
    """)
  static let unknownArgument = Code(
    "unknown-argument", "an argument name the function does not have",
    """
    Names of arguments are those of the parameters.

        fn scale(x: [N], by: real) -> [N] = x * by
        print(scale(ones[3], factor: 2.0))      // mistaken
        print(scale(ones[3], by: 2.0))          // mended
    """)
  static let unknownField = Code(
    "unknown-field", "a field or function that the value does not have",
    """
    The message lists what is near.

        let e = (key: ones[4], beta: 5.0)
        print(e.beeta)      // mistaken
        print(e.beta)       // mended
    """)
  package static let unknownName = Code(
    "unknown-name", "a name that nothing declares",
    """
    Names are declared by `let`, `var`, `fn`, `dim`, `struct`, parameters and imports.

        let x = ones[4]
        let y = softmx(x)       // mistaken
        let y = softmax(x)      // mended
    """)
  static let unreadRows = Code(
    "unread-rows", "an output that nothing reads",
    """
    A function names a number or tensor and never reads it, so none of it reaches the result.

        fn cost(x: [T], y: [T]) -> real {
          let doubled = 2.0 * x            // mistaken: and then?
          let doubled = 2.0 * x - y        // mended
          sum(x * y)                       // mistaken
          sum(doubled * doubled)           // mended
        }
        print(cost(ones[3], ones[3]))

    Read it, or write `_` in its place: `let (_, end) = …`. Rows that a slice leaves out are not
    warned of: `out[T + 1 ..]` says which rows count, and a loss over a part of an output (the answer
    behind the question, the last step, all but the last) is as legitimate as one over all of it.
    """)
}

/// Every code of this target.
package let semanticCodes: [Code] = [
  .argumentCount, .ascendingRate, .broadcastAmbiguous, .broadcastMismatch, .claimBroken,
  .claimMissing,
  .declaredTwice, .dimMismatch, .dimNotInShape, .droppedValue, .effectInside, .emptyList,
  .endlessLoop, .endlessStruct, .importCycle, .importNotFound, .indexOutOfRange, .interfaceMismatch,
  .interfaceMissing, .missingAnnotation, .missingArgument, .missingSize, .notADim,
  .notAType, .notAValue, .notCallable, .notIterable, .rangeOutOfPlace,
  .realEquality, .shadowedBuiltin, .shapeMismatch, .singleUse, .sizeOutOfRange, .trainedClaim,
  .typeMismatch,
  .undecidedDim, .unknownArgument, .unknownField, .unknownName, .unreadRows,
]
