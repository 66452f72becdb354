// The row type of the op table: everything that is to be known of an op.
//
// Checker, autodiff, lifting, interpreter, documentation, completion and tests read the row; a
// hand-written switch over op names is a defect.

package import Tensors

/// What is wrong with the operands of an op. The checker turns the operand's index into a span.
package struct TypeProblem: Error, Hashable, Sendable {
  package let operand: Int?
  package let expected: String
  package let found: String

  package init(operand: Int?, expected: String, found: String) {
    self.operand = operand
    self.expected = expected
    self.found = found
  }
}

/// A mistake that only the numbers show: an index out of range, an empty reduction.
package struct EvaluationProblem: Error, Hashable, Sendable {
  /// What happened, in the words of a diagnostic: `index 7 is out of range for 5 rows`.
  package let message: String
  /// The id of a diagnostic code: `index-out-of-range`, `empty-reduction`, `size-out-of-range`, …
  package let code: String

  package init(_ code: String, _ message: String) {
    self.code = code
    self.message = message
  }
}

/// What a library row sees when it is evaluated.
package struct Evaluation: Sendable {
  package let operands: [Tensor]
  package let attributes: Attributes
  package let precision: Precision
  /// Numbers for the dims of the attributes.
  package let sizes: [DimSymbol: Int]

  package init(
    operands: [Tensor], attributes: Attributes, precision: Precision, sizes: [DimSymbol: Int]
  ) {
    self.operands = operands
    self.attributes = attributes
    self.precision = precision
    self.sizes = sizes
  }

  /// The number of a dim of the attributes.
  package func size(_ dim: Dim) throws(EvaluationProblem) -> Int {
    guard let size = dim.evaluated(sizes), size >= 0 else {
      throw EvaluationProblem(
        "size-out-of-range", "`\(dim.written)` is no size: a size is a whole number from 0 up")
    }
    return size
  }
}

/// What a pullback sees: the node it differentiates, as values of the graph under construction.
package struct Pullback {
  package let builder: Builder
  package let operands: [Value]
  package let results: [Value]
  /// The cotangent of each result; nil where it is zero.
  package let cotangents: [Value?]
  package let attributes: Attributes

  package init(
    builder: Builder, operands: [Value], results: [Value], cotangents: [Value?],
    attributes: Attributes
  ) {
    self.builder = builder
    self.operands = operands
    self.results = results
    self.cotangents = cotangents
    self.attributes = attributes
  }

  package func type(_ value: Value) -> TensorType { builder.type(of: value) }
}

/// How a row is differentiated, or why it is not.
package enum Gradient: Sendable {
  /// The cotangent of each operand, nil for none, given non-nil cotangents of at least one result.
  /// For a pointwise row the shape is the result's; the walk sums over a rank-0 operand.
  case pullback(@Sendable (Pullback) -> [Value?])
  /// Flat almost everywhere; the reason is part of the documentation.
  case zero(because: String)
  /// Of a composite row: the derivative of its parts.
  case parts
}

/// How users name the op. The checker types each kind of surface in one place.
package enum Surface: Sendable {
  /// The compiler's own.
  case none
  /// `f(x, y)`, or the operator given: operands broadcast by dim identity.
  case pointwise(operator: String? = nil)
  /// `f[D, …](x)` removes the named dims, `f(x)` all of them.
  case reduction
  /// `f[D](x)` keeps the shape and works along the named dim; attribute [axis].
  case along
  /// A signature in the language's own syntax:
  /// `[N](memory: [N, M], key: [M], beta: positive) -> simplex [N]`. Bracketed dims are written by
  /// the caller and arrive as attributes of their names.
  case signature(String)
  /// Typed by a function of the checker's own; the text is what documentation shows.
  case special(String)
}

extension Op {
  /// What users write: an operator or a name; nil for the compiler's own.
  package var spelling: String? {
    switch surface {
    case .none: nil
    case .pointwise(let symbol): symbol ?? name
    case .reduction, .along, .signature: name
    case .special(let form): Self.name(inForm: form)
    }
  }

  /// What reports call it.
  package var title: String { spelling ?? name }

  /// `rng.normal` of `rng.normal[N, …]`; nil for a form that no name begins, as `left @ right`.
  private static func name(inForm form: String) -> String? {
    let name = form.prefix { $0.isLetter || $0 == "_" || $0 == "." }
    let next = form.dropFirst(name.count).first
    return !name.isEmpty && (next == "[" || next == "(") ? String(name) : nil
  }
}

