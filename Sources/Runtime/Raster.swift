// A canvas of pixels, two a unit of the page, that becomes a PNG image.
//
// Lines are drawn by how much of each pixel they cover; letters are those of `PixelFont`, enlarged by
// whole numbers.

struct Raster: Canvas {
  private static let scale = 2
  private let width: Int
  private let height: Int
  /// Red, green and blue of each pixel, in rows.
  private var pixels: [UInt8]

  /// A white page. Sizes are in units.
  init(width: Double, height: Double) {
    self.width = max(1, Int((width * Double(Raster.scale)).rounded()))
    self.height = max(1, Int((height * Double(Raster.scale)).rounded()))
    pixels = [UInt8](repeating: 255, count: 3 * self.width * self.height)
  }

  func png() -> [UInt8] { Png.encode(width: width, height: height, colours: pixels) }

  mutating func outline(_ frame: Frame, _ colour: Colour) {
    let corners = [
      (frame.x, frame.y), (frame.right, frame.y), (frame.right, frame.bottom),
      (frame.x, frame.bottom), (frame.x, frame.y),
    ]
    stroke(corners, colour, width: 1, isRound: false)
  }

  mutating func stroke(
    _ points: [(Double, Double)], _ colour: Colour, width: Double, isRound: Bool
  ) {
    let scale = Double(Raster.scale)
    for (start, end) in zip(points, points.dropFirst()) {
      line(
        (start.0 * scale, start.1 * scale), (end.0 * scale, end.1 * scale), colour,
        width * scale / 2)
    }
  }

  /// In pixels; `radius` is half of the width.
  private mutating func line(
    _ start: (x: Double, y: Double), _ end: (x: Double, y: Double), _ colour: Colour,
    _ radius: Double
  ) {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let square = dx * dx + dy * dy
    let reach = radius + 1
    let rows = span(min(start.y, end.y) - reach, max(start.y, end.y) + reach, below: height)
    for row in rows {
      let columns = span(min(start.x, end.x) - reach, max(start.x, end.x) + reach, below: width)
      for column in columns {
        let (x, y) = (Double(column) + 0.5 - start.x, Double(row) + 0.5 - start.y)
        let share = square == 0 ? 0 : min(1, max(0, (x * dx + y * dy) / square))
        let (offX, offY) = (x - share * dx, y - share * dy)
        let distance = (offX * offX + offY * offY).squareRoot()
        blend(column, row, colour, min(1, max(0, radius + 0.5 - distance)))
      }
    }
  }

  mutating func fill(_ corners: [(Double, Double)], _ colour: Colour, opacity: Double) {
    let scale = Double(Raster.scale)
    let places = corners.map { (x: $0.0 * scale, y: $0.1 * scale) }
    guard let top = places.map(\.y).min(), let bottom = places.map(\.y).max() else { return }
    for row in span(top, bottom, below: height) {
      let y = Double(row) + 0.5
      var crossings: [Double] = []
      for (start, end) in zip(places, places.dropFirst() + places.prefix(1))
      where (start.y <= y) != (end.y <= y) {
        crossings.append(start.x + (y - start.y) / (end.y - start.y) * (end.x - start.x))
      }
      crossings.sort()
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        for column in span(crossings[pair], crossings[pair + 1], below: width) {
          blend(column, row, colour, opacity)
        }
      }
    }
  }

  mutating func write(_ lettering: Lettering) {
    let pixel = max(1, Int((lettering.size * Double(Raster.scale) / 9.5).rounded()))
    let letters = lettering.text.unicodeScalars.map(PixelFont.columns)
    let length = Double(max(0, letters.count * (PixelFont.width + 1) - 1) * pixel)
    let before =
      switch lettering.anchor {
      case .start: 0.0
      case .middle: length / 2
      case .end: length
      }
    let scale = Double(Raster.scale)
    // Where the text begins, at the foot of its letters.
    let corner = (x: lettering.x * scale, y: lettering.y * scale)
    for (place, columns) in letters.enumerated() {
      for (column, bits) in columns.enumerated() {
        for row in 0..<PixelFont.height where bits >> row & 1 == 1 {
          let along = Double((place * (PixelFont.width + 1) + column) * pixel) - before
          let up = Double((PixelFont.height - row) * pixel)
          let (x, y) =
            lettering.isTurned
            ? (corner.x - up, corner.y - along - Double(pixel))
            : (corner.x + along, corner.y - up)
          let wide = lettering.isBold ? pixel + max(1, pixel / 2) : pixel
          fill(Int(x.rounded()), Int(y.rounded()), wide, pixel, lettering.colour)
        }
      }
    }
  }

  mutating func paint(_ cells: CellImage, in frame: Frame) {
    let scale = Double(Raster.scale)
    let rows = span(frame.y * scale, frame.bottom * scale, below: height)
    let columns = span(frame.x * scale, frame.right * scale, below: width)
    guard !rows.isEmpty, !columns.isEmpty, cells.rows > 0, cells.columns > 0 else { return }
    for row in rows {
      let cellRow = (row - rows.lowerBound) * cells.rows / rows.count
      for column in columns {
        let cellColumn = (column - columns.lowerBound) * cells.columns / columns.count
        let index = Int(cells.indices[cellRow * cells.columns + cellColumn])
        blend(column, row, cells.palette[min(index, cells.palette.count - 1)], 1)
      }
    }
  }

  // MARK: Pixels

  private mutating func fill(_ x: Int, _ y: Int, _ wide: Int, _ high: Int, _ colour: Colour) {
    for row in y..<(y + high) {
      for column in x..<(x + wide) { blend(column, row, colour, 1) }
    }
  }

  /// The pixels that a stretch touches, as far as they are on the page.
  private func span(_ low: Double, _ high: Double, below limit: Int) -> Range<Int> {
    let end = Double(limit)
    let first = Int(min(end, max(0, low.rounded())))
    return first..<max(first, Int(min(end, max(0, high.rounded()))))
  }

  private mutating func blend(_ column: Int, _ row: Int, _ colour: Colour, _ share: Double) {
    guard share > 0, (0..<width).contains(column), (0..<height).contains(row) else { return }
    let place = 3 * (row * width + column)
    for (offset, value) in [colour.red, colour.green, colour.blue].enumerated() {
      let old = Double(pixels[place + offset])
      pixels[place + offset] = UInt8((old + (Double(value) - old) * share).rounded())
    }
  }
}
