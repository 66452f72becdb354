// A graph made ready to run many times: symbols numbered, scalar programs compiled, last uses known.
//
// All values of a graph and of the graphs inside it share one numbering, so a run has one flat array
// of tensors and looks nothing up.

package import IR
import Tensors

/// Holds what a graph needs to run, for any sizes and either precision.
package final class PreparedGraph: Sendable {
  package let graph: Graph
  let body: PreparedBody
  let symbols: SymbolTable
  let valueCount: Int
  let nodeCount: Int

  package init(_ graph: Graph) {
    var preparation = Preparation()
    let body = preparation.prepare(graph)
    self.graph = graph
    self.body = body
    symbols = preparation.symbols
    valueCount = preparation.valueCount
    nodeCount = preparation.nodeCount
  }
}

/// One graph of the nest.
struct PreparedBody: Sendable {
  let inputs: [Int]
  let outputs: [Int]
  let nodes: [PreparedNode]
  /// Inputs that nothing reads.
  let unused: [Int]
}

final class PreparedNode: Sendable {
  enum Action: Sendable {
    case pointwise(ScalarProgram)
    case reduce(Reduction, axes: [Int])
    case view(PreparedView)
    case gather(batch: Int, bounds: RowBounds)
    case scatter(batch: Int, bounds: RowBounds, replaces: Bool)
    case contract
    case library(isConstant: Bool)
    case bindDim(slot: Int)
    case observe(label: String, isMasked: Bool, WrittenSteps)
    case branch(then: PreparedBody, otherwise: PreparedBody)
    case scan(PreparedScan)
    case call(PreparedBody)
  }

  let action: Action
  /// The row and its attributes; nil for regions.
  let op: Op?
  let attributes: Attributes
  let operands: [Int]
  /// True where this node is the last to read the operand and reads it once.
  let isLast: [Bool]
  let results: [Int]
  let resultTypes: [TensorType]
  let resultShapes: [[PreparedDim]]
  /// Values that nothing reads after this node.
  let freed: [Int]
  let origin: Origin
  /// The position among all nodes of the nest.
  let index: Int

  init(
    action: Action, op: Op?, attributes: Attributes, operands: [Int], isLast: [Bool],
    results: [Int], resultTypes: [TensorType], resultShapes: [[PreparedDim]], freed: [Int],
    origin: Origin, index: Int
  ) {
    self.action = action
    self.op = op
    self.attributes = attributes
    self.operands = operands
    self.isLast = isLast
    self.results = results
    self.resultTypes = resultTypes
    self.resultShapes = resultShapes
    self.freed = freed
    self.origin = origin
    self.index = index
  }
}

enum PreparedView: Sendable {
  case broadcast(axes: [Int])
  case reshape
  case transpose(axes: [Int])
  case slice(axis: Int, start: PreparedDim, dims: (start: Dim, count: Dim))
  case concatenate(axis: Int)
  case reverse(axis: Int)
  case rotate(axis: Int, by: Int)
}

struct PreparedScan: Sendable {
  let body: PreparedBody
  let trip: PreparedDim
  let tripDim: Dim
  let constants: Int
  let carries: Int
  let isReversed: Bool
  let stopsEarly: Bool
}

/// Walks a graph and the graphs inside it.
private struct Preparation {
  var symbols = SymbolTable()
  var valueCount = 0
  var nodeCount = 0

  mutating func prepare(_ graph: Graph) -> PreparedBody {
    let base = valueCount
    valueCount += graph.types.count
    for type in graph.types { _ = symbols.prepare(type.shape) }
    var lastUse = [Int](repeating: -1, count: graph.types.count)
    for (index, node) in graph.nodes.enumerated() {
      for value in node.results { lastUse[value.index] = index }
      for value in node.operands { lastUse[value.index] = index }
    }
    for value in graph.outputs { lastUse[value.index] = graph.nodes.count }
    var nodes: [PreparedNode] = []
    nodes.reserveCapacity(graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      nodes.append(prepare(node, graph, base) { lastUse[$0.index] == index })
    }
    return PreparedBody(
      inputs: graph.inputs.map { base + $0.index }, outputs: graph.outputs.map { base + $0.index },
      nodes: nodes,
      unused: graph.inputs.filter { lastUse[$0.index] == -1 }.map { base + $0.index })
  }