/// The claims a type may carry about its numbers, weakest last.
package enum Refinement: String, Hashable, Sendable, CaseIterable {
  case simplex, unit
  case aboveOne = "above_one"
  case positive, nonneg

  /// The order simplex ⊂ unit ⊂ nonneg and above_one ⊂ positive ⊂ nonneg.
  package func implies(_ other: Refinement) -> Bool {
    if self == other || other == .nonneg { return true }
    return (self == .simplex && other == .unit) || (self == .aboveOne && other == .positive)
  }
}

/// Operands for a test of a row.
package struct Sample: Sendable {
  package let operands: [Tensor]
  package let attributes: Attributes
  /// A short name for failures, for example `matrix`.
  package let label: String
  /// False where the row's documented kink or jump makes central differences meaningless.
  package let isSmooth: Bool

  package init(
    _ label: String, _ operands: [Tensor], _ attributes: Attributes = [:], isSmooth: Bool = true
  ) {
    self.label = label
    self.operands = operands
    self.attributes = attributes
    self.isSmooth = isSmooth
  }
}

/// Operand types that the row must refuse.
package struct Rejection: Sendable {
  package let operands: [TensorType]
  package let attributes: Attributes

  package init(_ operands: [TensorType], _ attributes: Attributes = [:]) {
    self.operands = operands
    self.attributes = attributes
  }
}

/// What holds of a row whatever its operands are; c is the number in brackets.
package enum Law: Hashable, Sendable {
  case commutative, associative, involution, idempotent
  /// f(x, c) = x
  case identity(Double)
  /// f(x, c) = c
  case absorbing(Double)
}

/// From operand types and attributes to result types. Must accept symbolic dims.
package typealias TypeRule =
  @Sendable ([TensorType], Attributes) throws(TypeProblem) -> [TensorType]

/// One row. A row is its identity: nodes hold it, nothing looks it up by name.
package final class Op: Sendable {
  package let name: String
  package let operands: [String]
  /// True where the last operand may repeat (`concatenate`).
  package let isVariadic: Bool
  /// One sentence first; kink conventions and sources after it.
  package let doc: String
  package let surface: Surface
  /// What the result's numbers are known to be, from what the operands' are.
  package let refinement: @Sendable ([Refinement?]) -> Refinement?
  package let type: TypeRule
  package let kernel: Kernel
  /// Only for `.library` rows: the reference meaning, with reals in the precision of the run.
  package let evaluate: (@Sendable (Evaluation) throws(EvaluationProblem) -> [Tensor])?
  /// For `.library` rows whose results follow element by element: the bits of `evaluate`.
  package let element: ElementRule?
  /// For `.library` rows: what `evaluate` does, where it has a name.
  package let routine: Routine?
  /// For `.library` rows: nodes that give the same, or a fault where `evaluate` fails, and that
  /// compiled code need not ask the host for.
  package let parts: (@Sendable (Builder, [Value], Attributes) -> [Value])?
  package let gradient: Gradient
  /// Seeded operands in f64 precision; at least one, except for rows that only observe.
  package let samples: @Sendable () -> [Sample]
  package let rejects: [Rejection]
  package let laws: [Law]

  package init(
    _ name: String, operands: [String], isVariadic: Bool = false, doc: String, surface: Surface,
    refinement: @escaping @Sendable ([Refinement?]) -> Refinement? = { _ in nil },
    type: @escaping TypeRule, kernel: Kernel,
    evaluate: (@Sendable (Evaluation) throws(EvaluationProblem) -> [Tensor])? = nil,
    element: ElementRule? = nil, routine: Routine? = nil,
    parts: (@Sendable (Builder, [Value], Attributes) -> [Value])? = nil, gradient: Gradient,
    samples: @escaping @Sendable () -> [Sample], rejects: [Rejection], laws: [Law] = []
  ) {
    self.name = name
    self.operands = operands
    self.isVariadic = isVariadic
    self.doc = doc
    self.surface = surface
    self.refinement = refinement
    self.type = type
    self.kernel = kernel
    self.evaluate = evaluate
    self.element = element
    self.routine = routine
    self.parts = parts
    self.gradient = gradient
    self.samples = samples
    self.rejects = rejects
    self.laws = laws
  }

  /// True for rows whose nodes must stay although nothing reads them.
  package var isEffect: Bool {
    switch kernel {
    case .observe, .bindDim: true
    default: false
    }
  }
}

extension Op: Hashable {
  package static func == (a: Op, b: Op) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
