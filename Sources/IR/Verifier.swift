// What makes a graph legal, executed.
//
// Walks a graph and its regions: every value is defined once and before its use, every node's types
// are what its row's type rule gives, every region has the signature its node asks for, and no dim
// symbol is used outside the body that binds it. Problems are reported in words, not trapped, so
// that tests can show what is refused.
//
// Promise: a graph without problems can be executed, transformed and printed.

import Tensors

extension Graph {
  /// What is wrong with the graph, in program order; empty for a legal one.
  package var problems: [String] {
    var verifier = Verifier(graph: self, path: name, outer: [])
    verifier.run()
    return verifier.found
  }

  /// The graph itself. Debug builds trap where it is not legal.
  /// - Parameter pass: who made the graph, for the message.
  package func verified(after pass: String) -> Graph {
    assert(
      problems.isEmpty,
      "\(pass) made an illegal graph:\n\(problems.joined(separator: "\n"))\n\(self)")
    return self
  }
}

private struct Verifier {
  let graph: Graph
  let path: String
  /// Symbols that enclosing graphs bind.
  let outer: Set<DimSymbol>
  var found: [String] = []
  private var defined: Set<Value> = []
  private var bound: Set<DimSymbol> = []
  private var here: String

  init(graph: Graph, path: String, outer: Set<DimSymbol>) {
    self.graph = graph
    self.path = path
    self.outer = outer
    here = path
  }

  private mutating func report(_ problem: String) { found.append("\(here): \(problem)") }

  mutating func run() {
    let binders = graph.boundSymbols
    for input in graph.inputs {
      define(input)
      if graph.types.indices.contains(input.index),
        !graph.type(of: input).symbols.isDisjoint(with: binders)
      {
        report("an input has a dim that the body binds")
      }
    }
    for (index, node) in graph.nodes.enumerated() {
      here = "\(path): node \(index) `\(node.name)`"
      guard node.operands.allSatisfy({ defined.contains($0) }) else {
        report("an operand is not defined before its use")
        node.results.forEach { define($0) }
        continue
      }
      node.results.forEach { define($0) }
      guard node.results.allSatisfy({ graph.types.indices.contains($0.index) }) else { continue }
      check(node)
      for symbol in node.symbols(in: graph).intersection(binders)
      where !bound.contains(symbol) {
        report("the dim \(symbol) is used before it is bound")
      }
    }
    here = path
    for output in graph.outputs where !defined.contains(output) {
      report("an output is not defined")
    }
  }

  private mutating func define(_ value: Value) {
    if !graph.types.indices.contains(value.index) {
      report("a value has no type")
    } else if !defined.insert(value).inserted {
      report("a value is defined twice")
    }
  }

  private mutating func check(_ node: Node) {
    let operands = node.operands.map(graph.type(of:))
    let results = node.results.map(graph.type(of:))
    switch node.kind {
    case .op(let op, let attributes):
      if case .composite = op.kernel { report("a composite op is a node") }
      if case .bindDim = op.kernel, case .symbol(let symbol)? = attributes["symbol"] {
        if outer.contains(symbol) || !bound.insert(symbol).inserted {
          report("the dim \(symbol) is bound twice")
        }
      }
      do throws(TypeProblem) {
        expect("results", results, try op.type(operands, attributes))
      } catch {
        report("expected \(error.expected), found \(error.found)")
      }
    case .branch(let branch): check(branch, operands, results)
    case .scan(let scan): check(scan, operands, results)
    case .call(let call): check(call, operands, results)
    }
  }

  private mutating func check(
    _ branch: Branch, _ operands: [TensorType], _ results: [TensorType]
  ) {
    expect("predicate", Array(operands.prefix(1)), [TensorType(.bool)])
    for (graph, side) in [(branch.then, "then"), (branch.otherwise, "else")] {
      enter(graph, side)
      expect("inputs of \(side)", graph.inputTypes, Array(operands.dropFirst()))
      expect("results", results, graph.outputTypes)
    }
  }

  private mutating func check(_ scan: Scan, _ operands: [TensorType], _ results: [TensorType]) {
    enter(scan.body, "body")
    guard scan.slices >= 0, scan.stacks >= 0, scan.constants >= 0, scan.carries >= 0 else {
      return report("the body has too few inputs or outputs")
    }
    let passed = scan.constants + scan.carries
    let sliced = scan.body.inputTypes.dropFirst(1 + passed).map { $0.stacked(by: scan.trip) }
    expect("step index", Array(scan.body.inputTypes.prefix(1)), [TensorType(.int)])
    expect("operands", operands, scan.body.inputTypes[1...].prefix(passed) + sliced)
    let carried = Array(scan.body.outputTypes.prefix(scan.carries))
    expect(
      "next carries", carried,
      Array(scan.body.inputTypes.dropFirst(1 + scan.constants).prefix(scan.carries)))
    let stacked = scan.body.outputTypes.dropFirst(scan.carries).map { $0.stacked(by: scan.trip) }
    expect("results", results, carried + stacked)
    if scan.stopsEarly, carried.first?.dtype != .bool {
      report("a scan that stops early carries no flag")
    }
    for input in scan.body.inputs.prefix(1 + passed)
    where scan.body.inputs.filter({ $0 == input }).count > 1 {
      report("an input of the body is listed twice")
    }
  }

  private mutating func check(_ call: Call, _ operands: [TensorType], _ results: [TensorType]) {
    enter(call.body, "body")
    expect("operands", operands, call.body.inputTypes)
    expect("results", results, call.body.outputTypes)
    guard let derivative = call.derivative else { return }
    enter(derivative, "derivative")
    expect(
      "inputs of the derivative", derivative.inputTypes,
      operands + results + results.filter { $0.dtype == .real })
    expect(
      "outputs of the derivative", derivative.outputTypes, operands.filter { $0.dtype == .real })
  }

  private mutating func enter(_ inner: Graph, _ label: String) {
    var verifier = Verifier(graph: inner, path: "\(here) \(label)", outer: outer.union(bound))
    verifier.run()
    found += verifier.found
    let escaping = inner.boundSymbols.intersection(inner.outputTypes.flatMap(\.symbols))
    for symbol in escaping.sorted() { report("the dim \(symbol) leaves the body that binds it") }
  }

  private mutating func expect(_ what: String, _ found: [TensorType], _ expected: [TensorType]) {
    if found != expected {
      report("\(what): expected \(Self.list(expected)), found \(Self.list(found))")
    }
  }

  private static func list(_ types: [TensorType]) -> String {
    "(\(types.map(\.description).joined(separator: ", ")))"
  }
}
