// What names mean in one activation of a function.

import Diagnostics
import Semantics
import Tensors

final class Frame {
  var values: [Variable: Aggregate<Operand>] = [:]
  /// The function's own symbols, as dims of the graph. A symbol without an entry is one of the
  /// program's and stands for itself.
  var dims: [DimSymbol: Dim]
  var types: [TypeSymbol: Type]
  /// The calls that led here, outermost first.
  let calls: [Span]
  /// Variables that were assigned to, each once, in order.
  var assigned: [Variable] = []
  /// The struct whose fields are in scope by name: in defaults, `via` and the types of sections.
  var owner: (structure: Structure, value: Aggregate<Operand>)?
  /// The element that `Path.each` of a list stands for at the moment.
  var elements: [Path: Aggregate<Operand>] = [:]

  init(dims: [DimSymbol: Dim] = [:], types: [TypeSymbol: Type] = [:], calls: [Span] = []) {
    self.dims = dims
    self.types = types
    self.calls = calls
  }

  func dim(_ dim: Dim) -> Dim { dim.substituting(dims) }
  func shape(_ shape: [Dim]) -> [Dim] { shape.map(dim) }
  func type(_ type: Type) -> Type { type.replacing(dims: dims, types: types) }

  func generics(
    _ generics: [GenericParameter: GenericArgument]
  ) -> [GenericParameter: GenericArgument] {
    generics.mapValues { $0.replacing(dims: dims, types: types) }
  }

  /// Binds generic parameters whose arguments speak of the graph's dims.
  func bind(_ generics: [GenericParameter: GenericArgument]) {
    for (parameter, argument) in generics {
      switch (parameter, argument) {
      case (.dim(let symbol), .dim(let dim)): dims[symbol] = dim
      case (.type(let symbol), .type(let type)): types[symbol] = type
      default: break
      }
    }
  }

  func markAssigned(_ variable: Variable) {
    if !assigned.contains(variable) { assigned.append(variable) }
  }
}

extension GenericArgument {
  func replacing(dims: [DimSymbol: Dim], types: [TypeSymbol: Type]) -> GenericArgument {
    switch self {
    case .dim(let dim): .dim(dim.substituting(dims))
    case .type(let type): .type(type.replacing(dims: dims, types: types))
    }
  }
}

extension Type {
  /// The type with dims and type parameters replaced.
  func replacing(dims: [DimSymbol: Dim], types: [TypeSymbol: Type]) -> Type {
    func inner(_ type: Type) -> Type { type.replacing(dims: dims, types: types) }
    switch self {
    case .tensor(let dtype, let shape, let claim):
      return .tensor(dtype, shape.map { $0.substituting(dims) }, claim)
    case .record(let fields):
      return .record(fields.map { RecordField($0.name, inner($0.type)) })
    case .structure(let structure, let arguments):
      return .structure(structure, arguments.map { $0.replacing(dims: dims, types: types) })
    case .interface(let interface, let arguments):
      return .interface(interface, arguments.map { $0.replacing(dims: dims, types: types) })
    case .constructor(let structure, let arguments):
      return .constructor(structure, arguments.map { $0.replacing(dims: dims, types: types) })
    case .projection(let inputs, let path):
      return .projection(inputs.substituting(dims), path)
    case .list(let element, let count):
      return .list(inner(element), count: count.substituting(dims))
    case .array(let size, let element):
      return .array(size.substituting(dims), inner(element))
    case .function(var function):
      function.parameters = function.parameters.map(inner)
      function.result = inner(function.result)
      return .function(function)
    case .parameter(let symbol):
      return types[symbol] ?? self
    case .text, .rng, .associated, .variable, .poison:
      return self
    }
  }
}
