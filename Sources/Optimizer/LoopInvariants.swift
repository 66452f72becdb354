// What is the same in every step of a scan is computed once, before it.
//
// A node of a body moves out where all it reads is literals, constants of the scan or has moved
// itself. Only nodes that cannot fail move, since a loop of no steps computes nothing. Literals,
// broadcasts and reshapes stay, as they cost nothing where they are; what moves takes copies along.
//
// Promise: every number stays the same bit for bit; only how often it is computed changes.

import IR
import Ops
import Tensors

extension Graph {
  /// The graph with the invariant nodes of its scans outside of them, innermost first.
  var withInvariantsOutside: Graph {
    let builder = Builder(name: name)
    var map: [Value: Value] = [:]
    for input in inputs { map[input] = builder.input(type(of: input)) }
    for node in nodes {
      builder.origin = node.origin
      var node = node.mapGraphs(\.withInvariantsOutside)
      node.operands = node.operands.map { map.new($0) }
      if case .scan(let scan) = node.kind { node = node.moved(from: scan, to: builder) }
      for (old, new) in zip(node.results, builder.copy(node, node.operands)) { map[old] = new }
    }
    return builder.finish(outputs.map { map.new($0) })
  }
}

extension Dictionary where Key == Value, Value == IR.Value {
  /// What an old value became.
  func new(_ old: IR.Value) -> IR.Value {
    guard let value = self[old] else {
      preconditionFailure("a value is used before it is defined")
    }
    return value
  }
}

extension Node {
  /// The node of `scan`, whose operands are values of `builder`, with its invariants added to
  /// `builder` and passed as constants.
  fileprivate func moved(from scan: Scan, to builder: Builder) -> Node {
    let body = scan.body
    var move = Move(body, to: builder)
    for (input, operand) in zip(body.inputs.dropFirst().prefix(scan.constants), operands) {
      move.outside[input] = operand
    }
    let own = Set(move.outside.keys)
    let kept = body.nodes.filter { !move.takes($0) }

    let read = Set(kept.flatMap(\.operands) + body.outputs)
    let added = move.outside.keys.filter { !own.contains($0) && read.contains($0) }.sorted()
    var (result, scan) = (self, scan)
    scan.body.nodes = kept
    scan.body.inputs.insert(contentsOf: added, at: 1 + scan.constants)
    result.operands.insert(contentsOf: added.map { move.outside.new($0) }, at: scan.constants)
    scan.constants += added.count
    result.kind = .scan(scan)
    return result
  }
}

/// What is moving out of one body.
private struct Move {
  /// What stands outside for values of the body.
  var outside: [Value: Value] = [:]
  /// Invariants that stay where nothing that moves reads them, as they cost nothing.
  private var free: [Value: Node] = [:]
  private let body: Graph
  private let builder: Builder
  private let local: Set<DimSymbol>

  init(_ body: Graph, to builder: Builder) {
    self.body = body
    self.builder = builder
    local = body.boundSymbols
  }

  /// Moves the node out and gives true, if it may move and something is won.
  mutating func takes(_ node: Node) -> Bool {
    guard case .op(let op, _) = node.kind, node.results.count == 1,
      node.operands.allSatisfy({ outside[$0] != nil || free[$0] != nil }),
      local.isEmpty || node.symbols(in: body).isDisjoint(with: local), cannotFail(node, op)
    else { return false }
    switch op.kernel {
    case .library, .view(.broadcast), .view(.reshape): free[node.results[0]] = node
    default:
      outside[node.results[0]] = emit(node)
      return true
    }
    return false
  }

  private func emit(_ node: Node) -> Value {
    let operands = node.operands.map { operand -> Value in
      if let value = outside[operand] { return value }
      guard let node = free[operand] else {
        preconditionFailure("an invariant node reads what is not invariant")
      }
      return emit(node)
    }
    let saved = builder.origin
    defer { builder.origin = saved }
    builder.origin = node.origin
    return builder.copy(node, operands)[0]
  }

  /// True where the node fails for no numbers.
  private func cannotFail(_ node: Node, _ op: Op) -> Bool {
    switch op.kernel {
    case .library: node.operands.isEmpty
    case .view, .contract, .reduce(.sum), .reduce(.product), .reduce(.any), .reduce(.all): true
    case .pointwise(let expression):
      (node.operands + node.results).allSatisfy { body.type(of: $0).dtype != .int }
        || expression(node.operands.indices.map { .operand($0) }).cannotFail { operand in
          free[node.operands[operand]]?.isPositive ?? false
        }
    default: false
    }
  }
}

extension Node {
  /// True for a literal that is an int above 0.
  fileprivate var isPositive: Bool {
    guard case .op(let op, let attributes) = kind else { return false }
    guard op == making.constant, case .integer(let value)? = attributes["value"] else {
      return false
    }
    return value > 0
  }
}

extension ScalarExpression {
  /// True where the expression has a value for all ints, those operands being above 0 that
  /// `isPositive` says.
  fileprivate func cannotFail(_ isPositive: (Int) -> Bool) -> Bool {
    switch self {
    case .operand, .real, .integer, .boolean: return true
    case .unary(_, let x): return x.cannotFail(isPositive)
    case .binary(let function, let x, let y):
      switch function {
      case .power: return false
      case .divide, .floorDivide, .remainder:
        guard case .operand(let divisor) = y, isPositive(divisor) else { return false }
      default: break
      }
      return x.cannotFail(isPositive) && y.cannotFail(isPositive)
    case .select(let c, let x, let y):
      return [c, x, y].allSatisfy { $0.cannotFail(isPositive) }
    case .convert(let x, let dtype): return dtype != .int && x.cannotFail(isPositive)
    }
  }
}
