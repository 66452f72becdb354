// A network of edges with capacities, and its cheapest cut.
//
// Augments along shortest paths (Edmonds and Karp), which needs no more than nodes times edges
// rounds whatever the capacities are; the networks here have a few hundred nodes.
//
// Promise: of several cheapest cuts, the one nearest to the source.

struct FlowNetwork {
  /// What no cut may cross. Sums of many stay far from overflow.
  static let unlimited = 1 << 50

  private var heads: [Int] = []
  /// What an edge still takes. The edge back is the one with the last bit flipped.
  private var remaining: [Int] = []
  private var leaving: [[Int]]

  init(nodes: Int) { leaving = Array(repeating: [], count: nodes) }

  mutating func connect(_ tail: Int, _ head: Int, capacity: Int) {
    for (from, to, room) in [(tail, head, capacity), (head, tail, 0)] {
      leaving[from].append(heads.count)
      heads.append(to)
      remaining.append(room)
    }
  }

  /// For each node, whether the cheapest cut leaves it on the side of the source.
  consuming func sourceSide(from source: Int, to sink: Int) -> [Bool] {
    while true {
      let arrivals = search(from: source, to: sink)
      guard arrivals[sink] != nil else { return arrivals.map { $0 != nil } }
      var path: [Int] = []
      var node = sink
      while node != source, let edge = arrivals[node] {
        path.append(edge)
        node = heads[edge ^ 1]
      }
      let flow = path.map { remaining[$0] }.min() ?? 0
      for edge in path {
        remaining[edge] -= flow
        remaining[edge ^ 1] += flow
      }
    }
  }

  /// The edge by which a search over edges with room arrives at each node; -1 at the source.
  private func search(from source: Int, to sink: Int) -> [Int?] {
    var arrivals = [Int?](repeating: nil, count: leaving.count)
    arrivals[source] = -1
    var queue = [source]
    var next = 0
    while next < queue.count, arrivals[sink] == nil {
      for edge in leaving[queue[next]] where remaining[edge] > 0 && arrivals[heads[edge]] == nil {
        arrivals[heads[edge]] = edge
        queue.append(heads[edge])
      }
      next += 1
    }
    return arrivals
  }
}
