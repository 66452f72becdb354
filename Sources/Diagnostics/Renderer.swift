// A report as text: the message, the lines it is about with the culprits underlined, then notes and
// help.
//
//   error[dim-mismatch]: `key` has dim N where `content` needs dim M
//    --> repl:5:14
//   5 | content(mem, key, 5.0)
//     |         ---  ^^^ this is [N], 128 numbers
//     |         this is [N, M], so a key is one row wide: [M], 20 numbers
//     = note: …
//     = help: …
//
// Lines of one text are shown in order with `...` between those that are apart; labels in other
// texts follow under a line of their own. Of a span over several lines the first is shown.

/// Turns reports into text, plain or with the colour codes of a terminal.
package struct Renderer {
  private let source: (SourceID) -> SourceFile?
  private let isColoured: Bool

  /// `source` finds the text a span is in; a label whose text is not found is left out.
  package init(isColoured: Bool = false, source: @escaping (SourceID) -> SourceFile?) {
    self.isColoured = isColoured
    self.source = source
  }

  /// Reports one after another, with a blank line between.
  package func render(_ diagnostics: [Diagnostic]) -> String {
    let rest = diagnostics.count - Renderer.limit
    let more = rest > 0 ? ["and \(rest) more like these\n"] : []
    return (diagnostics.prefix(Renderer.limit).map(render) + more).joined(separator: "\n")
  }

  /// Nobody reads more reports at once.
  private static let limit = 50

  /// The whole report. Ends with a line feed.
  package func render(_ diagnostic: Diagnostic) -> String {
    let severity: Style = diagnostic.severity == .error ? .error : .warning
    var lines = [
      paint("\(diagnostic.severity.rawValue)[\(diagnostic.code.id)]", severity)
        + paint(": " + flattened(diagnostic.message), .strong)
    ]
    let texts = self.texts(of: diagnostic)
    let gutter = texts.flatMap { text in text.lines.map { String($0.number).count } }.max() ?? 1
    let margin = String(repeating: " ", count: gutter)
    for (index, text) in texts.enumerated() {
      let arrow = index == 0 ? "-->" : ":::"
      lines.append(margin + paint(arrow, .frame) + " \(text.name):\(text.line):\(text.column)")
      lines.append(contentsOf: excerpt(text, gutter: gutter, severity))
    }
    for note in diagnostic.notes { lines.append(remark("note", note, margin)) }
    for help in diagnostic.help { lines.append(remark("help", help, margin)) }
    if let fix = diagnostic.fix, !isSaid(fix.title, in: diagnostic) {
      lines.append(remark("help", fix.title, margin))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A fix is named once: not again where a label or a help line says the same.
  private func isSaid(_ title: String, in diagnostic: Diagnostic) -> Bool {
    diagnostic.help.contains(title) || diagnostic.primary?.text == title
  }

  // MARK: Gathering

  /// One culprit on one line, in columns of the display.
  private struct Mark {
    let start: Int
    let end: Int
    let text: String
    let isPrimary: Bool
  }

  private struct Line {
    let index: Int
    let number: Int
    let text: DisplayText
    var marks: [Mark]
  }

  /// The lines of one source text that a report shows, and the place named above them.
  private struct Text {
    let name: String
    let line: Int
    let column: Int
    var lines: [Line]
  }

  private func texts(of diagnostic: Diagnostic) -> [Text] {
    let primary = diagnostic.primary.map { [($0, true)] } ?? []
    let labels = primary + diagnostic.secondary.map { ($0, false) }
    var order: [SourceID] = []
    var texts: [SourceID: Text] = [:]
    for (label, isPrimary) in labels {
      guard let file = source(label.span.source) else { continue }
      let id = label.span.source
      if texts[id] == nil {
        order.append(id)
        let (line, column) = file.position(of: label.span.start)
        texts[id] = Text(name: file.name, line: line, column: column, lines: [])
      }
      if var text = texts[id] {
        add(label, isPrimary, of: file, to: &text)
        texts[id] = text
      }
    }
    return order.compactMap { texts[$0] }.map { text in
      var sorted = text
      sorted.lines.sort { $0.index < $1.index }
      return sorted
    }
  }

  private func add(_ label: Label, _ isPrimary: Bool, of file: SourceFile, to text: inout Text) {
    let index = file.lineIndex(of: label.span.start)
    if !text.lines.contains(where: { $0.index == index }) {
      text.lines.append(
        Line(
          index: index, number: index + file.firstLine, text: DisplayText(file.line(at: index)),
          marks: []))
    }
    guard let place = text.lines.firstIndex(where: { $0.index == index }) else { return }
    let columns = text.lines[place].text.columns
    let lineStart = file.lineStarts[index]
    let last = columns.count - 1
    let start = columns[min(max(label.span.start - lineStart, 0), last)]
    // A span over several lines is underlined up to the end of its first.
    let end = columns[min(max(label.span.end - lineStart, 0), last)]
    text.lines[place].marks.append(
      Mark(
        start: start, end: max(end, start + 1), text: flattened(label.text), isPrimary: isPrimary))
  }

  // MARK: Drawing

  private func excerpt(_ text: Text, gutter: Int, _ severity: Style) -> [String] {
    var rows: [String] = []
    var previous: Int?
    let margin = String(repeating: " ", count: gutter)
    for line in text.lines {
      if let previous, line.index > previous + 1 { rows.append(paint("...", .frame)) }
      previous = line.index
      let number = String(line.number)
      let padded = String(repeating: " ", count: gutter - number.count) + number
      let (shown, marks) = window(line)
      rows.append(paint(padded + " |", .frame) + (shown.isEmpty ? "" : " " + shown))
      for row in annotations(marks, severity) {
        rows.append(paint(margin + " |", .frame) + " " + row)
      }
    }
    return rows
  }

  /// Of a very long line the part around its first mark, with `…` where it is cut.
  private func window(_ line: Line) -> (text: String, marks: [Mark]) {
    let limit = 160
    guard line.text.width > limit else { return (line.text.text, line.marks) }
    let first = line.marks.first(where: \.isPrimary) ?? line.marks.first
    let left = max(0, min((first?.start ?? 0) - limit / 2, line.text.width - limit))
    let isCutLeft = left > 0
    let isCutRight = left + limit < line.text.width
    let text =
      (isCutLeft ? "…" : "") + line.text.clipped(left..<(left + limit)) + (isCutRight ? "…" : "")
    let shift = left - (isCutLeft ? 1 : 0)
    let marks = line.marks.compactMap { mark -> Mark? in
      let start = max(mark.start, left)
      let end = min(mark.end, left + limit)
      // A mark outside the window is dropped with its label; a primary never is.
      guard start < end || mark.isPrimary else { return nil }
      return Mark(
        start: start - shift, end: max(end, start + 1) - shift, text: mark.text,
        isPrimary: mark.isPrimary)
    }
    return (text, marks)
  }

  /// The row of underlines, with the label of the rightmost, and a row for each other label.
  private func annotations(_ marks: [Mark], _ severity: Style) -> [String] {
    // The primary is drawn last, over what it lies in.
    let drawn = marks.filter { !$0.isPrimary } + marks.filter(\.isPrimary)
    var row = Row()
    for mark in drawn {
      let style: Style = mark.isPrimary ? severity : .secondary
      row.draw(
        String(repeating: mark.isPrimary ? "^" : "-", count: mark.end - mark.start), at: mark.start,
        style)
    }
    // Where two end together the inner one, or the primary, is labelled on the row itself.
    let order = marks.sorted { a, b in
      (a.end, a.start, a.isPrimary ? 1 : 0) > (b.end, b.start, b.isPrimary ? 1 : 0)
    }
    var waiting = order.filter { !$0.text.isEmpty }
    if let first = order.first, !first.text.isEmpty {
      waiting.removeAll { $0.start == first.start && $0.end == first.end && $0.text == first.text }
      row.draw(first.text, at: first.end + 1, first.isPrimary ? severity : .secondary)
    }
    var rows = [row]
    waiting.sort { $0.start > $1.start }
    while let mark = waiting.first {
      waiting.removeFirst()
      var row = Row()
      for other in waiting where other.start < mark.start {
        row.draw("|", at: other.start, other.isPrimary ? severity : .secondary)
      }
      row.draw(mark.text, at: mark.start, mark.isPrimary ? severity : .secondary)
      rows.append(row)
    }
    return rows.map { $0.text(paint) }
  }

  /// Characters placed at columns, each with its style.
  private struct Row {
    var cells: [(character: Character, style: Style?)] = []

    mutating func draw(_ text: String, at column: Int, _ style: Style) {
      while cells.count < column { cells.append((" ", nil)) }
      for (index, character) in text.enumerated() {
        if column + index < cells.count {
          cells[column + index] = (character, style)
        } else {
          cells.append((character, style))
        }
      }
    }

    func text(_ paint: (String, Style) -> String) -> String {
      var text = ""
      var run = ""
      var style: Style?
      func flushed() -> String { style.map { paint(run, $0) } ?? run }
      for cell in cells {
        if cell.style != style {
          text += flushed()
          run = ""
          style = cell.style
        }
        run.append(cell.character)
      }
      return text + flushed()
    }
  }

  /// `= note: …`; further lines of a note are set below its first.
  private func remark(_ kind: String, _ text: String, _ margin: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let head = margin + " " + paint("= ", .frame) + paint("\(kind):", .strong) + " "
    let indent = margin + String(repeating: " ", count: kind.count + 5)
    return head + lines.map(sanitized).joined(separator: "\n" + indent)
  }

  private func flattened(_ text: String) -> String {
    sanitized(text.split(whereSeparator: \.isNewline).joined(separator: " "))
  }

  private func sanitized(_ text: some StringProtocol) -> String {
    // A trailing space is layout; everything else is shown as it would be in a source line.
    DisplayText(String(text)).text
  }

  // MARK: Colour

  private enum Style: String {
    case error = "1;31"
    case warning = "1;33"
    case secondary = "1;36"
    case frame = "1;34"
    case strong = "1"
  }

  private func paint(_ text: String, _ style: Style) -> String {
    isColoured && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