  private mutating func prepare(
    _ node: Node, _ graph: Graph, _ base: Int, _ endsHere: (Value) -> Bool
  ) -> PreparedNode {
    let index = nodeCount
    nodeCount += 1
    var op: Op?
    var attributes: Attributes = [:]
    let action: PreparedNode.Action
    switch node.kind {
    case .op(let row, let values):
      op = row
      attributes = values
      action = prepare(row, values, node, graph)
    case .branch(let branch):
      action = .branch(then: prepare(branch.then), otherwise: prepare(branch.otherwise))
    case .scan(let scan):
      action = .scan(
        PreparedScan(
          body: prepare(scan.body), trip: symbols.prepare(scan.trip), tripDim: scan.trip,
          constants: scan.constants, carries: scan.carries, isReversed: scan.isReversed,
          stopsEarly: scan.stopsEarly))
    case .call(let call): action = .call(prepare(call.body))
    }
    let ending = Set((node.operands + node.results).filter(endsHere))
    let isLast = node.operands.map { operand in
      ending.contains(operand) && node.operands.filter { $0 == operand }.count == 1
    }
    let types = node.results.map(graph.type(of:))
    return PreparedNode(
      action: action, op: op, attributes: attributes,
      operands: node.operands.map { base + $0.index }, isLast: isLast,
      results: node.results.map { base + $0.index }, resultTypes: types,
      resultShapes: types.map { symbols.prepare($0.shape) },
      freed: ending.map { base + $0.index }.sorted(), origin: node.origin, index: index)
  }

  private mutating func prepare(
    _ op: Op, _ attributes: Attributes, _ node: Node, _ graph: Graph
  ) -> PreparedNode.Action {
    switch op.kernel {
    case .pointwise(let kernel):
      return .pointwise(
        ScalarProgram(kernel, operandTypes: node.operands.map { graph.type(of: $0).dtype }))
    case .reduce(let reduction): return .reduce(reduction, axes: attributes.axes("axes"))
    case .view(let view): return .view(prepare(view, attributes))
    case .gather:
      return .gather(batch: attributes.integer("batch"), bounds: attributes.rowBounds)
    case .scatter:
      return .scatter(
        batch: attributes.integer("batch"), bounds: attributes.rowBounds,
        replaces: isSet("replaces", attributes))
    case .contract: return .contract
    case .library:
      precondition(op.evaluate != nil, "the library row `\(op.name)` has no evaluation")
      return .library(isConstant: node.operands.isEmpty && number(symbolsOf: attributes).isEmpty)
    case .bindDim: return .bindDim(slot: symbols.slot(attributes.symbol("symbol")))
    case .observe:
      return .observe(
        label: attributes.text("label"), isMasked: isSet("masked", attributes),
        WrittenSteps(attributes))
    case .composite: preconditionFailure("the composite `\(op.name)` in a graph")
    }
  }

  private func isSet(_ key: String, _ attributes: Attributes) -> Bool {
    attributes[key] == .flag(true)
  }

  /// Numbers every symbol that attributes mention, so that rows can be told all of them.
  private mutating func number(symbolsOf attributes: Attributes) -> Set<DimSymbol> {
    var found = attributes.symbols
    for entry in attributes.entries {
      if case .symbol(let symbol) = entry.value { found.insert(symbol) }
    }
    for symbol in found.sorted() { _ = symbols.slot(symbol) }
    return found
  }

  private mutating func prepare(_ view: View, _ attributes: Attributes) -> PreparedView {
    switch view {
    case .broadcast: .broadcast(axes: attributes.axes("axes"))
    case .reshape: .reshape
    case .transpose: .transpose(axes: attributes.axes("axes"))
    case .slice:
      .slice(
        axis: attributes.axis("axis"), start: symbols.prepare(attributes.dim("start")),
        dims: (attributes.dim("start"), attributes.dim("count")))
    case .concatenate: .concatenate(axis: attributes.axis("axis"))
    case .reverse: .reverse(axis: attributes.axis("axis"))
    case .rotate: .rotate(axis: attributes.axis("axis"), by: attributes.integer("by"))
    }
  }
}
