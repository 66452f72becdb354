// Types, dims and signatures in the user's own words.

import IR
import Tensors

extension Path {
  package var written: String {
    switch self {
    case .variable(let variable): variable.name
    case .field(.variable(let variable), let name) where variable.name == "self": name
    case .field(let base, let name): "\(base.written).\(name)"
    case .each(let base): "each \(base.written)"
    }
  }
}

extension Type {
  /// As the language writes it: `simplex [N]`, `(x: [T, W], y: real)`, `Head[N, M]`.
  package var written: String {
    switch self {
    case .tensor(let dtype, let shape, let claim):
      return Type.writeTensor(dtype, shape, claim)
    case .text: return "text"
    case .rng: return "Rng"
    case .record(let fields):
      return "(" + fields.map { field in
        (field.name.map { "\($0): " } ?? "") + field.type.written
      }.joined(separator: ", ") + ")"
    case .structure(let structure, let arguments):
      return structure.name + Type.write(arguments)
    case .interface(let interface, let arguments):
      return interface.name + Type.write(arguments)
    case .associated(let path, let kind):
      if case .variable(let variable) = path, variable.name == "self" { return kind.rawValue }
      return "\(path.written).\(kind.rawValue)"
    case .projection(let inputs, let path):
      return "Projection[\(inputs.written), \(path.written).emits]"
    case .list(let element, let count): return "[\(count.written), \(element.written)]"
    case .array(let size, let element): return "\(size.written) of \(element.written)"
    case .function(let function): return function.written
    case .constructor(let structure, let arguments):
      return "the constructor \(structure.name)\(Type.write(arguments))"
    case .parameter(let symbol): return symbol.name
    case .variable: return "_"
    case .poison: return "_"
    }
  }

  private static func writeTensor(_ dtype: DType, _ shape: [Dim], _ claim: Claim?) -> String {
    let dims = "[\(shape.map(\.written).joined(separator: ", "))]"
    guard let claim else {
      if shape.isEmpty { return dtype.rawValue }
      return dtype == .real ? dims : "\(dtype.rawValue) \(dims)"
    }
    let name = claim.refinement.rawValue
    if shape.isEmpty { return name }
    if claim.refinement == .simplex, claim.axis != -1, shape.count + claim.axis >= 0 {
      return "\(name)[\(shape[shape.count + claim.axis].written)] \(dims)"
    }
    return "\(name) \(dims)"
  }

  private static func write(_ arguments: [GenericArgument]) -> String {
    if arguments.isEmpty { return "" }
    return "[" + arguments.map(\.written).joined(separator: ", ") + "]"
  }
}

extension GenericArgument {
  package var written: String {
    switch self {
    case .dim(let dim): dim.written
    case .type(let type): type.written
    }
  }
}

extension GenericParameter {
  package var name: String {
    switch self {
    case .dim(let symbol): symbol.name
    case .type(let symbol): symbol.name
    }
  }
}

extension FunctionType {
  package var written: String {
    let bracket = dims.isEmpty ? "" : "[\(dims.map(\.name).joined(separator: ", "))] "
    return "\(bracket)|\(parameters.map(\.written).joined(separator: ", "))| -> \(result.written)"
  }
}

extension Function {
  /// `content(memory: [N, M], key: [M], beta: positive) -> simplex [N]`.
  package var signature: String {
    let bracket = explicit.isEmpty ? "" : "[\(explicit.map(\.name).joined(separator: ", "))]"
    let list = parameters.enumerated().map { index, parameter in
      hasSelf && index == 0
        ? "self" : "\(parameter.variable.name): \(parameter.variable.type.written)"
    }
    let arrow = result == .unit ? "" : " -> \(result.written)"
    return "\(name)\(bracket)(\(list.joined(separator: ", ")))\(arrow)"
  }
}
