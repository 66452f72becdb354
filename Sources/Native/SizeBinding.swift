// The numbers of dim symbols, from the shapes of the inputs of a call.

package import IR
package import Tensors

enum SizeBinding {
  /// The sizes with those that are numbers of the program, or nil where one is no size or another
  /// than is known.
  static func adding(
    _ bound: [BoundSize], _ inputs: [Tensor], to sizes: [DimSymbol: Int]
  ) -> [DimSymbol: Int]? {
    var sizes = sizes
    for size in bound {
      guard inputs.indices.contains(size.input),
        case .int(let numbers) = inputs[size.input].storage,
        let number = numbers.first, number >= 0, sizes[size.symbol] ?? number == number
      else { return nil }
      sizes[size.symbol] = number
    }
    return sizes
  }

  /// Every symbol of the input types, or nil where the shapes do not fit: the interpreter then says
  /// why.
  static func bind(
    _ types: [TensorType], _ inputs: [Tensor], _ sizes: [DimSymbol: Int]
  ) -> [DimSymbol: Int]? {
    var sizes = sizes
    var pairs: [(Dim, Int)] = []
    for (type, input) in zip(types, inputs) {
      guard type.dtype == input.dtype, type.rank == input.rank else { return nil }
      pairs += zip(type.shape, input.shape)
    }
    for (dim, size) in pairs {
      if let symbol = dim.symbol, sizes[symbol] == nil { sizes[symbol] = size }
    }
    var changed = true
    while changed {
      changed = false
      for (dim, size) in pairs {
        let open = dim.symbols.filter { sizes[$0] == nil }
        guard open.count == 1, let symbol = open.first else { continue }
        let known = dim.substituting(sizes.mapValues { Dim($0) })
        guard let (coefficient, rest) = known.linear(in: symbol),
          let number = (Dim(size) - rest).divided(by: coefficient)?.constant, number >= 0
        else { return nil }
        sizes[symbol] = number
        changed = true
      }
    }
    return pairs.allSatisfy { $0.0.evaluated(sizes) == $0.1 } ? sizes : nil
  }
}

extension Graph {
  /// The symbols of all sizes in the graph and the graphs inside it, sorted.
  package var symbols: [DimSymbol] {
    var found: Set<DimSymbol> = []
    collect(&found)
    return found.sorted()
  }

  private func collect(_ found: inout Set<DimSymbol>) {
    for type in types { for dim in type.shape { dim.addSymbols(to: &found) } }
    for node in nodes {
      switch node.kind {
      case .op(_, let attributes):
        found.formUnion(attributes.symbols)
      case .branch(let branch):
        branch.then.collect(&found)
        branch.otherwise.collect(&found)
      case .scan(let scan):
        scan.trip.addSymbols(to: &found)
        scan.body.collect(&found)
      case .call(let call): call.body.collect(&found)
      }
    }
  }
}
