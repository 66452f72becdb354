// A figure as lines of text: half blocks in colour, or shades where there is none.
//
// A heat map never takes more columns than there are; rows and steps that do not fit are joined
// by what stands out most in them. Lines end without spaces and colours are reset at their ends.

/// What colours a terminal shows.
package enum TerminalColour: Hashable, Sendable { case none, palette256, trueColour }

extension Figure {
  /// The panels one below the other, each at most `width` columns wide; those behind the first `most`
  /// are named.
  package func terminal(
    width: Int = 80, height: Int = 16, most: Int = .max, colour: TerminalColour = .none
  ) -> String {
    var parts = title.isEmpty ? [] : [Paint(colour).bold(title)]
    for panel in panels.prefix(most) {
      switch panel {
      case .heatmap(let map):
        parts.append(map.terminal(width: width, height: height, colour: colour))
      case .lines(let chart):
        parts.append(chart.terminal(width: width, height: height, colour: colour))
      case .film(let film):
        parts.append(film.terminal(width: width, height: height, colour: colour))
      }
    }
    let rest = panels.dropFirst(most).map(\.title)
    if !rest.isEmpty {
      let words = "and in the picture: \(rest.joined(separator: ", "))"
      parts.append(words.count > width ? "\(words.prefix(max(1, width - 3)))..." : words)
    }
    return parts.joined(separator: "\n\n") + "\n"
  }
}

extension Heatmap {
  private static let shades = Array(" ░▒▓█")
  /// Strokes below the middle and shades above, so that the sign is seen without colour.
  private static let divergingShades = Array("≡=-· ░▒▓█")

  /// The map in at most `width` columns and `height` lines of cells, with a heading and an axis.
  package func terminal(width: Int = 80, height: Int = 16, colour: TerminalColour = .none) -> String
  {
    let paint = Paint(colour)
    let heading = paint.bold(title) + legend(paint)
    guard rows > 0, columns > 0 else { return "\(heading)\n  no values" }
    let labelWidth = "\(rows - 1)".count
    let isColoured = colour != .none
    let room = max(1, width - labelWidth - (isColoured ? 1 : 3))
    let shown = reduced(rows: max(1, height) * (isColoured ? 2 : 1), columns: room)
    // Few steps are drawn wider, as far as there is room.
    let cell = max(1, min(isColoured ? 2 : 3, room / shown.columns))
    var lines = [heading]
    let perLine = isColoured ? 2 : 1
    let lineCount = (shown.rows + perLine - 1) / perLine
    for line in 0..<lineCount {
      let isEdge = line == 0 || line == lineCount - 1
      let first = line == 0 ? 0 : rows - 1
      let label = isEdge ? "\(first)" : ""
      let edge = String(repeating: " ", count: labelWidth - label.count) + label
      let row = line * perLine
      let cells =
        isColoured
        ? paint.halfBlocks(
          upper: shown.colours(row), lower: row + 1 < shown.rows ? shown.colours(row + 1) : nil,
          cell: cell)
        : shown.shades(row, cell: cell)
      lines.append("\(paint.muted(edge)) \(isColoured ? "" : "▕")\(cells)\(isColoured ? "" : "▏")")
    }
    let last = "\(columns - 1) \(columnLabel)"
    let axisRoom = shown.columns * cell - 1
    let space = String(repeating: " ", count: max(1, axisRoom - last.count))
    let axis = columns == 1 ? "0 \(columnLabel)" : "0\(space)\(last)"
    let margin = String(repeating: " ", count: labelWidth + (isColoured ? 1 : 2))
    lines.append(margin + paint.muted(String(axis.prefix(room))))
    return lines.joined(separator: "\n")
  }

  private func legend(_ paint: Paint) -> String {
    let (low, high) = (label(range.lowerBound), label(range.upperBound))
    let bar =
      paint.colour == .none
      ? String(scale == .diverging ? Heatmap.divergingShades : Heatmap.shades)
      : paint.halfBlocks(upper: sample(8), lower: sample(8), cell: 1)
    return "  \(paint.muted(low)) \(bar) \(paint.muted(high))"
  }

  private func sample(_ count: Int) -> [Colour] {
    let palette = scale.palette
    return (0..<count).map { palette[$0 * 255 / max(1, count - 1)] }
  }

  private func colours(_ row: Int) -> [Colour] {
    let palette = scale.palette
    return values[(row * columns)..<((row + 1) * columns)].map { value in
      share(value).map { palette[Int(($0 * 255).rounded())] } ?? ColourScale.missing
    }
  }

  /// Plain text: a shade per cell, `?` for what is not a number.
  private func shades(_ row: Int, cell: Int) -> String {
    var text = ""
    for value in values[(row * columns)..<((row + 1) * columns)] {
      let shade: Character =
        if let share = share(value) {
          scale == .diverging
            ? Heatmap.divergingShades[Int((share * 8).rounded())]
            : Heatmap.shades[Int((share * 4).rounded())]
        } else {
          "?"
        }
      text += String(repeating: shade, count: cell)
    }
    return text
  }
}

/// Escape sequences, or none.
struct Paint {
  let colour: TerminalColour

  init(_ colour: TerminalColour) { self.colour = colour }

  func bold(_ text: String) -> String { colour == .none ? text : "\u{1B}[1m\(text)\u{1B}[0m" }
  func muted(_ text: String) -> String { colour == .none ? text : "\u{1B}[2m\(text)\u{1B}[0m" }

  func painted(_ text: String, _ ink: Colour) -> String {
    colour == .none ? text : "\u{1B}[\(code(ink, 38))m\(text)\u{1B}[0m"
  }

  /// Two rows of cells in one line of text; colours are only named where they change.
  func halfBlocks(upper: [Colour], lower: [Colour]?, cell: Int) -> String {
    var text = ""
    var last: (Colour, Colour?)?
    for (index, top) in upper.enumerated() {
      let bottom = lower?[index]
      if last == nil || last?.0 != top || last?.1 != bottom {
        let background = bottom.map { code($0, 48) } ?? "49"
        text += "\u{1B}[\(code(top, 38));\(background)m"
      }
      last = (top, bottom)
      text += String(repeating: "▀", count: cell)
    }
    return text + "\u{1B}[0m"
  }

  private func code(_ ink: Colour, _ layer: Int) -> String {
    colour == .palette256
      ? "\(layer);5;\(ink.paletteIndex)" : "\(layer);2;\(ink.red);\(ink.green);\(ink.blue)"
  }
}
