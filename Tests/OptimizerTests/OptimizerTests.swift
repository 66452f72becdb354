// What passes leave, from textual IR; and that they change no result.

import Autodiff
import IR
import Interpreter
import Optimizer
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct OptimizerTests {
  @Test(arguments: Program.all)
  func anOptimizedProgramGivesTheSame(program: Program) throws {
    let graph = try program.graph()
    let inputs = try program.inputs()
    #expect(distance(try run(optimize(graph), inputs), try run(graph, inputs)) == 0)
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let outputs = try run(graph, inputs)
    let reversed = reverse(graph, outputs: [0], inputs: variables)
    let all = inputs + [outputs[0]]
    #expect(distance(try run(optimize(reversed), all), try run(reversed, all)) <= 1e-12)
  }

  @Test(arguments: Program.all)
  func aProgramForNativeCodeGivesTheSame(program: Program) throws {
    let graph = try program.graph()
    let inputs = try program.inputs()
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let seed = try run(graph, inputs)[0]
    let once = reverse(graph, outputs: [0], inputs: variables)
    let twice = reverse(
      once, outputs: [graph.outputs.count], inputs: variables + [graph.inputs.count])
    let direction = try run(once, inputs + [seed])[graph.outputs.count]
    for (graph, inputs) in [
      (graph, inputs), (once, inputs + [seed]), (twice, inputs + [seed, direction]),
    ] {
      for sizes in [[:], Program.sizes.mapValues { Dim($0) }] {
        let native = optimizeForNative(graph.substituting(sizes), isProbed: true)
        #expect(native.problems.isEmpty)
        #expect(distance(try run(native, inputs), try run(graph, inputs)) <= 1e-12)
      }
    }
  }

  /// Text before, and text after, with the names of the printer.
  @Test(arguments: [
    (
      Pass.simplify,
      "graph f(%x: real[N]) { %1 = constant() {dtype: dtype real, value: real 1.0} %2 = broadcast(%1) {axes: axes [], shape: shape [N]} %3 = mul(%2, %x) %4 = neg(%3) %5 = neg(%4) return %5 }",
      "return %0"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[N, M, K]) { %1 = transpose(%x) {axes: axes [1, 2, 0]} %2 = transpose(%1) {axes: axes [2, 0, 1]} return %2 }",
      "return %0"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[N], %a: real[]) { %1 = broadcast(%a) {axes: axes [], shape: shape [N]} %2 = add(%x, %1) return %2 }",
      "add(%0, %1)"
    ),
    // What repeats along an axis is computed without it, also where operands repeat along others.
    (
      Pass.simplify,
      "graph f(%x: real[B], %y: real[B, N]) { %1 = broadcast(%x) {axes: axes [0], shape: shape [B, N, M]} %2 = broadcast(%y) {axes: axes [0, 1], shape: shape [B, N, M]} %3 = mul(%1, %2) return %3 }",
      ": real[B, N] = mul("
    ),
    (
      Pass.simplify,
      "graph f(%x: real[B]) { %1 = broadcast(%x) {axes: axes [0], shape: shape [B, N]} %2 = exp(%1) return %2 }",
      "exp(%0)"
    ),
    (
      Pass.simplify,
      "graph f(%c: real[N], %x: real[N]) { %1 = constant() {dtype: dtype bool, value: flag true} %2 = constant() {dtype: dtype real, value: real 0.0} %3 = select(%1, %2, %c) %4 = add(%3, %x) return %4 }",
      "return %1"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[N]) { %1 = rotate(%x) {axis: axis 0, by: integer 3} %2 = rotate(%1) {axis: axis 0, by: integer -3} return %2 }",
      "return %0"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[]) { %1 = constant() {dtype: dtype bool, value: flag false} %2 = neg(%x) %3 = select(%1, %2, %x) return %3 }",
      "return %0"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[N], %y: real[M]) { %1 = concatenate(%x, %y) {axis: axis 0} %2 = slice(%1) {axis: axis 0, start: dim N, count: dim M} return %2 }",
      "return %1"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[], %y: real[]) { %a, %b = scan T constants 0 carries 2 (%x, %y) { graph s(%0: int[], %1: real[], %2: real[]) { %3 = add(%1, %2) return %3, %2 } } return %a, %b }",
      "scan T constants 1 carries 1 (%1, %0)"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[]) { %a, %b, %c = scan T constants 0 carries 1 (%x) { graph s(%0: int[], %1: real[]) { %2 = exp(%1) return %2, %1, %1 } } return %b, %c }",
      "return %2, %2"
    ),
    (
      Pass.deadCode,
      "graph f(%x: real[], %y: real[]) { %a, %b, %c = scan T constants 1 carries 2 (%x, %x, %y) { graph s(%0: int[], %1: real[], %2: real[], %3: real[]) { %4 = add(%2, %1) %5 = add(%3, %2) %6 = exp(%5) return %4, %5, %6 } } return %a }",
      "scan T constants 1 carries 1 (%0, %0)"
    ),
    (
      Pass.loopInvariants,
      "graph f(%x: real[], %y: real[]) { %a = scan T constants 1 carries 1 (%x, %y) { graph s(%0: int[], %1: real[], %2: real[]) { %3 = exp(%1) %4 = mul(%3, %2) return %4 } } return %a }",
      "= scan T constants 2 carries 1 (%0, %2, %1)"
    ),
    (
      Pass.loopInvariants,
      "graph f(%x: real[N]) { %a = scan T constants 0 carries 1 (%x) { graph s(%0: int[], %1: real[N]) { %2 = iota() {dim: dim N} %3 = constant() {dtype: dtype int, value: integer 5} %4 = mod(%2, %3) %5 = gather(%1, %4) {batch: integer 0, clamped: flag true} return %5 } } return %a }",
      "scan T constants 1 carries 1 (%3, %0)"
    ),
    // A divisor that may be 0 is no reason to fail where no step runs.
    (
      Pass.loopInvariants,
      "graph f(%x: int[N], %y: int[]) { %a = scan T constants 1 carries 1 (%y, %x) { graph s(%0: int[], %1: int[], %2: int[N]) { %3 = iota() {dim: dim N} %4 = mod(%3, %1) %5 = add(%2, %4) return %5 } } return %a }",
      "scan T constants 1 carries 1 (%1, %0)"
    ),
    // A size that the body itself binds says nothing outside.
    (
      Pass.loopInvariants,
      "graph f(%x: real[], %y: real[]) { %a = scan T constants 1 carries 1 (%x, %y) { graph s(%0: int[], %1: real[], %2: real[]) { %n = bind_dim(%0) {symbol: symbol L} %c = element_count() {dim: dim L} %3 = mul(%1, %c) %4 = add(%3, %2) return %4 } } return %a }",
      "scan T constants 1 carries 1 (%0, %1)"
    ),
    // What only spreads a constant stays with its reader.
    (
      Pass.loopInvariants,
      "graph f(%b: real[M], %x: real[N, M]) { %a = scan T constants 1 carries 1 (%b, %x) { graph s(%0: int[], %1: real[M], %2: real[N, M]) { %3 = broadcast(%1) {axes: axes [1], shape: shape [N, M]} %4 = add(%3, %2) return %4 } } return %a }",
      "scan T constants 1 carries 1 (%0, %1)"
    ),
    // Zero padding on either side, sizes known and not.
    (
      Pass.simplify,
      "graph f(%x: real[N], %y: real[3]) { %0 = constant() {dtype: dtype real, value: real 0.0} %1 = broadcast(%0) {axes: axes [], shape: shape [3]} %2 = broadcast(%0) {axes: axes [], shape: shape [N]} %3 = concatenate(%x, %1) {axis: axis 0} %4 = concatenate(%2, %y) {axis: axis 0} %5 = add(%3, %4) return %5 }",
      "= concatenate(%0, %1)"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[4], %y: real[5]) { %0 = constant() {dtype: dtype real, value: real 0.0} %1 = broadcast(%0) {axes: axes [], shape: shape [3]} %2 = broadcast(%0) {axes: axes [], shape: shape [2]} %3 = concatenate(%x, %1) {axis: axis 0} %4 = concatenate(%2, %y) {axis: axis 0} %5 = add(%3, %4) return %5 }",
      "start: dim 2}"
    ),
    // Which of two ends comes first is not known.
    (
      Pass.simplify,
      "graph f(%x: real[N], %y: real[M]) { %0 = constant() {dtype: dtype real, value: real 0.0} %1 = broadcast(%0) {axes: axes [], shape: shape [M]} %2 = broadcast(%0) {axes: axes [], shape: shape [N]} %3 = concatenate(%x, %1) {axis: axis 0} %4 = concatenate(%y, %2) {axis: axis 0} %5 = add(%3, %4) return %5 }",
      "= add("
    ),
    (
      Pass.simplify,
      "graph f(%x: real[5]) { %1 = slice(%x) {axis: axis 0, start: dim 0, count: dim 2} %2 = slice(%x) {axis: axis 0, start: dim 2, count: dim 3} %3 = concatenate(%1, %2) {axis: axis 0} return %3 }",
      "return %0"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[5], %y: real[N]) { %1 = concatenate(%x, %y) {axis: axis 0} %2 = slice(%1) {axis: axis 0, start: dim 1, count: dim 3} return %2 }",
      "slice(%0) {axis: axis 0, count: dim 3, start: dim 1}"
    ),
    // A slice that may lie outside stays, and fails where it does.
    (
      Pass.simplify,
      "graph f(%x: real[N]) { %1 = slice(%x) {axis: axis 0, start: dim 1, count: dim 3} %2 = slice(%1) {axis: axis 0, start: dim 1, count: dim M} return %2 }",
      "slice(%1) {axis: axis 0, count: dim M, start: dim 1}"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[N, 4]) { %0 = constant() {dtype: dtype int, value: integer 2} %1 = broadcast(%0) {axes: axes [], shape: shape [N]} %2 = gather(%x, %1) {batch: integer 1, clamped: flag false} return %2 }",
      "slice(%0) {axis: axis 1, count: dim 1, start: dim 2}"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[4]) { %0 = constant() {dtype: dtype int, value: integer 4} %1 = gather(%x, %0) {batch: integer 0, clamped: flag false} return %1 }",
      "gather(%0"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[M]) { %0 = constant() {dtype: dtype int, value: integer 1} %z = constant() {dtype: dtype real, value: real 0.0} %b = broadcast(%z) {axes: axes [], shape: shape [3, M]} %1 = scatter_add(%b, %0, %x) {batch: integer 0, replaces: flag false} return %1 }",
      "= concatenate("
    ),
    // Rows added to zeros, on either side of a sum, and two of them.
    (
      Pass.simplify, "\(addedRows) %s = add(%d, %a) return %s }",
      "= scatter_add(%0, %1, %2)"
    ),
    (
      Pass.simplify, "\(addedRows) %s = add(%a, %d) return %s }",
      "= scatter_add(%0, %1, %2)"
    ),
    (
      Pass.simplify,
      "\(addedRows) %b = scatter_add(%z, %j, %v) {batch: integer 0} %s = add(%a, %b) %t = add(%s, %d) return %t }",
      "%10: real[N, M] = scatter_add(%0, %1, %2) {batch: integer 0, replaces: flag false}\n  %11: real[N, M] = scatter_add(%10, %3, %4)"
    ),
    // Rows that were replaced are no sum.
    (
      Pass.simplify,
      "\(addedRows) %b = scatter_set(%a, %j, %v) {batch: integer 0, replaces: flag true} %s = add(%d, %b) return %s }",
      "= add(%0, %8)"
    ),
    (
      Pass.simplify,
      "graph f() { %0 = size() {dim: dim 7} %1 = constant() {dtype: dtype int, value: integer -2} %2 = floor_div(%1, %0) %3 = mod(%1, %0) %4 = mul(%2, %3) return %4 }",
      "value: integer -5}"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[N, 1], %y: real[1, M]) { %0 = contract(%x, %y) {leftBatch: axes [], leftContracted: axes [1], rightBatch: axes [], rightContracted: axes [0]} return %0 }",
      "leftContracted: axes []"
    ),
    (
      Pass.simplify,
      "graph f(%x: real[N]) { %0 = reshape(%x) {shape: shape [1, N]} %1 = exp(%0) %2 = transpose(%1) {axes: axes [1, 0]} %3 = reshape(%2) {shape: shape [N]} return %3 }",
      "exp(%0)"
    ),
    (
      Pass.joinedSums,
      "graph f(%x: real[B, T, N]) { %0 = sum(%x) {axes: axes [0]} %1 = sum(%0) {axes: axes [0]} return %1 }",
      "sum(%0) {axes: axes [0, 1]}"
    ),
    (
      // Axes apart from one another.
      Pass.joinedSums,
      "graph f(%x: real[B, T, N]) { %0 = sum(%x) {axes: axes [0]} %1 = sum(%0) {axes: axes [1]} return %1 }",
      "sum(%1) {axes: axes [1]}"
    ),
    (
      // Both sums are wanted.
      Pass.joinedSums,
      "graph f(%x: real[B, T, N]) { %0 = sum(%x) {axes: axes [0]} %1 = sum(%0) {axes: axes [0]} return %0, %1 }",
      "sum(%1) {axes: axes [0]}"
    ),
    (
      Pass.contractionOrder,
      "graph f(%x: real[B, N], %y: real[B, M]) { %0 = contract(%x, %y) {leftBatch: axes [0], leftContracted: axes [], rightBatch: axes [0], rightContracted: axes []} %1 = transpose(%0) {axes: axes [0, 2, 1]} return %1 }",
      "contract(%1, %0)"
    ),
    (
      Pass.deadObservations,
      "graph f(%x: real[]) { %a = scan T constants 0 carries 1 (%x) { graph s(%0: int[], %1: real[]) { %2 = neg(%1) probe(%1) {label: text \"x\"} return %2 } } print(%a) {label: text \"a\"} return %x }",
      "= neg(%1)\n      return"
    ),
    (
      Pass.unrolling,
      "graph f(%x: real[], %y: real[2]) { %a, %b = scan 2 constants 0 carries 1 reversed (%x, %y) { graph s(%0: int[], %1: real[], %2: real[]) { %3 = pow(%1, %2) return %3, %2 } } return %a, %b }",
      "%8: real[] = reshape(%7) {shape: shape []}"
    ),
    (
      Pass.rematerialization, rematerialized,
      "= scan T constants 1 carries 1 reversed (%0, %3, %4, %2) {\n    graph back(%0: int[], %1: real[], %2: real[N], %3: real[N], %4: real[N]) {\n      %5: real[N] = exp(%3)"
    ),
  ])
  func aPassLeaves(pass: Pass, before: String, after: String) throws {
    let result = pass.run(try readGraph(before))
    #expect(result.description.contains(after), "\(result)")
  }

  /// Loops inside of written-out ones, and written-out ones inside of loops.
  @Test func whatIsObservedInStepsWrittenOutSaysInWhich() throws {
    let graph = try readGraph(
      """
      graph f(%x: real[]) {
        %a = scan 2 constants 0 carries 1 (%x) {
          graph outer(%0: int[], %1: real[]) {
            %2 = scan 20 constants 0 carries 1 (%1) {
              graph middle(%3: int[], %4: real[]) {
                %5 = scan 3 constants 0 carries 1 reversed (%4) {
                  graph inner(%6: int[], %7: real[]) {
                    %8 = neg(%7)
                    print(%8) {label: text "x"}
                    return %8
                  }
                }
                print(%5) {label: text "y"}
                return %5
              }
            }
            return %2
          }
        }
        return %a
      }
      """)
    let written = Pass.unrolling.run(graph)
    let expected = try shown(by: graph)
    #expect(try shown(by: written) == expected)
    #expect(expected.count == 2 * 20 * 4 && expected.contains("x [1, 4, 2]"))
    // The two loops of few steps are gone.
    #expect(written.description.split(separator: " ").count { $0 == "scan" } == 2)
  }

  @Test func whatIsShownDoesNotDecideWhatIsWrittenOut() throws {
    func graph(_ extra: String) throws -> Graph {
      let steps = (3...11).map { "%\($0) = neg(%\($0 - 1))" }.joined(separator: " ")
      return try readGraph(
        """
        graph f(%x: real[]) {
          %a = scan 50 constants 0 carries 1 (%x) {
            graph outer(%0: int[], %1: real[]) {
              %b = scan 14 constants 0 carries 1 (%1) {
                graph inner(%1: int[], %2: real[]) { \(steps) \(extra) return %11 }
              }
              return %b
            }
          }
          return %a
        }
        """)
    }
    func loops(_ graph: Graph) -> Int {
      Pass.unrolling.run(graph).description.split(separator: " ").count { $0 == "scan" }
    }
    #expect(try loops(graph("")) == 1)
    #expect(try loops(graph("%12 = exp(%11) print(%12) {label: text \"x\"}")) == 1)
    #expect(try loops(graph("%12 = exp(%11) %13 = add(%12, %11)")) == 2)
  }

  /// What is printed, with the steps of all loops.
  private func shown(by graph: Graph) throws -> [String] {
    let seen = Mutex<[String]>([])
    let interpreter = Interpreter(
      precision: .double,
      observer: { observation in
        seen.withLock { $0.append("\(observation.label) \(observation.indexes)") }
      })
    _ = try interpreter.run(graph, [Tensor(reals: [1], precision: .double)], sizes: [:])
    return seen.withLock { $0 }
  }

  @Test func whatIsObservedStays() throws {
    let graph = try readGraph(
      "graph f(%x: real[]) { %a = scan T constants 0 carries 1 (%x) { graph s(%0: int[], %1: real[]) { %2 = neg(%1) print(%2) {label: text \"x\"} return %2 } } return %x }"
    )
    #expect(optimize(graph).description.contains("print(%2)"))
  }

  private func run(_ graph: Graph, _ inputs: [Tensor]) throws -> [Tensor] {
    try Interpreter(precision: .double).run(graph, inputs, sizes: Program.sizes).outputs
  }
}

