// What the reverse looks like: what is kept, what is made, what is refused.

import Autodiff
import IR
import Interpreter
import Lifting
import Ops
import Synchronization
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
    let reversed = reverse(graph, outputs: [0], inputs: [0, 1])
    #expect(reversed.problems == [])
    #expect(reversed.outputTypes == [TensorType(.real), graph.inputTypes[0], TensorType(.real)])
  }

  @Test func aSharedScalarIsSummed() throws {
    let graph = try read("graph f(%0: real[N], %1: real[]) { %2 = mul(%0, %1) return %2 }")
    let reversed = reverse(graph, outputs: [0], inputs: [1])
    #expect(reversed.outputTypes.last == TensorType(.real))
  }

  /// The update of one row is the last of its row: nothing asks which one counts.
  @Test func oneReplacedRowNeedsNoMask() throws {
    let graph = try read(
      "graph f(%m: real[N, M], %i: int[], %v: real[M]) { %s = scatter_set(%m, %i, %v) {batch: integer 0, replaces: flag true} return %s }"
    )
    let text = reverse(graph, outputs: [0], inputs: [0, 2]).description
    #expect(text.contains("gather(%3, %1)"), "\(text)")
    #expect(!text.contains("select"), "\(text)")
  }

  @Test func aScanBecomesTwoScans() throws {
    let graph = try read(recurrence)
    let reversed = reverse(graph, outputs: [0, 1], inputs: [0, 1, 2])
    #expect(reversed.problems == [])
    #expect(reversed.scans.map(\.isReversed) == [false, true])
    // Only the carry is stacked: the constant and the slices are at hand.
    #expect(reversed.scans[0].stacks == 2)
  }

  @Test func theReverseCanBeReversed() throws {
    let graph = try read(recurrence)
    let once = reverse(graph, outputs: [0], inputs: [0, 1, 2])
    let twice = reverse(once, outputs: [2, 3, 4], inputs: [0, 1, 2])
    #expect(twice.problems == [])
    #expect(forward(graph, inputs: [0], outputs: [0, 1]).problems == [])
  }
}

@Suite struct DeferralTests {
  /// A recurrent layer: its weights get their cotangents from one product each after the loop.
  @Test func weightsAreNotSummedStepByStep() throws {
    let graph = try readGraph(layer)
    let reversed = reverse(graph, outputs: [0], inputs: [0, 1, 2, 3, 4])
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
    let reversed = reverse(lifted, outputs: [0], inputs: [0, 1, 2])
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
    let reversed = reverse(graph, outputs: [1], inputs: [0, 1])
    let backward = try #require(reversed.scans.last)
    #expect(backward.carries == 2)
    #expect(backward.stacks == 0)
  }
}

@Suite struct ResidualTests {
  /// The memory before the write is stacked; the one after it, the erasure and the addition are
  /// computed again from it and from vectors.
  @Test func oneMemoryAStepIsKept() throws {
    let graph = try #require(Program.all.first { $0.name == "memory" }).graph()
    let reversed = reverse(graph, outputs: [0, 1], inputs: [0, 1, 2, 3])
    let forward = reversed.scans[0]
    let stacked = forward.body.outputTypes.dropFirst(forward.carries)
    #expect(stacked.filter { $0.rank == 2 }.count == 1, "\(stacked)")
  }

  @Test func whatIsObservedIsObservedOnce() throws {
    let graph = try readGraph(
      """
      graph f(%x: real[N]) {
        %p = constant() {dtype: dtype bool, value: flag true}
        %last = scan T constants 1 carries 1 (%p, %x) {
          graph step(%i: int[], %p: bool[], %x: real[N]) {
            print(%x) {label: text "in a loop"}
            %y = branch (%p, %x) {
              graph a(%x: real[N]) {
                print(%x) {label: text "in a branch"}
                %y = exp(%x)
                return %y
              }
              graph b(%x: real[N]) {
                return %x
              }
            }
            %z = call recomputed (%y) {
              graph c(%x: real[N]) {
                print(%x) {label: text "in a call"}
                %y = sin(%x)
                return %y
              }
            }
            return %z
          }
        }
        return %last
      }
      """)
    let x = Tensor([3], reals: [0.1, 0.2, 0.3], precision: .double)
    let reversed = reverse(graph, outputs: [0], inputs: [0])
    let seen = Mutex<[String]>([])
    let interpreter = Interpreter(
      precision: .double,
      observer: { observation in seen.withLock { $0.append(observation.label) } })
    _ = try interpreter.run(reversed, [x, x], sizes: Program.sizes)
    let step = ["in a loop", "in a branch", "in a call"]
    #expect(seen.withLock { $0 } == step + step + step + step)
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
