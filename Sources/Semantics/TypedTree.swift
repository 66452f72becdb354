// The checked program: what later stages read. No unresolved name, no unknown type, every implicit
// step written out: broadcasting, lifting, construction from a struct's name, defaults by absence.
//
// Dims in a typed tree are over the symbols of the function they stand in; a lowering of the
// function for one call replaces them by what the call binds them to. Axis numbers hold for every
// such lowering, with one exception: inside the function given to `map` or `zip` the leaf's shape
// is one symbol of any rank, and there only `.same` broadcasting and reductions of all axes occur.

package import Diagnostics
package import IR
package import Tensors

package struct TypedExpression {
  package let form: Form
  package let type: Type
  package let span: Span

  package init(_ form: Form, _ type: Type, _ span: Span) {
    self.form = form
    self.type = type
    self.span = span
  }
}

/// How operands of an elementwise op meet.
package enum Broadcast {
  /// Every operand has the shape of the result, or is a scalar.
  case same
  /// The result's dims, and for each operand which axes of the result its own are (nil: a scalar).
  case to([Dim], [[Int]?])
}

package enum IndexPart {
  /// A run-time index: the axis disappears.
  case at(TypedExpression)
  /// An int tensor of indices: its dims stand in place of the axis.
  case gather(TypedExpression)
  case range(start: Dim, count: Dim)
  case all
}

/// What a `for` goes over.
package enum LoopSource {
  /// The leading axis of a tensor, or the elements of an array of structs.
  case axis(TypedExpression)
  /// 0 ..< the size of a dim: `for b in B`.
  case dim(Dim)
  /// `start`, `start + 1`, …, as many as the loop has steps.
  case count(from: TypedExpression)
  /// A fixed list: the loop is written out, one body an element.
  case list(TypedExpression)
}

package final class Loop {
  package enum Kind {
    /// No step depends on another: the body is lifted over the trip.
    case map
    case scan
    /// Over fixed lists.
    case unrolled
  }
  package let kind: Kind
  package let sources: [(pattern: TypedPattern, source: LoopSource)]
  package let body: TypedExpression
  /// The number of steps, for map and scan. Where it is a number found at run time, `count` says
  /// how to compute it and `trip` is the fresh symbol that stands for it.
  package let trip: Dim
  package let count: TypedExpression?
  /// The outer `var`s assigned in the body.
  package let carried: [Variable]

  package init(
    kind: Kind, sources: [(pattern: TypedPattern, source: LoopSource)], body: TypedExpression,
    trip: Dim, count: TypedExpression?, carried: [Variable]
  ) {
    self.kind = kind
    self.sources = sources
    self.body = body
    self.trip = trip
    self.count = count
    self.carried = carried
  }
}

/// `while condition max bound { body }`; the condition is checked before each step.
package final class WhileLoop {
  package let condition: TypedExpression
  /// The symbol that stands for the bound, and the int it is computed from.
  package let trip: Dim
  package let bound: TypedExpression
  package let body: TypedExpression
  package let carried: [Variable]

  package init(
    condition: TypedExpression, trip: Dim, bound: TypedExpression, body: TypedExpression,
    carried: [Variable]
  ) {
    self.condition = condition
    self.trip = trip
    self.bound = bound
    self.body = body
    self.carried = carried
  }
}

/// `intercept(value, method, member: function)`.
package final class Interception {
  package let value: TypedExpression
  package let interface: Interface
  package let method: Function
  package let member: String
  package let function: TypedExpression

  package init(
    value: TypedExpression, interface: Interface, method: Function, member: String,
    function: TypedExpression
  ) {
    self.value = value
    self.interface = interface
    self.method = method
    self.member = member
    self.function = function
  }
}

package final class Lambda {
  package let parameters: [Variable]
  package let body: TypedExpression

  package init(parameters: [Variable], body: TypedExpression) {
    self.parameters = parameters
    self.body = body
  }
}

/// The int that a dim argument was made from: `sample[len]` makes the symbol `len`.
package struct SizeBinding {
  package let symbol: DimSymbol
  package let value: TypedExpression
  /// What `value` computes, for a size that a call finds at entry.
  package let quotient: Quotient?

  package init(symbol: DimSymbol, value: TypedExpression, quotient: Quotient? = nil) {
    self.symbol = symbol
    self.value = value
    self.quotient = quotient
  }
}

