// The codes of reports about syntax, with the lesson each one carries. Alphabetical; the wording
// is in SyntaxMessages.

package import Diagnostics

/// Every code the lexer and the parser report.
package let syntaxCodes: [Code] = [
  .assignmentInCondition, .bareDecimalPoint, .chainedComparison, .expectedExpression,
  .expectedName, .expectedPattern, .expectedToken, .expectedType, .foreignComment,
  .foreignOperator, .foreignWord, .itemInBlock, .labelledPattern, .malformedNumber, .missingBody,
  .nestingTooDeep, .notAssignable, .numberTooLarge, .repeatedSection, .straySemicolon,
  .unclosedBracket, .unexpectedCharacter, .unexpectedToken, .unknownEscape, .unterminatedString,
]

extension Code {
  static let assignmentInCondition = Code(
    "assignment-in-condition", "`=` where a condition compares",
    """
    `=` gives a name a value; `==` asks whether two values are equal. A condition asks.

        let step = 10
        if step = 10 { print("saved") }       // mistaken
        if step == 10 { print("saved") }      // mended
    """)

  static let bareDecimalPoint = Code(
    "bare-decimal-point", "a decimal point without a digit on both sides",
    """
    A point also reads a field, so a number has a digit on either side of its decimal point.

        let rate = .5      // mistaken
        let rate = 0.5     // mended
    """)

  static let chainedComparison = Code(
    "chained-comparison", "two comparisons in a row",
    """
    A comparison gives a bool, and a bool has no order, so `0 < x < 1` has no meaning of its own.

        let x = 0.3
        expect 0.0 < x < 1.0               // mistaken
        expect 0.0 < x and x < 1.0         // mended
    """)

  static let expectedExpression = Code(
    "expected-expression", "a value is missing",
    """
    An operator, a comma, `=` or an opening bracket promises a value that did not come. An operator
    at the end of a line continues on the next one, so the value may be looked for there.

        let x = 1.5
        let y = 2.0 *          // mistaken: the product goes on with the next line
        let y = 2.0 * x        // mended
        let z = 3.0
    """)

  static let expectedName = Code(
    "expected-name", "a name is missing",
    """
    A declaration, or a point, is followed by a name: a letter or `_`, then letters, digits and
    `_`. The words of the language cannot be names.

        fn 2norm(x: [_]) -> real { sqrt(sum(x * x)) }      // mistaken
        fn norm2(x: [_]) -> real { sqrt(sum(x * x)) }      // mended
    """)

  static let expectedPattern = Code(
    "expected-pattern", "nothing that can be bound",
    """
    `let`, `var` and `for` bind names. A pattern is a name, `_` for what is not wanted, or a tuple
    of patterns.

        let x = 2.0
        let 3 = x                       // mistaken
        let three = 3.0                 // mended
        let (sum_of, _) = (x, three)    // mended: a tuple, its second part dropped
    """)

  static let expectedToken = Code(
    "expected-token", "a mark or word is missing",
    """
    The construct begun here has a fixed form, and the next part of it is not there.

        var error = 1.0
        while error > 0.1 { error = error / 2.0 }                // mistaken: a loop needs a bound
        while error > 0.1 max 1_000 { error = error / 2.0 }      // mended
    """)

  static let expectedType = Code(
    "expected-type", "a type is missing",
    """
    A colon, `->` or `as` is followed by a type: `real`, `int`, `bool`, a shape `[N, M]`, a refined
    shape `simplex [N]`, the name of a struct, a record `(x: [N], y: [M])` or a function
    `|[N]| -> real`.

        fn length(x: ) -> real { sqrt(sum(x * x)) }          // mistaken
        fn length(x: [_]) -> real { sqrt(sum(x * x)) }       // mended
    """)

  static let foreignComment = Code(
    "foreign-comment", "a comment between `/*` and `*/`",
    """
    A comment begins with `//` and ends with its line; `///` documents what follows it.

        /* read heads */      // mistaken
        // read heads         // mended
    """)

  static let foreignOperator = Code(
    "foreign-operator", "an operator of another language",
    """
    The meaning is clear, only the spelling differs: `and`, `or` and `not` are words, powers are
    written `^`, and operators are plain ASCII so that every keyboard has them.

        let (a, b, x) = (true, false, 3.0)
        let y = if a && !b { x ** 2.0 } else { x }         // mistaken
        let y = if a and not b { x^2 } else { x }          // mended
    """)

  static let foreignWord = Code(
    "foreign-word", "a word of another language",
    """
    The word has no meaning here. The value of a block is its last expression, functions begin with
    `fn`, names are bound with `let` and `var`.

        fn twice(x: real) -> real { return 2.0 * x }      // mistaken
        fn twice(x: real) -> real { 2.0 * x }             // mended
    """)

