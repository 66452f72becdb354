// Loops beyond the plain ones: sizes found inside, loops inside loops, lifted calls, what is refused.

import Diagnostics
import IR
import Interpreter
import Lowering
import Tensors
import Testing

struct LoopTests {
  @Test func stepsMayUseSizesOfTheirOwn() throws {
    let run = try SourceRunner(
      """
      dim K = 3
      fn ones_sum[T]() -> real = sum(zeros[T] + 1.0)
      let lengths = for i in K { i + 2 }
      let sums = for n in lengths { ones_sum[n]() }
      """)
    #expect(try run.numbers("sums") == [2, 3, 4])
    // Lanes cannot go side by side here, so there is a scan.
    #expect(
      run.graphs.last?.nodes.contains { if case .scan = $0.kind { true } else { false } } == true)
  }

  @Test func sizesFromOutsideAreOneSize() throws {
    let run = try SourceRunner(
      """
      batch dim B = 3
      fn ramp[T](from: real) -> [T] = for i in T { from + real(i) }
      let n = 1 + 1
      let d = for b in B { ramp[n](real(b)) }
      """)
    #expect(try run.numbers("d") == [0, 1, 1, 2, 2, 3])
    #expect(
      run.graphs.last?.nodes.contains { if case .scan = $0.kind { true } else { false } } == false)
  }

  @Test func batchedArgumentsLiftACall() throws {
    let run = try SourceRunner(
      """
      batch dim B = 2
      dim N = 3
      fn scaled(x: [N], by: real) -> real = by * sum(x)
      let xs = for b in B { for i in N { real(b + i) } }
      let y = scaled(xs, 2.0)
      """)
    #expect(try run.numbers("y") == [6, 12])
  }

  @Test func scansInsideMapsAndBack() throws {
    let run = try SourceRunner(
      """
      dim A = 2, T = 3
      let sums = for a in A {
        var total = 0
        for t in T { total = total + t * (a + 1) }
        total
      }
      var all = 0.0
      for t in T {
        let row = for a in A { real(a * t) }
        all = all + sum(row)
      }
      """)
    #expect(try run.numbers("sums") == [3, 6])
    #expect(try run.numbers("all") == [3])
  }

  @Test func whilesInsideMapsStopOneByOne() throws {
    let run = try SourceRunner(
      """
      dim A = 3
      let steps = for a in A {
        var x = 1 + a
        var n = 0
        while x < 10 max 20 { x = x * 2
          n = n + 1 }
        n
      }
      """)
    #expect(try run.numbers("steps") == [4, 3, 2])
  }

  @Test func gradientThroughWhileAndIf() throws {
    let run = try SourceRunner(
      """
      fn f(x: real) -> real {
        var y = x
        while y < 10.0 max 20 { y = if y < 3.0 { y * y } else { 2.0 * y } }
        y
      }
      let g = grad(f, at: 2.0)
      """)
    // 2 -> 4 -> 8 -> 16: y = 4 x^2, so the slope is 8 x.
    #expect(try run.numbers("g") == [16])
  }

  @Test func loopsOverStructsStackThem() throws {
    let run = try SourceRunner(
      """
      struct Layer { weight: real
        fn apply(self, x: real) -> real = self.weight * x }
      dim L = 3
      let layers = for i in L { Layer(weight: real(i) + 1.0) }
      var x = 1.0
      for l in layers { x = l.apply(x) }
      let second = layers[1].weight
      """)
    #expect(try run.numbers("x") == [6])
    #expect(try run.numbers("second") == [2])
  }

  @Test func rematChangesNothing() throws {
    let run = try SourceRunner(
      """
      let g = grad(|x| remat(|| x * x * x), at: 2.0)
      """)
    #expect(try run.numbers("g") == [12])
  }

  @Test func observationsKeepTheirLabels() throws {
    let run = try SourceRunner(
      """
      fn f(x: real) -> real { print("seen", x)
        x }
      let y = f(2.0)
      """)
    #expect(run.observed.count == 1)
    let layout = run.observed.first.map { ObservationLayout(label: $0.label) }
    #expect(layout?.pieces.first == .text("seen"))
    #expect(run.observed.first?.operands.first?.doubles == [2])
  }

  @Test func shapesThatAreNotEqualAreFoundWhenRun() throws {
    let text = { (wanted: Int) in
      """
      dim N = \(wanted)
      fn ramp[T]() -> [T] = for i in T { real(i) }
      let n = 1 + 2
      let x = ramp[n]() as [N]
      """
    }
    #expect(try SourceRunner(text(3)).numbers("x") == [0, 1, 2])
    #expect(throws: (any Error).self) { try SourceRunner(text(4)) }
  }
}

