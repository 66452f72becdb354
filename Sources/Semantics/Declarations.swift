// What a program declares, after checking: functions, structs and interfaces with names resolved.
//
// Declarations are classes because they mention one another. The checker fills them in two rounds
// (signatures, then bodies); afterwards nobody changes them. They are not `Sendable`, nor is the tree
// that holds them: the compiler could not see that the rounds are over, and a session checks, lowers
// and walks on one thread. What crosses threads is the graph, which names none of them.

package import Diagnostics
package import Tensors

/// A name that holds a value: a parameter, a `let`, a `var`, a field inside its struct.
package final class Variable: Hashable {
  package let name: String
  package let span: Span
  package internal(set) var type: Type
  package let isMutable: Bool
  /// Bound by a statement at the top of a file or at the prompt, and so held by the session.
  package let isTopLevel: Bool
  /// The ragged dim whose sizes, one for each example of a batch, the variable holds.
  package let lengthsOf: DimSymbol?

  package init(
    _ name: String, _ span: Span, type: Type, isMutable: Bool = false, isTopLevel: Bool = false,
    lengthsOf: DimSymbol? = nil
  ) {
    self.name = name
    self.span = span
    self.type = type
    self.isMutable = isMutable
    self.isTopLevel = isTopLevel
    self.lengthsOf = lengthsOf
  }

  package static func == (a: Variable, b: Variable) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

package struct FunctionParameter {
  package let variable: Variable
  package internal(set) var value: TypedExpression?

  package init(_ variable: Variable, value: TypedExpression? = nil) {
    self.variable = variable
    self.value = value
  }
}

/// A rule that stands in for the derivative of a function's body.
package struct CustomDerivative {
  package let parameters: [Variable]
  package let cotangent: Variable
  package let output: Variable?
  /// A cotangent for each real parameter: one value, or a record in parameter order.
  package let body: TypedExpression
  package let isSurrogate: Bool

  package init(
    parameters: [Variable], cotangent: Variable, output: Variable?, body: TypedExpression,
    isSurrogate: Bool
  ) {
    self.parameters = parameters
    self.cotangent = cotangent
    self.output = output
    self.body = body
    self.isSurrogate = isSurrogate
  }
}

package final class Function: Hashable {
  package let name: String
  package let span: Span
  package let doc: String?
  /// The module it is declared in, for notes: `ntm/address.ntm`.
  package let module: String
  /// Dims and types in brackets, in order: the caller writes them (or they are solved).
  package internal(set) var explicit: [GenericParameter] = []
  /// Upper-case names of the parameters' types that are not in scope elsewhere.
  package internal(set) var implicit: [GenericParameter] = []
  /// `self` first for a method.
  package internal(set) var parameters: [FunctionParameter] = []
  package internal(set) var result: Type = .poison
  /// Dims of the result written `_`.
  package internal(set) var unknowns: [DimSymbol] = []
  /// nil for a signature of an interface without a default.
  package internal(set) var body: TypedExpression?
  package internal(set) var derivative: CustomDerivative?
  package internal(set) var hasSelf = false
  /// The struct or interface that declares it.
  package internal(set) var owner: Owner?

  package enum Owner {
    case structure(Structure)
    case interface(Interface)
  }

  package init(name: String, span: Span, doc: String?, module: String) {
    self.name = name
    self.span = span
    self.doc = doc
    self.module = module
  }

  package static func == (a: Function, b: Function) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A field of a struct, or of its `emits` or `state`.
package struct Field {
  package let name: String
  package let isFrozen: Bool
  package let doc: String?
  /// What `value` and later fields call it.
  package let variable: Variable
  /// Whether a default is written and whether it mentions `rng`: known before it is checked, because
  /// a struct may be built above the place that declares it.
  let hasDefault: Bool
  let draws: Bool
  package internal(set) var type: Type
  /// A function applied to the stored value whenever the field is read (`via softplus`).
  package internal(set) var via: TypedExpression?
  /// Evaluated with `rng`, the earlier fields, and in `state` with `self` in scope.
  package internal(set) var value: TypedExpression?

  package init(
    name: String, isFrozen: Bool, doc: String?, variable: Variable, type: Type,
    hasDefault: Bool = false, draws: Bool = false, via: TypedExpression? = nil,
    value: TypedExpression? = nil
  ) {
    self.name = name
    self.isFrozen = isFrozen
    self.doc = doc
    self.variable = variable
    self.type = type
    self.hasDefault = hasDefault
    self.draws = draws
    self.via = via
    self.value = value
  }
}

package struct InterfaceUse: Hashable {
  package let interface: Interface
  package let arguments: [GenericArgument]

  package init(_ interface: Interface, _ arguments: [GenericArgument]) {
    self.interface = interface
    self.arguments = arguments
  }
}

package final class Structure: Hashable {
  package let name: String
  package let span: Span
  package let doc: String?
  package let module: String
  package internal(set) var generics: [GenericParameter] = []
  package internal(set) var claims: [InterfaceUse] = []
  package internal(set) var fields: [Field] = []
  package internal(set) var emits: [Field]?
  package internal(set) var state: [Field]?
  package internal(set) var methods: [String: Function] = [:]
  /// Whether its fields and sections are declared: a type above it may speak of them.
  var isDefined = false
  /// `self` in the defaults and `via` of `emits` and `state`.
  package let selfVariable: Variable
  /// `rng` in the defaults of fields.
  package let rngVariable: Variable

  package init(name: String, span: Span, doc: String?, module: String) {
    self.name = name
    self.span = span
    self.doc = doc
    self.module = module
    selfVariable = Variable("self", span, type: .poison)
    rngVariable = Variable("rng", span, type: .rng)
  }

  package static func == (a: Structure, b: Structure) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

package struct RequiredField {
  package let name: String
  package let span: Span
  package let type: Type
}

package final class Interface: Hashable {
  package let name: String
  package let span: Span
  package let doc: String?
  package let module: String
  package internal(set) var generics: [GenericParameter] = []
  package internal(set) var hasEmits = false
  package internal(set) var hasState = false
  /// What a struct that claims the interface must hold.
  package internal(set) var fields: [RequiredField] = []
  /// Signatures; one with a body is a default.
  package internal(set) var methods: [String: Function] = [:]
  package internal(set) var methodOrder: [String] = []

  package init(name: String, span: Span, doc: String?, module: String) {
    self.name = name
    self.span = span
    self.doc = doc
    self.module = module
  }

  package static func == (a: Interface, b: Interface) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