  static let itemInBlock = Code(
    "item-in-block", "a declaration in a block that belongs at the top",
    """
    Structs, interfaces, imports, dims, the config, tests and derivatives belong to the whole file.
    A block holds `let`, `var`, `fn`, assignments and expressions.

        dim N = 4                                  // mended
        fn start() -> real {
          dim N = 4                                // mistaken
          sum(ones[N])
        }
    """)

  static let labelledPattern = Code(
    "labelled-pattern", "a label in a pattern",
    """
    A pattern takes a tuple or record apart by position.

        let both = (x: 1.0, y: 2.0)
        let (x: a, y: b) = both      // mistaken
        let (a, b) = both            // mended
        print(both.x + both.y)       // or keep it whole
    """)

  static let malformedNumber = Code(
    "malformed-number", "a number that runs into a name",
    """
    Digits may be grouped with `_` (`2_000`), and `e` gives a power of ten (`3e-3`). A product needs
    its `*`.

        let T = 3
        let x = zeros[2T + 1]        // mistaken
        let x = zeros[2*T + 1]       // mended
    """)

  static let missingBody = Code(
    "missing-body", "a function without a body",
    """
    Only an interface declares what others define. Everywhere else a function has a block or, after
    `=`, an expression.

        fn twice(x: real) -> real                  // mistaken
        fn twice(x: real) -> real = 2.0 * x        // mended
    """)

  static let nestingTooDeep = Code(
    "nesting-too-deep", "brackets, blocks or operators nested without end",
    """
    There is a limit so that no text, however odd, can exhaust the memory of the compiler. Programs
    written by people stay far below it; name the inner parts.

        let y = f(f(f(f(x))))           // however many
        let inner = f(f(x))             // in steps
        let y = f(f(inner))
    """)

  package static let notAssignable = Code(
    "not-assignable", "an assignment to something that cannot change",
    """
    `=` gives a new value to a `var`, to a field or an index of one, or to several at once. `let`
    binds for good, and parameters are not assigned.

        let w = 1.0          // mistaken
        var w = 1.0          // mended
        w = 2.0 * w
    """)

  package static let numberTooLarge = Code(
    "number-too-large", "a number beyond what can be held",
    """
    An `int` has 64 bits. A larger number can only be a `real`, which is written with a point or an
    exponent.

        let n = 10_000_000_000_000_000_000      // mistaken
        let n = 1e19                            // mended
    """)

  static let repeatedSection = Code(
    "repeated-section", "`emits` or `state` declared twice in one struct",
    """
    The order of the fields of `emits` is the layout of what the controller produces, so there is
    one list of them, and likewise one `state`.

        struct Spot[M] {
          emits { key: [M] }                          // mistaken
          emits { beta: positive via softplus }       // mistaken
          emits {                                     // mended
            key: [M]                                  // mended
            beta: positive via softplus               // mended
          }                                           // mended
        }
    """)

  static let straySemicolon = Code(
    "stray-semicolon", "`;` between statements",
    """
    A new line ends a statement. `;` only sets the cotangent apart in a `derivative`.

        let a = 1; let b = 2      // mistaken
        let a = 1                 // mended
        let b = 2                 // mended
    """)

  static let unclosedBracket = Code(
    "unclosed-bracket", "a bracket that is never closed",
    """
    Between `(` and `)`, or `[` and `]`, line breaks do not end a statement, so a bracket left open
    swallows what follows until something cannot belong to it.

        let x = 1.0
        let y = exp(abs(x)        // mistaken
        let y = exp(abs(x))       // mended
        let z = 2
    """)

  static let unexpectedCharacter = Code(
    "unexpected-character", "a character outside the language",
    """
    Names may use letters of any script; everything else is plain ASCII. Strings stand between
    straight double quotes, comments begin with `//`.

        let name = 'copy'  # the task        // mistaken
        let name = "copy"                    // mended
    """)

  static let unexpectedToken = Code(
    "unexpected-token", "something that cannot stand here",
    """
    A statement was complete, but its line goes on. Either an operator is missing, or a second
    statement needs a line of its own.

        let a = 1 let b = 2      // mistaken
        let a = 1                // mended
        let b = 2                // mended
        print a + b              // mistaken: a call has parentheses
        print(a + b)             // mended
    """)

  static let unknownEscape = Code(
    "unknown-escape", "a backslash before a character that needs none",
    """
    Inside a string a backslash begins one of `\\n` (new line), `\\t` (tab), `\\"`, `\\\\` and
    `\\u{…}` (a character by its hexadecimal number). A backslash itself is written twice.

        print("runs\\copy")       // mistaken
        print("runs\\\\copy")      // mended
    """)

  static let unterminatedString = Code(
    "unterminated-string", "a string without an end",
    """
    A string ends on the line it begins on.

        print("copy)       // mistaken
        print("copy")      // mended
    """)
}
