// Which values of a loop are stored at every step for a later loop, and which that loop computes
// again: the cheapest way to have all it wants.
//
// A value that is wanted is either stored, at the price of its size, or computed again, at the
// price of its node, and then its operands are wanted too. Choosing for all values at once is a
// minimum cut. See Note: Prices.
//
// Promise: nothing is computed again that sums over much, draws, observes or runs a region.

import IR
import Ops
import Tensors

struct Residuals {
  /// What the later loop computes again. Everything else that this reads is stored or at hand.
  private(set) var recomputed: Set<Value> = []

  /// - Parameters:
  ///   - body: of the loop that knows the values.
  ///   - own: outputs that the loop gives whatever a later one reads.
  ///   - wanted: values that the later loop reads.
  ///   - free: values that the later loop has at no price, stored ones among them.
  ///   - constants: inputs that are the same at every step.
  init(
    _ body: Graph, own: some Sequence<Value>, wanted: Set<Value>, free: Set<Value>,
    constants: some Sequence<Value>
  ) {
    let fixed = body.fixed(with: constants)
    let bound = body.boundSymbols
    // What the loop computes for the later one alone is computed once, here or there.
    let running = Set(body.nodesNeeded(for: Set(own), keepingEffects: true))
    let (source, sink) = (2 * body.types.count, 2 * body.types.count + 1)
    var network = FlowNetwork(nodes: sink + 1)
    // The first node of a value is on the sink's side where the value is computed again, the
    // second where it is wanted at all.
    func again(_ value: Value) -> Int { 2 * value.index }
    func had(_ value: Value) -> Int { 2 * value.index + 1 }
    func store(_ value: Value) {
      let price = free.contains(value) ? 0 : body.storage(of: value, bound)
      network.connect(again(value), had(value), capacity: price)
    }

    for input in body.inputs {
      store(input)
      network.connect(source, again(input), capacity: FlowNetwork.unlimited)
    }
    for index in body.nodesNeeded(for: wanted, keepingEffects: false) {
      let node = body.nodes[index]
      let repeating = body.priceOfRepeating(node, fixed, bound) ?? FlowNetwork.unlimited
      let price = running.contains(index) || repeating == FlowNetwork.unlimited ? repeating : 0
      for value in node.results {
        store(value)
        network.connect(source, again(value), capacity: price)
        for operand in node.operands {
          network.connect(had(operand), again(value), capacity: FlowNetwork.unlimited)
        }
      }
    }
    for value in wanted {
      network.connect(had(value), sink, capacity: FlowNetwork.unlimited)
    }
    let isBefore = network.sourceSide(from: source, to: sink)
    recomputed = Set(body.nodes.flatMap(\.results).filter { !isBefore[again($0)] })
  }
}

extension Graph {
  fileprivate func storage(of value: Value, _ bound: Set<DimSymbol>) -> Int {
    let type = type(of: value)
    if !type.symbols.isDisjoint(with: bound) { return FlowNetwork.unlimited }
    return 4 * type.dtype.size(.single) * type.shape.usualCount
  }

  /// The price of running a node once more; nil where that must not be.
  fileprivate func priceOfRepeating(
    _ node: Node, _ fixed: Set<Value>, _ bound: Set<DimSymbol>
  ) -> Int? {
    guard case .op(let op, let attributes) = node.kind,
      bound.isEmpty || node.symbols(in: self).isDisjoint(with: bound),
      let result = node.results.first
    else { return nil }
    let count = type(of: result).shape.usualCount
    func summing(_ terms: Int) -> Int? { terms < 4 ? terms * count : nil }
    switch op.kernel {
    case .pointwise(let expression):
      return expression(node.operands.indices.map { .operand($0) }).price * count
    case .view: return 0
    case .contract:
      let shape = type(of: node.operands[0]).shape
      return summing(attributes.axes("leftContracted").map { shape[$0] }.usualCount)
    case .reduce:
      let shape = type(of: node.operands[0]).shape
      return summing(attributes.axes("axes").map { shape[$0] }.usualCount)
    case .gather:
      // Row numbers that are the same at every step make a gather little more than a copy.
      return fixed.contains(node.operands[1]) ? 2 * count : nil
    case .library: return node.operands.isEmpty ? count : nil
    case .scatter, .bindDim, .observe, .composite: return nil
    }
  }

  /// What is made of literals and `constants` alone.
  fileprivate func fixed(with constants: some Sequence<Value>) -> Set<Value> {
    var result = Set(constants)
    for node in nodes where node.operands.allSatisfy({ result.contains($0) }) && !node.isEffect {
      result.formUnion(node.results)
    }
    return result
  }
}

extension Array where Element == Dim {
  /// How many numbers a tensor of this shape usually has, a dim that is not known counting as 16.
  /// Beyond all memory it is no matter how many.
  fileprivate var usualCount: Int {
    let most = FlowNetwork.unlimited >> 16
    return reduce(1) { count, dim in
      let sizes = Dictionary(uniqueKeysWithValues: dim.symbols.map { ($0, 16) })
      let size = Swift.max(1, dim.evaluated(sizes) ?? most)
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      return overflow ? most : Swift.min(product, most)
    }
  }
}

extension ScalarExpression {
  /// How long one element takes, in additions.
  fileprivate var price: Int {
    switch self {
    case .operand, .real, .integer, .boolean: 0
    case .unary(let function, let x):
      switch function {
      case .negate, .absolute, .sign, .floor, .not, .isFinite: 1 + x.price
      case .squareRoot, .scramble: 2 + x.price
      case .exp, .expm1, .log, .log1p, .sin, .cos, .tanh, .sigmoid, .softplus: 4 + x.price
      }
    case .binary(let function, let x, let y):
      switch function {
      case .power: 24 + x.price + y.price
      case .divide, .floorDivide, .remainder: 2 + x.price + y.price
      default: 1 + x.price + y.price
      }
    case .select(let c, let x, let y): 1 + c.price + x.price + y.price
    case .convert(let x, _): 1 + x.price
    }
  }
}

// Note: Prices
//
// The unit is one addition to one element. Storing a real costs 16: it is written, leaves the cache
// while the loop goes on, and is read back. So an exponential (4) is done again rather than stored,
// even three in a row, but what hangs on a long chain of them is stored, and a power (24) always. Sums over four terms or
// more are never done again, as their results are small beside what they read; products with
// nothing contracted (`w ⊗ e`) are multiplications. So of an NTM's step the memory before it, the
// products with matrices and one number for each softmax are stored, and the memory after the
// write, the gates and the weightings follow from them.
