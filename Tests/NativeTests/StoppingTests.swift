// Where compiled code looks whether anybody still waits for it.

import CPool
import IR
import Native
import Ops
import Tensors
import Testing

@Suite struct StoppingTests {
  /// How often the code of the sine of a tensor looks.
  private func looks(_ shape: [Dim]) throws -> Int {
    let builder = Builder(name: "nest")
    let x = builder.input(TensorType(.real, shape))
    let graph = builder.finish([builder.emit(pointwise.sin, x)])
    let source = try NativeSource(graph, lane: nil, lanes: 1, bytes: 32, precision: .single)
    return source.text.ranges(of: "*c->stop").count
  }

  @Test func aLongNestLooksBetweenItsSteps() throws {
    let short = try looks([100])
    #expect(try looks([30_000_000]) == short + 1)
    #expect(try looks([5_000, 5_000]) == short + 1)
    // Once for so many numbers, not for each few.
    #expect(try looks([1_000_000, 4]) == short + 1)
    #expect(try looks([2, 3_000_000]) == short + 2)
    #expect(try looks([10_000_000_000, 10_000_000_000]) == short + 2)
    #expect(try looks([4, 4, 4]) == short)
  }
}
