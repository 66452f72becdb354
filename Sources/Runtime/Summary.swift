// A tensor in one line, for whoever has just made it. Large ones are gone through where they lie,
// and given up, with `…`, where nobody waits any more.
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
    let rowLength = isSimplex ? tensor.shape.last : nil
    switch tensor.storage {
    case .bool(let values):
      let count = values.count { $0 }
      return "\(NumberText.grouped(count)) of \(NumberText.grouped(values.count)) true"
    case .int(let values): return ints(values)
    case .single(let values): return reals(values, weightsInRowsOf: rowLength)
    case .double(let values): return reals(values, weightsInRowsOf: rowLength)
    }
  }

  /// Calls `body` on every value in order.
  /// - Returns: false where it was given up.
  @inline(__always)
  private static func visit<Real: BinaryFloatingPoint>(
    _ values: [Real], _ body: (Double) -> Void
  ) -> Bool {
    values.withUnsafeBufferPointer { values in
      var start = 0
      while start < values.count {
        let end = min(start + Patience.block, values.count)
        for index in start..<end { body(Double(values[index])) }
        start = end
        if Patience.isOver() { return false }
      }
      return true
    }
  }

  private static let givenUp = "…"

  private static func reals<Real: BinaryFloatingPoint>(
    _ values: [Real], weightsInRowsOf rowLength: Int? = nil
  ) -> String {
    if let rowLength { return weights(values, rowLength: rowLength) }
    var range = FiniteRange()
    var oddities = Oddities()
    guard
      visit(
        values,
        {
          range.add($0)
          oddities.add($0)
        })
    else { return givenUp }
    guard range.count > 0 else { return oddities.text }
    if range.low == range.high {
      return joined(["all \(NumberText.label(range.low, digits: 6))", oddities.text])
    }
    var moments = Moments(range)
    guard visit(values, { moments.addToMean($0) }) else { return givenUp }
    moments.endMean()
    var bins = Bins(range)
    guard
      visit(
        values,
        {
          moments.addToVariance($0)
          bins.add($0)
        })
    else { return givenUp }
    // What rounding leaves of a mean of zero is not worth an exponent.
    let shown = abs(moments.mean) < 1e-6 * moments.deviation ? 0 : moments.mean
    return joined([
      "mean \(NumberText.short(shown))", "sd \(NumberText.short(moments.deviation))", bins.text,
      oddities.text,
    ])
  }

  private static func ints(_ values: [Int]) -> String {
    var low = Int.max
    var high = Int.min
    var patience = Patience()
    for value in values {
      (low, high) = (min(low, value), max(high, value))
      if patience.isOver(after: 1) { return givenUp }
    }
    if low == high { return "all \(low)" }
    let range = FiniteRange(low: Double(low), high: Double(high), count: values.count)
    var moments = Moments(range)
    var bins = Bins(range)
    for value in values {
      moments.addToMean(Double(value))
      bins.add(Double(value))
      if patience.isOver(after: 4) { return givenUp }
    }
    moments.endMean()
    return joined(["\(low) … \(high)", "mean \(NumberText.short(moments.mean))", bins.text])
  }

  private static func weights<Real: BinaryFloatingPoint>(
    _ values: [Real], rowLength: Int
  ) -> String {
    var sums: [Double] = []
    var peaks: [Double] = []
    var patience = Patience()
    for start in stride(from: 0, to: values.count, by: rowLength) {
      var sum = 0.0
      var peak = -Double.infinity
      for value in values[start..<(start + rowLength)] {
        if !value.isFinite { return reals(values) }
        sum += Double(value)
        peak = max(peak, Double(value))
      }
      sums.append(sum)
      peaks.append(peak)
      if patience.isOver(after: rowLength) { return givenUp }
    }
    if sums.count == 1, let row = values.firstIndex(where: { Double($0) == peaks[0] }) {
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

  private static func joined(_ parts: [String]) -> String {
    parts.filter { !$0.isEmpty }.joined(separator: "  ")
  }
}

/// The least and the greatest of the finite values.
private struct FiniteRange {
  var low = Double.infinity
  var high = -Double.infinity
  var count = 0

  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    low = min(low, value)
    high = max(high, value)
    count += 1
  }
}

/// What is not a finite number, counted.
private struct Oddities {
  private var nan = 0
  private var positive = 0
  private var negative = 0

  mutating func add(_ value: Double) {
    if value.isFinite { return }
    if value.isNaN { nan += 1 } else if value > 0 { positive += 1 } else { negative += 1 }
  }

  var text: String {
    [(nan, "NaN"), (positive, "inf"), (negative, "-inf")].filter { $0.0 > 0 }
      .map { "\(NumberText.grouped($0.0)) \($0.1)" }.joined(separator: "  ")
  }
}

/// The mean and the standard deviation, scaled so that no intermediate result overflows.
private struct Moments {
  private let scale: Double
  private let count: Double
  private var centre = 0.0
  private var squares = 0.0

  init(_ range: FiniteRange) {
    scale = max(abs(range.low), abs(range.high))
    count = Double(range.count)
  }

  mutating func addToMean(_ value: Double) {
    if value.isFinite, scale > 0 { centre += value / scale }
  }

  mutating func endMean() { centre /= count }

  /// To be called after `endMean`.
  mutating func addToVariance(_ value: Double) {
    guard value.isFinite, scale > 0 else { return }
    let distance = value / scale - centre
    squares += distance * distance
  }

  var mean: Double { centre * scale }
  var deviation: Double { (squares / count).squareRoot() * scale }
}

/// How many of the finite values lie in each part of their range.
private struct Bins {
  private let range: FiniteRange
  private var counts = [Int](repeating: 0, count: Summary.binCount)

  init(_ range: FiniteRange) { self.range = range }

  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    // Halves, since the range of two finite numbers may not be finite.
    let share =
      range.high > range.low
      ? (value / 2 - range.low / 2) / (range.high / 2 - range.low / 2) : 0.5
    let bin = share.isFinite ? min(counts.count - 1, Int(share * Double(counts.count))) : 0
    counts[bin] += 1
  }

  var text: String {
    let most = Double(counts.reduce(1, max))
    let bars = Summary.bars
    return String(
      counts.map { bars[Int((Double($0) / most * Double(bars.count - 1)).rounded(.up))] })
  }
}
