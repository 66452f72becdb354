// Plans as text: what an expression is compiled to, part by part, with the lines it comes from.

import Diagnostics
import IR
import Native
import Runtime
import Semantics
import Tensors

struct PlanText {
  private let lines: SourceLines

  init(_ sources: SourceLibrary) { lines = SourceLines(sources) }

  /// The plan of a site, or why there is none.
  func describe(
    _ site: PreparedSite, _ evaluator: Evaluator, _ engine: NativeEngine, _ inputs: [Tensor?]
  ) -> String {
    let head = "\(lines.describe(site.span))\n"
    switch evaluator.plan(of: site, engine, inputs) {
    case .failure(.refusal(let reason, let origin)):
      let place = origin.span == nil ? "" : "    \(lines.describe(origin))\n"
      return head + "  not compiled: \(reason)\n\(place)"
    case .failure(.problem(let problem)): return head + "  not compiled: \(problem)\n"
    case .success(let plan):
      let passes: Set<String> = ["rematerialization"]
      let everything = try? evaluator.plan(of: site, engine, inputs, without: passes).get()
      return head + text(plan) + kept(plan, everything)
    }
  }

  // MARK: Parts

  private func text(_ plan: NativePlan) -> String {
    var text = "  compiled"
    if let lane = plan.lane.map({ Dim($0).written }) {
      text +=
        plan.lanes == 1
        ? ", for each example of \(lane)"
        : ", for \(plan.lanes) examples of \(lane) side by side"
      text += ", in at most \(plan.chunks) chunks that threads share"
    }
    text += "\n"
    for stage in plan.stages {
      let title = stage.isForBlocks ? "for each block of examples" : "once for all examples"
      text += plan.lane == nil ? "" : "  \(title)\n"
      text += stage.parts.map { part($0, depth: 2) }.joined()
    }
    text += plan.buffers.isEmpty ? "" : "  memory\n"
    for region in NativePlan.Region.allCases {
      let bytes = plan.bytes(region)
      let count = plan.buffers.filter { $0.region == region }.count
      if count == 0 { continue }
      text += "    \(PlanText.words(region)): \(PlanText.bytes(bytes)) in \(count) "
      text += count == 1 ? "buffer\n" : "buffers\n"
    }
    return text
  }

  private func part(_ part: NativePlan.Part, depth: Int) -> String {
    let indent = String(repeating: "  ", count: depth)
    let shape = PlanText.shape(part.space)
    switch part.work {
    case .nest(let operations):
      return row(
        "\(indent)nest \(shape), \(operations) operation\(operations == 1 ? "" : "s")", part)
    case .routine(let name): return row("\(indent)\(name) \(shape)", part)
    case .branch(let inside):
      return row("\(indent)branch", part) + inside.map { self.part($0, depth: depth + 1) }.joined()
    case .loop(let loop, let inside):
      var words = "\(indent)loop, \(loop.trip.written) steps"
      if loop.isReversed { words += " backwards" }
      if loop.stopsEarly { words += " at most" }
      var text = row(words, part)
      if !loop.carried.isEmpty {
        text += "\(indent)  carries \(loop.carried.map(PlanText.shape).joined(separator: ", "))\n"
      }
      if !loop.kept.isEmpty { text += "\(indent)  stores \(values(loop.kept)) for a later loop\n" }
      if !loop.stacked.isEmpty { text += "\(indent)  gives \(values(loop.stacked))\n" }
      return text + inside.map { self.part($0, depth: depth + 1) }.joined()
    }
  }

  /// A row with the lines that it comes from behind it.
  private func row(_ words: String, _ part: NativePlan.Part) -> String {
    var names: [String] = []
    for name in part.origins.compactMap(lines.name) where !names.contains(name) {
      names.append(name)
    }
    if names.isEmpty { return "\(words)\n" }
    let rest = names.count - PlanText.mostNames
    let more = rest > 0 ? " and \(rest) more" : ""
    let gap = String(repeating: " ", count: max(PlanText.column - words.count, 2))
    return "\(words)\(gap)\(names.prefix(PlanText.mostNames).joined(separator: ", "))\(more)\n"
  }