/// Everything a call needs but the callee.
package struct CallDetail {
  /// Bindings of the callee's generic parameters that its arguments do not already determine, and
  /// of those that they do: all that the checker knows.
  package let generics: [GenericParameter: GenericArgument]
  /// By parameter (without `self`); nil takes the default.
  package let arguments: [TypedExpression?]
  /// Fresh dims of this frame for the `_` of the callee's result, in the order of its `unknowns`;
  /// their sizes are what comes back.
  package let unknowns: [DimSymbol]
  /// The n-th call or draw of its function: part of the path that names a random stream.
  package let site: Int

  package init(
    generics: [GenericParameter: GenericArgument], arguments: [TypedExpression?],
    unknowns: [DimSymbol], site: Int
  ) {
    self.generics = generics
    self.arguments = arguments
    self.unknowns = unknowns
    self.site = site
  }
}

package enum DerivativeKind: String {
  case grad
  case valueAndGrad = "value_and_grad"
  case vjp, jvp
}

package enum TreeFunction: String {
  case map, zip, norm, count
}

/// What `print`, `log`, `report`, `save` … are given.
package struct EffectArgument {
  package let label: String
  package let value: TypedExpression

  package init(label: String, value: TypedExpression) {
    self.label = label
    self.value = value
  }
}

package indirect enum Form {
  // Constants.
  case real(Double)
  case integer(Int)
  case boolean(Bool)
  case text(String)
  /// A dim used as an int.
  case size(Dim)

  // Names.
  case variable(Variable)
  /// A function used as a value, with what is known of its generics; one of a struct or interface
  /// with its `self`.
  case function(
    Function, of: TypedExpression?, [GenericParameter: GenericArgument])
  case lambda(Lambda)

  // Building and taking apart.
  case record([(name: String?, value: TypedExpression)])
  /// A fixed list.
  case list([TypedExpression])
  /// `[a, b, c]` of values of one type: a tensor (or array) with a new axis in front.
  case stack([TypedExpression])
  case field(TypedExpression, String)
  /// The stored value of a field that has `via`.
  case rawField(TypedExpression, String)
  case position(TypedExpression, Int)
  case index(TypedExpression, [IndexPart])
  case withIndex(TypedExpression, [IndexPart], TypedExpression)
  case withFields(TypedExpression, [(name: String, value: TypedExpression)])
  /// A struct from the fields given and the defaults of the others.
  case construct(
    Structure, [GenericParameter: GenericArgument], rng: TypedExpression?,
    fields: [(name: String, value: TypedExpression)], site: Int)
  /// `owner.state(…)`: a record of the section's fields, defaults for those not given.
  case section(
    SectionKind, owner: TypedExpression, fields: [(name: String, value: TypedExpression)])
  /// What a projection gives for one input; pre-activations are clipped to ±`clip` if given.
  case project(TypedExpression, TypedExpression, clip: TypedExpression?)

  // Ops.
  case pointwise(Op, [TypedExpression], Broadcast)
  /// nil axes: all of them.
  case reduce(Op, TypedExpression, axes: [Int]?)
  case along(Op, TypedExpression, axis: Int)
  /// Any other row, attributes complete but for dims to be replaced.
  case primitive(Op, [TypedExpression], Attributes)
  /// `a ++ b ++ …` along the first axis.
  case concatenate([TypedExpression])
  /// Sums over the labels that are not in `output`; labels are numbered.
  case einsum([(value: TypedExpression, labels: [Int])], output: [Int])
  /// `x as [N]`: the same numbers; sizes that differ are an error at run time. The type has them.
  case reshapeDims(TypedExpression)
  /// `x as simplex`: the same numbers; what they are is asserted at run time.
  case claim(TypedExpression, Claim)
  /// + - * / and unary minus on structs and records (their parameters), or one and a scalar.
  case treeArithmetic(Op, [TypedExpression])
  case tree(TreeFunction, function: TypedExpression?, [TypedExpression])
  /// The value; of what an interface's method gives of its parts, a member goes through a function.
  case intercepted(Interception)

  // Random streams.
  case makeRng(seed: TypedExpression)
  /// `rng["name"]`: a stream named by its label, whatever the place of the draws.
  case labelled(TypedExpression, String)
  /// A draw: a row of the `random` family, operands after the key, the shape of the result.
  case draw(Op, rng: TypedExpression, [TypedExpression], Attributes, site: Int)

  // Calls.
  case call(Function, receiver: TypedExpression?, CallDetail)
  /// A method of an interface: found in the receiver's struct when lowered.
  case method(Function, receiver: TypedExpression, CallDetail)
  /// A function value.
  case apply(TypedExpression, dims: [Dim], CallDetail)

  // Control.
  case block([TypedStatement], TypedExpression?)
  case conditional(TypedExpression, TypedExpression, TypedExpression?)
  case loop(Loop)
  case whileLoop(WhileLoop)

  // Derivatives.
  /// `grad`: the gradient; `valueAndGrad`: (value, gradient); `vjp`: (value, cotangent of `at`),
  /// given a cotangent of the value; `jvp`: (value, tangent), given a tangent of `at`.
  /// The function takes the parts of `at`.
  case derivative(
    DerivativeKind, function: TypedExpression, at: [TypedExpression], seed: TypedExpression?)
  /// Runs a function of no arguments; the backward pass runs it again instead of keeping values.
  case remat(TypedExpression)

  // Effects.
  /// `print`, `probe`, `log` inside functions.
  case observe(Op, [EffectArgument])
  /// A row of the host's table (`save`, `report`, `view`, …): top level only. The unknowns are dims
  /// of the value whose sizes it brings along.
  case host(String, [EffectArgument], unknowns: [DimSymbol] = [])
  case poison
}

