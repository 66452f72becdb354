// What a figure is drawn on: shapes in the coordinates of the page, a pixel a unit.

/// A rectangle of the drawing.
struct Frame {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
}

/// The colours of a figure that do not stand for values.
enum Ink {
  static let text = Colour(0x1f2430)
  static let muted = Colour(0x5b6472)
  static let frame = Colour(0xaab1bb)
  static let grid = Colour(0xe8ebef)
}

/// Words at a place. `turned`: they go upwards.
struct Lettering {
  enum Anchor: String { case start, middle, end }

  var text: String
  var x: Double
  var y: Double
  /// The height of a line, in pixels.
  var size: Double
  var anchor: Anchor
  var colour: Colour
  var isBold: Bool
  var isTurned: Bool
}

/// Cells of equal size, a row after another, coloured from a palette.
struct CellImage {
  let rows: Int
  let columns: Int
  let indices: [UInt8]
  let palette: [Colour]
}

protocol Canvas {
  mutating func outline(_ frame: Frame, _ colour: Colour)
  /// Straight lines from point to point.
  /// - Parameter isRound: whether ends and corners are.
  mutating func stroke(
    _ points: [(Double, Double)], _ colour: Colour, width: Double, isRound: Bool)
  /// The inside of a polygon, through which `opacity` lets the rest shine.
  mutating func fill(_ corners: [(Double, Double)], _ colour: Colour, opacity: Double)
  mutating func write(_ lettering: Lettering)
  mutating func paint(_ cells: CellImage, in frame: Frame)
}

extension Canvas {
  mutating func line(
    from start: (Double, Double), to end: (Double, Double), _ colour: Colour = Ink.frame,
    width: Double = 1
  ) {
    stroke([start, end], colour, width: width, isRound: false)
  }

  mutating func polyline(_ points: [(Double, Double)], _ colour: Colour, width: Double) {
    stroke(points, colour, width: width, isRound: true)
  }

  mutating func text(
    _ text: String, x: Double, y: Double, size: Double = 11, anchor: Lettering.Anchor = .start,
    _ colour: Colour = Ink.text, bold: Bool = false, turned: Bool = false
  ) {
    write(
      Lettering(
        text: text, x: x, y: y, size: size, anchor: anchor, colour: colour, isBold: bold,
        isTurned: turned))
  }
}
