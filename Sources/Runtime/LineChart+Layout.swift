// Where the points of a line chart lie, for every way of drawing it.

import Glibc
import Tensors

extension LineChart {
  /// The axes: what they span and where they are marked.
  struct Axes {
    let x: ClosedRange<Double>
    /// In powers of ten where the chart is logarithmic.
    let y: ClosedRange<Double>
    let yTicks: [(place: Double, label: String)]

    func xShare(_ value: Double) -> Double { Axes.share(value, x) }
    func yShare(_ value: Double) -> Double { Axes.share(value, y) }

    private static func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
      let (low, high) = (range.lowerBound / 2, range.upperBound / 2)
      return high > low ? (value / 2 - low) / (high - low) : 0.5
    }
  }

  /// The height of a value on the axis; nil where it cannot be drawn.
  private func height(_ y: Double) -> Double? {
    let height = isLogarithmic ? log10(y) : y
    return height.isFinite ? height : nil
  }

  /// - Parameter steps: how many the axis has, each as wide as a column of a heat map; 0 for an axis
  ///   that spans the points.
  func axes(tickCount: Int, steps: Int = 0) -> Axes {
    let points = series.map { $0.points }
    let x =
      steps > 0
      ? -0.5...(Double(steps) - 0.5)
      : LineChart.range(FiniteSpan.of(points.joined().lazy.map(\.x)), margin: 0)
    let lines = points.joined().lazy.map { $0.x.isFinite ? self.height($0.y) ?? .nan : .nan }
    let bands = series.lazy.flatMap(\.band).flatMap { [$0.low, $0.high] }
    let heights = FiniteSpan.of([lines.span, bands.map { self.height($0) ?? .nan }.span].joined())
    var y = LineChart.range(heights, margin: 0.05)
    // A quantity that is never negative and comes near zero is shown from zero.
    if !isLogarithmic, let heights, heights.lowerBound >= 0,
      heights.lowerBound < heights.upperBound / 3
    {
      y = 0...y.upperBound
    }
    var ticks = Ticks.values(y.lowerBound, y.upperBound, count: tickCount)
      .map { (place: $0, label: NumberText.label($0)) }
    if isLogarithmic {
      let span = y.upperBound - y.lowerBound
      if span >= 1 {
        let step = max(1, (span / Double(max(1, tickCount))).rounded(.up))
        ticks = stride(
          from: (y.lowerBound / step).rounded(.up) * step, through: y.upperBound, by: step
        )
        .map { ($0, NumberText.label(pow(10, $0))) }
      } else {
        ticks = ticks.map { ($0.place, NumberText.label(pow(10, $0.place), digits: 3)) }
      }
    }
    return Axes(x: x, y: y, yTicks: ticks)
  }

  /// The lines of one series in shares of the axes, broken where a value is missing. Of the many
  /// points that fall on one of `columns` columns only the least and the greatest are kept.
  func strokes(_ series: Series, _ axes: Axes, columns: Int) -> [[(x: Double, y: Double)]] {
    var strokes: [[(x: Double, y: Double)]] = [[]]
    var patience = Patience()
    for (x, y) in series.points {
      if patience.isOver(after: 1) { break }
      if x.isFinite, let height = height(y) {
        strokes[strokes.count - 1].append((axes.xShare(x), axes.yShare(height)))
      } else if strokes.last?.isEmpty == false {
        strokes.append([])
      }
    }
    return strokes.filter { !$0.isEmpty }.map { LineChart.thinned($0, columns: columns) }
  }

  /// The bands of one series in shares of the axes, broken where a line is. A bound that cannot be
  /// drawn, as that of a run that diverged, is at the edge.
  func bands(
    _ series: Series, _ axes: Axes
  ) -> [[(x: Double, low: Double, high: Double)]] {
    var bands: [[(x: Double, low: Double, high: Double)]] = [[]]
    for (x, low, high) in series.band {
      if x.isFinite, !low.isNaN {
        func share(_ y: Double, else edge: Double) -> Double {
          height(y).map { min(1, max(0, axes.yShare($0))) } ?? edge
        }
        bands[bands.count - 1].append((axes.xShare(x), share(low, else: 0), share(high, else: 1)))
      } else if bands.last?.isEmpty == false {
        bands.append([])
      }
    }
    return bands.filter { !$0.isEmpty }
  }

  private static func thinned(
    _ points: [(x: Double, y: Double)], columns: Int
  ) -> [(x: Double, y: Double)] {
    guard points.count > 4 * columns else { return points }
    var kept: [(x: Double, y: Double)] = []
    for column in 0..<columns where !Patience.isOver() {
      let part = (column * points.count / columns)..<((column + 1) * points.count / columns)
      guard let low = part.min(by: { points[$0].y < points[$1].y }),
        let high = part.max(by: { points[$0].y < points[$1].y })
      else { continue }
      kept.append(points[min(low, high)])
      if low != high { kept.append(points[max(low, high)]) }
    }
    return kept
  }

  private static func range(
    _ values: ClosedRange<Double>?, margin: Double
  ) -> ClosedRange<Double> {
    guard let low = values?.lowerBound, let high = values?.upperBound else { return 0...1 }
    if low == high { return low == 0 ? -1...1 : (low - abs(low) / 2)...(low + abs(low) / 2) }
    let space = (high / 2 - low / 2) * 2 * margin
    let (from, to) = (low - space, high + space)
    return from.isFinite && to.isFinite ? from...to : low...high
  }
}

extension Sequence<Double> {
  /// The least and the greatest finite number; nothing where there is none.
  fileprivate var span: [Double] {
    FiniteSpan.of(self).map { [$0.lowerBound, $0.upperBound] } ?? []
  }
}
