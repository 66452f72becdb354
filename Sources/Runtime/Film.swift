// A matrix that changes from step to step: a row of stills on paper, one image that follows the slider
// on a page.

package import Tensors

/// A panel of a figure: rows go down, columns to the right, and time from still to still.
package struct Film: Sendable {
  package var title: String
  package let steps: Int
  package let rows: Int
  package let columns: Int
  package var scale: ColourScale
  /// Of all steps, so that a colour is one number in all of them.
  package var range: ClosedRange<Double>
  /// Step after step, in each row after row.
  private let values: [Double]

  /// - Parameter states: time, rows, columns.
  package init(title: String, states: Tensor) {
    precondition(states.rank == 3, "a film has matrices")
    (steps, rows, columns) = (states.shape[0], states.shape[1], states.shape[2])
    self.title = title
    values = states.doubles
    let span = Heatmap(title: "", steps: states)
    (scale, range) = (span.scale, span.range)
    if let finite = FiniteSpan.of(values), finite.lowerBound < 0, finite.upperBound > 0 {
      let size = max(-finite.lowerBound, finite.upperBound)
      (scale, range) = (.diverging, -size...size)
    }
  }

  /// One state.
  func still(_ step: Int) -> Heatmap {
    let start = step * rows * columns
    return Heatmap(
      title: title,
      values: (0..<rows).map { row in
        Array(values[(start + row * columns)..<(start + (row + 1) * columns)])
      }, range: range, rowLabel: "row", columnLabel: "column", scale: scale)
  }

  /// Some of the steps, evenly apart, the first and the last among them.
  func stills(_ most: Int) -> [Int] {
    let count = min(most, steps)
    return (0..<count).map { count == 1 ? 0 : $0 * (steps - 1) / (count - 1) }
  }

  /// The state at the end, as text.
  package func terminal(width: Int, height: Int, colour: TerminalColour) -> String {
    guard steps > 0, rows > 0, columns > 0 else { return "\(title)\n  no values" }
    var last = still(steps - 1)
    last.title = "\(title) at time \(steps - 1)"
    return last.terminal(width: width, height: height, colour: colour)
  }
}

extension Film {
  func draw(on canvas: inout some Canvas, _ place: PanelPlace) {
    let full = place.frame
    canvas.text(title, x: full.x, y: full.y - 8, size: 12.5, bold: true)
    let shown = stills(5)
    guard let first = shown.first, rows > 0, columns > 0 else {
      canvas.text("no values", x: full.x, y: full.y + 16, Ink.muted)
      return
    }
    let gap = 12.0
    let width = (full.width - gap * 4) / 5
    for (index, step) in shown.enumerated() {
      let frame = Frame(
        x: full.x + Double(index) * (width + gap), y: full.y, width: width, height: full.height)
      let map = still(step)
      map.paintCells(on: &canvas, frame)
      if step == first { map.drawRows(on: &canvas, frame) }
      canvas.text(
        "time \(step)", x: frame.x + width / 2, y: frame.bottom + 15, size: 10, anchor: .middle,
        Ink.muted)
    }
    still(first).drawScale(on: &canvas, full)
  }
}
