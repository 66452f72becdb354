// Small programs with known answers: loops, branches, calls, structs, derivatives.

import Lowering
import Testing

struct ProgramTests {
  @Test func arithmeticAndBroadcasting() throws {
    let run = try SourceRunner(
      """
      dim N = 2, M = 3
      let a: [N, M] = full[N, M](2.0)
      let b = for i in M { real(i) }
      let c = a * b + 1.0
      let s = sum[M](c)
      """)
    #expect(try run.numbers("c") == [1, 3, 5, 1, 3, 5])
    #expect(try run.numbers("s") == [9, 9])
  }

  @Test func mapsAndScans() throws {
    let run = try SourceRunner(
      """
      dim T = 4
      let xs = for i in T { real(i) + 1.0 }
      let squares = for x in xs { x * x }
      var total = 0.0
      let running = for x in xs { total = total + x
        total }
      """)
    #expect(try run.numbers("squares") == [1, 4, 9, 16])
    #expect(try run.numbers("running") == [1, 3, 6, 10])
    #expect(try run.numbers("total") == [10])
  }

  @Test func whileStopsEarly() throws {
    let run = try SourceRunner(
      """
      var x = 1.0
      var n = 0
      while x < 100.0 max 50 {
        x = x * 3.0
        n = n + 1
      }
      """)
    #expect(try run.numbers("x") == [243])
    #expect(try run.numbers("n") == [5])
  }

  @Test func branchesAssignOuterVariables() throws {
    let run = try SourceRunner(
      """
      fn pick(x: real) -> (a: real, b: real) {
        var a = 1.0
        let b = if x > 0.0 { a = x
          2.0 } else { 3.0 }
        (a: a, b: b)
      }
      let p = pick(5.0)
      let q = pick(-5.0)
      """)
    #expect(try run.numbers("p", "a") == [5])
    #expect(try run.numbers("p", "b") == [2])
    #expect(try run.numbers("q", "a") == [1])
    #expect(try run.numbers("q", "b") == [3])
  }

  @Test func gradientOfAScan() throws {
    let run = try SourceRunner(
      """
      dim T = 3
      fn power(x: real) -> real {
        var y = 1.0
        for _ in T { y = y * x }
        y
      }
      let g = grad(power, at: 2.0)
      let (v, h) = value_and_grad(|x| power(x) + x, at: 3.0)
      """)
    #expect(try run.numbers("g") == [12])
    #expect(try run.numbers("v") == [30])
    #expect(try run.numbers("h") == [28])
  }

  @Test func secondDerivative() throws {
    let run = try SourceRunner(
      """
      let g = grad(|x| grad(|y| y * y * y * x, at: x), at: 2.0)
      """)
    // d/dx (3 x^2 x) = 9 x^2
    #expect(try run.numbers("g") == [36])
  }

  @Test func vectorJacobianAndJacobianVector() throws {
    let run = try SourceRunner(
      """
      dim N = 2
      let x = for i in N { real(i) + 1.0 }
      let (y, back) = vjp(|v| v * v, at: x, ct: full[N](1.0))
      let (z, along) = jvp(|v| v * v, at: x, tangent: x)
      """)
    #expect(try run.numbers("y") == [1, 4])
    #expect(try run.numbers("back") == [2, 4])
    #expect(try run.numbers("along") == [2, 8])
  }

  @Test func closuresCaptureValues() throws {
    let run = try SourceRunner(
      """
      fn twice(f: |real| -> real, x: real) -> real = f(f(x))
      let k = 3.0
      let y = twice(|v| v * k, 2.0)
      """)
    #expect(try run.numbers("y") == [18])
  }

  @Test func structsInterfacesAndDefaults() throws {
    let run = try SourceRunner(
      """
      interface Shape[N] {
        fn area(self) -> real
        fn twice(self) -> real = 2.0 * self.area()
      }
      struct Box[N]: Shape[N] {
        sides: [N] = full[N](2.0)
        fn area(self) -> real = prod(self.sides)
      }
      fn total(s: Shape[N]) -> real = s.twice()
      dim K = 3
      let b = Box[K]()
      let t = total(b)
      """)
    #expect(try run.numbers("t") == [16])
    #expect(try run.numbers("b", "sides") == [2, 2, 2])
  }

