// Small programs with every kind of region, as text: what transforms are tested on.

package import IR
import Ops
package import Tensors

package struct Program: Sendable, CustomStringConvertible {
  package let name: String
  package let text: String
  /// Inputs that are not random reals, by place.
  package let given: [Int: Tensor]
  package var description: String { name }

  package init(_ name: String, _ text: String, given: [Int: Tensor] = [:]) {
    self.name = name
    self.text = text
    self.given = given
  }

  package func graph() throws(ReadingProblem) -> Graph { try readGraph(text) }

  package func inputs(seed: UInt64 = 1) throws -> [Tensor] {
    try graph().inputTypes.enumerated().map { place, type in
      let sizes = type.shape.map { $0.evaluated(Self.sizes) ?? 0 }
      return given[place]
        ?? Samplers.reals(sizes, in: 0.2...1.2, seed: seed &* 31 &+ UInt64(place))
    }
  }

  /// The sizes of the dims that the programs name.
  package static let sizes: [DimSymbol: Int] = [
    DimSymbol("N"): 3, DimSymbol("M"): 2, DimSymbol("T"): 4, DimSymbol("K"): 5, DimSymbol("Z"): 0,
  ]

  package static let all = general + rows

  private static let general: [Program] = [
    Program(
      "straight line",
      """
      graph f(%x: real[N], %a: real[], %m: real[N, M]) {
        %e = exp(%x)
        %y = mul(%e, %a)
        %z = contract(%y, %m) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [0], rightContracted: axes [0]}
        %s = sum(%z) {axes: axes [0]}
        return %s, %y
      }
      """),
    Program("recurrence", recurrence),
    Program("reversed recurrence", recurrence.replacing("carries 1", with: "carries 1 reversed")),
    Program("no steps", recurrence.replacing("[T", with: "[Z").replacing("scan T", with: "scan Z")),
    Program(
      "memory",
      """
      graph f(%w: real[K, N], %v: real[M, N], %x: real[T, K], %m: real[N, M]) {
        %last, %reads = scan T constants 2 carries 1 (%w, %v, %m, %x) {
          graph step(%i: int[], %w: real[K, N], %v: real[M, N], %m: real[N, M], %x: real[K]) {
            %logits = contract(%x, %w) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [0], rightContracted: axes [0]}
            %p = softmax(%logits) {axis: axis 0}
            %q = tanh(%logits)
            %a = contract(%v, %q) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [1], rightContracted: axes [0]}
            %add = contract(%p, %a) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [], rightContracted: axes []}
            %one = constant() {dtype: dtype real, value: real 1.0}
            %ones = broadcast(%one) {axes: axes [], shape: shape [M]}
            %erase = contract(%p, %ones) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [], rightContracted: axes []}
            %keep = sub(%one, %erase)
            %kept = mul(%m, %keep)
            %next = add(%kept, %add)
            %read = contract(%p, %next) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [0], rightContracted: axes [0]}
            return %next, %read
          }
        }
        return %last, %reads
      }
      """),
    Program(
      "loop in a loop",
      """
      graph f(%a: real[N], %x: real[T, M, N]) {
        %last, %rows = scan T constants 1 carries 1 (%a, %a, %x) {
          graph outer(%i: int[], %a: real[N], %c: real[N], %x: real[M, N]) {
            %d, %s = scan M constants 1 carries 1 reversed (%a, %c, %x) {
              graph inner(%j: int[], %a: real[N], %c: real[N], %x: real[N]) {
                %p = mul(%c, %x)
                %q = sin(%p)
                %r = add(%q, %a)
                %t = sum(%p) {axes: axes [0]}
                return %r, %t
              }
            }
            return %d, %s
          }
        }
        return %last, %rows
      }
      """),
    Program(
      "early exit",
      """
      graph f(%w: real[N], %x: real[N], %limit: real[]) {
        %yes = constant() {dtype: dtype bool, value: flag true}
        %going, %last, %all = scan T constants 2 carries 2 early (%w, %limit, %yes, %x) {
          graph step(%i: int[], %w: real[N], %limit: real[], %going: bool[], %x: real[N]) {
            %y = mul(%x, %w)
            %z = sqrt(%y)
            %n = select(%going, %z, %x)
            %s = sum(%n) {axes: axes [0]}
            %more = less(%s, %limit)
            %g = and(%going, %more)
            return %g, %n, %y
          }
        }
        return %last, %all
      }
      """,
      given: [
        0: Tensor([3], reals: [1.1, 1.2, 1.3], precision: .double),
        1: Tensor([3], reals: [0.2, 0.3, 0.4], precision: .double),
        2: Tensor(reals: [2.0], precision: .double),
      ]),
    Program(
      "branch in a loop",
      """
      graph f(%w: real[N], %x: real[T, N]) {
        %last, %all = scan T constants 1 carries 1 (%w, %w, %x) {
          graph step(%i: int[], %w: real[N], %c: real[N], %x: real[N]) {
            %s = sum(%x) {axes: axes [0]}
            %limit = constant() {dtype: dtype real, value: real 2.0}
            %p = less(%s, %limit)
            %r, %t = branch (%p, %w, %c, %x) {
              graph then(%w: real[N], %c: real[N], %x: real[N]) {
                %a = mul(%c, %x)
                %b = sum(%a) {axes: axes [0]}
                return %a, %b
              }
              graph otherwise(%w: real[N], %c: real[N], %x: real[N]) {
                %a = log(%x)
                %b = add(%a, %w)
                %d = sum(%c) {axes: axes [0]}
                return %b, %d
              }
            }
            return %r, %t
          }
        }
        return %last, %all
      }
      """),
    Program(
      "a branch that guards",
      """
      graph f(%m: real[K, M], %i: int[], %x: real[]) {
        %five = constant() {dtype: dtype int, value: integer 5}
        %p = less(%i, %five)
        %r = branch (%p, %m, %i, %x) {
          graph inside(%m: real[K, M], %i: int[], %x: real[]) {
            %a = gather(%m, %i) {batch: integer 0, clamped: flag false}
            %b = onehot(%i) {dim: dim K}
            %c = contract(%b, %m) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [0], rightContracted: axes [0]}
            %d = mul(%a, %c)
            %e = scatter_add(%m, %i, %d) {batch: integer 0, replaces: flag false}
            %s = sum(%e) {axes: axes [0]}
            return %s
          }
          graph outside(%m: real[K, M], %i: int[], %x: real[]) {
            %five = constant() {dtype: dtype int, value: integer 5}
            %j = sub(%i, %five)
            %k = floor_div(%five, %j)
            %q = to_real(%k)
            %y = mul(%q, %x)
            %s = sum(%m) {axes: axes [0]}
            %z = mul(%s, %y)
            return %z
          }
        }
        return %r
      }
      """, given: [1: Tensor(ints: [3])]),
    Program(
      "calls",
      """
      graph f(%x: real[N], %w: real[N]) {
        %a = call (%x, %w) {
          graph g(%x: real[N], %w: real[N]) {
            %p = mul(%x, %w)
            %q = exp(%p)
            return %q
          }
        }
        %b = call recomputed (%a, %w) {
          graph h(%x: real[N], %w: real[N]) {
            %p = sigmoid(%x)
            %q = mul(%p, %w)
            return %q
          }
        }
        %c = call (%b, %x) {
          graph k(%x: real[N], %y: real[N]) {
            %p = mul(%x, %y)
            return %p
          }
          derivative dk(%x: real[N], %y: real[N], %z: real[N], %g: real[N]) {
            %gx = mul(%g, %y)
            %gy = mul(%g, %x)
            return %gx, %gy
          }
        }
        return %c, %a
      }
      """),
    Program(
      "indices",
      """
      graph f(%m: real[K, M], %i: int[N], %u: real[N, M], %b: real[N, K]) {
        %r = gather(%m, %i) {batch: integer 0, clamped: flag false}
        %p = mul(%r, %u)
        %s = scatter_add(%m, %i, %p) {batch: integer 0, replaces: flag false}
        %t = scatter_set(%s, %i, %u) {batch: integer 0, replaces: flag true}
        %v = gather(%b, %i) {batch: integer 1, clamped: flag true}
        return %t, %v
      }
      """,
      given: [1: Tensor([3], ints: [4, 0, 4])]),
    Program(
      "views",
      """
      graph f(%x: real[N, M], %y: real[K, M]) {
        %t = transpose(%x) {axes: axes [1, 0]}
        %r = reshape(%t) {shape: shape [M*N]}
        %c = concatenate(%x, %y, %x) {axis: axis 0}
        %s = slice(%c) {axis: axis 0, count: dim K, start: dim 2}
        %v = reverse(%s) {axis: axis 0}
        %b = broadcast(%r) {axes: axes [1], shape: shape [K, M*N]}
        %e = exp(%b)
        %q = mul(%v, %y)
        %o = cumsum(%q) {axis: axis 0}
        %h, %k = sort(%q) {axis: axis 0, descending: flag true}
        return %e, %o, %h
      }
      """),
    Program(
      "a size of its own",
      """
      graph f(%x: real[N], %w: real[N]) {
        %last, %sums = scan T constants 1 carries 1 (%w, %x) {
          graph step(%i: int[], %w: real[N], %c: real[N]) {
            %n = bind_dim(%i) {symbol: symbol L}
            %r = broadcast(%c) {axes: axes [1], shape: shape [L, N]}
            %e = exp(%r)
            %j = iota() {dim: dim L}
            %k = to_real(%j)
            %kk = broadcast(%k) {axes: axes [0], shape: shape [L, N]}
            %p = mul(%e, %kk)
            %s = sum(%p) {axes: axes [0]}
            %h = constant() {dtype: dtype real, value: real 0.01}
            %t = mul(%s, %h)
            %u = add(%t, %w)
            %o = sum(%p) {axes: axes [0, 1]}
            return %u, %o
          }
        }
        return %last, %sums
      }
      """),
  ]
}