/// The opening of a graph that adds rows to zeros.
private let addedRows = """
  graph f(%d: real[N, M], %i: int[K], %u: real[K, M], %j: int[], %v: real[M]) {
    %0 = constant() {dtype: dtype real, value: real 0.0}
    %z = broadcast(%0) {axes: axes [], shape: shape [N, M]}
    %a = scatter_add(%z, %i, %u) {batch: integer 0, replaces: flag false}
  """

/// Of what the second loop reads, one stack is stored, one is a slice of the first, one a constant,
/// one the index; the exponential of the stored one is taken again.
private let rematerialized = """
  graph f(%w: real[], %c: real[N], %x: real[T, N]) {
    %last, %k, %e, %i, %v, %s = scan T constants 1 carries 1 (%w, %c, %x) {
      graph step(%i: int[], %w: real[], %c: real[N], %x: real[N]) {
        %a = mul(%c, %w)
        %b = add(%a, %x)
        %e = exp(%c)
        return %b, %c, %e, %i, %w, %x
      }
    }
    %back = scan T constants 0 carries 1 reversed (%last, %k, %e, %i, %v, %s) {
      graph back(%i: int[], %g: real[N], %k: real[N], %e: real[N], %j: int[], %w: real[], %x: real[N]) {
        %0 = mul(%g, %e)
        %1 = add(%0, %k)
        %2 = to_real(%j)
        %3 = add(%1, %2)
        %4 = mul(%3, %w)
        %5 = add(%4, %x)
        return %5
      }
    }
    return %back
  }
  """
