// The static arguments of a node: axes, sizes, constants.
//
// Values say what they are, so that a transform can treat the attributes of any op alike: lifting
// moves every `.axis` and `.axes` by one and puts the new dim in front of every `.shape`.

package import Tensors

/// Attributes by name; equal ones make equal nodes.
package struct Attributes: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// What an attribute is and says.
  package enum Value: Hashable, Sendable {
    /// A position in the shape of the operands.
    case axis(Int)
    /// Several, in the order that the row gives them.
    case axes([Int])
    /// The full shape of a result.
    case shape([Dim])
    /// A size that lifting leaves alone.
    case dim(Dim)
    case integer(Int)
    case real(Double)
    case flag(Bool)
    case text(String)
    case dtype(DType)
    /// The symbol that a `bind_dim` gives its number.
    case symbol(DimSymbol)

    /// Reals are equal bit by bit: 0 and -0 are two constants, NaN is one.
    package static func == (a: Value, b: Value) -> Bool {
      switch (a, b) {
      case (.axis(let a), .axis(let b)), (.integer(let a), .integer(let b)): a == b
      case (.axes(let a), .axes(let b)): a == b
      case (.shape(let a), .shape(let b)): a == b
      case (.dim(let a), .dim(let b)): a == b
      case (.real(let a), .real(let b)): a.bitPattern == b.bitPattern
      case (.flag(let a), .flag(let b)): a == b
      case (.text(let a), .text(let b)): a == b
      case (.dtype(let a), .dtype(let b)): a == b
      case (.symbol(let a), .symbol(let b)): a == b
      default: false
      }
    }

    package func hash(into hasher: inout Hasher) {
      switch self {
      case .axis(let value), .integer(let value): hasher.combine(value)
      case .axes(let value): hasher.combine(value)
      case .shape(let value): hasher.combine(value)
      case .dim(let value): hasher.combine(value)
      case .real(let value): hasher.combine(value.bitPattern)
      case .flag(let value): hasher.combine(value)
      case .text(let value): hasher.combine(value)
      case .dtype(let value): hasher.combine(value)
      case .symbol(let value): hasher.combine(value)
      }
    }
  }

  package struct Entry: Hashable, Sendable {
    package let key: String
    package var value: Value
  }

  /// By key; so few that a search is faster than a table.
  package private(set) var entries: [Entry] = []

  package init(dictionaryLiteral elements: (String, Value)...) {
    for (key, value) in elements { self[key] = value }
  }

  package subscript(_ key: String) -> Value? {
    get { entries.first { $0.key == key }?.value }
    set {
      let index = entries.firstIndex { $0.key >= key } ?? entries.count
      let isKnown = index < entries.count && entries[index].key == key
      let entry = newValue.map { [Entry(key: key, value: $0)] } ?? []
      entries.replaceSubrange(index..<(isKnown ? index + 1 : index), with: entry)
    }
  }

  package func mapValues(_ transform: (Value) -> Value) -> Attributes {
    var result = self
    for index in entries.indices { result.entries[index].value = transform(entries[index].value) }
    return result
  }

  /// With dims replaced; the symbol of a `bind_dim` stays.
  package func substituting(_ bindings: [DimSymbol: Dim]) -> Attributes {
    if bindings.isEmpty { return self }
    return mapValues { value in
      switch value {
      case .shape(let dims): .shape(dims.map { $0.substituting(bindings) })
      case .dim(let dim): .dim(dim.substituting(bindings))
      default: value
      }
    }
  }

  /// The attributes of the same op when every operand and result has one more axis in front.
  package func lifted(by dim: Dim) -> Attributes {
    mapValues { value in
      switch value {
      case .axis(let axis): .axis(axis + 1)
      case .axes(let axes): .axes(axes.map { $0 + 1 })
      case .shape(let dims): .shape([dim] + dims)
      default: value
      }
    }
  }
}

// Typed access. An absent or differently typed attribute is a broken invariant: the verifier asks
// the row's type rule, and that asks for every attribute the row has.
extension Attributes {
  package func axis(_ key: String) -> Int {
    guard case .axis(let value) = self[key] else { return missing(key) }
    return value
  }
  package func axes(_ key: String) -> [Int] {
    guard case .axes(let value) = self[key] else { return missing(key) }
    return value
  }
  package func shape(_ key: String) -> [Dim] {
    guard case .shape(let value) = self[key] else { return missing(key) }
    return value
  }
  package func dim(_ key: String) -> Dim {
    guard case .dim(let value) = self[key] else { return missing(key) }
    return value
  }
  package func integer(_ key: String) -> Int {
    guard case .integer(let value) = self[key] else { return missing(key) }
    return value
  }
  package func real(_ key: String) -> Double {
    guard case .real(let value) = self[key] else { return missing(key) }
    return value
  }
  package func flag(_ key: String) -> Bool {
    guard case .flag(let value) = self[key] else { return missing(key) }
    return value
  }
  package func text(_ key: String) -> String {
    guard case .text(let value) = self[key] else { return missing(key) }
    return value
  }
  package func dtype(_ key: String) -> DType {
    guard case .dtype(let value) = self[key] else { return missing(key) }
    return value
  }
  package func symbol(_ key: String) -> DimSymbol {
    guard case .symbol(let value) = self[key] else { return missing(key) }
    return value
  }

  private func missing<T>(_ key: String) -> T {
    preconditionFailure("a node lacks the attribute `\(key)`")
  }
}
