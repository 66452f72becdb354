// The forms an op lowers to, and the scalar expression inside a pointwise op.
//
// A backend supports a form once, for every row that has it.

package import Tensors

/// What one element of a pointwise result is, in terms of the elements of the operands.
///
/// Arithmetic works in the dtype of its operands; comparisons give bool. `floorDivide` and
/// `remainder` round the quotient towards minus infinity, and so does `divide` on `int`. Ints wrap;
/// a division by 0 and a power below 0 of ints, and a real without an int value, are faults.
package indirect enum ScalarExpression: Hashable, Sendable {
  package enum Unary: String, Hashable, Sendable, CaseIterable {
    case negate, absolute, sign, floor, squareRoot
    case exp, expm1, log, log1p, sin, cos, tanh, sigmoid, softplus
    case not, isFinite
    /// Of ints: every bit of the result depends on every bit of the operand (`RandomBits.finalized`).
    case scramble
  }
  package enum Binary: String, Hashable, Sendable, CaseIterable {
    case add, subtract, multiply, divide, floorDivide, remainder, power, minimum, maximum
    case equal, less, lessOrEqual
    case and, or
    /// Of ints: the upper 64 bits of the product of both as numbers from 0 up.
    case multiplyHigh
  }

  case operand(Int)
  case real(Double)
  case integer(Int)
  case boolean(Bool)
  case unary(Unary, ScalarExpression)
  case binary(Binary, ScalarExpression, ScalarExpression)
  case select(ScalarExpression, ScalarExpression, ScalarExpression)
  case convert(ScalarExpression, DType)
}

extension ScalarExpression {
  package static func + (a: Self, b: Self) -> Self { .binary(.add, a, b) }
  package static func - (a: Self, b: Self) -> Self { .binary(.subtract, a, b) }
  package static func * (a: Self, b: Self) -> Self { .binary(.multiply, a, b) }
  package static func / (a: Self, b: Self) -> Self { .binary(.divide, a, b) }
  package static prefix func - (a: Self) -> Self { .unary(.negate, a) }
}

/// How a reduction joins elements.
package enum Reduction: String, Hashable, Sendable, CaseIterable {
  case sum, product, minimum, maximum, any, all
}

/// How a view's result indexes its operands. Attribute names are in brackets.
package enum View: String, Hashable, Sendable, CaseIterable {
  /// Result [shape]; the operand's axis k is the result's axis [axes][k]; other axes repeat.
  case broadcast
  /// Same elements in row-major order, as [shape].
  case reshape
  /// The result's axis k is the operand's axis [axes][k].
  case transpose
  /// Entries [start] ..< [start] + [count] along [axis].
  case slice
  /// Operands one after another along [axis].
  case concatenate
  /// Back to front along [axis].
  case reverse
  /// Entry i moves to i + [by] along [axis], round the end.
  case rotate
}

/// What a `.library` row does, for a backend that has a loop of its own for it.
package enum Routine: Sendable {
  /// `(x)` -> the [count] largest along [axis], the largest first, and their places. Of equal ones
  /// the lower place comes first; NaN comes last.
  case largest
  /// `(x)` -> the entries along [axis] in order, from the largest where [descending], and their
  /// places. Of equal ones the lower place comes first; NaN comes last.
  case sort
  /// `(factors, terms)` -> along [axis] terms(i) + factors(i) times the entry before; the first is
  /// terms(0).
  case recurrence
}

/// What a backend needs to run the nodes of a row. Attribute names are in brackets.
package enum Kernel: Sendable {
  /// Operands of one shape (or rank 0, which stands for every element); the result has that shape.
  case pointwise(@Sendable ([ScalarExpression]) -> ScalarExpression)
  /// Removes [axes].
  case reduce(Reduction)
  case view(View)
  /// `(table [b…, R, rest…], indices int [b…, i…])` -> `[b…, i…, rest…]`, the first [batch] axes in
  /// common. [clamped] and [skipping] say what an index outside 0 ..< R is; see `RowBounds`.
  case gather
  /// `(base [b…, R, rest…], indices [b…, i…], updates [b…, i…, rest…])` -> as base, with the updates
  /// added to the rows they index, or put in their place where [replaces] (the last one wins).
  /// Indices as for a gather.
  case scatter
  /// `(left, right)`: sums products over [leftContracted]/[rightContracted]; result axes are
  /// [leftBatch] (paired with [rightBatch]), then the rest of the left, then of the right.
  case contract
  /// The row's own `evaluate`, one node at a time.
  case library
  /// `(size)`: gives the dim symbol [symbol] its number; every later node may use it.
  case bindDim
  /// Evaluated for its effect: `print`, `log`, `probe`. No results; executed in program order.
  case observe
  /// Never in a graph: the builder puts these nodes in its place.
  case composite(@Sendable (Builder, [Value], Attributes) -> [Value])
}
