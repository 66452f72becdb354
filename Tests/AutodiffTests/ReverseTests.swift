// What the reverse looks like: what is kept, what is made, what is refused.

import Autodiff
import IR
import Ops
import Tensors
import Testing

func read(_ text: String) throws(ReadingProblem) -> Graph {
  try Graph(reading: text) { opTable[$0] }
}

extension Graph {
  /// The scans of the graph itself, in program order.
  var scans: [Scan] {
    nodes.compactMap { if case .scan(let scan) = $0.kind { scan } else { nil } }
  }
}

@Suite struct ReverseTests {
  @Test func anInputThatNothingDependsOnHasZeros() throws {
    let graph = try read("graph f(%0: real[N], %1: real[]) { %2 = neg(%1) return %2 }")
    let reversed = try reverse(graph, outputs: [0], inputs: [0, 1])
    #expect(reversed.problems == [])
    #expect(reversed.outputTypes == [TensorType(.real), graph.inputTypes[0], TensorType(.real)])
  }

  @Test func aSharedScalarIsSummed() throws {
    let graph = try read("graph f(%0: real[N], %1: real[]) { %2 = mul(%0, %1) return %2 }")
    let reversed = try reverse(graph, outputs: [0], inputs: [1])
    #expect(reversed.outputTypes.last == TensorType(.real))
  }

  @Test func aScanBecomesTwoScans() throws {
    let graph = try read(recurrence)
    let reversed = try reverse(graph, outputs: [0, 1], inputs: [0, 1, 2])
    #expect(reversed.problems == [])
    #expect(reversed.scans.map(\.isReversed) == [false, true])
    // Only the carry is stacked: the constant and the slices are at hand.
    #expect(reversed.scans[0].stacks == 2)
  }

  @Test func theReverseCanBeReversed() throws {
    let graph = try read(recurrence)
    let once = try reverse(graph, outputs: [0], inputs: [0, 1, 2])
    let twice = try reverse(once, outputs: [2, 3, 4], inputs: [0, 1, 2])
    #expect(twice.problems == [])
    #expect(try forward(graph, inputs: [0], outputs: [0, 1]).problems == [])
  }
}

/// h' = h * w + x, with the h of every step.
let recurrence = """
  graph f(%w: real[], %h: real[N], %x: real[T, N]) {
    %last, %all = scan T constants 1 carries 1 (%w, %h, %x) {
      graph step(%i: int[], %w: real[], %h: real[N], %x: real[N]) {
        %a = mul(%h, %w)
        %b = add(%a, %x)
        return %b, %b
      }
    }
    return %last, %all
  }
  """
