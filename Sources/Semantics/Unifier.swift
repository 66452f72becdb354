// Equations over types and dims.
//
// Unknown dims are symbols that the unifier made and has not bound; unknown types are
// `Type.variable`. An equation between dims that has more than one unknown waits until the others
// are bound (plain occurrences are solved first, then linear ones). Nothing is ever guessed: what no
// polynomial solves is left to a check at entry, which a call makes of it.

import Diagnostics
import IR
import Tensors

struct Unifier {
  private var dims: [DimSymbol: Dim] = [:]
  private var types: [Int: Type] = [:]
  private var unknowns: Set<DimSymbol> = []
  private var waiting: [(left: Dim, right: Dim, entry: Bool)] = []
  private var counter = 0
  private var claimless: Set<Int> = []
  /// Whether what only numbers can decide of a tensor's dims, `2*T = n`, waits for a check at entry.
  var leavesToEntry = false

  mutating func unknownDim(_ hint: String) -> Dim {
    counter += 1
    let symbol = DimSymbol(hint, -counter)
    unknowns.insert(symbol)
    return Dim(symbol)
  }

  /// A type to be found. Where it stands for a type parameter it is found without claims: a
  /// function of any type makes no use of them, and other arguments need not share them.
  mutating func unknownType(keepsClaims: Bool = true) -> Type {
    counter += 1
    if !keepsClaims { claimless.insert(counter) }
    return .variable(counter)
  }

  /// The dim with everything known put in.
  func resolve(_ dim: Dim) -> Dim {
    var current = dim
    while current.mentions(where: { dims[$0] != nil }) { current = current.substituting(dims) }
    return current
  }

  func resolve(_ type: Type) -> Type {
    type.mapped(
      dim: { resolve($0) },
      type: { inner in
        if case .variable(let id) = inner, let bound = types[id] { return resolve(bound) }
        return nil
      })
  }

  func hasUnknowns(_ dim: Dim) -> Bool { resolve(dim).symbols.contains { unknowns.contains($0) } }

  /// Makes two dims equal. False where they cannot be.
  mutating func unify(_ a: Dim, _ b: Dim, entry: Bool = false) -> Bool {
    let left = resolve(a)
    let right = resolve(b)
    let difference = left - right
    if difference.terms.isEmpty { return !difference.isOverflow }
    let open = difference.symbols.filter { unknowns.contains($0) }.sorted()
    if open.isEmpty { return false }
    if let symbol = left.symbol, unknowns.contains(symbol), !right.symbols.contains(symbol) {
      return bind(symbol, right)
    }
    if let symbol = right.symbol, unknowns.contains(symbol), !left.symbols.contains(symbol) {
      return bind(symbol, left)
    }
    if open.count == 1, let (coefficient, rest) = difference.linear(in: open[0]) {
      if let solution = (-rest).divided(by: coefficient) { return bind(open[0], solution) }
      if !entry || rest.constant != nil { return false }
    }
    waiting.append((left, right, entry))
    return true
  }

  private mutating func bind(_ symbol: DimSymbol, _ dim: Dim) -> Bool {
    dims[symbol] = dim
    let retry = waiting
    waiting = []
    var agrees = true
    for equation in retry
    where !unify(equation.left, equation.right, entry: equation.entry) {
      // What an argument before this one was to be is said of that one.
      agrees = agrees && equation.entry
      waiting.append(equation)
    }
    return agrees
  }

  /// Solves the first waiting equation that numbers can decide: its only unknown is the dim that
  /// `symbol` gives for it, of the size `dividend div divisor`, wherever the equation holds.
  mutating func leaveToEntry(
    _ symbol: (String, Quotient) -> DimSymbol
  ) -> (symbol: DimSymbol, size: Quotient)? {
    for (index, equation) in waiting.enumerated() where equation.entry {
      let difference = resolve(equation.left) - resolve(equation.right)
      let open = difference.symbols.filter { unknowns.contains($0) }
      guard open.count == 1, let unknown = open.first,
        let (factor, rest) = difference.factored(by: unknown)
      else { continue }
      waiting.remove(at: index)
      let size =
        factor.isNeverNegative
        ? Quotient(dividend: -rest, divisor: factor) : Quotient(dividend: rest, divisor: -factor)
      let solution = symbol(unknown.name, size)
      _ = bind(unknown, Dim(solution))
      return (solution, size)
    }
    return nil
  }

