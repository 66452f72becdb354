// Round numbers for the axes of a plot.

import Glibc

package enum Ticks {
  /// Multiples of 1, 2 or 5 times a power of ten inside the range, about `count` of them.
  package static func values(_ low: Double, _ high: Double, count: Int) -> [Double] {
    let span = high - low
    guard span.isFinite, span > 0, count > 0 else { return low.isFinite ? [low] : [] }
    let power = pow(10, floor(log10(span / Double(count))))
    guard power > 0, power.isFinite else { return [low, high] }
    let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= Double(count) } ?? span
    // A range far from zero may be finer than doubles are there.
    guard abs(low / step) < 1e15, abs(high / step) < 1e15 else { return [low, high] }
    let first = Int((low / step - 1e-9).rounded(.up))
    let last = Int((high / step + 1e-9).rounded(.down))
    return first <= last ? (first...last).map { Double($0) * step } : [low, high]
  }

  /// Some of the indices below `size`, evenly spaced from 0.
  package static func indices(below size: Int, count: Int) -> [Int] {
    guard size > 0, count > 0 else { return [] }
    var step = 1
    var factor = 0
    while (size - 1) / step + 1 > count {
      factor += 1
      let scale = [1, 2, 5][factor % 3]
      let power = (0..<(factor / 3)).reduce(1) { value, _ in
        value.multipliedReportingOverflow(by: 10).partialValue
      }
      step = scale * power
      if step >= size || step <= 0 { return [0] }
    }
    return Array(stride(from: 0, to: size, by: step))
  }
}
