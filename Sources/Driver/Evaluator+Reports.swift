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
        case 2: panels.append(.heatmap(Heatmap(title: name, steps: leaf.tensor)))
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
        panels.append(.heatmap(Heatmap(title: name, steps: leaf.tensor)))
      }
    }
    if let variable = Evaluator.viewInput(arguments) { held[variable] = nil }
    for (name, steps) in Evaluator.grouped(probes ?? []) {
      panels.append(.heatmap(Heatmap(title: name, steps: steps)))
    }
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

  /// What each probe saw, a row a step, in the order of their first appearance. A name that is seen
  /// several times in one step is several probes: `read`, `read 2`.
  static func grouped(_ probes: [Probe]) -> [(name: String, steps: Tensor)] {
    var order: [String] = []
    var rows: [String: [Tensor]] = [:]
    var seen: [String: (indexes: [Int], count: Int)] = [:]
    for probe in probes.flatMap(separated) where (1...2).contains(probe.tensor.rank) {
      let before = seen[probe.name]
      let count = before?.indexes == probe.indexes ? (before?.count ?? 0) + 1 : 1
      seen[probe.name] = (probe.indexes, count)
      let name = count == 1 ? probe.name : "\(probe.name) \(count)"
      if rows[name] == nil { order.append(name) }
      rows[name, default: []].append(probe.tensor)
    }
    return order.compactMap { name in
      guard let all = rows[name], let first = all.first else { return nil }
      // A probe inside a lifted loop sees all steps at once.
      if first.rank == 2 { return (name, first) }
      let same = all.filter { $0.shape == first.shape }
      let numbers = same.flatMap(\.doubles)
      return (name, Tensor([same.count] + first.shape, reals: numbers, precision: .double))
    }
  }

  /// What several heads gave side by side: a matrix within a step of a loop, else one for each head of
  /// all steps.
  private static func separated(_ probe: Probe) -> [Probe] {
    guard probe.tensor.rank == (probe.indexes.isEmpty ? 3 : 2) else { return [probe] }
    let value = HostValue(
      TensorType(.real, Array(repeating: 0, count: probe.tensor.rank)), probe.tensor)
    return (0..<probe.tensor.shape[0]).compactMap { row in
      Stacking.element(value, row).tensor.map {
        Probe(name: probe.name, indexes: probe.indexes, tensor: $0)
      }
    }
  }

  private func show(_ figure: Figure, file: String, _ span: Span) throws(RunProblem) {
    guard !figure.panels.isEmpty else {
      throw .reported(
        DriverMessages.file("there is nothing to draw: no vector, no matrix", at: span))
    }
    if !options.usesJson { console.write(figure.terminal(width: min(console.width, 100))) }
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
