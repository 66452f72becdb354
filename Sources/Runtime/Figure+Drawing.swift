// How the panels of a figure are drawn on a canvas.

extension Heatmap {
  func draw(on canvas: inout some Canvas, _ place: PanelPlace) {
    let full = place.frame
    canvas.text(title, x: full.x, y: full.y - 8, size: 12.5, bold: true)
    guard rows > 0, columns > 0 else {
      canvas.text("no values", x: full.x, y: full.y + 16, Ink.muted)
      return
    }
    var frame = full
    frame.width = full.width * Double(columns) / Double(max(columns, place.steps))
    paintCells(on: &canvas, frame)
    drawRows(on: &canvas, frame)
    drawColumnAxis(on: &canvas, frame, place)
    drawScale(on: &canvas, full)
  }

  func paintCells(on canvas: inout some Canvas, _ frame: Frame) {
    // One image pixel at most per half pixel of the page.
    let shown = reduced(rows: 1024, columns: 2048)
    canvas.paint(
      CellImage(
        rows: shown.rows, columns: shown.columns, indices: shown.values.map(shown.index),
        palette: shown.colours),
      in: frame)
    canvas.outline(frame, Ink.frame)
  }

  /// The numbers of the rows, at the left.
  func drawRows(on canvas: inout some Canvas, _ frame: Frame) {
    let rowHeight = frame.height / Double(rows)
    for row in Ticks.indices(below: rows, count: max(2, Int(frame.height / 22))) {
      let y = frame.y + (Double(row) + 0.5) * rowHeight
      canvas.line(from: (frame.x - 4, y), to: (frame.x, y))
      canvas.text("\(row)", x: frame.x - 7, y: y + 3.5, size: 10, anchor: .end, Ink.muted)
    }
    if !rowLabel.isEmpty {
      canvas.text(
        rowLabel, x: frame.x - 36, y: frame.y + frame.height / 2, size: 11, anchor: .middle,
        Ink.muted, turned: true)
    }
  }

  private func drawColumnAxis(on canvas: inout some Canvas, _ frame: Frame, _ place: PanelPlace) {
    let steps = max(columns, place.steps)
    let stepWidth = place.frame.width / Double(steps)
    for step in Ticks.indices(below: steps, count: max(2, Int(place.frame.width / 48))) {
      let x = frame.x + (Double(step) + 0.5) * stepWidth
      if x > frame.right && !place.showsColumnAxis { continue }
      canvas.line(from: (x, frame.bottom), to: (x, frame.bottom + (place.showsColumnAxis ? 4 : 3)))
      if place.showsColumnAxis {
        canvas.text(
          "\(step)", x: x, y: frame.bottom + 15, size: 10, anchor: .middle, Ink.muted)
      }
    }
    if place.showsColumnAxis {
      canvas.text(
        columnLabel, x: place.frame.x + place.frame.width / 2, y: frame.bottom + 29, size: 11,
        anchor: .middle, Ink.muted)
    }
  }

  func drawScale(on canvas: inout some Canvas, _ frame: Frame) {
    let bar = Frame(x: frame.right + 14, y: frame.y, width: 9, height: frame.height)
    canvas.paint(
      CellImage(
        rows: 128, columns: 1, indices: (0..<128).map { UInt8(255 - 2 * $0) },
        palette: scale.palette),
      in: bar)
    canvas.outline(bar, Ink.frame)
    let count = max(3, Int(frame.height / 36))
    var ticks = Ticks.values(range.lowerBound, range.upperBound, count: count)
    // Of a low panel zero alone may be round.
    if ticks.count < 2 { ticks = [range.lowerBound] + ticks + [range.upperBound] }
    for value in ticks {
      guard let share = share(value) else { continue }
      let y = bar.bottom - share * bar.height
      canvas.line(from: (bar.right, y), to: (bar.right + 3, y))
      canvas.text(label(value), x: bar.right + 6, y: y + 3.5, size: 10, Ink.muted)
    }
  }

  /// 255 of the scale, and one for what is not a number.
  var colours: [Colour] { Array(scale.palette.dropLast()) + [ColourScale.missing] }

  /// A place among `colours`.
  func index(_ value: Double) -> UInt8 {
    share(value).map { UInt8(($0 * 254).rounded()) } ?? 255
  }
}

extension LineChart {
  func draw(on canvas: inout some Canvas, _ place: PanelPlace) {
    let frame = place.frame
    let legend = LineLegend(self, width: frame.width)
    canvas.text(title, x: frame.x, y: frame.y - 8 - legend.height, size: 12.5, bold: true)
    legend.draw(on: &canvas, frame)
    let axes = axes(tickCount: frame.height < 150 ? 4 : 6, steps: place.steps)
    for tick in axes.yTicks {
      let y = frame.bottom - axes.yShare(tick.place) * frame.height
      canvas.line(from: (frame.x, y), to: (frame.right, y), Ink.grid)
      canvas.text(tick.label, x: frame.x - 7, y: y + 3.5, size: 10, anchor: .end, Ink.muted)
    }
    for value in Ticks.values(axes.x.lowerBound, axes.x.upperBound, count: 9) {
      let x = frame.x + axes.xShare(value) * frame.width
      canvas.line(from: (x, frame.bottom), to: (x, frame.bottom + 4))
      canvas.text(
        NumberText.label(value, digits: 6), x: x, y: frame.bottom + 15, size: 10, anchor: .middle,
        Ink.muted)
    }
    canvas.line(from: (frame.x, frame.bottom), to: (frame.right, frame.bottom))
    canvas.text(
      xLabel, x: frame.x + frame.width / 2, y: frame.bottom + 29, size: 11, anchor: .middle,
      Ink.muted)
    if !yLabel.isEmpty {
      canvas.text(
        yLabel, x: frame.x - 46, y: frame.y + frame.height / 2, size: 11, anchor: .middle,
        Ink.muted, turned: true)
    }
    for (index, line) in series.enumerated() { drawBands(line, index, on: &canvas, axes, frame) }
    for (index, line) in series.enumerated() {
      for stroke in strokes(line, axes, columns: 800) {
        let points = stroke.map {
          (frame.x + $0.x * frame.width, frame.bottom - $0.y * frame.height)
        }
        // A single point has no length; a short stroke with round ends is a dot.
        let visible = points.count == 1 ? points + [(points[0].0 + 0.01, points[0].1)] : points
        canvas.polyline(
          visible, LineChart.colour(index), width: points.count == 1 ? 4 : 1.6)
      }
    }
  }

  private func drawBands(
    _ line: Series, _ index: Int, on canvas: inout some Canvas, _ axes: Axes, _ frame: Frame
  ) {
    for band in bands(line, axes) {
      func place(_ x: Double, _ y: Double) -> (Double, Double) {
        (frame.x + x * frame.width, frame.bottom - y * frame.height)
      }
      // A band of one place has no width; a whisker has.
      if band.count == 1 {
        canvas.line(
          from: place(band[0].x, band[0].low), to: place(band[0].x, band[0].high),
          LineChart.colour(index))
        continue
      }
      canvas.fill(
        band.map { place($0.x, $0.high) } + band.reversed().map { place($0.x, $0.low) },
        LineChart.colour(index), opacity: series.count > 4 ? 0.12 : 0.18)
    }
  }
}
