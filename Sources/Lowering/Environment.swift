// What names hold, while a program or a session runs.

package import Semantics
package import Tensors

/// What names hold, one entry each, and which of them hold the lengths along ragged dims: a
/// statement asks for the few names that it reads, however many there are.
package struct Bindings<Entry> {
  package private(set) var entries: [Variable: Entry]
  private var lengthNames: [DimSymbol: Variable] = [:]

  package init(_ entries: [Variable: Entry] = [:]) {
    self.entries = entries
    for variable in entries.keys { noteLengths(variable) }
  }

  private mutating func noteLengths(_ variable: Variable) {
    if let symbol = variable.lengthsOf { lengthNames[symbol] = variable }
  }

  package subscript(variable: Variable) -> Entry? {
    get { entries[variable] }
    set {
      entries[variable] = newValue
      if newValue != nil { noteLengths(variable) }
    }
  }

  package var hasLengths: Bool { !lengthNames.isEmpty }

  /// The name that holds the lengths along a ragged dim.
  package func lengths(of symbol: DimSymbol) -> Variable? {
    lengthNames[symbol].flatMap { entries[$0] == nil ? nil : $0 }
  }

  package func mapValues<Other>(_ transform: (Entry) -> Other) -> Bindings<Other> {
    Bindings<Other>(entries.mapValues(transform))
  }
}

/// What the session holds under a name.
package struct HeldType {
  package let value: Aggregate<TensorType>
  /// How many of the host's loops the value was made inside of.
  package let depth: Int

  package init(_ value: Aggregate<TensorType>, depth: Int = 0) {
    self.value = value
    self.depth = depth
  }
}

/// What the names of the top level hold, for those who read a few of them.
package struct Environment {
  private let find: (Variable) -> HeldType?
  private let findLengths: (DimSymbol) -> Variable?
  /// Whether any name holds lengths.
  package let hasLengths: Bool

  package init<Entry>(
    _ bindings: Bindings<Entry>, _ type: @escaping (Entry) -> HeldType
  ) {
    find = { bindings[$0].map(type) }
    findLengths = { bindings.lengths(of: $0) }
    hasLengths = bindings.hasLengths
  }

  package init(_ bindings: Bindings<HeldType> = Bindings()) { self.init(bindings) { $0 } }

  package subscript(variable: Variable) -> HeldType? { find(variable) }

  /// The name that holds the lengths along a ragged dim.
  package func lengths(of symbol: DimSymbol) -> Variable? { findLengths(symbol) }
}
