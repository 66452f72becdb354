// Curves over a shared axis: losses, errors, lengths against cost.

/// A panel of a figure with lines in it.
package struct LineChart: Sendable {
  /// One line, its points in the order in which they are joined.
  package struct Series: Sendable {
    package var name: String
    package var points: [(x: Double, y: Double)]
    /// What is shaded around the line, from the lower to the upper bound at each place.
    package var band: [(x: Double, low: Double, high: Double)]

    package init(
      _ name: String, _ points: [(x: Double, y: Double)],
      band: [(x: Double, low: Double, high: Double)] = []
    ) {
      self.name = name
      self.points = points
      self.band = band
    }

    /// Values at 0, 1, 2, …
    package init(_ name: String, values: [Double]) {
      self.init(name, values.enumerated().map { (Double($0.offset), $0.element) })
    }
  }

  package var title: String
  package var series: [Series]
  package var xLabel: String
  package var yLabel: String
  /// Powers of ten at equal distances; values that are not positive are left out.
  package var isLogarithmic: Bool
  /// Steps from 0 that the axis shares with heat maps of the figure; nil for an axis of its own. Such
  /// a chart is lower than others.
  package var steps: Int?

  package init(
    title: String, series: [Series], xLabel: String = "step", yLabel: String = "",
    isLogarithmic: Bool = false, steps: Int? = nil
  ) {
    self.title = title
    self.series = series
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.isLogarithmic = isLogarithmic
    self.steps = steps
  }

  /// Colours that differ to everybody's eyes, for one series after the other.
  static let colours = [
    0x2563a8, 0xd1495b, 0x2a9d6f, 0xe08e1b, 0x7b4fa3, 0x4a9cc9, 0x8c6d46, 0x5b6472,
  ].map { Colour($0) }

  static func colour(_ index: Int) -> Colour { colours[index % colours.count] }
}
