// What the finite among many numbers span; what a user stops (see `Patience`) looks at some of them.

import Tensors

enum FiniteSpan {
  /// From the least to the greatest finite value; nil where there is none.
  static func of(_ values: some Sequence<Double>) -> ClosedRange<Double>? {
    var (low, high) = (Double.infinity, -Double.infinity)
    var patience = Patience()
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
      if patience.isOver(after: 1) { break }
    }
    return low <= high ? low...high : nil
  }
}
