// The models of the library, lowered and differentiated.

import Lowering
import Tensors
import Testing

struct LibraryTests {
  static let machine = """
    import ntm.models { NTM, Model }
    import ntm.cells  { LSTM }
    import ntm.heads  { LocationHead, ContentHead }
    import ntm.optim  { adam, clip_norm }
    import ntm.loss   { bce_bits }

    dim W = 2, N = 4, M = 3, H = 5
    batch dim B = 2

    fn sample[T](rng: Rng) -> (x: [2*T + 1, W + 1], y: [T, W]) {
      let bits = rng.bernoulli[T, W](0.5)
      let show = for s in bits { s ++ [0.0] }
      let mark = [onehot[W + 1](W)]
      (x: show ++ mark ++ zeros[T, W + 1], y: bits)
    }
    fn loss(m: Model[W + 1, W], x: [2*T + 1, W + 1], y: [T, W]) -> real {
      let out = m.run(x)
      sum(bce_bits(logits: out[T + 1 ..], target: y))
    }
    let rng = Rng(1)
    var m = NTM[W + 1, W, N, M](rng, cell: LSTM[H], read: [LocationHead, ContentHead], write: [LocationHead])
    var opt = adam(m, lr: 1e-2)

    """

  @Test func aTuringMachineLearns() throws {
    let run = try SourceRunner(
      Self.machine + """
        let len = 3
        let d = for _ in B { sample[len](rng) }
        let (before, g) = value_and_grad(|m| mean[B](loss(m, d.x, d.y)), at: m)
        let first = opt.step(m, clip_norm(g, 50.0))
        var now = first.params
        var o = first.next
        var steps = 0
        for _ in 0 .. 5 {
          let g2 = grad(|m| mean[B](loss(m, d.x, d.y)), at: now)
          let r = o.step(now, clip_norm(g2, 50.0))
          now = r.params
          o = r.next
          steps = steps + 1
        }
        let after = mean[B](loss(now, d.x, d.y))
        """)
    let before = try run.numbers("before")[0]
    let after = try run.numbers("after")[0]
    #expect(before.isFinite && after.isFinite)
    #expect(after < before)
    let paths = try run.value("m").types.places.map(\.path)
    #expect(paths.contains("heads.read[0].key.weight"))
    #expect(paths.contains("heads.write[0].gamma.bias"))
    #expect(try run.numbers("g", "heads.read[0].key.weight").contains { $0 != 0 })
  }

  @Test func gradientsMatchDifferences() throws {
    let run = try SourceRunner(
      Self.machine + """
        let d = sample[2](rng)
        let (v, g) = value_and_grad(|m| loss(m, d.x, d.y), at: m)
        let way = map(|p| 0.3 * p + 0.1, m)
        let up = loss(m + 1e-5 * way, d.x, d.y)
        let down = loss(m - 1e-5 * way, d.x, d.y)
        let (w, t) = jvp(|m| loss(m, d.x, d.y), at: m, tangent: way)
        """)
    let central = (try run.numbers("up")[0] - run.numbers("down")[0]) / 2e-5
    let forward = try run.numbers("t")[0]
    let gradient = try run.value("g")
    let way = try run.value("way")
    var product = 0.0
    for (index, place) in gradient.types.places.enumerated()
    where place.isParameter(gradient.types.leaves[index].dtype) {
      product += zip(gradient.tensors[index].doubles, way.tensors[index].doubles).map(*).reduce(
        0, +)
    }
    #expect(abs(central - product) < 1e-5 * max(1, abs(product)))
    #expect(abs(forward - product) < 1e-8 * max(1, abs(product)))
  }

  @Test func modelsAreTriedAtLengthsOfTheirOwn() throws {
    let run = try SourceRunner(
      "import ntm.eval { generalise }\n" + Self.machine + """
        let g = generalise(m, sample, lengths: [2, 3], examples: 4, rng)
        """)
    #expect(try run.numbers("g", "length") == [2, 3])
    let errors = try run.numbers("g", "bit_errors")
    #expect(errors.count == 2 && errors.allSatisfy { $0 >= 0 && $0 <= 6 })
    #expect(try run.numbers("g", "stderr").allSatisfy { $0 > 0 })
  }
}
