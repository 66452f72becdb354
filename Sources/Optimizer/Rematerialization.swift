// What a backward loop reads is computed again there rather than stored at every step.
//
// Where the stacks of one scan are slices of later scans (residuals), a few values are stored and
// the later scans start each step with copies of the nodes that lead from those to what they want.
// The later scans get the constants, the slices and the index of the first one at no price. See
// Residuals for the choice. Stacks that are read otherwise stay, and serve as stored values.
//
// A scan that stops early is left alone: its stacks hold zeros for steps that were not run, and
// what would be computed from zeros is another number.
//
// Promise: the later scans see the same numbers; dead code removes the stacks nobody reads.

import IR
import Tensors

extension Graph {
  var rematerialized: Graph {
    var result = self
    result.nodes = nodes.map { $0.mapGraphs(\.rematerialized) }
    for index in result.nodes.indices { result.rematerialize(stacksOf: index) }
    return result
  }

  private mutating func rematerialize(stacksOf index: Int) {
    guard case .scan(var scan) = nodes[index].kind, !scan.stopsEarly else { return }
    let stacked = Dictionary(
      uniqueKeysWithValues: zip(
        nodes[index].results.dropFirst(scan.carries), scan.body.outputs.dropFirst(scan.carries)))
    let readers = nodes.indices.filter { reader in
      nodes[reader].slicedOperands.contains { stacked[$0] != nil }
    }
    if readers.isEmpty { return }

    let staying = Set(nodes.flatMap(\.wholeOperands) + outputs)
    var sources = StepSource.sources(of: nodes[index], scan) { staying.contains($0) }
    let residuals = Residuals(
      scan.body,
      own: zip(nodes[index].results, scan.body.outputs).enumerated()
        .filter { $0.offset < scan.carries || staying.contains($0.element.0) }
        .map(\.element.1),
      wanted: Set(readers.flatMap { nodes[$0].slicedOperands.compactMap { stacked[$0] } }),
      free: Set(sources.keys),
      constants: scan.body.inputs.dropFirst().prefix(scan.constants))
    if residuals.recomputed.isEmpty { return }
    sources.merge(StepSource.sources(of: nodes[index], scan) { _ in true }) { first, _ in first }

    for reader in readers {
      let wanted = nodes[reader].slicedOperands.compactMap { stacked[$0] }
      let (repeated, read) = residuals.nodes(for: wanted, of: scan.body)
      for value in read where sources[value] == nil {
        let stack = Value(types.count)
        types.append(scan.body.type(of: value).stacked(by: scan.trip))
        scan.body.outputs.append(value)
        nodes[index].results.append(stack)
        sources[value] = .slice(stack)
      }
      let preamble = Preamble(
        body: scan.body, nodes: repeated, read: read, sources: sources, stacked: stacked)
      nodes[reader] = preamble.added(to: nodes[reader], in: self)
    }
    nodes[index].kind = .scan(scan)
  }
}

extension Residuals {
  /// The nodes of `body` that compute `wanted` again, and what is read for it.
  fileprivate func nodes(for wanted: [Value], of body: Graph) -> ([Node], read: [Value]) {
    var needed = Set(wanted)
    var repeated: [Node] = []
    for node in body.nodes.reversed()
    where node.results.contains(where: { needed.contains($0) && recomputed.contains($0) }) {
      repeated.append(node)
      needed.formUnion(node.operands)
    }
    return (repeated.reversed(), needed.subtracting(recomputed).sorted())
  }
}

extension Node {
  /// Operands of which a scan reads one slice a step.
  var slicedOperands: ArraySlice<Value> {
    guard case .scan(let scan) = kind else { return [] }
    return operands.dropFirst(scan.constants + scan.carries)
  }

  /// All other operands.
  fileprivate var wholeOperands: ArraySlice<Value> {
    guard case .scan(let scan) = kind else { return operands[...] }
    return operands.prefix(scan.constants + scan.carries)
  }
}
