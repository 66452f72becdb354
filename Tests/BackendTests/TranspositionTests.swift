// Values of one example that are turned round: the results stay.

import IR
import Native
import Tensors
import Testing

@testable import Driver

@Suite(.enabled(if: Toolchain.has(nil), "needs a compiler")) struct TranspositionTests {
  /// A memory of 32 rows of 5 numbers in every part that may turn or hold it: carried, stacked and
  /// sliced, given out, with a learned start whose gradient joins the lanes, in a branch, cut, put
  /// together, turned backwards, transposed, read by index, multiplied by a matrix.
  static let program = WholeProgram(
    path: "turned",
    text: """
      batch dim B = 2
      dim N = 32, M = 5
      fn written(mem: [N, M], x: [M]) -> [N, M] {
        let w = softmax[N](mem @ x)
        mem * (1.0 - outer(w, sigmoid(x))) + outer(roll(w, 1), x)
      }
      fn last(start: [N, M], x: [_, M]) -> [N, M] {
        var mem = start
        for v in x { mem = written(mem, v) }
        mem
      }
      fn cost(start: [N, M], x: [_, M]) -> real {
        var mem = start
        var total = 0.0
        for v in x {
          mem = written(mem, v)
          if total > 1.0 { mem = mem * 0.5 }
          let halves = mem[16 ..] ++ mem[.. 16]
          let back = rearrange[N M -> M N](reverse[N](halves))
          total += sum(back @ softmax[N](mem @ v)) + max(mem)
        }
        total
      }
      fn held(start: [N, M], w: [M, M], x: [_, M]) -> real {
        var mem = start
        for v in x { mem = written(mem, v) @ w + mem[3] }
        sum(mem * mem)
      }
      let rng = Rng(1)
      let start = rng.normal[N, M] * 0.3
      let w = rng.normal[M, M] * 0.3
      let x = for b in B { rng.normal[4, M] }
      let memories = last(start, x)
      let turned = value_and_grad(|s| mean[B](cost(s, x)), at: start)
      let kept = value_and_grad(|p| mean[B](held(p.s, p.w, x)), at: (s: start, w: w))
      """)

  @Test(arguments: [Precision.single, .double])
  func changesNothingButTheOrderOfSums(_ precision: Precision) throws {
    let cases = try Self.program.cases().map { item in
      var item = item
      item.lanes = 1
      return item
    }
    let outcome = try Agreement.check(cases, Form(precision: precision))
    #expect(outcome.problems.isEmpty && outcome.refused.isEmpty, "\(outcome)")
    #expect(outcome.compared >= 3)
  }

  /// Whether leaving the pass out gives another text.
  private func changes(_ graph: Graph, lane: DimSymbol?, lanes: Int) throws -> Bool {
    let texts = try [[], [NativePass.transposition]].map { without in
      try NativeSource(
        graph, lane: lane, lanes: lanes, bytes: 64, precision: .single,
        options: NativeOptions(without: Set(without))
      ).text
    }
    return texts[0] != texts[1]
  }

  @Test func turnsWhatFillsVectorsBetterAndOnlyWithoutLanes() throws {
    let cases = try Self.program.cases()
    let turned = try cases.filter { try changes($0.native, lane: $0.lane, lanes: 1) }
    #expect(turned.count >= 2)
    for item in cases { #expect(try !changes(item.native, lane: item.lane, lanes: 8)) }
  }
}