  /// Equations that wait for what would decide them.
  var undecided: [(Dim, Dim)] { waiting.map { (resolve($0.left), resolve($0.right)) } }
  mutating func dropUndecided() { waiting = [] }

  /// Makes two types equal but for claims, which are compared by whoever needs them.
  mutating func unify(_ a: Type, _ b: Type) -> Bool { unify(a, b, entry: leavesToEntry) }

  /// - Parameter entry: whether dims that differ can still be checked, as those of tensors can.
  private mutating func unify(_ a: Type, _ b: Type, entry: Bool) -> Bool {
    switch (head(a), head(b)) {
    case (.poison, _), (_, .poison): return true
    case (.variable(let x), .variable(let y)) where x == y: return true
    case (.variable(let id), let other), (let other, .variable(let id)):
      types[id] = claimless.contains(id) ? other.withoutClaim : other
      return true
    case (.tensor(let s, let x, _), .tensor(let t, let y, _)):
      return s == t && unify(x, y, entry: entry)
    case (.text, .text), (.rng, .rng): return true
    case (.record(let x), .record(let y)):
      guard x.count == y.count else { return false }
      return zip(x, y).allSatisfy { l, r in
        (l.name == nil || r.name == nil || l.name == r.name) && unify(l.type, r.type, entry: entry)
      }
    case (.structure(let s, let x), .structure(let t, let y)): return s == t && unify(x, y)
    case (.interface(let s, let x), .interface(let t, let y)): return s == t && unify(x, y)
    case (.constructor(let s, let x), .constructor(let t, let y)): return s == t && unify(x, y)
    case (.associated(let p, let s), .associated(let q, let t)): return p == q && s == t
    case (.projection(let d, let p), .projection(let e, let q)): return p == q && unify(d, e)
    case (.list(let x, let m), .list(let y, let n)): return unify(m, n) && unify(x, y, entry: false)
    case (.array(let m, let x), .array(let n, let y)):
      return unify(m, n) && unify(x, y, entry: false)
    case (.parameter(let x), .parameter(let y)): return x == y
    case (.function(let f), .function(let g)):
      guard f.parameters.count == g.parameters.count, f.dims.count == g.dims.count else {
        return false
      }
      let renamed = f.renaming(to: g)
      return zip(renamed.parameters, g.parameters).allSatisfy {
        unify($0, $1, entry: false)
      } && unify(renamed.result, g.result, entry: false)
    default: return false
    }
  }

  private func head(_ type: Type) -> Type {
    var current = type
    while case .variable(let id) = current, let bound = types[id] { current = bound }
    return current
  }

  mutating func unify(_ x: [Dim], _ y: [Dim], entry: Bool = false) -> Bool {
    guard x.count == y.count else { return false }
    // Plain unknowns first, so that `[T, W]` may decide what `[2*T + 1, W]` means.
    var agrees = true
    for (a, b) in zip(x, y) where !unify(a, b, entry: entry) { agrees = false }
    return agrees
  }

  private mutating func unify(_ x: [GenericArgument], _ y: [GenericArgument]) -> Bool {
    guard x.count == y.count else { return false }
    return zip(x, y).allSatisfy { pair in
      switch pair {
      case (.dim(let a), .dim(let b)): unify(a, b)
      case (.type(let a), .type(let b)): unify(a, b, entry: false)
      default: false
      }
    }
  }
}

// MARK: Substitution

