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

/// How a property fails on some inputs.
struct Failure {
  var cause: [Diagnostic] = []
  var notes: [String] = []

  /// Where the gradient is compared on a kink, which shows nothing.
  var isKink: Bool { cause.contains { $0.notes.contains { $0.hasSuffix(GradientCheck.kink) } } }
}

/// A trial at one size.
final class TrialRound {
  static let slopes = "its gradient is its slope"
  static let batches = "an example of a batch gives what it gives alone"
  /// Apart by more than this, relative to the larger or to one, f32 is of no use.
  private static let drift = 1e-2
  /// What the trial is run on.
  static let inputs = ["trial", "x", "some"]

  enum Property {
    case running
    /// One of the tests of the program.
    case test(Int)
    case drift
  }

  let text: CompiledText
  private let sources: SourceLibrary
  private let interrupt: Interrupt
  let single: Evaluator
  private let double: Evaluator
  /// The names of the program.
  private let variables: [String: Variable]
  /// How many steps are made.
  let steps: DimSymbol?
  /// Where in the program that begins which follows from the inputs.
  private let derived: Int
  /// The place of the program among all that is run, as the evaluator counts.
  private var number = 0
  /// Whether a gradient differs from the slope because the struct says so, by `stop` or a surrogate.
  private(set) var declaresGradients = false

  init(_ text: CompiledText, _ sources: SourceLibrary, _ interrupt: Interrupt) {
    self.text = text
    self.sources = sources
    self.interrupt = interrupt
    func evaluator(_ precision: Precision) -> Evaluator {
      Evaluator(
        console: RecordingConsole(), interrupt: interrupt, options: RunOptions(precision: precision)
      )
    }
    single = evaluator(.single)
    double = evaluator(.double)
    var variables: [String: Variable] = [:]
    var derived = 0
    for (index, item) in text.module.items.enumerated() {
      guard case .statement(let statement) = item,
        case .binding(let pattern, _) = statement.kind
      else { continue }
      for variable in pattern.variables {
        variables[variable.name] = variable
        if Self.inputs.contains(variable.name) { derived = index + 1 }
      }
    }
    (self.variables, self.derived) = (variables, derived)
    let dims = text.module.items.flatMap { item -> [DimEntry] in
      if case .dims(let entries) = item { entries } else { [] }
    }
    steps = dims.first { $0.symbol.name == Trial.steps }?.symbol
  }

  func firstDefect() -> Defect? {
    let reports = single.rehearse(text)
    if reports.hasErrors {
      return Defect(property: title(.running), cause: reports, notes: [sizes])
    }
    for evaluator in [single, double] {
      let broken = failure { () throws(RunProblem) in
        try evaluator.run(imported: text.imported)
        number = evaluator.moduleCount + 1
        try evaluator.run(text.module, number: number, from: [], upTo: derived)
      }
      if let broken {
        return Defect(property: title(.running), cause: broken.cause, notes: [sizes])
      }
    }
    hold(Self.inputs.compactMap { value($0, of: single) })
    let tests = text.module.tests.indices.map { Property.test($0) }
    for property in [.running] + tests + [.drift] {
      guard let failure = failure(of: property), !interrupt.isRaised else { continue }
      if title(property) == Self.slopes, hasGradientsOfItsOwn {
        declaresGradients = true
      } else {
        return smallestDefect(property, failure)
      }
    }
    return nil
  }

  func title(_ property: Property) -> String {
    switch property {
    case .running: "it runs to its end"
    case .test(let index): text.module.tests[index].title
    case .drift: "f32 stays near f64"
    }
  }

  // MARK: One property

  /// How a property fails on the inputs; nil where it holds.
  func failure(of property: Property) -> Failure? {
    let broken = failure { () throws(RunProblem) in try derive(single) }
    switch property {
    case .running: return broken ?? failure { () throws(RunProblem) in try derive(double) }
    case .test(let index):
      if broken != nil { return nil }
      let test = text.module.tests[index]
      let order = RowOrder.all.first { $0.property == test.title }.map(rearrange)
      var failure = failure { () throws(RunProblem) in
        try single.run(test, number: number + 1 + index)
      }
      failure?.notes += order.map { ["the rows were put into the order \($0)"] } ?? []
      return failure
    case .drift:
      let isBroken = failure { () throws(RunProblem) in try derive(double) } != nil
      return broken != nil || isBroken ? nil : drift
    }
  }

  /// Runs what follows from the inputs; both precisions have the same.
  private func derive(_ evaluator: Evaluator) throws(RunProblem) {
    // What was found of other inputs is no longer so.
    evaluator.history = RunHistory()
    for (name, variable) in variables where name.hasPrefix("heard") {
      evaluator.held[variable] = nil
    }
    try evaluator.run(text.module, number: number, from: [derived])
  }
  /// - Returns: which row lies where then.
  private func rearrange(_ order: RowOrder) -> [Int] {
    guard let seen = value("seen", of: single), let rows = seen.types.leaves.first?.shape.last,
      let count = seen.tensors.first?.shape.last
    else { return [] }
    for name in RowOrder.names {
      guard let variable = variables[name], let held = single.held[variable] else { continue }
      single.held[variable]?.value = order.applied(to: held.value, named: name, rows: rows)
    }
    return order.order(count)
  }

  private var drift: Failure? {
    guard let short = value("seen", of: single)?.tensor,
      let long = value("seen", of: double)?.tensor
    else { return nil }
    let worst = zip(short.doubles, long.doubles).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
    guard worst > Self.drift else { return nil }
    return Failure(notes: ["outputs are \(Summaries.small(worst)) apart"])
  }

  /// nil where the body ran to its end, or was interrupted.
  private func failure(_ body: () throws(RunProblem) -> Void) -> Failure? {
    do throws(RunProblem) {
      try body()
    } catch {
      if case .reported(let diagnostics) = error { return Failure(cause: diagnostics) }
    }
    return nil
  }

  // MARK: What the evaluators hold

  func value(_ name: String, of evaluator: Evaluator) -> HostValue? {
    variables[name].flatMap { evaluator.held[$0]?.value }
  }

  func hold(_ inputs: [HostValue]) {
    for (name, value) in zip(Self.inputs, inputs) {
      guard let variable = variables[name] else { continue }
      single.held[variable] = Held(value: value, depth: 0)
      let exact = value.tensors.map { $0.converted(to: .double) }
      double.held[variable] = Held(value: HostValue(value.types, exact), depth: 0)
    }
  }

  func resize(_ count: Int) {
    guard let steps else { return }
    single.sizes[steps] = count
    double.sizes[steps] = count
  }

  // MARK: Gradients of its own

  private var hasGradientsOfItsOwn: Bool {
    let functions = text.imported.flatMap { $0.functions + $0.structures.flatMap(\.methods.values) }
    // The suite brings the models along, which no head, memory or cell is made of.
    let isOwn = functions.contains {
      $0.derivative?.isSurrogate ?? false && $0.module != "ntm/models.ntm"
    }
    if isOwn { return true }
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
