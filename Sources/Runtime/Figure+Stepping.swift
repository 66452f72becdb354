// A figure as one page that a person steps through: the drawing, a slider over its time axis, a frame
// around the current step of every panel, and every film as an image that follows the slider. The page
// needs nothing from outside.

import Tensors

extension Figure {
  /// The page; a figure in which nothing goes over time has one without a slider.
  package func html() -> String {
    let layout = FigureLayout(self)
    let parts = zip(panels, layout.places).compactMap { SteppedPanel($0, $1) }
    let films = panels.compactMap { if case .film(let film) = $0 { film } else { nil } }
      .filter(\.isShown)
    let steps = (parts.map(\.steps) + films.map(\.steps)).max() ?? 0
    let drawing = svg(marks: parts.map(\.marker).joined())
    let name = Svg.escaped(title)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>\(name)</title>
      <style>
      body { margin: 16px 24px; font: 14px/1.4 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; }
      header { position: sticky; top: 0; padding: 8px 0; background: #fff; }
      input { width: 480px; vertical-align: middle; }
      td { padding-right: 16px; font-variant-numeric: tabular-nums; }
      svg { max-width: 100%; height: auto; }
      main { display: flex; flex-flow: row-reverse wrap; justify-content: flex-end; gap: 16px; }
      main { align-items: flex-start; }
      aside { flex: 0 0 340px; position: sticky; top: 44px; }
      @media (max-width: 1180px) { aside { position: static; } }
      figure { margin: 0 0 16px; }
      figcaption { padding-bottom: 4px; }
      td { vertical-align: top; }
      canvas { image-rendering: pixelated; border: 1px solid #aab1bb; }
      </style>
      </head>
      <body>
      \(steps == 0 ? drawing : controls(steps, parts, films) + drawing + "</main>")
      \(steps == 0 ? "" : Figure.script(films))
      </body>
      </html>

      """
  }

  private func controls(_ steps: Int, _ parts: [SteppedPanel], _ films: [Film]) -> String {
    """
    <header>
    <label>time <input id="step" type="range" min="0" max="\(steps - 1)" value="0" autofocus></label>
    <output id="now">0</output> of \(steps - 1); the arrow keys go on and back
    </header>
    <main>
    <aside>
    \(films.map(\.figure).joined(separator: "\n"))
    <table><tr><th align="left">panel<th align="left">at this step</tr>
    \(parts.map(\.row).joined(separator: "\n"))
    </table>
    </aside>

    """
  }

  private static func script(_ films: [Film]) -> String {
    """
    <script>
    const palettes = {\(Set(films.map(\.scale)).sorted { $0.name < $1.name }.map(\.script).joined())};
    const slider = document.getElementById("step");
    function show() {
      const step = Number(slider.value);
      document.getElementById("now").textContent = step;
      for (const mark of document.querySelectorAll(".mark")) {
        const isInside = step < Number(mark.dataset.steps);
        mark.setAttribute("visibility", isInside ? "visible" : "hidden");
        mark.setAttribute("x", Number(mark.dataset.x) + step * Number(mark.getAttribute("width")));
      }
      for (const film of document.querySelectorAll(".film")) draw(film, step);
      for (const cell of document.querySelectorAll(".largest")) {
        cell.textContent = cell.dataset.words.split("|")[step] ?? "over";
      }
    }
    // Each byte of a film is a colour of its palette; the last is what is not a number.
    function draw(film, step) {
      film.bytes ??= Uint8Array.from(atob(film.dataset.values), (c) => c.charCodeAt(0));
      const size = film.width * film.height;
      const palette = palettes[film.dataset.scale];
      const image = film.getContext("2d").createImageData(film.width, film.height);
      const last = film.bytes.length / size - 1;
      film.start = Math.min(step, last) * size;
      for (let place = 0; place < size; place++) {
        const colour = palette[film.bytes[film.start + place]];
        for (let part = 0; part < 3; part++) image.data[4 * place + part] = colour[part];
        image.data[4 * place + 3] = 255;
      }
      film.getContext("2d").putImageData(image, 0, 0);
    }
    for (const film of document.querySelectorAll(".film")) {
      film.addEventListener("mousemove", (event) => {
        const column = Math.floor(event.offsetX / film.clientWidth * film.width);
        const row = Math.floor(event.offsetY / film.clientHeight * film.height);
        const byte = film.bytes[film.start + row * film.width + column];
        const [low, high] = [Number(film.dataset.low), Number(film.dataset.high)];
        const value = byte == 255 ? "NaN" : (low + byte / 254 * (high - low)).toPrecision(3);
        film.title = `row ${row}, column ${column}: about ${value}`;
      });
    }
    slider.addEventListener("input", show);
    document.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      slider.value = Number(slider.value) + by;
      show();
    });
    show();
    </script>
    """
  }
}

extension ColourScale {
  fileprivate var name: String { self == .diverging ? "diverging" : "sequential" }

  /// As a member of an object: `sequential: [[0,0,4],…],`.
  fileprivate var script: String {
    let colours = (palette.dropLast() + [ColourScale.missing])
      .map { "[\($0.red),\($0.green),\($0.blue)]" }
    return "\(name): [\(colours.joined(separator: ","))],"
  }
}

extension Film {
  /// A page holds no more than so many numbers of a film.
  private static let most = 1 << 22

  fileprivate var isShown: Bool {
    rows > 0 && columns > 0 && steps > 0 && steps <= Self.most / rows / columns
  }

  /// The image and what its colours mean.
  fileprivate var figure: String {
    let bytes = (0..<steps).flatMap { step -> [UInt8] in
      let still = still(step)
      return still.values.map(still.index)
    }
    let cell = (max(3, min(16, 320 / columns)), max(3, min(12, 320 / rows)))
    let (low, high) = (NumberText.label(range.lowerBound), NumberText.label(range.upperBound))
    let ends = scale == .diverging ? ("blue", "red") : ("dark", "bright")
    return """
      <figure><figcaption>\(Svg.escaped(title)) at this step: \(rows) rows, \(columns) columns, from \
      \(low) (\(ends.0)) to \(high) (\(ends.1))</figcaption>
      <canvas class="film" width="\(columns)" height="\(rows)" \
      style="width: \(columns * cell.0)px; height: \(rows * cell.1)px" data-scale="\(scale.name)" \
      data-low="\(low)" data-high="\(high)" data-values="\(Png.base64(bytes))"></canvas></figure>
      """
  }
}

/// A panel of a page that goes over time, and where it stands.
private struct SteppedPanel {
  let title: String
  let steps: Int
  /// What is to be said of each step.
  private let words: [String]
  private let place: PanelPlace

  /// - Returns: nil for a panel that has no steps.
  init?(_ panel: Panel, _ place: PanelPlace) {
    guard let axis = panel.timeAxis, axis.steps > 0 else { return nil }
    switch panel {
    case .heatmap(let map) where map.rows > 0: words = Self.words(of: map)
    case .lines(let chart): words = Self.words(of: chart, axis.steps)
    case .heatmap, .film: return nil
    }
    (title, steps, self.place) = (panel.title, axis.steps, place)
  }

  /// Around one step, the first until the slider moves.
  var marker: String {
    let frame = place.frame
    let width = frame.width / Double(max(steps, place.steps))
    func text(_ value: Double) -> String { NumberText.label(value, digits: 8) }
    return """
      <rect class="mark" data-x="\(text(frame.x))" data-steps="\(steps)" x="\(text(frame.x))" \
      y="\(text(frame.y))" width="\(text(width))" height="\(text(frame.height))" fill="none" \
      stroke="#2ec4b6" stroke-width="2"/>

      """
  }

  var row: String {
    """
    <tr><td>\(Svg.escaped(title))<td class="largest" data-words="\(words.joined(separator: "|"))">
    """
  }

  /// In which row the largest number of each step is, and the number.
  private static func words(of map: Heatmap) -> [String] {
    var patience = Patience()
    return (0..<map.columns).map { column in
      if patience.isOver(after: map.rows + 64) { return "" }
      let values = (0..<map.rows).map { map.values[$0 * map.columns + column] }
      guard let most = values.max(), let row = values.firstIndex(of: most) else { return "NaN" }
      return "largest in row \(row): \(NumberText.label(most))"
    }
  }

  private static func words(of chart: LineChart, _ steps: Int) -> [String] {
    var words = [[String]](repeating: [], count: steps)
    for line in chart.series {
      let name = Svg.escaped(line.name).split(separator: "|").joined(separator: " ")
      for point in line.points {
        guard let step = Int(exactly: point.x), words.indices.contains(step) else { continue }
        words[step].append("\(name) \(NumberText.label(point.y, digits: 3))")
      }
    }
    return words.map { $0.joined(separator: ", ") }
  }
}