  @Test func gradientsHaveTheStructureOfTheirStruct() throws {
    let run = try SourceRunner(
      """
      struct Line {
        slope: real
        offset: real
        frozen scale: real
        fn at(self, x: real) -> real = self.scale * (self.slope * x + self.offset)
      }
      let line = Line(slope: 2.0, offset: 1.0, scale: 10.0)
      let (v, g) = value_and_grad(|l| l.at(3.0), at: line)
      let moved = line - 0.1 * g
      let n = norm(g)
      let c = count(line)
      let doubled = map(|x| x * 2.0, line)
      """)
    #expect(try run.numbers("v") == [70])
    #expect(try run.numbers("g", "slope") == [30])
    #expect(try run.numbers("g", "offset") == [10])
    #expect(try run.numbers("g", "scale") == [0])
    #expect(try distance(run.numbers("moved", "slope"), [-1]) < 1e-12)
    #expect(try run.numbers("moved", "scale") == [10])
    #expect(try distance(run.numbers("n"), [1000.squareRoot()]) < 1e-12)
    #expect(try run.numbers("c") == [2])
    #expect(try run.numbers("doubled", "slope") == [4])
  }

  @Test func customDerivatives() throws {
    let run = try SourceRunner(
      """
      fn hard(x: real) -> real = if x > 0.0 { 1.0 } else { 0.0 }
      surrogate derivative hard(x; ct) { ct * 7.0 * x }
      let g = grad(|x| hard(x) * 2.0, at: 3.0)
      """)
    #expect(try run.numbers("g") == [42])
  }

  @Test func indexingAndReplacing() throws {
    let run = try SourceRunner(
      """
      dim N = 3, M = 2
      let m = for i in N { for j in M { real(10 * i + j) } }
      let row = m[1]
      let x = m[2, 1]
      let column = m[.., 1]
      let some = m[1 ..]
      let changed = m with [1] = full[M](7.0)
      let spot = m with [0, 1] = 9.0
      let stripe = m with [.., 0] = full[N](5.0)
      """)
    #expect(try run.numbers("row") == [10, 11])
    #expect(try run.numbers("x") == [21])
    #expect(try run.numbers("column") == [1, 11, 21])
    #expect(try run.numbers("some") == [10, 11, 20, 21])
    #expect(try run.numbers("changed") == [0, 1, 7, 7, 20, 21])
    #expect(try run.numbers("spot") == [0, 9, 10, 11, 20, 21])
    #expect(try run.numbers("stripe") == [5, 1, 5, 11, 5, 21])
  }

  @Test func einsumSumsWhatIsLeftOut() throws {
    let run = try SourceRunner(
      """
      dim A = 2, B = 3
      let x = for i in A { for j in B { real(i + j) } }
      let y = for j in B { real(j) }
      let z = einsum[a b, b -> a](x, y)
      let t = rearrange[a b -> b a](x)
      let total = einsum[a b -> ](x)
      """)
    #expect(try run.numbers("z") == [5, 8])
    #expect(try run.numbers("t") == [0, 1, 1, 2, 2, 3])
    #expect(try run.numbers("total") == [9])
  }

  @Test func sizesFoundAtRunTime() throws {
    let run = try SourceRunner(
      """
      fn ramp[T](from: real) -> [T] = for i in T { from + real(i) }
      fn grown[T]() -> [2*T + 1] = zeros[2*T + 1] + 1.0
      let n = 2 + 2
      let r = ramp[n](1.0)
      let s = sum(grown[n]())
      let u = for i in 0 .. n { real(i) }
      """)
    #expect(try run.numbers("r") == [1, 2, 3, 4])
    #expect(try run.numbers("s") == [9])
    #expect(try run.numbers("u") == [0, 1, 2, 3])
  }

  @Test func fixedListsAreWrittenOut() throws {
    let run = try SourceRunner(
      """
      interface Scale { fn apply(self, x: real) -> real }
      struct Double: Scale { fn apply(self, x: real) -> real = 2.0 * x }
      struct Shift: Scale { by: real
        fn apply(self, x: real) -> real = x + self.by }
      fn all(parts: [R, Scale], x: real) -> [R] = for p in parts { p.apply(x) }
      let y = all([Double(), Shift(by: 5.0)], 3.0)
      """)
    #expect(try run.numbers("y") == [6, 8])
  }

  @Test func localFunctionsReadTheirSurroundings() throws {
    let run = try SourceRunner(
      """
      fn outer(k: real) -> real {
        fn inner(x: real) -> real = x * k
        inner(2.0) + inner(3.0)
      }
      let y = outer(10.0)
      """)
    #expect(try run.numbers("y") == [50])
  }

  @Test func endlessRecursionIsReported() throws {
    #expect(throws: LoweringProblem.self) {
      try SourceRunner(
        """
        fn f(x: real) -> real = f(x + 1.0)
        let y = f(1.0)
        """)
    }
  }
}
