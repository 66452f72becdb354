// How `shift` and `sharpen` are put together from parts that are safe to differentiate.

import IR
import Tensors

extension Builder {
  private static let mostWrittenOut = 9

  /// Row i of the result is the sum over j of s(j) w(i - (j - S/2)), indices modulo N.
  ///
  /// A few moves are written out. Else indices are computed: row j of the table of indices is the
  /// whole of `w` moved by one offset. Nothing in them depends on the numbers, so a loop computes
  /// them once.
  func shifted(_ w: Value, by s: Value) -> Value {
    let rows = type(of: w).shape[0]
    let moves = type(of: s).shape[0]
    if let count = moves.constant, (1...Self.mostWrittenOut).contains(count) {
      let terms = (0..<count).map { move in
        let weight = reshape(slice(s, axis: 0, start: Dim(move), count: 1), to: [])
        return mul(weight, rotate(w, axis: 0, by: move - count / 2))
      }
      return terms.dropFirst().reduce(terms[0], add)
    }
    let table = [moves, rows]
    let half = emit(pointwise.floorDiv, size(moves), integer(2))
    let offset = sub(iota(moves), half)
    let source = sub(
      broadcast(iota(rows), to: table, axes: [1]), broadcast(offset, to: table, axes: [0]))
    let moved = gather(w, emit(pointwise.mod, source, size(rows)))
    return contract(s, moved, contracted: ([0], [0]))
  }

  /// (w / max w) ^ gamma over its sum. See Note: Sharpening.
  func sharpened(_ w: Value, gamma: Value) -> Value {
    let weights = emit(pointwise.maximum, w, real(0))
    let largest = emit(
      pointwise.stop, emit(reductions.max, weights, attributes: ["axes": .axes([0])]))
    let isLive = emit(pointwise.greater, largest, real(1e-30))
    let scale = select(isLive, largest, real(1))
    let relative = select(isLive, div(weights, scale), real(1))
    let powers = emit(pointwise.pow, relative, gamma)
    return div(powers, sum(powers, axes: [0]))
  }
}

// Note: Sharpening
//
// The weighting does not depend on the number that all entries are divided by, so the largest
// entry counts as a constant: the derivative is exact although none flows through it. Divided by
// it, the entries are in 0...1 with at least one 1, so the sum of the powers is at least 1 and
// neither the quotient nor its derivative can overflow; small powers become 0, as they should.
//
// Where nothing is above 1e-30 (a number that both precisions hold, with room for gamma / 1e-30)
// every relative weight is replaced by the constant 1 before the power: the result is uniform and
// nothing flows back. The division by a `scale` that is never 0 keeps that side finite too.
//
// `maximum(w, 0)` gives its gradient to `w` at a tie, so an entry that is exactly 0 keeps the
// derivative 1 that it has at gamma = 1. `pow` takes 0 * log 0 as 0.
