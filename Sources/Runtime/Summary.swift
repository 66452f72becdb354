// A tensor in one line, for whoever has just made it.
//
//   few numbers     [0.1, 0.2]
//   reals           mean 0.01  sd 1.00  ▁▂▅█▅▂▁
//   a weighting     sum 1.000  peak row 77 (0.031)
//   ints            0 … 9  mean 4.50  ▁▂▅█▅▂▁
//   bools           412 of 1,000 true

package import Tensors

package enum Summary {
  /// How many characters the exact text may take before figures stand for it.
  static let exactWidth = 60
  static let bars = Array("▁▂▃▄▅▆▇█")
  static let binCount = 7

  /// One line about the values of `tensor`.
  /// - Parameter isSimplex: the last axis holds weights that add up to one.
  package static func line(_ tensor: Tensor, isSimplex: Bool = false) -> String {
    if tensor.count == 0 { return "empty" }
    if tensor.count <= 12 {
      let text = TensorText.line(tensor)
      if text.count <= exactWidth { return text }
    }
    switch tensor.storage {
    case .bool(let values):
      let count = values.count { $0 }
      return "\(NumberText.grouped(count)) of \(NumberText.grouped(values.count)) true"
    case .int(let values): return ints(values)
    case .single, .double:
      return isSimplex && tensor.rank > 0
        ? weights(tensor.doubles, rowLength: tensor.shape[tensor.rank - 1])
        : reals(tensor.doubles)
    }
  }

  /// Seven bars: how many values lie in each seventh of their range.
  package static func histogram(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    var counts = [Int](repeating: 0, count: binCount)
    for value in finite {
      // Halves, since the range of two finite numbers may not be finite.
      let share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5
      counts[share.isFinite ? min(binCount - 1, Int(share * Double(binCount))) : 0] += 1
    }
    let most = Double(counts.reduce(1, max))
    return String(
      counts.map { bars[Int((Double($0) / most * Double(bars.count - 1)).rounded(.up))] })
  }

  private static func reals(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    let strange = oddities(values)
    guard let first = finite.first else { return strange }
    if finite.allSatisfy({ $0 == first }) {
      return joined(["all \(NumberText.label(first, digits: 6))", strange])
    }
    let (mean, deviation) = moments(finite)
    // What rounding leaves of a mean of zero is not worth an exponent.
    let shown = abs(mean) < 1e-6 * deviation ? 0 : mean
    return joined([
      "mean \(NumberText.short(shown))", "sd \(NumberText.short(deviation))", histogram(finite),
      strange,
    ])
  }

  private static func ints(_ values: [Int]) -> String {
    guard let low = values.min(), let high = values.max() else { return "empty" }
    if low == high { return "all \(low)" }
    let doubles = values.map(Double.init)
    return joined([
      "\(low) … \(high)", "mean \(NumberText.short(moments(doubles).mean))", histogram(doubles),
    ])
  }

  private static func weights(_ values: [Double], rowLength: Int) -> String {
    if values.contains(where: { !$0.isFinite }) { return reals(values) }
    var sums: [Double] = []
    var peaks: [Double] = []
    for start in stride(from: 0, to: values.count, by: rowLength) {
      let row = values[start..<(start + rowLength)]
      sums.append(row.reduce(0, +))
      peaks.append(row.reduce(-.infinity, max))
    }
    if sums.count == 1, let row = values.firstIndex(of: peaks[0]) {
      return
        "sum \(NumberText.fixed(sums[0], 3))  peak row \(row) (\(NumberText.fixed(peaks[0], 3)))"
    }
    return "\(range("sum", sums))  \(range("peak", peaks))"
  }

  /// `sums 0.999 … 1.000`, or one number where both ends read the same.
  private static func range(_ name: String, _ values: [Double]) -> String {
    let low = NumberText.fixed(values.reduce(.infinity, min), 3)
    let high = NumberText.fixed(values.reduce(-.infinity, max), 3)
    return low == high ? "\(name)s \(low)" : "\(name)s \(low) … \(high)"
  }

  /// What is not a finite number, counted.
  private static func oddities(_ values: [Double]) -> String {
    let names = values.lazy.filter { !$0.isFinite }.map(NumberText.named)
    return joined(
      ["NaN", "inf", "-inf"].map { name in
        let count = names.count { $0 == name }
        return count == 0 ? "" : "\(NumberText.grouped(count)) \(name)"
      })
  }

  /// The mean and the standard deviation, scaled so that no intermediate result overflows.
  private static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let scale = values.reduce(0) { max($0, abs($1)) }
    guard scale > 0 else { return (0, 0) }
    let count = Double(values.count)
    let mean = values.reduce(0) { $0 + $1 / scale } / count
    let variance = values.reduce(0) { sum, value in
      let distance = value / scale - mean
      return sum + distance * distance
    }
    return (mean * scale, (variance / count).squareRoot() * scale)
  }

  private static func joined(_ parts: [String]) -> String {
    parts.filter { !$0.isEmpty }.joined(separator: "  ")
  }
}
