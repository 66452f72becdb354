// Floating-point operations against counts by hand.

import Autodiff
import IR
import Ops
import Optimizer
import Tensors
import Testing

@Suite struct FloatingOperationsTests {
  private static let product =
    "%p = contract(%x, %w) {leftBatch: axes [], leftContracted: axes [1], rightBatch: axes [], rightContracted: axes [0]}"

  private static func graph(_ body: String) throws -> Graph {
    let graph = try Graph(reading: "graph f(\(body)") { opTable[$0] }
    #expect(graph.problems.isEmpty, "\(graph.problems)")
    return graph
  }

  @Test(arguments: [
    // A multiplication and an addition for each of A*B*C.
    ("%x: real[A, B], %w: real[B, C]) { \(product) return %p }", "2*A*B*C"),
    // Nothing is added to anything here.
    (
      "%x: real[A], %y: real[B]) { %p = contract(%x, %y) {leftBatch: axes [], leftContracted: axes [], rightBatch: axes [], rightContracted: axes []} return %p }",
      "A*B"
    ),
    ("%x: real[A, B]) { %s = sum(%x) {axes: axes [1]} %e = exp(%s) return %e }", "A*B + A"),
    // Comparing, choosing, converting and moving are free, as is all that is done to ints.
    (
      "%x: real[A], %y: real[A], %i: int[A]) { %c = less(%x, %y) %s = select(%c, %x, %y) %j = add(%i, %i) %r = to_real(%j) %t = reverse(%s) {axis: axis 0} return %t, %r }",
      "0"
    ),
    // T steps of 2*N.
    (
      "%a: real[N], %x: real[T, N]) { %l = scan T constants 0 carries 1 (%a, %x) { graph s(%i: int[], %c: real[N], %v: real[N]) { %m = mul(%c, %v) %n = tanh(%m) return %n } } return %l }",
      "2*N*T"
    ),
    // The dearer side.
    (
      "%c: bool[], %x: real[N]) { %r = branch (%c, %x) { graph a(%v: real[N]) { %e = exp(%v) %f = exp(%e) return %f } graph b(%v: real[N]) { %e = neg(%v) return %e } } return %r }",
      "2*N"
    ),
    // An addition a row that is added, none where rows are put in place.
    (
      "%b: real[R, M], %i: int[K], %u: real[K, M]) { %a = scatter_add(%b, %i, %u) {batch: integer 0, replaces: flag false} %s = scatter_set(%a, %i, %u) {batch: integer 0, replaces: flag true} return %s }",
      "K*M"
    ),
    (
      "%f: real[N], %x: real[N]) { %r = recurrence(%f, %x) {axis: axis 0} return %r }",
      "2*N"
    ),
  ])
  func operationsAreCounted(_ body: String, _ expected: String) throws {
    #expect(try Self.graph(body).floatingOperations.description == expected)
  }

  @Test func ofTwoSidesNoTermIsTooSmall() throws {
    let graph = try Self.graph(
      """
      %c: bool[], %x: real[N], %y: real[M]) {
        %r, %q = branch (%c, %x, %y) {
          graph a(%v: real[N], %w: real[M]) { %e = exp(%v) return %e, %w }
          graph b(%v: real[N], %w: real[M]) { %e = exp(%w) %f = exp(%e) return %v, %f }
        }
        return %r, %q
      }
      """)
    #expect(graph.floatingOperations.description == "2*M + N")
  }

  /// A product has two in its derivative; a tanh three operations in its own.
  @Test func theWayBackCostsTwiceTheWayForth() throws {
    let graph = try Self.graph(
      """
      %x: real[A, B], %w: real[B, C]) {
        \(Self.product) %t = tanh(%p) %s = sum(%t) {axes: axes [0, 1]} return %s }
      """)
    #expect(graph.floatingOperations.description == "2*A*B*C + 2*A*C")
    let both = optimize(reverse(graph, outputs: [0], inputs: [0, 1]))
    #expect(both.floatingOperations.description == "6*A*B*C + 5*A*C")
  }

  /// What two nodes compute alike, and what every step computes alike, is counted once.
  @Test func whatIsOptimisedAwayCostsNothing() throws {
    let graph = try Self.graph(
      """
      %a: real[N], %x: real[T, N]) {
        %l = scan T constants 1 carries 1 (%a, %a, %x) {
          graph s(%i: int[], %k: real[N], %c: real[N], %v: real[N]) {
            %e = exp(%k) %f = exp(%k) %g = exp(%v) %m = mul(%e, %f) %n = add(%c, %m) return %n
          }
        }
        return %l
      }
      """)
    #expect(graph.floatingOperations.description == "5*N*T")
    // An addition a step; one exponential and one product before them.
    #expect(optimize(graph).floatingOperations.description == "N*T + 2*N")
  }
}
