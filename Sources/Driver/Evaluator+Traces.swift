// What probes saw in a `view`, as panels: what is written and where heads look as heat maps, the
// memory as a film, what heads are told as lines, a chart or two a head.

import IR
import Lowering
import Runtime
import Tensors

extension Evaluator {
  /// What one probe saw over the steps of a run.
  struct Trace {
    let name: String
    /// Which of several probes of this name within a step, from 1.
    let number: Int
    /// The first axis is time; numbers, vectors or matrices of each step.
    let steps: Tensor

    var title: String { number == 1 ? name : "\(name) \(number)" }
    /// What it belongs to: `read 2` of the second `read.beta`.
    fileprivate var group: String {
      let first = name.split(separator: ".").first.map(String.init) ?? name
      return number == 1 ? first : "\(first) \(number)"
    }
    fileprivate var part: String { name.split(separator: ".").last.map(String.init) ?? name }
    /// A vector of at most four numbers a step is lines where it stands with others, as the move of a
    /// head beside its gate.
    fileprivate var isFew: Bool {
      steps.rank == 1 || steps.rank == 2 && steps.shape[1] <= 4
    }
  }

  /// A matrix of at most so many rows a step is a row a head.
  private static let mostHeads = 8

  static func panels(of probes: [Probe]) -> [Panel] {
    let traces = traces(of: probes)
    let told = told(traces)
    let isTold = { (trace: Trace) in told.contains(trace.group) && trace.part != "w" }
    let isLine = { (trace: Trace) in isTold(trace) && trace.isFew }
    var panels: [Panel] = []
    for trace in traces where trace.steps.rank == 2 && !isTold(trace) { panels.append(map(trace)) }
    for trace in traces where trace.steps.rank == 3 {
      panels.append(.film(Film(title: trace.title, states: trace.steps)))
    }
    var charted: Set<String> = []
    for group in traces.map(\.group) where told.contains(group) && charted.insert(group).inserted {
      let own = traces.filter { $0.group == group }
      panels += charts(of: own.filter(isLine), group)
      for trace in own where trace.steps.rank == 2 && isTold(trace) && !isLine(trace) {
        panels.append(map(trace))
      }
    }
    return panels
  }

  /// The groups of single numbers, or of several vectors that are hardly more.
  private static func told(_ traces: [Trace]) -> Set<String> {
    let groups = Dictionary(grouping: traces.filter { $0.isFew && $0.part != "w" }, by: \.group)
    return Set(
      groups.filter { $0.value.count > 1 || $0.value.contains { $0.steps.rank == 1 } }.keys)
  }

  private static func map(_ trace: Trace) -> Panel {
    let isWeighting = trace.part == "w"
    let isSigned = trace.steps.doubles.contains { $0 < 0 }
    return .heatmap(
      Heatmap(
        title: trace.title, steps: trace.steps, rowLabel: isWeighting ? "row" : "entry",
        scale: isSigned ? .diverging : .sequential))
  }

  /// Shares in one chart, all other numbers in another.
  private static func charts(of traces: [Trace], _ group: String) -> [Panel] {
    let isShare = { (trace: Trace) in trace.steps.doubles.allSatisfy { (0...1).contains($0) } }
    let parts = [traces.filter(isShare), traces.filter { !isShare($0) }].filter { !$0.isEmpty }
    return parts.map { part in
      .lines(
        LineChart(
          title: "\(group): \(part.map(\.part).joined(separator: ", "))",
          series: part.flatMap(lines), xLabel: "time", steps: part.map { $0.steps.shape[0] }.max()))
    }
  }

  private static func lines(_ trace: Trace) -> [LineChart.Series] {
    let (values, width) = (trace.steps.doubles, trace.steps.shape.dropFirst().first)
    guard let width else { return [LineChart.Series(trace.part, values: values)] }
    return (0..<width).map { place in
      LineChart.Series(
        width == 1 ? trace.part : "\(trace.part) \(place)",
        values: stride(from: place, to: values.count, by: width).map { values[$0] })
    }
  }

  /// What each probe saw, a row a step, in the order of their first appearance. A name that is seen
  /// several times in one step is several probes.
  static func traces(of probes: [Probe]) -> [Trace] {
    let short = shortNames(Set(probes.map(\.name)))
    var order: [Place] = []
    var found: [Place: [Probe]] = [:]
    var seen: [String: (indexes: [Int], count: Int)] = [:]
    for probe in probes.flatMap(separated) where probe.tensor.rank <= 2 {
      let before = seen[probe.name]
      let count = before?.indexes == probe.indexes ? (before?.count ?? 0) + 1 : 1
      seen[probe.name] = (probe.indexes, count)
      let place = Place(name: probe.name, number: count)
      if found[place] == nil { order.append(place) }
      found[place, default: []].append(probe)
    }
    return order.compactMap { place in
      guard let all = found[place], let first = all.first else { return nil }
      func trace(_ steps: Tensor) -> Trace {
        Trace(name: short[place.name] ?? place.name, number: place.number, steps: steps)
      }
      // A probe inside a lifted loop sees all steps at once.
      if first.tensor.rank == 2, first.indexes.isEmpty { return trace(first.tensor) }
      let same = all.map(\.tensor).filter { $0.shape == first.tensor.shape }
      // A number that was seen once goes over no time.
      if first.tensor.rank == 0, same.count < 2 { return nil }
      return trace(
        Tensor(
          [same.count] + first.tensor.shape, reals: same.flatMap(\.doubles), precision: .double))
    }
  }

  /// `write.beta` for `write.he.beta`, where nothing else would be called that.
  private static func shortNames(_ names: Set<String>) -> [String: String] {
    let ends = names.map { name -> (name: String, short: String) in
      let parts = name.split(separator: ".")
      return (name, parts.count > 2 ? "\(parts[0]).\(parts[parts.count - 1])" : name)
    }
    let groups = Dictionary(grouping: ends, by: \.short)
    let unique = ends.filter { groups[$0.short]?.count == 1 }
    return Dictionary(uniqueKeysWithValues: unique.map { ($0.name, $0.short) })
  }

  private struct Place: Hashable {
    let name: String
    let number: Int
  }

  /// What several heads gave side by side: a matrix within a step of a loop, else one for each head of
  /// all steps. A memory, or a matrix of many rows, is one thing.
  private static func separated(_ probe: Probe) -> [Probe] {
    guard probe.tensor.rank == (probe.indexes.isEmpty ? 3 : 2) else { return [probe] }
    let isOne = probe.tensor.shape[0] > mostHeads || probe.name.hasPrefix("memory")
    if !probe.indexes.isEmpty, isOne { return [probe] }
    let value = HostValue(
      TensorType(.real, Array(repeating: 0, count: probe.tensor.rank)), probe.tensor)
    return (0..<probe.tensor.shape[0]).compactMap { row in
      Stacking.element(value, row).tensor.map {
        Probe(name: probe.name, indexes: probe.indexes, tensor: $0)
      }
    }
  }
}