  private static let column = 48
  private static let mostNames = 3

  private func values(_ values: [NativePlan.Value]) -> String {
    let numbers = values.reduce(Dim(0)) { $0 + $1.numbers }
    return
      "\(PlanText.numbers(numbers)) a step in \(values.count) value\(values.count == 1 ? "" : "s")"
  }

  // MARK: What backward loops read

  /// What is stored for backward loops, and what they compute again instead.
  private func kept(_ plan: NativePlan, _ everything: NativePlan?) -> String {
    let kept = plan.loops.flatMap(\.kept)
    var text = ""
    if !kept.isEmpty {
      text += "  stored at each step for backward loops: \(values(kept))\n"
      text += kept.map(row).joined()
    }
    var left = kept.map(Key.init)
    let again = (everything?.loops.flatMap(\.kept) ?? []).filter { value in
      guard let index = left.firstIndex(of: Key(value)) else { return true }
      left.remove(at: index)
      return false
    }
    if !again.isEmpty {
      text += "  computed again by backward loops, and not stored: \(values(again))\n"
      text += again.map(row).joined()
    }
    return text
  }

  /// Tells a stored value from others.
  private struct Key: Equatable {
    let shape: [Dim]
    let origin: Origin

    init(_ value: NativePlan.Value) {
      shape = value.shape
      origin = value.origin
    }
  }

  private func row(_ value: NativePlan.Value) -> String {
    let shape = PlanText.shape(value)
    let gap = String(repeating: " ", count: max(14 - shape.count, 0))
    return "    \(shape)\(gap)  \(lines.describe(value.origin))\n"
  }

  // MARK: Words

  private static func shape(_ shape: [Dim]) -> String {
    "[\(shape.map(\.written).joined(separator: ", "))]"
  }

  private static func shape(_ value: NativePlan.Value) -> String {
    (value.dtype == .real ? "" : value.dtype.rawValue) + shape(value.shape)
  }

  private static func numbers(_ count: Dim) -> String {
    count == 1 ? "1 number" : "\(count.constant.map(NumberText.grouped) ?? count.written) numbers"
  }

  /// `1.0 MiB + 300.0 KiB × len`: a term for each product of lengths.
  private static func bytes(_ count: Dim) -> String {
    let texts = count.terms.map { term in
      NumberText.bytes(term.coefficient) + term.monomial.map { " × \(Dim($0).written)" }.joined()
    }
    return texts.isEmpty ? "nothing" : texts.joined(separator: " + ")
  }

  private static func words(_ region: NativePlan.Region) -> String {
    switch region {
    case .call: "of a call"
    case .block: "of each block"
    case .chunk: "of each chunk"
    case .thread: "of each thread"
    }
  }
}

extension Commands {
  /// `run --plan`: what the loops of a program are compiled to. Dims and config are computed, since
  /// the code depends on them, and nothing else is run.
  func showPlans(
    _ text: CompiledText, _ evaluator: Evaluator, _ engine: NativeEngine, _ compiler: Compiler,
    _ reporter: Reporter
  ) -> Int32 {
    do throws(RunProblem) {
      try evaluator.run(imported: text.imported)
      try evaluator.run(text.module, onlyDeclarations: true)
    } catch {
      if case .reported(let diagnostics) = error { reporter.show(diagnostics, compiler.sources) }
      return Exit.failure
    }
    let sites = evaluator.sites.values.joined().sorted { $0.span < $1.span }
    let inLoops = sites.filter { $0.loopDepth > 0 && $0.span.source == text.file.id }
    let plans = PlanText(compiler.sources)
    let flags = evaluator.literalFlags(of: text.module.items)
    for site in inLoops {
      let inputs = evaluator.knownInputs(of: site, expecting: flags)
      console.write(plans.describe(site, evaluator, engine, inputs) + "\n")
    }
    let others = sites.count - inLoops.count
    console.write(
      "\(inLoops.count) expressions in loops of the program; "
        + "\(others) others run once, on the interpreter\n")
    return Exit.success
  }
}
