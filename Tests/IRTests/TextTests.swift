// The printer and the reader undo each other, and the verifier says what is wrong.

import IR
import Ops
import Tensors
import Testing

/// A graph from its text, with the rows of the language.
func read(_ text: String) throws(ReadingProblem) -> Graph {
  try Graph(reading: text) { opTable[$0] }
}

let programs = [
  """
  graph line(%0: real[N], %1: real[]) {
    %2: real[N] = mul(%0, %1)
    %3: real[] = sum(%2) {axes: axes [0]}
    return %3, %0
  }

  """,
  """
  graph constants() {
    %0: real[] = constant() {dtype: dtype real, value: real -1e-05}
    %1: int[] = constant() {dtype: dtype int, value: integer -3}
    %2: bool[] = constant() {dtype: dtype bool, value: flag true}
    %3: real[] = constant() {dtype: dtype real, value: real -inf}
    print(%1) {label: text "a \\"b\\" \\\\ c\\n"}
    return %0
  }

  """,
  """
  graph regions(%0: real[2*T.1 + 1, N], %1: real[N], %2: bool[]) {
    %3: real[N], %4: real[2*T.1 + 1] = scan 2*T.1 + 1 constants 1 carries 1 reversed (%1, %1, %0) {
      graph step(%0: int[], %1: real[N], %2: real[N], %3: real[N]) {
        %4: real[N] = add(%2, %3)
        %5: real[] = sum(%4) {axes: axes [0]}
        return %4, %5
      }
    }
    %5: real[N] = branch (%2, %3) {
      graph then(%0: real[N]) {
        return %0
      }
      graph "the other side"(%0: real[N]) {
        %1: real[N] = neg(%0)
        return %1
      }
    }
    %6: real[N] = call recomputed (%5) {
      graph f(%0: real[N]) {
        return %0
      }
      derivative g(%0: real[N], %1: real[N], %2: real[N]) {
        return %2
      }
    }
    %7: real[] = constant() {dtype: dtype real, value: real 0.0}
    %8: real[-T.1 + 3] = broadcast(%7) {axes: axes [], shape: shape [-T.1 + 3]}
    return %6, %8
  }

  """,
]

@Suite struct TextTests {
  @Test(arguments: programs)
  func printedTextReadsBack(text: String) throws {
    let graph = try read(text)
    #expect(graph.problems == [])
    #expect(graph.description == text)
  }

  @Test func typesMayBeLeftOut() throws {
    let graph = try read(
      "graph f(%x: real[N]) { %y = neg(%x) # a comment\n %z = mul(%y, %x) return %z }")
    #expect(graph.outputTypes == [TensorType(.real, [Dim(DimSymbol("N"))])])
  }

  @Test(arguments: [
    ("graph f() { return %0 }", "%0 is not defined"),
    ("graph f(%0: real[]) { %1 = nothing(%0) return %1 }", "there is no op `nothing`"),
    ("graph f(%0: real[]) { %1, %2 = neg(%0) return %1 }", "`neg` has 1 results"),
  ])
  func readingProblemsSayWhatIsMissing(text: String, message: String) {
    #expect { try read(text) } throws: { ($0 as? ReadingProblem)?.message == message }
  }
}

@Suite struct VerifierTests {
  @Test(arguments: [
    (
      "graph f(%0: real[N]) { %1: real[M] = neg(%0) return %1 }",
      "results: expected (real[N]), found (real[M])"
    ),
    (
      "graph f(%0: real[], %1: real[]) { %2 = branch (%0, %1) { graph a(%0: real[]) { return %0 } graph b(%0: real[]) { return %0 } } return %2 }",
      "predicate: expected (bool[]), found (real[])"
    ),
    (
      "graph f(%0: real[]) { %1 = scan T constants 0 carries 1 early (%0) { graph s(%0: int[], %1: real[]) { return %1 } } return %1 }",
      "carries no flag"
    ),
    (
      "graph f(%0: real[]) { %1 = scan T constants 0 carries 1 (%0) { graph s(%0: int[], %1: real[]) { return %0 } } return %1 }",
      "next carries: expected (real[]), found (int[])"
    ),
    (
      "graph f(%0: int[]) { %1 = bind_dim(%0) {symbol: symbol T} %2 = bind_dim(%0) {symbol: symbol T} return %1 }",
      "the dim T is bound twice"
    ),
    (
      "graph f(%0: int[]) { %1 = iota() {dim: dim T} %2 = bind_dim(%0) {symbol: symbol T} return %1 }",
      "the dim T is used before it is bound"
    ),
    (
      "graph f(%0: int[]) { %1 = call (%0) { graph g(%0: int[]) { %1 = bind_dim(%0) {symbol: symbol T} %2 = iota() {dim: dim T} return %2 } } return %1 }",
      "the dim T leaves the body that binds it"
    ),
  ])
  func anIllegalGraphIsReported(text: String, problem: String) throws {
    let problems = try read(text).problems
    #expect(problems.contains { $0.contains(problem) }, "\(problems)")
  }

  @Test func aValueDefinedTwiceIsReported() throws {
    var graph = try read("graph f(%0: real[]) { %1 = neg(%0) return %1 }")
    graph.nodes.append(graph.nodes[0])
    #expect(graph.problems.contains { $0.contains("a value is defined twice") })
  }
}
