// The types of the language.

package import IR
package import Tensors

/// A dim or a type that a function or struct is generic in.
package enum GenericParameter: Hashable, Sendable {
  case dim(DimSymbol)
  case type(TypeSymbol)
}

/// What stands for a generic parameter in one use.
package enum GenericArgument: Hashable {
  case dim(Dim)
  case type(Type)
}

/// The identity of a type parameter: the `P` of `struct Adam[P]`.
package struct TypeSymbol: Hashable, Sendable {
  package let name: String
  package let number: Int

  package init(_ name: String, _ number: Int) {
    self.name = name
    self.number = number
  }
}

/// A value that stays what it is, so that `memory.state` means one type: a variable, a field of a
/// path, or "the element at hand" of a list.
package indirect enum Path: Hashable {
  case variable(Variable)
  case field(Path, String)
  case each(Path)
}

package struct RecordField: Hashable {
  package let name: String?
  package let type: Type

  package init(_ name: String?, _ type: Type) {
    self.name = name
    self.type = type
  }
}

package struct FunctionType: Hashable {
  /// Dims that each call chooses: the `T` of `[T] |Rng| -> …`.
  package var dims: [DimSymbol]
  package var parameters: [Type]
  package var result: Type
  /// Dims of the result that each call learns only from what comes back: its `_`.
  package var unknowns: [DimSymbol]

  package init(
    dims: [DimSymbol] = [], parameters: [Type], result: Type, unknowns: [DimSymbol] = []
  ) {
    self.dims = dims
    self.parameters = parameters
    self.result = result
    self.unknowns = unknowns
  }
}

/// A claim about the numbers of a tensor; `axis` counts from the end (-1 is the last) and says
/// along which dim a simplex sums to one.
package struct Claim: Hashable, Sendable {
  package let refinement: Refinement
  package let axis: Int

  package init(_ refinement: Refinement, axis: Int = -1) {
    self.refinement = refinement
    self.axis = axis
  }
}

package indirect enum Type: Hashable {
  /// Numbers and truth values; a scalar has no dims.
  case tensor(DType, [Dim], Claim? = nil)
  case text
  case rng
  /// Tuples, records and the empty record `()`.
  case record([RecordField])
  case structure(Structure, [GenericArgument])
  /// Some struct that claims the interface; which one is known only when the program is lowered.
  case interface(Interface, [GenericArgument])
  /// The `emits` or `state` of the value at a path, where its struct is not known.
  case associated(Path, SectionKind)
  /// A linear map from `[inputs]` to the `emits` of the value at a path.
  case projection(Dim, Path)
  /// A fixed list whose elements may differ in type; the element type may speak of `Path.each`.
  case list(Type, count: Dim)
  /// `size` structs (or lists, …) held as one struct of arrays. Never of a tensor or record: see
  /// `Type.array(of:_:)`.
  case array(Dim, Type)
  case function(FunctionType)
  /// A struct's name used as a value; the generic arguments written are the leading ones.
  case constructor(Structure, [GenericArgument])
  /// A type parameter.
  case parameter(TypeSymbol)
  /// Not known yet; only while a statement is being checked.
  case variable(Int)
  /// The type of what was reported already; agrees with everything.
  case poison
}

package enum SectionKind: String, Hashable, Sendable {
  case emits, state
}

extension Type {
  package static var real: Type { .tensor(.real, []) }
  package static var int: Type { .tensor(.int, []) }
  package static var bool: Type { .tensor(.bool, []) }
  package static var unit: Type { .record([]) }

  var isPoison: Bool { if case .poison = self { true } else { false } }

  /// `size` values of type `element`: tensors and records take the dim in front of every shape.
  package static func array(of element: Type, _ size: Dim) -> Type {
    switch element {
    case .tensor(let dtype, let shape, let claim): .tensor(dtype, [size] + shape, claim)
    case .record(let fields):
      .record(fields.map { RecordField($0.name, .array(of: $0.type, size)) })
    case .poison: .poison
    default: .array(size, element)
    }
  }
}

extension Type {
  /// Whether two types that differ do so by what is inside of them.
  func isKin(of other: Type) -> Bool {
    switch (self, other) {
    case (.tensor, .tensor), (.record, .record), (.list, .list), (.array, .array),
      (.function, .function), (.projection, .projection):
      true
    case (.structure(let one, _), .structure(let two, _)): one == two
    case (.interface(let one, _), .interface(let two, _)): one == two
    default: false
    }
  }
}
