// A figure as one page that a person steps through: the drawing, a slider over its time axis, and a
// frame around the current step of every heat map. The page needs nothing from outside.

import Tensors

extension Figure {
  /// The page; a figure without heat maps has one without a slider.
  package func html() -> String {
    let layout = FigureLayout(self)
    let maps = zip(panels, layout.places).compactMap { panel, place in
      if case .heatmap(let map) = panel, map.rows > 0, map.columns > 0 {
        SteppedMap(map: map, place: place)
      } else {
        nil as SteppedMap?
      }
    }
    let steps = maps.map(\.map.columns).max() ?? 0
    let drawing = svg(marks: maps.map(\.marker).joined())
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
      </style>
      </head>
      <body>
      \(steps == 0 ? "" : controls(steps, maps))
      \(drawing)
      \(steps == 0 ? "" : Figure.script)
      </body>
      </html>

      """
  }

  private func controls(_ steps: Int, _ maps: [SteppedMap]) -> String {
    """
    <header>
    <label>step <input id="step" type="range" min="0" max="\(steps - 1)" value="0" autofocus></label>
    <output id="now">0</output> of \(steps - 1); the arrow keys go on and back
    </header>
    <table><tr><th align="left">panel<th align="left">largest at this step</tr>
    \(maps.map(\.row).joined(separator: "\n"))
    </table>
    """
  }

  private static let script = """
    <script>
    const slider = document.getElementById("step");
    function show() {
      const step = Number(slider.value);
      document.getElementById("now").textContent = step;
      for (const mark of document.querySelectorAll(".mark")) {
        const isInside = step < Number(mark.dataset.steps);
        mark.setAttribute("visibility", isInside ? "visible" : "hidden");
        mark.setAttribute("x", Number(mark.dataset.x) + step * Number(mark.getAttribute("width")));
      }
      for (const cell of document.querySelectorAll(".largest")) {
        cell.textContent = cell.dataset.words.split("|")[step] ?? "over";
      }
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

/// A heat map of a page, and where it stands.
private struct SteppedMap {
  let map: Heatmap
  let place: PanelPlace

  /// Around one step, the first until the slider moves.
  var marker: String {
    let frame = place.frame
    let width = frame.width / Double(max(map.columns, place.steps))
    func text(_ value: Double) -> String { NumberText.label(value, digits: 8) }
    return """
      <rect class="mark" data-x="\(text(frame.x))" data-steps="\(map.columns)" x="\(text(frame.x))" \
      y="\(text(frame.y))" width="\(text(width))" height="\(text(frame.height))" fill="none" \
      stroke="#2ec4b6" stroke-width="2"/>

      """
  }

  /// In which row the largest number of each step is, and the number.
  var row: String {
    var patience = Patience()
    let words = (0..<map.columns).map { column -> String in
      if patience.isOver(after: map.rows + 64) { return "" }
      let values = (0..<map.rows).map { map.values[$0 * map.columns + column] }
      guard let most = values.max(), let row = values.firstIndex(of: most) else { return "NaN" }
      return "row \(row): \(NumberText.label(most))"
    }
    return """
      <tr><td>\(Svg.escaped(map.title))<td class="largest" data-words="\(words.joined(separator: "|"))">
      """
  }
}