extension Type {
  /// Rebuilds the type with `dim` applied to every dim, and `type` to every type from the outside
  /// in: where it gives a result, that stands.
  func mapped(dim: (Dim) -> Dim, type: (Type) -> Type?, path: (Path) -> Path = { $0 }) -> Type {
    if let replaced = type(self) { return replaced }
    func argument(_ argument: GenericArgument) -> GenericArgument {
      switch argument {
      case .dim(let inner): .dim(dim(inner))
      case .type(let inner): .type(inner.mapped(dim: dim, type: type, path: path))
      }
    }
    func again(_ inner: Type) -> Type { inner.mapped(dim: dim, type: type, path: path) }
    switch self {
    case .tensor(let dtype, let shape, let claim): return .tensor(dtype, shape.map(dim), claim)
    case .record(let fields):
      return .record(fields.map { RecordField($0.name, again($0.type)) })
    case .structure(let structure, let arguments):
      return .structure(structure, arguments.map(argument))
    case .interface(let interface, let arguments):
      return .interface(interface, arguments.map(argument))
    case .constructor(let structure, let arguments):
      return .constructor(structure, arguments.map(argument))
    case .projection(let inputs, let inner): return .projection(dim(inputs), path(inner))
    case .associated(let inner, let kind): return .associated(path(inner), kind)
    case .list(let element, let count): return .list(again(element), count: dim(count))
    case .array(let size, let element): return .array(of: again(element), dim(size))
    case .function(let function):
      return .function(
        FunctionType(
          dims: function.dims, parameters: function.parameters.map(again),
          result: again(function.result), unknowns: function.unknowns))
    case .text, .rng, .parameter, .variable, .poison: return self
    }
  }

  /// Generic parameters and paths replaced.
  func substituting(_ substitution: Substitution) -> Type {
    if substitution.isEmpty { return self }
    return mapped(
      dim: { $0.substituting(substitution.dims) },
      type: { inner in
        switch inner {
        case .parameter(let symbol): return substitution.types[symbol]
        case .associated(.variable(let variable), let kind):
          return substitution.sections[variable].map { kind == .emits ? $0.emits : $0.state }
        default: return nil
        }
      },
      path: { substitution.apply($0) })
  }

  /// The dims that occur, in order of first occurrence.
  var dimSymbols: [DimSymbol] {
    var found: [DimSymbol] = []
    _ = mapped(
      dim: { dim in
        for symbol in dim.symbols.sorted() where !found.contains(symbol) { found.append(symbol) }
        return dim
      }, type: { _ in nil })
    return found
  }
}

struct Substitution {
  var dims: [DimSymbol: Dim] = [:]
  var types: [TypeSymbol: Type] = [:]
  var paths: [Variable: Path] = [:]
  /// What `emits` and `state` of a `self` are, where its struct is known.
  var sections: [Variable: (emits: Type, state: Type)] = [:]

  var isEmpty: Bool { dims.isEmpty && types.isEmpty && paths.isEmpty && sections.isEmpty }

  init() {}

  init(_ parameters: [GenericParameter], _ arguments: [GenericArgument]) {
    for (parameter, argument) in zip(parameters, arguments) {
      switch (parameter, argument) {
      case (.dim(let symbol), .dim(let dim)): dims[symbol] = dim
      case (.type(let symbol), .type(let type)): types[symbol] = type
      default: break
      }
    }
  }

  func apply(_ path: Path) -> Path {
    switch path {
    case .variable(let variable): paths[variable] ?? path
    case .field(let base, let name): .field(apply(base), name)
    case .each(let base): .each(apply(base))
    }
  }
}

extension FunctionType {
  /// The same type with its own dims named as those of `other`.
  func renaming(to other: FunctionType) -> FunctionType {
    var substitution = Substitution()
    for (mine, theirs) in zip(dims, other.dims) { substitution.dims[mine] = Dim(theirs) }
    for (mine, theirs) in zip(unknowns, other.unknowns) {
      substitution.dims[mine] = Dim(theirs)
    }
    return FunctionType(
      dims: other.dims, parameters: parameters.map { $0.substituting(substitution) },
      result: result.substituting(substitution), unknowns: other.unknowns)
  }
}
