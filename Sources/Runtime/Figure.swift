// Panels under one title: the figure of the NTM paper, a loss curve, or both together.
//
// Panels are stacked; in several columns they fill row after row, so that inputs stand beside
// outputs. Heat maps of one column share their time axis: one step is equally wide in all of them,
// and only the lowest is labelled. `svg` is deterministic and complete in itself.

/// One part of a figure.
package enum Panel: Sendable {
  case heatmap(Heatmap)
  case lines(LineChart)
  case film(Film)
}

extension Panel {
  var title: String {
    switch self {
    case .heatmap(let map): map.title
    case .lines(let chart): chart.title
    case .film(let film): film.title
    }
  }

  /// The axis of time that it shares with the panels above and below, and how long its own is.
  var timeAxis: (label: String, steps: Int)? {
    switch self {
    case .heatmap(let map): (map.columnLabel, map.columns)
    case .lines(let chart): chart.steps.map { (chart.xLabel, $0) }
    case .film: nil
    }
  }
}

/// Panels to be drawn as one picture.
package struct Figure: Sendable {
  package var title: String
  package var panels: [Panel]
  /// How many panels stand side by side.
  package var columns: Int

  package init(title: String, panels: [Panel], columns: Int = 1) {
    self.title = title
    self.panels = panels
    self.columns = columns
  }

  /// The figure as an SVG document.
  package func svg() -> String { svg(marks: "") }

  /// - Parameter marks: elements on top of the drawing.
  func svg(marks: String) -> String {
    let layout = FigureLayout(self)
    var svg = Svg()
    draw(on: &svg, layout)
    svg.append(marks)
    return svg.document(width: layout.width, height: layout.height, title: title)
  }

  /// The figure as a PNG image, at two pixels a unit of the page.
  func png() -> [UInt8] {
    let layout = FigureLayout(self)
    var raster = Raster(width: layout.width, height: layout.height)
    draw(on: &raster, layout)
    return raster.png()
  }

  /// The figure in the form that the name of a file asks for: PNG, else SVG.
  package func bytes(for path: String) -> [UInt8] {
    path.hasSuffix(".png") ? png() : Array(svg().utf8)
  }

  private func draw(on canvas: inout some Canvas, _ layout: FigureLayout) {
    if !title.isEmpty {
      canvas.text(title, x: layout.leftMargin, y: 30, size: 16, bold: true)
    }
    for (panel, place) in zip(panels, layout.places) {
      switch panel {
      case .heatmap(let map): map.draw(on: &canvas, place)
      case .lines(let chart): chart.draw(on: &canvas, place)
      case .film(let film): film.draw(on: &canvas, place)
      }
    }
  }
}

/// Where a panel goes and what it shares with the others.
struct PanelPlace {
  var frame: Frame
  /// How many steps the full width stands for.
  var steps: Int
  var showsColumnAxis: Bool
}

/// Sizes and places in a figure, in pixels.
struct FigureLayout {
  let leftMargin = 62.0
  let rightMargin = 76.0
  let axisHeight = 34.0
  let titleHeight = 22.0
  let gap = 14.0

  private(set) var width = 0.0
  private(set) var height = 0.0
  private(set) var places: [PanelPlace] = []

  init(_ figure: Figure) {
    let columns = max(1, min(figure.columns, figure.panels.count))
    let plotWidth = columns == 1 ? 660.0 : columns == 2 ? 430.0 : 320.0
    var y = figure.title.isEmpty ? 10.0 : 48.0
    for start in stride(from: 0, to: figure.panels.count, by: columns) {
      let row = Array(figure.panels[start..<min(start + columns, figure.panels.count)])
      let panelHeight = row.map(FigureLayout.height).reduce(0, max)
      let head = row.map { titleHeight + FigureLayout.legendHeight($0, plotWidth) }.reduce(0, max)
      var hasAxis = false
      for (column, panel) in row.enumerated() {
        let index = start + column
        let below = index + columns < figure.panels.count ? figure.panels[index + columns] : nil
        let showsAxis = !FigureLayout.share(panel, below)
        hasAxis = hasAxis || showsAxis
        let x = leftMargin + Double(column) * (plotWidth + leftMargin + rightMargin)
        places.append(
          PanelPlace(
            frame: Frame(x: x, y: y + head, width: plotWidth, height: panelHeight),
            steps: FigureLayout.steps(figure.panels, like: index, columns: columns),
            showsColumnAxis: showsAxis))
      }
      y += head + panelHeight + (hasAxis ? axisHeight : 0) + gap
    }
    width = Double(columns) * (plotWidth + leftMargin + rightMargin)
    height = y + 4
  }

  private static func legendHeight(_ panel: Panel, _ width: Double) -> Double {
    if case .lines(let chart) = panel { LineLegend(chart, width: width).height } else { 0 }
  }

  private static func height(_ panel: Panel) -> Double {
    switch panel {
    case .heatmap(let map): min(max(Double(map.rows) * 9, 64), 230)
    case .lines(let chart): chart.steps == nil ? 230 : 96
    case .film(let film): min(max(Double(film.rows) * 6, 64), 230)
    }
  }

  private static func share(_ panel: Panel, _ below: Panel?) -> Bool {
    if case .heatmap(let upper) = panel, case .heatmap(let lower)? = below {
      return upper.columnLabel == lower.columnLabel
    }
    return false
  }

  /// The steps of the longest axis of its kind among those above and below.
  private static func steps(_ panels: [Panel], like index: Int, columns: Int) -> Int {
    guard let own = panels[index].timeAxis else { return 0 }
    let others = stride(from: index % columns, to: panels.count, by: columns)
      .compactMap { panels[$0].timeAxis }
    return others.filter { $0.label == own.label }.map(\.steps).max() ?? own.steps
  }
}
