// Streams: the same program gives the same numbers whatever the size of a batch, and different
// places give different numbers.

import Testing

struct RandomnessTests {
  private func batch(_ size: Int) throws -> [Double] {
    let run = try SourceRunner(
      """
      batch dim B = \(size)
      dim T = 3
      fn sample(rng: Rng) -> [T] = rng.normal[T]
      let rng = Rng(7)
      let d = for _ in B { sample(rng) }
      """)
    return try run.numbers("d")
  }

  @Test func numbersDoNotDependOnTheBatch() throws {
    let small = try batch(2)
    let large = try batch(5)
    #expect(small.count == 6)
    #expect(Array(large.prefix(6)) == small)
    #expect(Set(large).count == 15)
  }

  @Test func sitesDifferAndLabelsAgree() throws {
    let run = try SourceRunner(
      """
      dim N = 2
      let rng = Rng(1)
      let a = rng.normal[N]
      let b = rng.normal[N]
      let c = rng["noise"].normal[N]
      let d = rng["noise"].normal[N]
      """)
    #expect(try run.numbers("a") != run.numbers("b"))
    #expect(try run.numbers("c") == run.numbers("d"))
    #expect(try run.numbers("a") != run.numbers("c"))
  }

  @Test func callsAndStepsDiffer() throws {
    let run = try SourceRunner(
      """
      dim T = 3
      fn draw(rng: Rng) -> real = rng.uniform()
      let rng = Rng(3)
      let x = draw(rng)
      let y = draw(rng)
      var last = 0.0
      let steps = for _ in T { last = draw(rng)
        last }
      """)
    let steps = try run.numbers("steps")
    #expect(try run.numbers("x") != run.numbers("y"))
    #expect(Set(steps).count == 3)
    #expect(try run.numbers("last") == [steps[2]])
  }

  @Test func sequentialAndParallelMapsDrawTheSame() throws {
    let run = try SourceRunner(
      """
      dim T = 3
      let rng = Rng(3)
      let parallel = for _ in T { rng.normal() }
      var n = 0
      let sequential = for _ in T { n = n + 1
        rng.normal() }
      """)
    // Different draws of the program: different sites, so only the counts are alike.
    #expect(try Set(run.numbers("parallel")).count == 3)
    #expect(try Set(run.numbers("sequential")).count == 3)
    #expect(try Set(run.numbers("parallel") + run.numbers("sequential")).count == 6)
  }
}
