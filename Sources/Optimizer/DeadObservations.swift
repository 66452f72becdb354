// Probes go where nobody listens to them, and with them what only they read.
//
// Promise: what is printed, logged and checked stays.

import IR
import Ops

extension Graph {
  var withoutProbes: Graph {
    var result = self
    result.nodes = nodes.compactMap { node in
      if case .op(observation.probe, _) = node.kind { return nil }
      return node.mapGraphs(\.withoutProbes)
    }
    return result
  }
}
