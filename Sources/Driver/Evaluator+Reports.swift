// `report`, `plot` and `view`: results as tables and pictures.

import Diagnostics
import Lowering
import Runtime
import Semantics
import Tensors

extension Evaluator {
  func report(_ arguments: [HostArgument]) throws(RunProblem) -> HostValue {
    for argument in arguments {
      let name = argument.label.isEmpty ? "result" : argument.label
      let columns: [ReportWriter.Column] = argument.value.placed
        .filter { $0.place.role == .number }
        .map { (name: $0.place.path.isEmpty ? name : $0.place.path, tensor: $0.tensor) }
      if options.usesJson {
        for row in ReportWriter.json(name: name, columns) { console.write(row.text + "\n") }
      } else {
        console.write(ReportWriter.table(name: name, columns))
      }
    }
    return .unit
  }

  func plot(_ arguments: [HostArgument], _ expression: TypedExpression) throws(RunProblem)
    -> HostValue
  {
    let title = arguments.first?.value.text
    var series: [LineChart.Series] = []
    var panels: [Panel] = []
    for argument in arguments {
      for leaf in argument.value.placed where leaf.place.role == .number {
        let parts = [argument.label, leaf.place.path].filter { !$0.isEmpty }
        let name = parts.joined(separator: ".")
        switch leaf.tensor.rank {
        case 1: series.append(LineChart.Series(name, values: leaf.tensor.doubles))
        case 2: panels.append(.heatmap(Heatmap(title: name, matrix: leaf.tensor)))
        default: break
        }
      }
    }
    if !series.isEmpty {
      panels.insert(.lines(LineChart(title: title ?? "", series: series)), at: 0)
    }
    try show(Figure(title: title ?? "", panels: panels), file: title ?? "plot", expression.span)
    return .unit
  }

  /// The checker gives what goes in and what comes out: `input` and `output`; computing the output
  /// is what the probes listen to.
  func view(_ arguments: [EffectArgument], _ expression: TypedExpression) throws(RunProblem)
    -> HostValue
  {
    let outer = probes
    probes = []
    defer { probes = outer }
    var panels: [Panel] = []
    for (index, argument) in arguments.enumerated() {
      let value = try at(index) { () throws(RunProblem) in try evaluate(argument.value) }
      if index == 0, let variable = Evaluator.viewInput(arguments) {
        held[variable] = Held(value: value, depth: loops.count)
      }
      for leaf in value.placed where leaf.place.role == .number && leaf.tensor.rank == 2 {
        let name = [argument.label, leaf.place.path].filter { !$0.isEmpty }.joined(separator: ".")
        panels.append(.heatmap(Heatmap(title: name, steps: leaf.tensor, rowLabel: "entry")))
      }
    }
    if let variable = Evaluator.viewInput(arguments) { held[variable] = nil }
    panels += Evaluator.panels(of: probes ?? [])
    let title = options.name.isEmpty ? "view" : options.name
    let figure = Figure(title: title, panels: panels)
    try show(figure, file: title, expression.span)
    write(Array(figure.html().utf8), to: "\(title).html", expression.span)
    return .unit
  }

  /// What the run inside of a `view` calls its input.
  static func viewInput(_ arguments: [EffectArgument]) -> Variable? {
    var found: Variable?
    arguments.last?.value.visit { expression in
      if case .variable(let variable) = expression.form, variable.name == Checker.viewInput {
        found = variable
      }
    }
    return found
  }

  private func show(_ figure: Figure, file: String, _ span: Span) throws(RunProblem) {
    guard !figure.panels.isEmpty else {
      throw .reported(
        DriverMessages.file("there is nothing to draw: no vector, no matrix", at: span))
    }
    if !options.usesJson { console.write(figure.terminal(width: min(console.width, 100), most: 8)) }
    let isNamed = [".svg", ".png"].contains(where: file.hasSuffix)
    let suffixes = options.writesPng ? [".svg", ".png"] : [".svg"]
    let paths = isNamed ? [file] : suffixes.map { file + $0 }
    for path in paths { write(figure.bytes(for: path), to: path, span) }
  }

  /// What was computed is worth more than a picture of it: where that cannot be written, the run goes
  /// on.
  private func write(_ bytes: [UInt8], to path: String, _ span: Span) {
    do throws(FileError) {
      try AtomicFile.write(bytes, to: path)
      if !options.usesJson { console.write("written to \(path)\n") }
    } catch {
      let warning = DriverMessages.lostPicture(error, at: span)
      if lostPictures.insert(warning).inserted { warn(warning) }
    }
  }
}
