// Codes and wording of what is found while a program is lowered: mistakes that only the actual
// shapes, structs and derivatives show.

package import Diagnostics
import IR
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
    branchesDiffer, loopCarryChanges, noDefault, noDerivative, notInFunctions, recursionTooDeep,
    shapesDiffer, sizeVaries, unknownMethod, unreachedParameter, unsolvedDim, unsupported,
  ]

  static let branchesDiffer = Code(
    "branches-differ", "the two sides of an `if` give values of different shapes",
    """
    Both sides of an `if` must give the same shapes and the same structs, and so must a `var` that
    one of them assigns:

      let y = if ready { zeros[N] } else { zeros[M] }

    Make both sides one shape, or return early in the function that knows which it is.
    """)

  static let loopCarryChanges = Code(
    "loop-carry-changes", "a `var` changes its shape from one step of a loop to the next",
    """
    What a loop carries from step to step keeps one shape:

      var seen = zeros[1]
      for x in xs { seen = seen ++ [x] }          // grows by one in each step

    Let the loop give the values instead; they are stacked:

      let seen = for x in xs { x }
    """)

  static let noDefault = Code(
    "no-default", "a field has neither a value nor a default",
    """
    A field without a default must be given where the struct or its state is made. Real and int
    tensors of a `state` start as zeros; a function or a random stream has no zero.
    """)

  static let noDerivative = Code(
    "no-derivative", "an operation on the way to the result has no derivative",
    """
    The value that is differentiated depends on its input through an operation that has no
    derivative. Put the operation behind `stop(…)` if no gradient is to flow there, or give the
    function around it a rule of its own with `derivative f(x; ct) { … }`.
    """)

  static let notInFunctions = Code(
    "not-in-functions", "files, plots and reports belong to the top level",
    """
    Functions are pure, except for `print`, `probe` and `log`. What touches the world (`save`,
    `load`, `plot`, `view`, `report`) stands at the top level of a program.
    """)

  static let recursionTooDeep = Code(
    "recursion-too-deep", "calls are nested more than 200 deep, or there are too many",
    """
    Calls are written out when a program is lowered, so a function that calls itself must come to
    an end without looking at numbers that are known only when the program runs. Use `while` with
    `max`, or carry a `var` through a `for`.
    """)

  static let shapesDiffer = Code(
    "shapes-differ", "two tensors have dims that are not known to be equal",
    """
    Two sizes that are found separately while the program runs are different dims, also where the
    numbers agree. Say that they are the same with `x as [N]`, which is checked.
    """)

  static let sizeVaries = Code(
    "size-varies", "each step of a loop makes a result of its own size",
    """
    The results of the steps of a loop are stacked, so they have one size:

      let parts = for n in lengths { rng.normal[n] }

    Make them all as long as the longest and keep the lengths beside them.
    """)

  static let unknownMethod = Code(
    "unknown-method", "a value has no such method",
    """
    A struct that claims an interface has all of its methods, of its own or by default. This one
    was given where the interface is expected and lacks a method.
    """)

  static let unreachedParameter = Code(
    "unreached-parameter", "a parameter that the differentiated function does not depend on",
    """
    A parameter is differentiated but no smooth way leads from it to the result, so that it never
    learns. Often a layer was forgotten, or a `floor`, an `argmax` or a comparison is in the way:

      struct Net[N] { w: [N] = zeros[N], b: [N] = zeros[N] }
      let g = grad(|m| sum(m.w * m.w), at: m)             // `m.b` is never read

    Use it, mark the field `frozen` where it is not to learn, or say in the function that it is
    left alone: `let _ = stop(m.b)`. Tests are not warned: they may ask for a zero.
    """)

  static let unsolvedDim = Code(
    "unsolved-dim", "a dim of a function is not determined by the call",
    """
    A dim of a signature is found from the shapes of the arguments or written in brackets, as in
    `sample[20](rng)`. This one is neither.
    """)

  static let unsupported = Code(
    "unsupported", "this cannot be computed here",
    """
    The expression is legal but cannot be computed as part of a function: bind it to a name at the
    top level first.
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
    secondary: place == variable.span ? [] : [Label(variable.span, "this is \(before)")])
}

// MARK: Types as users write them

/// A tensor's type without the numbers that tell dims of one name apart.
func words(_ type: TensorType) -> String {
  let shape = "[\(type.shape.map(words).joined(separator: ", "))]"
  switch (type.dtype, type.rank) {
  case (_, 0): return type.dtype.rawValue
  case (.real, _): return shape
  default: return "\(type.dtype.rawValue) \(shape)"
  }
}

func words(_ dim: Dim) -> String {
  var plain: [DimSymbol: Dim] = [:]
  for symbol in dim.symbols { plain[symbol] = Dim(DimSymbol(symbol.name)) }
  return dim.substituting(plain).description
}

func words(_ value: Aggregate<TensorType>) -> String {
  switch value {
  case .tensor(let type): return words(type)
  case .record(let members):
    let parts = members.map { ($0.name.map { "\($0): " } ?? "") + words($0.value) }
    return "(\(parts.joined(separator: ", ")))"
  case .structure(let structure, let generics, _):
    let arguments = structure.generics.compactMap { parameter -> String? in
      guard case .dim(let dim)? = generics[parameter] else { return nil }
      return words(dim)
    }
    return arguments.isEmpty
      ? structure.name : "\(structure.name)[\(arguments.joined(separator: ", "))]"
  case .list(let elements): return "a list (\(elements.map(words).joined(separator: ", ")))"
  case .array(let size, let element): return "\(words(size)) of \(words(element))"
  case .rng: return "a random stream"
  case .projection: return "a projection"
  case .block(let block): return "a projection to \(words(TensorType(.real, block.shape)))"
  case .closure: return "a function"
  case .text: return "text"
  }
}
