// A canvas that becomes an SVG document.
//
// Coordinates are written with at most two decimals; text is escaped. The same calls give the
// same text.

struct Svg: Canvas {
  private var body = ""

  /// Adds elements that are written already.
  mutating func append(_ elements: String) { body += elements }

  mutating func outline(_ frame: Frame, _ colour: Colour) {
    body += "<rect x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" "
    body += "width=\"\(number(frame.width))\" height=\"\(number(frame.height))\" "
    body += "fill=\"none\" stroke=\"\(colour.code)\"/>\n"
  }

  mutating func stroke(
    _ points: [(Double, Double)], _ colour: Colour, width: Double, isRound: Bool
  ) {
    if !isRound, points.count == 2 { return line(points[0], points[1], colour, width) }
    let places = points.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " ")
    body += "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(colour.code)\" "
    body +=
      "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n"
  }

  private mutating func line(
    _ start: (Double, Double), _ end: (Double, Double), _ colour: Colour, _ width: Double
  ) {
    body += "<line x1=\"\(number(start.0))\" y1=\"\(number(start.1))\" "
    body += "x2=\"\(number(end.0))\" y2=\"\(number(end.1))\" "
    body += "stroke=\"\(colour.code)\" stroke-width=\"\(number(width))\"/>\n"
  }

  mutating func fill(_ corners: [(Double, Double)], _ colour: Colour, opacity: Double) {
    let places = corners.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " ")
    body += "<polygon points=\"\(places)\" fill=\"\(colour.code)\" "
    body += "fill-opacity=\"\(number(opacity))\"/>\n"
  }

  mutating func write(_ lettering: Lettering) {
    let (x, y) = (number(lettering.x), number(lettering.y))
    body += "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(number(lettering.size))\" "
    body += "text-anchor=\"\(lettering.anchor.rawValue)\" fill=\"\(lettering.colour.code)\""
    if lettering.isBold { body += " font-weight=\"600\"" }
    if lettering.isTurned { body += " transform=\"rotate(-90 \(x) \(y))\"" }
    body += ">\(Svg.escaped(lettering.text))</text>\n"
  }

  /// A lossless image inside the drawing.
  mutating func paint(_ cells: CellImage, in frame: Frame) {
    let (rows, columns) = (cells.rows, cells.columns)
    // Each cell covers several pixels: a viewer that smooths images then blurs its border only.
    let room = 2048
    let across = min(
      max(1, Int((2 * frame.width / Double(columns)).rounded(.up))), max(1, room / columns))
    let down = min(max(1, Int((2 * frame.height / Double(rows)).rounded(.up))), max(1, room / rows))
    var pixels: [UInt8] = []
    pixels.reserveCapacity(rows * down * columns * across)
    for row in 0..<rows {
      var line: [UInt8] = []
      for index in cells.indices[(row * columns)..<((row + 1) * columns)] {
        line.append(contentsOf: repeatElement(index, count: across))
      }
      for _ in 0..<down { pixels.append(contentsOf: line) }
    }
    let image = Png.encode(
      width: columns * across, height: rows * down, indices: pixels, palette: cells.palette)
    body += "<image x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" "
    body += "width=\"\(number(frame.width))\" height=\"\(number(frame.height))\" "
    body += "preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
    body += "href=\"data:image/png;base64,\(Png.base64(image))\"/>\n"
  }

  /// The whole document on a white page.
  func document(width: Double, height: Double, title: String) -> String {
    let fonts = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(number(width))" \
      height="\(number(height))" viewBox="0 0 \(number(width)) \(number(height))" \
      font-family="\(fonts)">
      <title>\(Svg.escaped(title))</title>
      <rect width="100%" height="100%" fill="#ffffff"/>
      \(body)</svg>

      """
  }

  private func number(_ value: Double) -> String {
    var text = NumberText.fixed(value.isFinite ? value : 0, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// Text as XML allows it; characters that XML forbids become a mark.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t": result += " "
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