/// h' = h * w + x, with the h of every step.
package let recurrence = """
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

/// A graph from its text, with the rows of the language and composite ones replaced by their parts.
package func readGraph(_ text: String) throws(ReadingProblem) -> Graph {
  rebuilt(try Graph(reading: text) { opTable[$0] })
}

private func rebuilt(_ graph: Graph) -> Graph {
  let builder = Builder(name: graph.name)
  var graph = graph
  for index in graph.nodes.indices {
    switch graph.nodes[index].kind {
    case .op: break
    case .branch(let branch):
      graph.nodes[index].kind = .branch(
        Branch(then: rebuilt(branch.then), otherwise: rebuilt(branch.otherwise)))
    case .scan(var scan):
      scan.body = rebuilt(scan.body)
      graph.nodes[index].kind = .scan(scan)
    case .call(var call):
      call.body = rebuilt(call.body)
      call.derivative = call.derivative.map(rebuilt)
      graph.nodes[index].kind = .call(call)
    }
  }
  return builder.finish(builder.inline(graph, graph.inputTypes.map(builder.input)))
}

/// The largest difference between two lists of tensors; infinite where they differ in shape, and 0
/// for elements that are not numbers in both.
package func distance(_ a: [Tensor], _ b: [Tensor]) -> Double {
  guard a.count == b.count, zip(a, b).allSatisfy({ $0.shape == $1.shape && $0.dtype == $1.dtype })
  else { return .infinity }
  var largest = 0.0
  for (x, y) in zip(a, b) {
    for (p, q) in zip(x.doubles, y.doubles) where !(p.isNaN && q.isNaN) && p != q {
      largest = (p - q).isNaN ? .infinity : max(largest, abs(p - q))
    }
  }
  return largest
}
