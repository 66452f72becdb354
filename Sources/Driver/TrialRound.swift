// One struct on trial at one size: its program is run in f32 and f64, then its tests, until something
// does not hold.

import Diagnostics
import IR
import Lowering
import Semantics
import Tensors

/// A property that does not hold, with what shows it.
struct Defect {
  let property: String
  /// What was found instead, as the failed test or run says.
  let cause: [Diagnostic]
  let notes: [String]
}

/// A trial at one size.
final class TrialRound {
  static let running = "it runs to its end"
  static let slopes = "its gradient is its slope"
  /// Apart by more than this, relative to the larger or to one, f32 is of no use.
  private static let drift = 1e-2

  private let text: CompiledText
  private let sources: SourceLibrary
  private let single: Evaluator
  private let double: Evaluator
  /// Whether a gradient differs from the slope because the struct says so, by `stop` or a surrogate.
  private(set) var declaresGradients = false

  init(_ text: CompiledText, _ sources: SourceLibrary, _ interrupt: Interrupt) {
    self.text = text
    self.sources = sources
    func evaluator(_ precision: Precision) -> Evaluator {
      Evaluator(
        console: RecordingConsole(), interrupt: interrupt, options: RunOptions(precision: precision)
      )
    }
    single = evaluator(.single)
    double = evaluator(.double)
  }

  func firstDefect() -> Defect? {
    let reports = single.rehearse(text)
    if reports.hasErrors { return defect(Self.running, reports) }
    for evaluator in [single, double] {
      let cause = cause { () throws(RunProblem) in
        try evaluator.run(imported: text.imported)
        try evaluator.run(text.module)
      }
      if let cause { return cause.isEmpty ? nil : defect(Self.running, cause) }
    }
    for test in text.module.tests {
      let cause = cause { () throws(RunProblem) in try single.run(test) }
      guard let cause, !cause.isEmpty else { continue }
      if test.title == Self.slopes, hasGradientsOfItsOwn {
        declaresGradients = true
      } else {
        return defect(test.title, cause)
      }
    }
    return driftDefect
  }

  /// nil where the body ran to its end; empty where it was interrupted.
  private func cause(_ body: () throws(RunProblem) -> Void) -> [Diagnostic]? {
    do throws(RunProblem) {
      try body()
      return nil
    } catch {
      if case .reported(let diagnostics) = error { return diagnostics }
      return []
    }
  }

  private func defect(_ property: String, _ cause: [Diagnostic], notes: [String] = []) -> Defect {
    let sizes = text.module.items.flatMap { item -> [String] in
      guard case .dims(let entries) = item else { return [] }
      return entries.filter { $0.kind == .plain }.compactMap { entry in
        single.sizes[entry.symbol].map { "\(entry.symbol.name) = \($0)" }
      }
    }
    let name = Trial.scales.first { $0.property == property }?.name ?? "told_x"
    let told = value(name, single).map { ["told first: \(Display.text($0))"] } ?? []
    return Defect(
      property: property, cause: cause,
      notes: notes + ["the smallest sizes tried that show it: \(sizes.joined(separator: ", "))"]
        + told)
  }

  private var driftDefect: Defect? {
    guard let short = value("seen", single)?.tensor, let long = value("seen", double)?.tensor else {
      return nil
    }
    let worst = zip(short.doubles, long.doubles).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
    guard worst > Self.drift else { return nil }
    return defect(
      "f32 stays near f64", [], notes: ["outputs are \(Summaries.small(worst)) apart"])
  }

  private func value(_ name: String, _ evaluator: Evaluator) -> HostValue? {
    evaluator.held.entries.first { $0.key.name == name }?.value.value
  }

  private var hasGradientsOfItsOwn: Bool {
    let functions = text.imported.flatMap { $0.functions + $0.structures.flatMap(\.methods.values) }
    if functions.contains(where: { $0.derivative?.isSurrogate ?? false }) { return true }
    // Of the plain run: a rule's own gradient stops what flows through it.
    let run = text.module.items.compactMap { item -> Span? in
      guard case .statement(let statement) = item,
        case .binding(let pattern, let value) = statement.kind,
        pattern.variables.contains(where: { $0.name == "seen" })
      else { return nil }
      return value.span
    }
    return single.sites.values.joined().contains {
      run.contains($0.span) && hasWrittenStop($0.lowered.graph)
    }
  }

  /// Whether a `stop` that somebody wrote is in the way of a gradient; `softmax` has one of its own.
  private func hasWrittenStop(_ graph: Graph) -> Bool {
    graph.nodes.contains { node in
      switch node.kind {
      case .op(let op, _):
        guard op.name == "stop", let span = node.origin.span else { return false }
        return sources[span.source]?.text(of: span).hasPrefix("stop") ?? false
      // A rule stands in for its body, and is what is to be checked.
      case .call(let call) where call.derivative != nil: return false
      default: return node.bodies.contains(where: hasWrittenStop)
      }
    }
  }
}
