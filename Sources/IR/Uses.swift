// What a node or a graph mentions: the questions that passes ask before they move or drop a node.

package import Tensors

extension TensorType {
  package var symbols: Set<DimSymbol> {
    var result: Set<DimSymbol> = []
    for dim in shape { dim.addSymbols(to: &result) }
    return result
  }

  /// The type of one such tensor per step, with the axis of the steps in front.
  package func stacked(by dim: Dim) -> TensorType { TensorType(dtype, [dim] + shape) }
}

extension Array where Element == Bool {
  /// The indices of the true elements.
  package var marked: [Int] { indices.filter { self[$0] } }
}

extension Attributes {
  /// The sizes, those of shapes among them.
  package var dims: [Dim] {
    entries.flatMap { entry -> [Dim] in
      switch entry.value {
      case .shape(let dims): dims
      case .dim(let dim): [dim]
      default: []
      }
    }
  }

  /// The dim symbols in sizes; what a `bind_dim` binds is not one.
  package var symbols: Set<DimSymbol> {
    dims.reduce(into: []) { $1.addSymbols(to: &$0) }
  }
}

extension Node {
  /// As the textual IR names it.
  package var name: String {
    switch kind {
    case .op(let op, _): op.name
    case .branch: "branch"
    case .scan: "scan"
    case .call: "call"
    }
  }

  /// The graphs the node runs, not counting a derivative.
  package var bodies: [Graph] {
    switch kind {
    case .op: []
    case .branch(let branch): [branch.then, branch.otherwise]
    case .scan(let scan): [scan.body]
    case .call(let call): [call.body]
    }
  }

  /// True where the node must run although nobody reads its results, in its bodies too.
  package var isEffect: Bool {
    if case .op(let op, _) = kind { return op.isEffect }
    return bodies.contains { $0.observes }
  }

  /// True where the node prints, logs or probes, in its bodies too.
  package var observes: Bool {
    if case .op(let op, _) = kind {
      if case .observe = op.kernel { return true }
      return false
    }
    return bodies.contains { $0.observes }
  }

  /// The symbol that the node gives a number.
  package var boundSymbol: DimSymbol? {
    guard case .op(let op, let attributes) = kind, case .bindDim = op.kernel else { return nil }
    return attributes.symbol("symbol")
  }

  /// Every dim symbol that running the node needs a number for.
  package func symbols(in graph: Graph) -> Set<DimSymbol> {
    var result: Set<DimSymbol> = []
    for value in operands + results { result.formUnion(graph.type(of: value).symbols) }
    switch kind {
    case .op(_, let attributes): result.formUnion(attributes.symbols)
    case .scan(let scan): result.formUnion(scan.trip.symbols)
    case .branch, .call: break
    }
    for body in bodies { result.formUnion(body.freeSymbols) }
    return result
  }
}

extension Graph {
  package var observes: Bool { nodes.contains { $0.observes } }

  /// The symbols that nodes of this graph bind, those of regions not included.
  package var boundSymbols: Set<DimSymbol> {
    var result: Set<DimSymbol> = []
    for node in nodes { if let symbol = node.boundSymbol { result.insert(symbol) } }
    return result
  }

  /// The symbols that the graph needs from outside.
  package var freeSymbols: Set<DimSymbol> {
    var result = Set(inputTypes.flatMap(\.symbols))
    for node in nodes { result.formUnion(node.symbols(in: self)) }
    return result.subtracting(boundSymbols)
  }

  /// The node that defines each value, by index; inputs have none.
  package var definitions: [Value: Int] {
    var result: [Value: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for value in node.results { result[value] = index }
    }
    return result
  }

  /// The indices of the nodes that `values` need, in program order. A `bind_dim` counts as needed
  /// where a needed node mentions its symbol, and effects where `keepingEffects`.
  package func nodesNeeded(for values: some Sequence<Value>, keepingEffects: Bool) -> [Int] {
    var needed = Set(values)
    let binders = boundSymbols
    var symbols: Set<DimSymbol> = []
    if !binders.isEmpty { for value in needed { symbols.formUnion(type(of: value).symbols) } }
    var kept: [Int] = []
    for (index, node) in nodes.enumerated().reversed() {
      let isBinder = node.boundSymbol.map { symbols.contains($0) } ?? false
      let isEffect = keepingEffects && node.observes
      guard isBinder || isEffect || node.results.contains(where: { needed.contains($0) }) else {
        continue
      }
      kept.append(index)
      needed.formUnion(node.operands)
      if !binders.isEmpty { symbols.formUnion(node.symbols(in: self)) }
    }
    return kept.reversed()
  }

  /// The graph without the nodes that neither its outputs nor its effects need. Regions stay as
  /// they are.
  package var pruned: Graph {
    var result = self
    result.nodes = nodesNeeded(for: outputs, keepingEffects: true).map { nodes[$0] }
    return result
  }

  /// What computes the sizes that nodes of this graph bind and that are no inputs; nil where none
  /// is.
  package var sizesAlone: Graph? {
    let computed = nodes.filter { $0.boundSymbol != nil && !inputs.contains($0.operands[0]) }
    if computed.isEmpty { return nil }
    var result = self
    result.outputs = computed.flatMap(\.results)
    result.nodes = nodesNeeded(for: result.outputs, keepingEffects: false).map { nodes[$0] }
    return result
  }

  /// The graph without `print`, `probe` and `log`, also in regions: what may be run twice.
  package var withoutObservations: Graph {
    guard observes else { return self }
    var result = self
    result.nodes = nodes.compactMap { node in
      if case .op = node.kind { return node.observes ? nil : node }
      return node.withoutObservations
    }
    return result
  }
}

extension Node {
  /// The region node without observations inside; an op node as it is.
  package var withoutObservations: Node {
    var result = self
    switch kind {
    case .op: break
    case .branch(var branch):
      branch.then = branch.then.withoutObservations
      branch.otherwise = branch.otherwise.withoutObservations
      result.kind = .branch(branch)
    case .scan(var scan):
      scan.body = scan.body.withoutObservations
      result.kind = .scan(scan)
    case .call(var call):
      call.body = call.body.withoutObservations
      result.kind = .call(call)
    }
    return result
  }
}
