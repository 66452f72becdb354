// What the reverse looks like: what is kept, what is made, what is refused.

import Autodiff
import IR
import Lifting
import Ops
import Tensors
import TestSupport
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

@Suite struct DeferralTests {
  /// A recurrent layer: its weights get their cotangents from one product each after the loop.
  @Test func weightsAreNotSummedStepByStep() throws {
    let graph = try readGraph(layer)
    let reversed = try reverse(graph, outputs: [0], inputs: [0, 1, 2, 3, 4])
    #expect(reversed.problems == [])
    let backward = try #require(reversed.scans.last)
    #expect(backward.carries == 1, "only the cotangent of the state is carried")
    #expect(
      backward.body.outputTypes.allSatisfy { $0.rank < 2 }, "\(backward.body.outputTypes)")
    let products = reversed.nodes.filter { $0.name == "contract" }
    #expect(products.count == 2)
  }

  @Test func deferredSumsAreTheGradient() throws {
    let graph = try readGraph(layer)
    let inputs = try Program("layer", layer).inputs()
    #expect(try Gradcheck().failures(of: graph, at: inputs, order: 2) == [])
    let (lifted, _) = try lift(
      graph, over: Dim(DimSymbol("B")), inputs: [false, false, false, true, true])
    let reversed = try reverse(lifted, outputs: [0], inputs: [0, 1, 2])
    let backward = try #require(reversed.scans.last)
    #expect(backward.carries == 1)
  }

  /// What a vector gets from a memory in every step is added up, not stacked.
  @Test func aMemoryIsNotStackedForAVector() throws {
    let graph = try readGraph(
      """
      graph f(%k: real[M], %m: real[N, M]) {
        %last, %out = scan T constants 1 carries 1 (%k, %m) {
          graph step(%i: int[], %k: real[M], %m: real[N, M]) {
            %e = mul(%m, %m)
            %s = contract(%e, %k) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [1], rightContracted: axes [0]}
            %n = sin(%m)
            return %n, %s
          }
        }
        return %last, %out
      }
      """)
    let reversed = try reverse(graph, outputs: [1], inputs: [0, 1])
    let backward = try #require(reversed.scans.last)
    #expect(backward.carries == 2)
    #expect(backward.stacks == 0)
  }
}

/// h' = tanh([x, h] @ w + h * u + b).
private let layer = """
  graph f(%w: real[K + N, N], %u: real[N, N], %b: real[N], %h: real[N], %x: real[T, K]) {
    %last = scan T constants 3 carries 1 (%w, %u, %b, %h, %x) {
      graph step(%i: int[], %w: real[K + N, N], %u: real[N, N], %b: real[N], %h: real[N], %x: real[K]) {
        %j = concatenate(%x, %h) {axis: axis 0}
        %p = contract(%j, %w) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [0], rightContracted: axes [0]}
        %q = contract(%h, %u) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [0], rightContracted: axes [0]}
        %r = add(%p, %q)
        %s = add(%r, %b)
        %t = tanh(%s)
        return %t
      }
    }
    return %last
  }
  """
