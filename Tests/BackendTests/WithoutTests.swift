// Every pass can be left out, and the results stay.

import Native
import Tensors
import Testing

@testable import Driver

@Suite(.enabled(if: Toolchain.has(nil), "needs a compiler")) struct WithoutTests {
  /// Passes that may change last digits: products in another order, and products and sums in one
  /// nest, which the compiler joins into one rounding. All others change no bit.
  static let changing: Set<String> = ["contraction order", "fusion"]

  static let program = WholeProgram(
    path: "without",
    text: """
      batch dim B = 9
      fn unroll(w: [3, 3], k: [4, 3], x: [_, 3]) -> real {
        var h = [0.1, 0.2, 0.3]
        var m = zeros[4, 3]
        for v in x {
          let a = softmax(k @ h)
          var near = zeros[4]
          for i in 0..2 { near = near + roll(a, i) * 0.5 }
          m = m with [0] = m[0] * 0.5 + h
          h = tanh(w @ h + v + near @ m)
        }
        sum(h * h) + sum(m * m)
      }
      let rng = Rng(1)
      let w = rng.normal[3, 3]
      let k = rng.normal[4, 3]
      let x = for b in B { rng.normal[5, 3] }
      let result = value_and_grad(|p| mean[B](unroll(p.w, p.k, x)), at: (w: w, k: k))
      """)

  @Test func leavingAPassOutChangesNoResult() throws {
    let item = try #require(try Self.program.cases().last)
    let call = item.calls[0]
    let cases = ([""] + EngineRequest.passes).map { pass in
      var item = item
      let without: Set<String> = [pass]
      item.native = item.specialized?(false, without) ?? item.native
      item.options = NativeOptions(without: Set(without.compactMap { NativePass(rawValue: $0) }))
      return item
    }
    var answers: [GraphCall.Answer] = []
    try Agreement.withCompiled(cases, Form(precision: .single, optimization: "-O2")) {
      compiled, refused in
      try #require(refused.isEmpty)
      answers = try compiled.map { call.compiled(try $0.1.function()) }
    }
    let whole = try #require(answers[0].outputs)
    var changing: Set<String> = []
    for (pass, answer) in zip(EngineRequest.passes, answers.dropFirst()) {
      let outputs = try #require(answer.outputs, "\(pass)")
      let difference = Tolerance.program(.single).difference(outputs, whole)
      #expect(difference == nil, "without \(pass)")
      if outputs != whole { changing.insert(pass) }
    }
    #expect(changing == Self.changing)
    #expect(EngineRequest.passes.count > 8)
  }
}
