// Library rows that nodes of other kinds can stand for, for an engine that must ask the host for rows.

import IR
import Ops

extension Graph {
  var withRowsInParts: Graph {
    guard nodes.contains(where: \.hasParts) else { return self }
    let builder = Builder(name: name)
    var map: [Value: Value] = [:]
    for input in inputs { map[input] = builder.input(type(of: input)) }
    for node in nodes {
      builder.origin = node.origin
      let operands = node.operands.map { map.new($0) }
      for (old, new) in zip(node.results, node.inParts(builder, operands)) { map[old] = new }
    }
    return builder.finish(outputs.map { map.new($0) })
  }
}

extension Node {
  fileprivate var hasParts: Bool {
    if case .op(let op, _) = kind { return op.parts != nil }
    var found = false
    _ = mapGraphs { graph in
      found = found || graph.nodes.contains(where: \.hasParts)
      return graph
    }
    return found
  }

  fileprivate func inParts(_ builder: Builder, _ operands: [Value]) -> [Value] {
    if case .op(let op, let attributes) = kind, let parts = op.parts {
      return parts(builder, operands, attributes)
    }
    return builder.copy(mapGraphs(\.withRowsInParts), operands)
  }
}
