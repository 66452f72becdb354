// What the loops of the library's machines store for their backward loops.

import IR
import Interpreter
import Optimizer
import Tensors
import Testing

struct ResidualTests {
  private static let sizes = ["W": 3, "N": 16, "M": 6, "H": 10]

  /// The graph of a machine's gradient with its sizes in place, and what it was run on.
  private func gradient(
    of machine: String
  ) throws -> (graph: Graph, inputs: [Tensor], sizes: [DimSymbol: Int]) {
    let run = try SourceRunner(
      machine.replacing("dim W = 2, N = 4, M = 3, H = 5", with: "dim W = 3, N = 16, M = 6, H = 10")
        + """
        let len = 3
        let d = for _ in B { sample[len](rng) }
        let g = grad(|m| mean[B](loss(m, d.x, d.y)), at: m)
        """)
    let last = try #require(run.runs.last)
    let known = run.sizes.filter { Self.sizes[$0.key.name] != nil }
    return (last.graph.substituting(known.mapValues { Dim($0) }), last.inputs, run.sizes)
  }

  private func stacks(_ graph: Graph) -> [[TensorType]] {
    graph.nodes.compactMap { node in
      guard case .scan(let scan) = node.kind else { return nil }
      return Array(scan.body.outputTypes.dropFirst(scan.carries))
    }
  }

  /// How many numbers a step stores for each example.
  private func count(_ types: [TensorType]) -> Int {
    types.reduce(0) { $0 + $1.shape.reduce(1) { $0 * ($1.constant ?? 1) } }
  }

  @Test func aTuringMachineStoresOneMemoryAStep() throws {
    let machine = LibraryTests.machine.replacing(
      "LocationHead, ContentHead]", with: "LocationHead]")
    let (graph, inputs, sizes) = try gradient(of: machine)
    let (before, after) = (optimize(graph), optimizeForNative(graph, isProbed: false))
    #expect(after.problems.isEmpty)
    let (stored, kept) = (stacks(before)[0], stacks(after)[0])
    let memories = kept.filter { $0.shape.suffix(2) == [16, 6] }
    #expect(memories.count == 1)
    // Among them the power of each sharpening, which costs more to take again than to keep.
    #expect(kept.filter { $0.shape.last == 16 }.count <= 9)
    #expect(2 * count(kept) < count(stored), "\(count(stored)) numbers became \(count(kept))")

    let interpreter = Interpreter(precision: .double)
    let expected = try interpreter.run(before, inputs, sizes: sizes).outputs
    let found = try interpreter.run(after, inputs, sizes: sizes).outputs
    #expect(distance(found.flatMap(\.doubles), expected.flatMap(\.doubles)) < 1e-12)
  }
}