struct DeterminismTests {
  @Test func loweringTwiceGivesOneGraph() throws {
    let text =
      LibraryTests.machine + """
        let d = sample[2](rng)
        let (v, g) = value_and_grad(|m| loss(m, d.x, d.y), at: m)
        """
    let first = try SourceRunner(text).graphs.map(\.description)
    let second = try SourceRunner(text).graphs.map(\.description)
    #expect(first == second)
    #expect(first.count > 4)
  }
}

struct SingleStepTests {
  private func numbers(_ length: String, _ trip: String) throws -> [[Double]] {
    let run = try SourceRunner(
      """
      dim K = 1, N = 2
      let rng = Rng(5)
      fn f(rng: Rng, x: [S, N]) -> (all: [S, N], last: [N]) {
        var last: [N] = zeros[N]
        let all = for row in x { last = last + row * rng.normal[N]
          last }
        (all: all, last: last)
      }
      let x = full[\(length), N](1.0)
      let r = f(rng, x)
      let drawn = for i in \(trip) { rng.normal[N] }
      """)
    return [
      try run.numbers("r", "all"), try run.numbers("r", "last"), try run.numbers("drawn"),
    ]
  }

  /// A loop whose length is the number 1 is written out; it must not differ from one that is not.
  @Test func oneStepIsLikeAnyFirstStep() throws {
    let written = try numbers("1", "0 .. 1")
    let looped = try numbers("K", "K")
    #expect(written == looped)
    #expect(written[0] == written[1])
    #expect(written[0].contains { $0 != 0 } && written[0] != written[2])
  }
}

struct ProblemTests {
  private func code(_ text: String) -> String? {
    do {
      _ = try SourceRunner(text)
      return nil
    } catch let problem as LoweringProblem {
      return problem.diagnostic.code.id
    } catch {
      return "\(error)"
    }
  }

  @Test func callsThatDoubleAreReported() {
    #expect(
      code(
        """
        fn f(x: [N]) -> real = if N == 0 { 1.0 } else { f(x[1 ..]) + f(x[1 ..]) }
        let y = f(full[40](1.0))
        """) == "recursion-too-deep")
  }

  @Test func recursionOverSizesComesToAnEnd() throws {
    let run = try SourceRunner(
      """
      fn f(x: [N]) -> real = if N == 0 { 0.0 } else { x[0] + f(x[1 ..]) }
      let y = f(full[5](2.0))
      """)
    #expect(try run.numbers("y") == [10])
  }

  @Test func resultsOfVaryingSizesAreReported() {
    #expect(
      code(
        """
        dim K = 2
        fn ramp[T]() -> [T] = for i in T { real(i) }
        fn both(lengths: int [K]) -> real {
          let parts = for n in lengths { ramp[n]() }
          sum(parts)
        }
        let y = both(for i in K { i + 1 })
        """) == "size-varies")
  }

  @Test func everyCodeHasALesson() {
    #expect(Set(LoweringMessages.all.map(\.id)).count == LoweringMessages.all.count)
    for code in LoweringMessages.all {
      #expect(code.explanation.count > 80, "\(code.id)")
      #expect(!code.title.isEmpty)
    }
  }
}
