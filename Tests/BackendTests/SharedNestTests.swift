// Nests that differ only in what they read and write are one function.

import Native
import Tensors
import Testing

@testable import Driver

@Suite(.enabled(if: Toolchain.has(nil), "needs a compiler")) struct SharedNestTests {
  /// Three layers of one kind, the last on fewer numbers.
  static let program = WholeProgram(
    path: "layers",
    text: """
      batch dim B = 3
      dim N = 40, M = 24
      fn layer(x: [K], gain: [K]) -> [K] {
        let centred = x - mean(x)
        let spread = sqrt(mean(centred * centred) + 1e-3)
        gain * centred / spread + softmax(x) * tanh(gain)
      }
      fn deep(p: (a: [N], b: [N], c: [M]), x: [_, N]) -> real {
        var h = zeros[N]
        for v in x {
          h = layer(layer(h + v, p.a), p.b)
          let few = layer(h[.. 24] as [M], p.c)
          h = h * sum(few * few)
        }
        sum(h * h)
      }
      let rng = Rng(1)
      let p = (a: rng.normal[N], b: rng.normal[N], c: rng.normal[M])
      let x = for b in B { rng.normal[5, N] }
      let result = value_and_grad(|p| mean[B](deep(p, x)), at: p)
      """)

  @Test(arguments: [1, 8]) func callsWhatIsThereTwice(lanes: Int) throws {
    let item = try #require(try Self.program.cases().last)
    let cases = [[], [NativePass.sharedNests]].map { without in
      var item = item
      item.lanes = lanes
      item.options = NativeOptions(without: Set(without))
      return item
    }
    try Agreement.withCompiled(cases, Form(precision: .single, optimization: "-O2")) {
      compiled, refused in
      try #require(refused.isEmpty)
      let (shared, apart) = (compiled[0].1, compiled[1].1)
      #expect(shared.source.text.split(separator: "nest0(").count >= 4, "one function, two calls")
      #expect(!apart.source.text.contains("nest0("))
      let answers = try compiled.map { item.calls[0].compiled(try $0.1.function()).outputs }
      #expect(answers[0] != nil && answers[0] == answers[1])
    }
  }
}
