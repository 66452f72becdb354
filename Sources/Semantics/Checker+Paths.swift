// What a type means that speaks of a value: `memory.emits`, of a parameter, a field, a `let`.
//
// Where the value is only known to implement an interface, its sections are types of their own, which
// agree with themselves. Where its struct is known they are the records that the struct declares.

import Diagnostics
import IR
import Syntax
import Tensors

extension Checker {
  /// The path of a value that stays what it is.
  func path(of value: TypedExpression) -> Path? {
    switch value.form {
    case .variable(let variable): return aliases[variable] ?? .variable(variable)
    case .field(let base, let name): return path(of: base).map { .field($0, name) }
    default: return nil
    }
  }

  private func type(at path: Path) -> Type? {
    switch path {
    case .variable(let variable): return unifier.resolve(variable.type)
    case .field(let base, let name): return type(at: base).flatMap { fieldType($0, name, at: base) }
    case .each(let base):
      if case .list(let element, _)? = type(at: base) { return element }
      return nil
    }
  }

  /// The type with sections of known structs written out.
  /// - Parameter depth: of sections in sections; a struct may hold one like itself.
  func opened(_ type: Type, depth: Int = 0) -> Type {
    if depth > 8 { return type }
    return type.mapped(
      dim: { $0 },
      type: { inner in
        guard case .associated(let path, let kind) = inner, let owner = self.type(at: path),
          case .structure(let structure, _) = owner, structure.isDefined
        else { return nil }
        return opened(section(kind, ofType: owner, at: path, structure.span), depth: depth + 1)
      })
  }

  /// What the parameters stand for that other parameters or the result speak of:
  /// `fn f(memory: Memory[K], e: memory.emits)`. Those arguments are looked at ahead of the others.
  func pathsOfArguments(_ function: Function, _ arguments: [Argument]) -> [Variable: Path] {
    let parameters = function.parameters.dropFirst(function.hasSelf ? 1 : 0)
    let spoken = parameters.map(\.variable).filter(function.signatureSpeaks(of:))
    if spoken.isEmpty { return [:] }
    let saved = (bag, context.sites)
    defer { (bag, context.sites) = saved }
    let signature = CallSignature(
      name: function.name, parameters: parameters.map { ($0.variable.name, .poison, true) })
    guard let assigned = assign(arguments, signature, function.span) else { return [:] }
    var paths: [Variable: Path] = [:]
    for (parameter, syntax) in zip(parameters, assigned) where spoken.contains(parameter.variable) {
      guard let value = syntax.map({ expression($0) }) else { continue }
      switch resolve(value.type) {
      case .structure, .interface:
        paths[parameter.variable] =
          path(of: value)
          ?? .variable(Variable(parameter.variable.name, value.span, type: value.type))
      default: continue
      }
    }
    return paths
  }
}

extension Function {
  fileprivate func signatureSpeaks(of variable: Variable) -> Bool {
    (parameters.map(\.variable.type) + [result]).contains { type in
      var isSpokenOf = false
      _ = type.mapped(
        dim: { $0 }, type: { _ in nil },
        path: { path in
          isSpokenOf = isSpokenOf || path.root == variable
          return path
        })
      return isSpokenOf
    }
  }
}

extension Path {
  fileprivate var root: Variable {
    switch self {
    case .variable(let variable): variable
    case .field(let base, _), .each(let base): base.root
    }
  }
}
