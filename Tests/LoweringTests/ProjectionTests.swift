// Projections: what their owner's `via` reads of `self` is trained like any other parameter.

import Lowering
import Tensors
import Testing

struct ProjectionTests {
  /// A memory whose `emits` read its own parameter, and a model that holds the projection to it.
  static let model = """
    interface Memory[K] {
      emits
      fn step(self, e: emits) -> [K]
    }
    struct Scaled[K]: Memory[K] {
      gain: [K] = full[K](0.7)
      emits { key: [K] via |x| tanh(x * self.gain) }

      fn step(self, e: emits) -> [K] = e.key
    }
    struct Net[H, K] {
      memory: Memory[K]
      heads: Projection[H, memory.emits]

      fn run(self, xs: [T, H]) -> real {
        var total = 0.0
        for x in xs { total = total * 0.9 + sum(self.memory.step(self.heads(x))^2) }
        total
      }
    }
    let net = Net[3, 2](Rng(1), memory: Scaled[2]())
    let xs = Rng(2).normal[4, 3]

    """

  @Test func gradientsThroughSelfMatchDifferences() throws {
    let run = try SourceRunner(
      Self.model + """
        let g = grad(|n| n.run(xs), at: net)
        let way = map(|p| 0.3 * p + 0.2, net)
        let slope = (net + 1e-5 * way).run(xs) - (net - 1e-5 * way).run(xs)
        """)
    let gain = try run.numbers("g", "memory.gain")
    #expect(gain.allSatisfy { abs($0) > 1e-3 })
    let (gradient, way) = (try run.value("g"), try run.value("way"))
    let product = zip(gradient.tensors, way.tensors).reduce(0) { sum, pair in
      sum + zip(pair.0.doubles, pair.1.doubles).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(abs(try run.numbers("slope")[0] / 2e-5 - product) < 1e-6 * max(1, abs(product)))
  }

  /// The value as well: a changed gain changes what a projection made before gives.
  @Test func aProjectionFollowsItsOwner() throws {
    let run = try SourceRunner(
      Self.model + """
        let off = net with (memory: Scaled[2](gain: zeros[2]))
        let silent = off.run(xs)
        let heads = net.heads
        let again = net with (heads: heads)
        let same = again.run(xs)
        let own = net.run(xs)
        """)
    #expect(try run.numbers("silent") == [0])
    #expect(try run.numbers("same") == run.numbers("own"))
    #expect(try run.numbers("own")[0] > 0)
    // A struct holds each number once.
    for name in ["net", "again"] {
      #expect(
        try run.value(name).types.places.map(\.path)
          == ["memory.gain", "heads.key.weight", "heads.key.bias"])
    }
  }
}
