// The shape of a value of the language whose numbers are leaves.
//
// A graph knows only tensors; records, structs, lists, closures and random streams exist while a
// program is lowered and on the host. One type serves both: the leaves are operands of a graph
// under construction, types of tensors, places among the outputs of a graph, or host tensors.
//
// Promise: `leaves`, `places`, `map` and `rebuilt` agree on one order, which depends on the
// structure alone. What is static (structs, list lengths, closures' code, dims) is in the skeleton.

package import Semantics
package import Tensors

package indirect enum Aggregate<Leaf> {
  case tensor(Leaf)
  /// Tuples, records, sections; `()` is empty.
  case record([Member])
  /// Fields are stored values, before `via`. The generics' dims are those of the graph.
  case structure(Structure, generics: [GenericParameter: GenericArgument], fields: [Member])
  /// A fixed list.
  case list([Aggregate])
  /// As many elements as the dim says, held as one whose leaves have an axis more in front. Never
  /// of a tensor or record: those take the axis themselves, see `stacked`.
  case array(Dim, Aggregate)
  /// A random stream: the leaf is its key. Draws from a labelled one do not look at their site, unless
  /// a call that it was given to makes them.
  case rng(Leaf, isLabelled: Bool)
  /// A linear map: records and lists in the shape of some `emits`, with a block for each tensor.
  case projection(inputs: Dim, Aggregate)
  case block(Block)
  case closure(Closure)
  case text(String)

  package struct Member {
    package var name: String?
    package var value: Aggregate

    package init(_ name: String?, _ value: Aggregate) {
      self.name = name
      self.value = value
    }
  }

  /// The part of a projection that gives one tensor of shape `shape`.
  package struct Block {
    /// `[inputs] + shape`
    package var weight: Leaf
    package var bias: Leaf
    package var shape: [Dim]
    package var claim: Claim?
    /// Applied to what the linear map gives; nil in a struct, which has it from the owner when the
    /// projection is read.
    package var via: Closure?

    package init(
      weight: Leaf, bias: Leaf, shape: [Dim], claim: Claim?, via: Closure? = nil
    ) {
      self.weight = weight
      self.bias = bias
      self.shape = shape
      self.claim = claim
      self.via = via
    }
  }

  /// A function as a value: code, and what it reads from where it was made.
  package struct Closure {
    package enum Code {
      case lambda(Lambda)
      case function(Function, [GenericParameter: GenericArgument])
    }
    package var code: Code
    package var captured: [(variable: Variable, value: Aggregate)]
    package var dims: [DimSymbol: Dim]
    package var types: [TypeSymbol: Type]
    /// The dims that each call chooses, where a lambda has them.
    package var chosen: [DimSymbol]

    package init(
      code: Code, captured: [(variable: Variable, value: Aggregate)] = [],
      dims: [DimSymbol: Dim] = [:], types: [TypeSymbol: Type] = [:], chosen: [DimSymbol] = []
    ) {
      self.code = code
      self.captured = captured
      self.dims = dims
      self.types = types
      self.chosen = chosen
    }
  }

  package static var unit: Aggregate { .record([]) }
}

/// Where a leaf is and what it is for.
package struct LeafPlace: Hashable, Sendable {
  package enum Role: Hashable, Sendable {
    case number
    /// The key of a random stream.
    case key(isLabelled: Bool)
    /// Read by a closure.
    case captured
  }
  /// As checkpoints name it: `heads.read[0].key.weight`; empty for a bare tensor.
  package var path = ""
  package var role = Role.number
  package var isFrozen = false

  /// Whether optimisers and derivatives see the leaf, given its element type.
  package func isParameter(_ dtype: DType) -> Bool {
    role == .number && !isFrozen && dtype == .real
  }

  fileprivate func member(_ name: String) -> LeafPlace {
    var result = self
    result.path += path.isEmpty ? name : ".\(name)"
    return result
  }

  fileprivate func element(_ index: Int) -> LeafPlace {
    var result = self
    result.path += "[\(index)]"
    return result
  }

  fileprivate func with(role: Role) -> LeafPlace {
    var result = self
    result.role = self.role == .captured ? .captured : role
    return result
  }
}

// MARK: Leaves

extension Aggregate {
  package func map<T, E: Error>(_ transform: (Leaf) throws(E) -> T) throws(E) -> Aggregate<T> {
    try visit(nil) { (_, leaf) throws(E) -> T in try transform(leaf) }
  }

