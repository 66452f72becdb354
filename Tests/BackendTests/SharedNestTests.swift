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

  /// A step of an optimizer, for parameters of several sizes and ranks.
  static let step = WholeProgram(
    path: "step",
    text: """
      fn moved(x: real, v: real, g: real) -> real = x - 0.1 * (0.9 * v + g) / (sqrt(v * v) + 1e-3)
      let rng = Rng(1)
      let p = (a: rng.normal[40], b: rng.normal[7, 24], c: rng.normal[3], d: rng.normal[2, 3, 5])
      let v = rng.normal[40]
      let w = rng.normal[7, 24]
      let u = rng.normal[3]
      let t = rng.normal[2, 3, 5]
      let result = (
        for x in p.a, y in v { moved(x, y, 0.5) },
        for r in p.b, s in w { for x in r, y in s { moved(x, y, 0.5) } },
        for x in p.c, y in u { moved(x, y, 0.5) },
        for q in p.d, k in t { for r in q, s in k { for x in r, y in s { moved(x, y, 0.5) } } }
      )
      """)

  @Test func oneFunctionIsToldTheLength() throws {
    try expectSame(Self.step, lanes: 1) { shared in
      for length in [40, 168, 3, 30] {
        #expect(shared.contains("nest0(c, \(length), ") || shared.contains(", \(length), "))
      }
      #expect(shared.split(separator: "nest0(").count == 6, "one function, four calls")
      #expect(!shared.contains("nest1("))
    }
  }

  @Test(arguments: [1, 8]) func callsWhatIsThereTwice(lanes: Int) throws {
    try expectSame(Self.program, lanes: lanes) { shared in
      #expect(shared.split(separator: "nest0(").count >= 4, "one function, two calls")
    }
  }

  /// The last statement of a program gives the same bits with the pass and without it.
  private func expectSame(
    _ program: WholeProgram, lanes: Int, _ look: (_ shared: String) -> Void
  ) throws {
    let item = try #require(try program.cases().last)
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
      look(shared.source.text)
      #expect(!apart.source.text.contains("nest0("))
      let answers = try compiled.map { item.calls[0].compiled(try $0.1.function()).outputs }
      #expect(answers[0] != nil && answers[0] == answers[1])
    }
  }
}
