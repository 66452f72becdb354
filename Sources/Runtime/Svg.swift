// A small writer of SVG: rectangles, lines, polylines, text and embedded images.
//
// Coordinates are written with at most two decimals; text is escaped. The same calls give the
// same text.

/// A rectangle of the drawing.
struct Frame {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
}

struct Svg {
  enum Anchor: String { case start, middle, end }

  /// The colours of a figure that do not stand for values.
  enum Ink {
    static let text = "#1f2430"
    static let muted = "#5b6472"
    static let frame = "#aab1bb"
    static let grid = "#e8ebef"
  }

  private var body = ""

  /// Adds elements that are written already.
  mutating func append(_ elements: String) { body += elements }

  mutating func rectangle(_ frame: Frame, fill: String = "none", stroke: String = "none") {
    body += "<rect x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" "
    body += "width=\"\(number(frame.width))\" height=\"\(number(frame.height))\" "
    body += "fill=\"\(fill)\" stroke=\"\(stroke)\"/>\n"
  }

  mutating func line(
    from start: (Double, Double), to end: (Double, Double), stroke: String = Ink.frame,
    width: Double = 1
  ) {
    body += "<line x1=\"\(number(start.0))\" y1=\"\(number(start.1))\" "
    body += "x2=\"\(number(end.0))\" y2=\"\(number(end.1))\" "
    body += "stroke=\"\(stroke)\" stroke-width=\"\(number(width))\"/>\n"
  }

  mutating func polyline(_ points: [(Double, Double)], stroke: String, width: Double = 1.6) {
    let places = points.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " ")
    body += "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(stroke)\" "
    body +=
      "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n"
  }

  mutating func text(
    _ text: String, x: Double, y: Double, size: Double = 11, anchor: Anchor = .start,
    fill: String = Ink.text, bold: Bool = false, turned: Bool = false
  ) {
    body += "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(number(size))\" "
    body += "text-anchor=\"\(anchor.rawValue)\" fill=\"\(fill)\""
    if bold { body += " font-weight=\"600\"" }
    if turned { body += " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" }
    body += ">\(Svg.escaped(text))</text>\n"
  }

  /// Cells of equal size, coloured from a palette, as a lossless image inside the drawing.
  mutating func cells(
    rows: Int, columns: Int, indices: [UInt8], palette: [Colour], in frame: Frame
  ) {
    // Each cell covers several pixels: a viewer that smooths images then blurs its border only.
    let room = 2048
    let across = min(
      max(1, Int((2 * frame.width / Double(columns)).rounded(.up))), max(1, room / columns))
    let down = min(max(1, Int((2 * frame.height / Double(rows)).rounded(.up))), max(1, room / rows))
    var pixels: [UInt8] = []
    pixels.reserveCapacity(rows * down * columns * across)
    for row in 0..<rows {
      var line: [UInt8] = []
      for index in indices[(row * columns)..<((row + 1) * columns)] {
        line.append(contentsOf: repeatElement(index, count: across))
      }
      for _ in 0..<down { pixels.append(contentsOf: line) }
    }
    let image = Png.encode(
      width: columns * across, height: rows * down, indices: pixels, palette: palette)
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