  /// `map` for transforms that want to know where the leaf is.
  package func mapPlaced<T, E: Error>(
    _ transform: (LeafPlace, Leaf) throws(E) -> T
  ) throws(E) -> Aggregate<T> {
    try visit(LeafPlace()) { (place, leaf) throws(E) -> T in
      try transform(place ?? LeafPlace(), leaf)
    }
  }

  package var leaves: [Leaf] {
    var result: [Leaf] = []
    forEachLeaf { result.append($0) }
    return result
  }

  fileprivate func forEachLeaf(_ body: (Leaf) -> Void) {
    switch self {
    case .tensor(let leaf), .rng(let leaf, _): body(leaf)
    case .record(let members), .structure(_, _, let members):
      for member in members { member.value.forEachLeaf(body) }
    case .list(let elements): for element in elements { element.forEachLeaf(body) }
    case .array(_, let element), .projection(_, let element): element.forEachLeaf(body)
    case .block(let block):
      body(block.weight)
      body(block.bias)
      for (_, value) in block.via?.captured ?? [] { value.forEachLeaf(body) }
    case .closure(let closure): for (_, value) in closure.captured { value.forEachLeaf(body) }
    case .text: break
    }
  }

  /// The place of each leaf, in the order of `leaves`.
  package var places: [LeafPlace] {
    var result: [LeafPlace] = []
    _ = mapPlaced { place, _ in result.append(place) }
    return result
  }

  /// The same structure with other leaves, as many as there are.
  package func rebuilt<T>(_ leaves: some Sequence<T>) -> Aggregate<T> {
    var rest = leaves.makeIterator()
    return map { _ in
      guard let leaf = rest.next() else {
        preconditionFailure("an aggregate is rebuilt from too few leaves")
      }
      return leaf
    }
  }

  /// The structure alone; equal for two values whose leaves correspond.
  package var skeleton: Aggregate<NoLeaf> { map { _ in NoLeaf() } }

  /// Corresponding leaves side by side; nil where the structures differ.
  package func zipped<T>(_ other: Aggregate<T>) -> Aggregate<(Leaf, T)>? {
    guard skeleton == other.skeleton else { return nil }
    var rest = other.leaves.makeIterator()
    return map { leaf in
      guard let partner = rest.next() else {
        preconditionFailure("aggregates of one structure differ in their leaves")
      }
      return (leaf, partner)
    }
  }

  /// A nil place spares the making of paths.
  fileprivate func visit<T, E: Error>(
    _ place: LeafPlace?, _ transform: (LeafPlace?, Leaf) throws(E) -> T
  ) throws(E) -> Aggregate<T> {
    switch self {
    case .tensor(let leaf):
      return .tensor(try transform(place, leaf))
    case .record(let members):
      return .record(try Self.visit(members, place, nil, transform))
    case .structure(let structure, let generics, let fields):
      let visited = try Self.visit(fields, place, structure, transform)
      return .structure(structure, generics: generics, fields: visited)
    case .list(let elements):
      var visited: [Aggregate<T>] = []
      for (index, element) in elements.enumerated() {
        visited.append(try element.visit(place?.element(index), transform))
      }
      return .list(visited)
    case .array(let size, let element):
      return .array(size, try element.visit(place, transform))
    case .rng(let key, let isLabelled):
      let keyPlace = place?.with(role: .key(isLabelled: isLabelled))
      return .rng(try transform(keyPlace, key), isLabelled: isLabelled)
    case .projection(let inputs, let tree):
      return .projection(inputs: inputs, try tree.visit(place, transform))
    case .block(let block):
      return .block(
        .init(
          weight: try transform(place?.member("weight"), block.weight),
          bias: try transform(place?.member("bias"), block.bias),
          shape: block.shape, claim: block.claim,
          via: try block.via?.visit(place, transform)))
    case .closure(let closure):
      return .closure(try closure.visit(place, transform))
    case .text(let text):
      return .text(text)
    }
  }

  private static func visit<T, E: Error>(
    _ members: [Member], _ place: LeafPlace?, _ structure: Structure?,
    _ transform: (LeafPlace?, Leaf) throws(E) -> T
  ) throws(E) -> [Aggregate<T>.Member] {
    var visited: [Aggregate<T>.Member] = []
    for (index, member) in members.enumerated() {
      var inner = member.name.map { place?.member($0) } ?? place?.element(index)
      let field = structure?.fields.first { $0.name == member.name }
      if field?.isFrozen == true { inner?.isFrozen = true }
      visited.append(.init(member.name, try member.value.visit(inner, transform)))
    }
    return visited
  }
}