package struct TypedPattern {
  package indirect enum Kind {
    case variable(Variable)
    case wildcard
    case tuple([TypedPattern])
  }
  package let kind: Kind
  package let span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

package struct TypedStatement {
  package enum Kind {
    case binding(TypedPattern, TypedExpression)
    /// Compound assignments and assignments to parts are written out with `with`.
    case assignment(TypedPattern, TypedExpression)
    case expect(TypedExpression)
    case expression(TypedExpression)
    /// A dim of this frame from an int: `dim T = n` inside a block, or a size made on the way.
    case sizes([SizeBinding])
  }
  package let kind: Kind
  package let span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

// MARK: Modules

package struct ConfigEntry {
  package let variable: Variable
  package let value: TypedExpression
  package let doc: String?

  package init(variable: Variable, value: TypedExpression, doc: String?) {
    self.variable = variable
    self.value = value
    self.doc = doc
  }
}

/// A dim with a size that the command line may change.
package struct DimEntry {
  package let symbol: DimSymbol
  package let kind: Kind
  package let value: TypedExpression?
  package let span: Span
  package let doc: String?

  package enum Kind: String { case plain, batch }

  package init(
    symbol: DimSymbol, kind: Kind, value: TypedExpression?, span: Span, doc: String?
  ) {
    self.symbol = symbol
    self.kind = kind
    self.value = value
    self.span = span
    self.doc = doc
  }
}

package struct TypedTest {
  package let title: String
  package let span: Span
  package let body: TypedExpression

  package init(title: String, span: Span, body: TypedExpression) {
    self.title = title
    self.span = span
    self.body = body
  }
}

/// What happens at the top of a file, in order.
package enum TopLevel {
  case config([ConfigEntry])
  case dims([DimEntry])
  case statement(TypedStatement)

  package var isStatement: Bool { if case .statement = self { true } else { false } }
}

package struct TypedModule {
  /// As imports name it: `ntm.heads`, or the path of a file.
  package let name: String
  package let items: [TopLevel]
  package let tests: [TypedTest]
  package let functions: [Function]
  package let structures: [Structure]
  package let interfaces: [Interface]

  package init(
    name: String, items: [TopLevel], tests: [TypedTest], functions: [Function],
    structures: [Structure], interfaces: [Interface]
  ) {
    self.name = name
    self.items = items
    self.tests = tests
    self.functions = functions
    self.structures = structures
    self.interfaces = interfaces
  }
}
