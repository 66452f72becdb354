// The numbers of dim symbols during a run, and how they follow from the shapes of the inputs.
//
// Symbols are numbered when a graph is prepared, so that evaluating a size at run time looks nothing
// up by name.

import IR
import Tensors

/// A `Dim` whose symbols are positions in the sizes of a run.
enum PreparedDim: Sendable {
  case constant(Int)
  case slot(Int)
  case polynomial([Term])
  /// Has no value, whatever the symbols are.
  case overflow

  struct Term: Sendable {
    let coefficient: Int
    let slots: [Int]
  }
}

/// Marks a symbol without a number. Sizes are never negative.
let unboundSize = -1

extension PreparedDim {
  /// The size, or nil where a symbol has no number, or the result is negative or out of range.
  func evaluated(_ sizes: [Int]) -> Int? {
    switch self {
    case .constant(let value): return value >= 0 ? value : nil
    case .slot(let slot): return sizes[slot] >= 0 ? sizes[slot] : nil
    case .overflow: return nil
    case .polynomial(let terms):
      var total = 0
      for term in terms {
        var product = term.coefficient
        for slot in term.slots {
          if sizes[slot] == unboundSize { return nil }
          let (next, overflow) = product.multipliedReportingOverflow(by: sizes[slot])
          if overflow { return nil }
          product = next
        }
        let (next, overflow) = total.addingReportingOverflow(product)
        if overflow { return nil }
        total = next
      }
      return total >= 0 ? total : nil
    }
  }
}

/// Numbers the symbols of a graph and of all graphs inside it.
struct SymbolTable: Sendable {
  private(set) var symbols: [DimSymbol] = []
  private var slots: [DimSymbol: Int] = [:]

  mutating func slot(_ symbol: DimSymbol) -> Int {
    if let slot = slots[symbol] { return slot }
    slots[symbol] = symbols.count
    symbols.append(symbol)
    return symbols.count - 1
  }

  func existing(_ symbol: DimSymbol) -> Int? { slots[symbol] }

  mutating func prepare(_ dim: Dim) -> PreparedDim {
    if dim.isOverflow { return .overflow }
    if let constant = dim.constant { return .constant(constant) }
    if let symbol = dim.symbol { return .slot(slot(symbol)) }
    return .polynomial(
      dim.terms.map { term in
        .init(coefficient: term.coefficient, slots: term.monomial.map { slot($0) })
      })
  }

  mutating func prepare(_ shape: [Dim]) -> [PreparedDim] { shape.map { prepare($0) } }
}

/// Finds numbers for the symbols of input types from the shapes of the inputs.
struct SizeBinder {
  private let types: [TensorType]
  private let inputs: [Tensor]
  private(set) var sizes: [DimSymbol: Int]

  init(_ types: [TensorType], _ inputs: [Tensor], _ sizes: [DimSymbol: Int]) {
    self.types = types
    self.inputs = inputs
    self.sizes = sizes
  }

  /// Plain occurrences first, then linear ones that divide, until nothing changes; then every size
  /// of every input is compared.
  static func bind(
    _ types: [TensorType], _ inputs: [Tensor], _ sizes: [DimSymbol: Int]
  ) throws(ExecutionProblem) -> [DimSymbol: Int] {
    var binder = SizeBinder(types, inputs, sizes)
    try binder.checkKinds()
    binder.bindPlain()
    while try binder.bindLinear() {}
    try binder.checkSizes()
    return binder.sizes
  }

  private func problem(_ input: Int, _ reason: String) -> ExecutionProblem {
    .mismatch(
      input: input, expected: types[input], found: inputs[input].shape, reason: reason)
  }

  private func checkKinds() throws(ExecutionProblem) {
    precondition(types.count == inputs.count, "a graph is run with another number of inputs")
    for (index, type) in types.enumerated() {
      if inputs[index].dtype != type.dtype {
        throw problem(
          index,
          "the elements are `\(inputs[index].dtype.rawValue)`, not `\(type.dtype.rawValue)`")
      }
      if inputs[index].rank != type.rank {
        throw problem(index, "the rank is \(inputs[index].rank), not \(type.rank)")
      }
    }
  }

  private mutating func bindPlain() {
    for (type, input) in zip(types, inputs) {
      for (dim, size) in zip(type.shape, input.shape) {
        if let symbol = dim.symbol, sizes[symbol] == nil { sizes[symbol] = size }
      }
    }
  }

  private mutating func bindLinear() throws(ExecutionProblem) -> Bool {
    var changed = false
    for (index, type) in types.enumerated() {
      for (dim, size) in zip(type.shape, inputs[index].shape) {
        let open = dim.symbols.filter { sizes[$0] == nil }
        guard open.count == 1, let symbol = open.first else { continue }
        let known = dim.substituting(sizes.mapValues { Dim($0) })
        guard let (coefficient, rest) = known.linear(in: symbol), rest.symbols.isEmpty else {
          continue
        }
        let solution = (Dim(size) - rest).divided(by: coefficient)
        guard let quotient = solution?.constant, quotient >= 0 else {
          throw problem(
            index, "no size of `\(symbol.name)` makes `\(dim.written)` equal to \(size)")
        }
        sizes[symbol] = quotient
        changed = true
      }
    }
    return changed
  }

  private func checkSizes() throws(ExecutionProblem) {
    for (index, type) in types.enumerated() {
      for (dim, size) in zip(type.shape, inputs[index].shape) {
        guard let expected = dim.evaluated(sizes) else {
          throw problem(index, "`\(dim.written)` has no size yet")
        }
        if expected != size {
          throw problem(index, "`\(dim.written)` is \(expected), found \(size)")
        }
      }
    }
  }
}
