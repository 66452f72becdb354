// The names visible at a place, and what each stands for.

import Diagnostics
import IR
import Tensors

/// What a name stands for.
enum Entity {
  case variable(Variable)
  case function(Function)
  case structure(Structure)
  case interface(Interface)
  /// A dim: its own symbol, or what it abbreviates.
  case dim(Dim)
  case typeParameter(TypeSymbol)
  /// `import "x.ntm" as name`.
  case module(ModuleScope)
  /// A row of the op table, or a construct the checker types by itself.
  case builtin(String)
}

/// The names that a module gives to those who import it.
final class ModuleScope {
  let name: String
  var names: [String: Entity] = [:]

  init(name: String) { self.name = name }
}

/// A stack of blocks of names. Classes, so that a closure's scope can outlive a visit.
final class Scope {
  let parent: Scope?
  var names: [String: Entity] = [:]
  /// The fields of the struct that is declared: types speak of them, `memory.emits`; values are
  /// reached by way of `self`.
  var fields: [String: Variable] = [:]
  /// Counts the loops, functions and lambdas around: assignments from a deeper level are carried.
  let depth: Int
  let boundary: Boundary

  enum Boundary {
    case block
    /// A `for` or `while` body, collecting what it assigns of the outside.
    case loop(Carried)
    case lambda
    case function
    case top
  }

  final class Carried {
    var variables: [Variable] = []
  }

  init(parent: Scope?, _ boundary: Boundary = .block) {
    self.parent = parent
    self.boundary = boundary
    depth = (parent?.depth ?? 0) + 1
  }

  func declare(_ name: String, _ entity: Entity) { names[name] = entity }

  func lookUp(_ name: String) -> Entity? {
    var scope: Scope? = self
    while let current = scope {
      if let found = current.names[name] { return found }
      scope = current.parent
    }
    return nil
  }

  /// The nearest value that a type can speak of by the name: a parameter, a field, a `let`.
  func valueOfPath(_ name: String) -> Variable? {
    var scope: Scope? = self
    while let current = scope {
      if case .variable(let found)? = current.names[name] { return found }
      if let found = current.fields[name] { return found }
      scope = current.parent
    }
    return nil
  }

  /// The scope that declares `name`.
  func owner(of name: String) -> Scope? {
    var scope: Scope? = self
    while let current = scope {
      if current.names[name] != nil { return current }
      scope = current.parent
    }
    return nil
  }

  /// Every visible name, innermost first, for suggestions and completion.
  var visible: [String] {
    var seen: Set<String> = []
    var result: [String] = []
    var scope: Scope? = self
    while let current = scope {
      for name in current.names.keys.sorted() where seen.insert(name).inserted {
        result.append(name)
      }
      scope = current.parent
    }
    return result
  }
}