extension Aggregate.Closure {
  fileprivate func visit<T, E: Error>(
    _ place: LeafPlace?, _ transform: (LeafPlace?, Leaf) throws(E) -> T
  ) throws(E) -> Aggregate<T>.Closure {
    var visited: [(variable: Variable, value: Aggregate<T>)] = []
    let inner = place?.with(role: .captured)
    for (variable, value) in captured {
      visited.append((variable, try value.visit(inner, transform)))
    }
    let code: Aggregate<T>.Closure.Code =
      switch self.code {
      case .lambda(let lambda): .lambda(lambda)
      case .function(let function, let generics): .function(function, generics)
      }
    return .init(code: code, captured: visited, dims: dims, types: types, chosen: chosen)
  }
}

extension Aggregate where Leaf == TensorType {
  /// The host asks this of each part that it takes out of a value, so it is compiled for its leaves.
  package var leafCount: Int {
    var result = 0
    forEachLeaf { _ in result += 1 }
    return result
  }
}

// MARK: Parts

extension Aggregate {
  /// The member of a record or the stored field of a struct.
  package func member(_ name: String) -> Aggregate? {
    switch self {
    case .record(let members), .structure(_, _, let members):
      members.first { $0.name == name }?.value
    default: nil
    }
  }

  /// The n-th member of a record or element of a list.
  package func member(at index: Int) -> Aggregate? {
    switch self {
    case .record(let members), .structure(_, _, let members):
      members.indices.contains(index) ? members[index].value : nil
    case .list(let elements): elements.indices.contains(index) ? elements[index] : nil
    default: nil
    }
  }

  /// The same value with one member exchanged; unchanged where there is no such member.
  package func replacing(_ name: String, by value: Aggregate) -> Aggregate {
    func exchange(_ members: [Member]) -> [Member] {
      members.map { $0.name == name ? Member(name, value) : $0 }
    }
    switch self {
    case .record(let members): return .record(exchange(members))
    case .structure(let structure, let generics, let fields):
      return .structure(structure, generics: generics, fields: exchange(fields))
    default: return self
    }
  }

  /// How `size` values of this structure are held, leaves with an axis more in front.
  package func stacked(_ size: Dim) -> Aggregate {
    switch self {
    case .tensor: self
    case .record(let members):
      .record(members.map { Member($0.name, $0.value.stacked(size)) })
    default: .array(size, self)
    }
  }

  /// The inverse of `stacked`; nil for what has no leading axis.
  package var unstacked: Aggregate? {
    switch self {
    case .tensor: return self
    case .array(_, let element): return element
    case .record(let members):
      var elements: [Member] = []
      for member in members {
        guard let element = member.value.unstacked else { return nil }
        elements.append(Member(member.name, element))
      }
      return .record(elements)
    default: return nil
    }
  }
}

// MARK: Comparing

/// What is left of a leaf in a skeleton.
package struct NoLeaf: Hashable, Sendable {
  package init() {}
}

extension Aggregate: Equatable where Leaf: Equatable {}
extension Aggregate: Hashable where Leaf: Hashable {}
extension Aggregate.Member: Equatable where Leaf: Equatable {}
extension Aggregate.Member: Hashable where Leaf: Hashable {}
extension Aggregate.Block: Equatable where Leaf: Equatable {}
extension Aggregate.Block: Hashable where Leaf: Hashable {}

extension Aggregate.Closure: Equatable where Leaf: Equatable {
  package static func == (a: Self, b: Self) -> Bool {
    guard a.code == b.code, a.dims == b.dims, a.types == b.types, a.chosen == b.chosen,
      a.captured.count == b.captured.count
    else { return false }
    return zip(a.captured, b.captured).allSatisfy {
      $0.variable == $1.variable && $0.value == $1.value
    }
  }
}

extension Aggregate.Closure: Hashable where Leaf: Hashable {
  package func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    for (variable, value) in captured {
      hasher.combine(variable)
      hasher.combine(value)
    }
  }
}

extension Aggregate.Closure.Code: Hashable {
  package static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.lambda(let x), .lambda(let y)): x === y
    case (.function(let f, let x), .function(let g, let y)): f == g && x == y
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .lambda(let lambda): hasher.combine(ObjectIdentifier(lambda))
    case .function(let function, _): hasher.combine(function)
    }
  }
}
