// How the panels of a figure are drawn as SVG.

extension Heatmap {
  func draw(into svg: inout Svg, _ place: PanelPlace) {
    let full = place.frame
    svg.text(title, x: full.x, y: full.y - 8, size: 12.5, bold: true)
    guard rows > 0, columns > 0 else {
      svg.text("no values", x: full.x, y: full.y + 16, fill: Svg.Ink.muted)
      return
    }
    var frame = full
    frame.width = full.width * Double(columns) / Double(max(columns, place.steps))
    // One image pixel at most per half pixel of the page.
    let shown = reduced(rows: 1024, columns: 2048)
    svg.cells(
      rows: shown.rows, columns: shown.columns, indices: shown.values.map(shown.index),
      palette: Array(scale.palette.dropLast()) + [ColourScale.missing], in: frame)
    svg.rectangle(frame, stroke: Svg.Ink.frame)

    let rowHeight = frame.height / Double(rows)
    for row in Ticks.indices(below: rows, count: max(2, Int(frame.height / 22))) {
      let y = frame.y + (Double(row) + 0.5) * rowHeight
      svg.line(from: (frame.x - 4, y), to: (frame.x, y))
      svg.text("\(row)", x: frame.x - 7, y: y + 3.5, size: 10, anchor: .end, fill: Svg.Ink.muted)
    }
    if !rowLabel.isEmpty {
      svg.text(
        rowLabel, x: frame.x - 36, y: frame.y + frame.height / 2, size: 11, anchor: .middle,
        fill: Svg.Ink.muted, turned: true)
    }
    drawColumnAxis(into: &svg, frame, place)
    drawScale(into: &svg, full)
  }

  private func drawColumnAxis(into svg: inout Svg, _ frame: Frame, _ place: PanelPlace) {
    let steps = max(columns, place.steps)
    let stepWidth = place.frame.width / Double(steps)
    for step in Ticks.indices(below: steps, count: max(2, Int(place.frame.width / 48))) {
      let x = frame.x + (Double(step) + 0.5) * stepWidth
      if x > frame.right && !place.showsColumnAxis { continue }
      svg.line(from: (x, frame.bottom), to: (x, frame.bottom + (place.showsColumnAxis ? 4 : 3)))
      if place.showsColumnAxis {
        svg.text(
          "\(step)", x: x, y: frame.bottom + 15, size: 10, anchor: .middle, fill: Svg.Ink.muted)
      }
    }
    if place.showsColumnAxis {
      svg.text(
        columnLabel, x: place.frame.x + place.frame.width / 2, y: frame.bottom + 29, size: 11,
        anchor: .middle, fill: Svg.Ink.muted)
    }
  }

  private func drawScale(into svg: inout Svg, _ frame: Frame) {
    let bar = Frame(x: frame.right + 14, y: frame.y, width: 9, height: frame.height)
    svg.cells(
      rows: 128, columns: 1, indices: (0..<128).map { UInt8(255 - 2 * $0) }, palette: scale.palette,
      in: bar)
    svg.rectangle(bar, stroke: Svg.Ink.frame)
    let count = max(2, Int(frame.height / 36))
    for value in Ticks.values(range.lowerBound, range.upperBound, count: count) {
      guard let share = share(value) else { continue }
      let y = bar.bottom - share * bar.height
      svg.line(from: (bar.right, y), to: (bar.right + 3, y))
      svg.text(
        NumberText.label(value), x: bar.right + 6, y: y + 3.5, size: 10, fill: Svg.Ink.muted)
    }
  }

  /// A place in a palette of 255 colours and one for what is not a number.
  private func index(_ value: Double) -> UInt8 {
    share(value).map { UInt8(($0 * 254).rounded()) } ?? 255
  }
}

extension LineChart {
  func draw(into svg: inout Svg, _ place: PanelPlace) {
    let frame = place.frame
    svg.text(title, x: frame.x, y: frame.y - 8, size: 12.5, bold: true)
    let axes = axes(tickCount: 6)
    for tick in axes.yTicks {
      let y = frame.bottom - axes.yShare(tick.place) * frame.height
      svg.line(from: (frame.x, y), to: (frame.right, y), stroke: Svg.Ink.grid)
      svg.text(tick.label, x: frame.x - 7, y: y + 3.5, size: 10, anchor: .end, fill: Svg.Ink.muted)
    }
    for value in Ticks.values(axes.x.lowerBound, axes.x.upperBound, count: 9) {
      let x = frame.x + axes.xShare(value) * frame.width
      svg.line(from: (x, frame.bottom), to: (x, frame.bottom + 4))
      svg.text(
        NumberText.label(value, digits: 6), x: x, y: frame.bottom + 15, size: 10, anchor: .middle,
        fill: Svg.Ink.muted)
    }
    svg.line(from: (frame.x, frame.bottom), to: (frame.right, frame.bottom))
    svg.text(
      xLabel, x: frame.x + frame.width / 2, y: frame.bottom + 29, size: 11, anchor: .middle,
      fill: Svg.Ink.muted)
    if !yLabel.isEmpty {
      svg.text(
        yLabel, x: frame.x - 46, y: frame.y + frame.height / 2, size: 11, anchor: .middle,
        fill: Svg.Ink.muted, turned: true)
    }
    for (index, line) in series.enumerated() {
      for stroke in strokes(line, axes, columns: 800) {
        let points = stroke.map {
          (frame.x + $0.x * frame.width, frame.bottom - $0.y * frame.height)
        }
        // A single point has no length; a short stroke with round ends is a dot.
        let visible = points.count == 1 ? points + [(points[0].0 + 0.01, points[0].1)] : points
        svg.polyline(
          visible, stroke: LineChart.colour(index).code, width: points.count == 1 ? 4 : 1.6)
      }
    }
    drawLegend(into: &svg, frame)
  }

  /// Names at the right of the title, where they cover no line; left out for a single series.
  private func drawLegend(into svg: inout Svg, _ frame: Frame) {
    guard series.count > 1 else { return }
    // Widths are estimates: the reader's fonts are not known.
    func width(_ name: String) -> Double { Double(name.count) * 6.4 }
    var x = frame.right - series.reduce(-16) { $0 + width($1.name) + 38 }
    for (index, line) in series.enumerated() {
      svg.line(
        from: (x, frame.y - 12), to: (x + 16, frame.y - 12),
        stroke: LineChart.colour(index).code, width: 2.6)
      svg.text(line.name, x: x + 22, y: frame.y - 8, size: 11)
      x += width(line.name) + 38
    }
  }
}
