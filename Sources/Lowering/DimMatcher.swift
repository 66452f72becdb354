// Solves the dims of a function's signature from the shapes of what it is given.
//
// Types of parameters are matched with actual structures; that gives equations between dims of the
// signature and dims of the graph. Plain occurrences are solved first (`y: [T, W]`), then linear
// ones (`2*T + 1`). What is linear but does not divide by normal form is left as `pending`, for a
// division when the program runs.

package import Semantics
package import Tensors

struct DimMatcher {
  /// A symbol that is `numerator / divisor`, if that is a whole number.
  struct Pending {
    let symbol: DimSymbol
    let numerator: Dim
    let divisor: Int
  }

  private(set) var bound: [DimSymbol: Dim]
  private(set) var pending: [Pending] = []
  private let unknown: Set<DimSymbol>
  private var equations: [(pattern: Dim, actual: Dim)] = []

  init(unknown: Set<DimSymbol>, bound: [DimSymbol: Dim] = [:]) {
    self.unknown = unknown
    self.bound = bound
  }

  mutating func match(_ pattern: Dim, _ actual: Dim) {
    equations.append((pattern, actual))
  }

  mutating func match(_ type: Type, _ actual: Aggregate<TensorType>) {
    switch (type, actual) {
    case (.tensor(_, let dims, _), .tensor(let leaf)) where dims.count == leaf.rank:
      for (pattern, dim) in zip(dims, leaf.shape) { match(pattern, dim) }
    case (.record(let fields), .record(let members)):
      for (index, field) in fields.enumerated() {
        let named = field.name.flatMap { actual.member($0) }
        if let value = named ?? (members.indices.contains(index) ? members[index].value : nil) {
          match(field.type, value)
        }
      }
    case (.structure(let structure, let arguments), .structure(let other, let generics, _))
    where structure == other:
      for (parameter, argument) in zip(structure.generics, arguments) {
        if let value = generics[parameter] { match(argument, value) }
      }
    case (.interface(let interface, let arguments), .structure(let structure, let generics, _)):
      guard let claimed = structure.claimed(interface, generics) else { break }
      for (argument, value) in zip(arguments, claimed) { match(argument, value) }
    case (.list(let element, let count), .list(let elements)):
      match(count, Dim(elements.count))
      for value in elements { match(element, value) }
    case (.array(let size, let element), .array(let actualSize, let inner)):
      match(size, actualSize)
      match(element, inner.map { TensorType($0.dtype, Array($0.shape.dropFirst())) })
    case (.projection(let inputs, _), .projection(let actualInputs, _)):
      match(inputs, actualInputs)
    default: break
    }
  }

  mutating func match(_ pattern: GenericArgument, _ actual: GenericArgument) {
    switch (pattern, actual) {
    case (.dim(let dim), .dim(let other)): match(dim, other)
    case (.type(let type), .type(let other)): match(type, other)
    default: break
    }
  }

  private mutating func match(_ pattern: Type, _ actual: Type) {
    switch (pattern, actual) {
    case (.tensor(_, let dims, _), .tensor(_, let others, _)) where dims.count == others.count:
      for (dim, other) in zip(dims, others) { match(dim, other) }
    case (.record(let fields), .record(let others)):
      for (field, other) in zip(fields, others) { match(field.type, other.type) }
    case (.structure(let a, let arguments), .structure(let b, let others)) where a == b:
      for (argument, other) in zip(arguments, others) { match(argument, other) }
    case (.function(let function), .function(let other)):
      for (mine, theirs) in zip(function.parameters, other.parameters) { match(mine, theirs) }
      match(function.result, other.result)
    default: break
    }
  }

  mutating func solve() {
    while solveOne() {}
    for (pattern, actual) in equations {
      guard let (symbol, coefficient, rest) = linear(pattern) else { continue }
      if pending.contains(where: { $0.symbol == symbol }) { continue }
      pending.append(Pending(symbol: symbol, numerator: actual - rest, divisor: coefficient))
    }
  }

  private mutating func solveOne() -> Bool {
    for (pattern, actual) in equations {
      if let symbol = pattern.symbol, isOpen(symbol) {
        bound[symbol] = actual
        return true
      }
    }
    for (pattern, actual) in equations {
      guard let (symbol, coefficient, rest) = linear(pattern),
        let solution = (actual - rest).divided(by: coefficient)
      else { continue }
      bound[symbol] = solution
      return true
    }
    return false
  }

  private func isOpen(_ symbol: DimSymbol) -> Bool {
    unknown.contains(symbol) && bound[symbol] == nil
  }

  /// The one open symbol of a pattern, if it stands in a linear term; the rest is of the graph.
  private func linear(_ pattern: Dim) -> (symbol: DimSymbol, coefficient: Int, rest: Dim)? {
    let open = pattern.symbols.filter(isOpen)
    guard open.count == 1, let symbol = open.first,
      let (coefficient, rest) = pattern.linear(in: symbol)
    else { return nil }
    return (symbol, coefficient, rest.substituting(bound))
  }
}

extension Type {
  /// What some of the type's dims are in a value of it.
  package func dims(
    of symbols: Set<DimSymbol>, in value: Aggregate<TensorType>
  ) -> [DimSymbol: Dim] {
    var matcher = DimMatcher(unknown: symbols)
    matcher.match(self, value)
    matcher.solve()
    return matcher.bound
  }
}

extension Structure {
  /// What the struct claims the interface's generics to be, in dims of the graph.
  func claimed(
    _ interface: Interface, _ generics: [GenericParameter: GenericArgument]
  ) -> [GenericArgument]? {
    guard let claim = claims.first(where: { $0.interface == interface }) else { return nil }
    let frame = Frame()
    frame.bind(generics)
    return claim.arguments.map { $0.replacing(dims: frame.dims, types: frame.types) }
  }
}
