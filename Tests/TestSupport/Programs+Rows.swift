// Programs that write rows of a table, in loops and out of them: where the rows can be written in
// place, and where something still reads the table as it was.

import Tensors

extension Program {
  private static let someRows = Tensor([4, 3], ints: [4, 0, 4, 1, 2, 3, 0, 0, 0, 3, 4, 1])

  /// A scan over the steps of %i and %x that carries the table %m and stacks what it reads.
  private static func rowLoop(_ name: String, _ body: String) -> Program {
    Program(
      "rows: \(name)",
      """
      graph f(%m: real[K, M], %i: int[T, N], %x: real[T, N, M]) {
        %last, %reads = scan T constants 0 carries 1 (%m, %i, %x) {
          graph step(%t: int[], %m: real[K, M], %i: int[N], %x: real[N, M]) {
            \(body)
          }
        }
        return %last, %reads
      }
      """, given: [1: someRows])
  }

  static let rows: [Program] = [
    rowLoop(
      "a chain of writes, and a read behind one of them",
      """
      %old = gather(%m, %i) {batch: integer 0, clamped: flag false}
      %u = mul(%old, %x)
      %a = scatter_add(%m, %i, %u) {batch: integer 0, replaces: flag false}
      %b = scatter_set(%a, %i, %x) {batch: integer 0, replaces: flag true}
      %row = gather(%a, %t) {batch: integer 0, clamped: flag false}
      %s = scatter_set(%b, %t, %row) {batch: integer 0, replaces: flag true}
      %r = gather(%s, %i) {batch: integer 0, clamped: flag false}
      %late = gather(%m, %i) {batch: integer 0, clamped: flag false}
      %y = mul(%r, %late)
      return %s, %y
      """),
    rowLoop(
      "the table as it was meets the new one",
      """
      %e = exp(%x)
      %a = scatter_add(%m, %i, %e) {batch: integer 0, replaces: flag false}
      %b = scatter_set(%a, %i, %x) {batch: integer 0, replaces: flag true}
      %p = mul(%m, %b)
      %r = gather(%p, %i) {batch: integer 0, clamped: flag false}
      return %b, %r
      """),
    rowLoop(
      "whole passes over the old table and the new",
      """
      %p = mul(%m, %m)
      %before = sum(%p) {axes: axes [0]}
      %a = scatter_add(%m, %i, %x) {batch: integer 0, replaces: flag false}
      %q = mul(%a, %a)
      %after = sum(%q) {axes: axes [0]}
      %s = mul(%m, %m)
      %again = sum(%s) {axes: axes [0]}
      %y = mul(%before, %after)
      %z = add(%y, %again)
      return %a, %z
      """),
    rowLoop(
      "every state is kept",
      """
      %a = scatter_add(%m, %i, %x) {batch: integer 0, replaces: flag false}
      return %a, %m
      """),
    rowLoop(
      "every new state is kept",
      """
      %first = slice(%x) {axis: axis 0, start: dim 0, count: dim 1}
      %row = reshape(%first) {shape: shape [M]}
      %a = scatter_add(%m, %i, %x) {batch: integer 0, replaces: flag false}
      %b = scatter_set(%a, %t, %row) {batch: integer 0, replaces: flag true}
      return %b, %b
      """),
    rowLoop(
      "rows of the table itself",
      """
      %first = slice(%m) {axis: axis 0, start: dim 0, count: dim N}
      %a = scatter_set(%m, %i, %first) {batch: integer 0, replaces: flag true}
      %r = gather(%a, %i) {batch: integer 0, clamped: flag false}
      %y = mul(%r, %x)
      return %a, %y
      """),
    rowLoop(
      "row by row in a loop of its own",
      """
      %e = scatter_add(%m, %i, %x) {batch: integer 0, replaces: flag false}
      %n = scan N constants 0 carries 1 (%e, %i, %x) {
        graph inner(%j: int[], %c: real[K, M], %k: int[], %v: real[M]) {
          %w = gather(%c, %k) {batch: integer 0, clamped: flag false}
          %u = mul(%w, %v)
          %d = scatter_set(%c, %k, %u) {batch: integer 0, replaces: flag true}
          return %d
        }
      }
      %y = gather(%n, %i) {batch: integer 0, clamped: flag false}
      return %n, %y
      """),
    rowLoop(
      "writes on one side of a branch",
      """
      %limit = constant() {dtype: dtype int, value: integer 2}
      %early = less(%t, %limit)
      %n = branch (%early, %m, %i, %x) {
        graph then(%m: real[K, M], %i: int[N], %x: real[N, M]) {
          %d = mul(%m, %m)
          %a = scatter_add(%d, %i, %x) {batch: integer 0, replaces: flag false}
          return %a
        }
        graph else(%m: real[K, M], %i: int[N], %x: real[N, M]) {
          return %m
        }
      }
      %y = gather(%n, %i) {batch: integer 0, clamped: flag false}
      return %n, %y
      """),
    Program(
      "rows: two tables that change places",
      """
      graph f(%m: real[K, M], %i: int[T, N], %x: real[T, N, M], %o: real[K, M]) {
        %p, %q, %s = scan T constants 0 carries 3 (%m, %o, %m, %i, %x) {
          graph step(%t: int[], %m: real[K, M], %o: real[K, M], %d: real[K, M], %i: int[N], %x: real[N, M]) {
            %a = scatter_add(%m, %i, %x) {batch: integer 0, replaces: flag false}
            %r = gather(%o, %i) {batch: integer 0, clamped: flag false}
            %b = scatter_set(%o, %i, %r) {batch: integer 0, replaces: flag true}
            %c = scatter_add(%d, %i, %r) {batch: integer 0, replaces: flag false}
            return %b, %a, %c
          }
        }
        %y = mul(%p, %q)
        %z = mul(%y, %s)
        return %z
      }
      """, given: [1: someRows]),
    Program(
      "rows: straight on, from what is computed and from what is given",
      """
      graph f(%m: real[K, M], %i: int[T, N], %x: real[T, N, M]) {
        %e = exp(%m)
        %a = scatter_add(%e, %i, %x) {batch: integer 0, replaces: flag false}
        %b = scatter_add(%a, %i, %x) {batch: integer 0, replaces: flag false}
        %c = scatter_set(%a, %i, %x) {batch: integer 0, replaces: flag true}
        %d = scatter_add(%m, %i, %x) {batch: integer 0, replaces: flag false}
        %y = mul(%b, %c)
        %j = concatenate(%d, %e) {axis: axis 0}
        return %y, %j, %d
      }
      """, given: [1: someRows]),
    Program(
      "rows: sums of reads by index",
      """
      graph f(%m: real[K, M], %i: int[T, N], %x: real[T, N, M]) {
        %r = gather(%m, %i) {batch: integer 0, clamped: flag false}
        %p = mul(%r, %x)
        %e = tanh(%m)
        %s = gather(%e, %i) {batch: integer 0, clamped: flag true}
        %q = mul(%s, %p)
        %a = sum(%q) {axes: axes [0]}
        %b = sum(%e) {axes: axes [1]}
        return %a, %b
      }
      """, given: [1: someRows]),
  ]
}
