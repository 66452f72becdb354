// Pure expressions: lowered once for each structure of the names they read, then run.
//
// A graph is symbolic in every size, so the key of the cache is the place of the expression, in the
// walk and in the text, and the structures of its inputs. A training loop is lowered in its first
// step, whatever lengths follow.

import Diagnostics
import IR
import Interpreter
import Lowering
import Native
import Ops
import Optimizer
import Semantics
import Tensors

/// A lowered expression, and what it was lowered for.
final class PreparedSite {
  let lowered: Lowered
  /// Ready to run; made when it is run first.
  private(set) lazy var graph = PreparedGraph(optimize(lowered.graph))
  /// What computes its sizes, where inputs do not say them; compiled code is told the numbers.
  private(set) lazy var sizeGraph = lowered.graph.sizesAlone.map { PreparedGraph(optimize($0)) }
  /// The same for when nobody listens to probes.
  private(set) lazy var silentGraph = PreparedGraph(silent)
  private lazy var silent = optimize(Pass.deadObservations.run(lowered.graph))
  /// What one run of it computes; see `OperationTally`.
  private(set) lazy var floatingOperations: Dim = silent.floatingOperations
  /// Both are asked for in every step.
  private(set) lazy var symbols: Set<DimSymbol> = Set(lowered.graph.symbols)
  private(set) lazy var flagPlaces = NativeVariant.flagPlaces(of: lowered.graph)
  /// What it was compiled to, or why it was not; few, so that no table is needed.
  var compiled: [(variant: NativeVariant, result: Result<NativeFunction, NativeObstacle>)] = []
  /// Code that the compiler was started on before anybody asked for it.
  var started: (variant: NativeVariant, code: NativeEngine.Started)?
  let outputTypes: Aggregate<TensorType>
  /// The outputs of the graph that are the leaves of the value.
  let outputLeaves: [Int]
  /// Whether all outputs are, in their order.
  let outputsAreLeaves: Bool
  /// An input that was only rehearsed leaves its places to the next one.
  let span: Span
  private var inputs: [HeldType]
  /// How many inputs of the graph each name stands for.
  var leafCounts: [Int] { inputs.map(\.value.leafCount) }
  /// Whether it matters how deep in loops an input was made: for streams alone.
  private let hasStreams: [Bool]
  let loopDepth: Int

  init(_ lowered: Lowered, span: Span, inputs: [HeldType], loopDepth: Int) {
    self.lowered = lowered
    self.span = span
    self.inputs = inputs
    self.loopDepth = loopDepth
    let types = lowered.outputTypes
    outputTypes = lowered.output.map { types[$0] }
    outputLeaves = lowered.output.leaves
    outputsAreLeaves = outputLeaves == Array(lowered.outputTypes.indices)
    hasStreams = inputs.map { input in
      input.value.places.contains { $0.role != .number }
    }
  }

  /// The leaves of the value that are flags whatever the inputs; nil for all others.
  var literalFlags: [Tensor?] {
    let graph = optimize(lowered.graph)
    let definitions = graph.definitions
    return outputLeaves.map { output in
      guard let definition = definitions[graph.outputs[output]],
        case .op(let op, let attributes) = graph.nodes[definition].kind, op == making.constant,
        case .flag(let flag)? = attributes["value"]
      else { return nil }
      return Tensor(bools: [flag])
    }
  }

  /// The types of the leaves of each name that the site reads.
  var inputTypes: [(Variable, [TensorType])] {
    zip(lowered.inputs, inputs).map { ($0, $1.value.leaves) }
  }

  /// The variable behind an input of the graph, and the path of the leaf in what it holds.
  func source(ofInput index: Int) -> (variable: Variable, path: String)? {
    var rest = index
    for (variable, input) in zip(lowered.inputs, inputs) {
      let places = input.value.places
      if places.indices.contains(rest) { return (variable, places[rest].path) }
      rest -= places.count
    }
    return nil
  }

  func fits(_ span: Span, loopDepth: Int, holding: (Variable) -> HeldType?) -> Bool {
    guard span == self.span, loopDepth == self.loopDepth else { return false }
    for (index, variable) in lowered.inputs.enumerated() {
      guard let entry = holding(variable), entry.value == inputs[index].value,
        entry.depth == inputs[index].depth || !hasStreams[index]
      else { return false }
      // The next comparison with this very structure is one of addresses.
      inputs[index] = HeldType(entry.value, depth: inputs[index].depth)
    }
    return true
  }
}

extension Evaluator {
  /// The value of an expression without effects on the world.
  /// - Parameter precision: another one than the run's, for `gradcheck`.
  func compute(
    _ expression: TypedExpression, precision: Precision? = nil
  ) throws(RunProblem) -> HostValue {
    if let value = plain(expression) { return value }
    let site = try preparedSite(expression)
    if loops.contains(where: { !$0.lengths.isEmpty }), let name = misfit(among: site.lowered.inputs)
    {
      throw .reported(longerThanStep(name, at: expression.span))
    }
    var inputs: [Tensor] = []
    for variable in site.lowered.inputs {
      inputs += held[variable]?.value.tensors ?? []
    }
    for level in site.lowered.loopIndexes {
      inputs.append(Tensor(ints: [loops.indices.contains(level) ? loops[level].index : 0]))
    }
    var run = FinishedRun(
      site: site, inputs: inputs, outputs: [], precision: precision ?? options.precision,
      sizes: sizes, loop: loops.last)
    run.outputs = try execute(run, expression.span)
    let outputs = run.outputs
    if let problem = observed {
      observed = nil
      throw .reported(explained(problem, in: run))
    }
    history.add(run)
    count(run)
    for (variable, output) in site.lowered.lengths {
      let lengths = HostValue(site.lowered.outputTypes[output], outputs[output])
      held[variable] = Held(value: lengths, depth: loops.count)
    }
    return HostValue(
      site.outputTypes, site.outputsAreLeaves ? outputs : site.outputLeaves.map { outputs[$0] })
  }

  /// Constants and names, which need no graph.
  private func plain(_ expression: TypedExpression) -> HostValue? {
    switch expression.form {
    case .variable(let variable): held[variable]?.value
    case .text(let text): HostValue(.text(text), [])
    case .integer(let value): HostValue(TensorType(.int), Tensor(ints: [value]))
    case .boolean(let value): HostValue(TensorType(.bool), Tensor(bools: [value]))
    case .real(let value):
      HostValue(TensorType(.real), Tensor(reals: [value], precision: options.precision))
    default: nil
    }
  }

  private func execute(_ run: FinishedRun, _ span: Span) throws(RunProblem) -> [Tensor] {
    let (site, inputs, precision) = (run.site, run.inputs, run.precision)
    willExecute?(site, inputs, precision)
    let mark = profile?.mark
    // The interpreter calls back on this thread, within this call. What compiled code showed
    // before it gave up is not shown again.
    nonisolated(unsafe) let evaluator = self
    nonisolated(unsafe) var shown = 0
    let outputs = executeNatively(site, inputs, precision) {
      shown += 1
      evaluator.observe($0)
    }
    if let outputs {
      if let mark { profile?.computed(span, .compiled, since: mark) }
      return outputs
    }
    // What compiled code left when it was stopped nobody wants from the interpreter either, whose
    // graph takes a while to make.
    if interrupt.isRaised { throw .interrupted }
    defer { if let mark { profile?.computed(span, .interpreted, since: mark) } }
    let interrupt = self.interrupt
    let interpreter = Interpreter(
      precision: precision,
      observer: { observation in
        if shown > 0 { shown -= 1 } else { evaluator.observe(observation) }
      },
      isInterrupted: { interrupt.isRaised })
    do {
      let graph = probes == nil ? site.silentGraph : site.graph
      return try interpreter.run(graph, inputs, sizes: sizes).outputs
    } catch {
      let names = site.lowered.inputs.flatMap { variable in
        Array(repeating: variable.name, count: held[variable]?.value.tensors.count ?? 0)
      }
      let problem = RunProblem.from(
        error, inputs: names, span: span, spellings: site.lowered.spellings)
      throw explained(problem, after: error, in: run)
    }
  }

  private func preparedSite(_ expression: TypedExpression) throws(RunProblem) -> PreparedSite {
    let environment = environment
    if let site = site(
      expression.span, at: place, loopDepth: loops.count, holding: { environment[$0] })
    {
      return site
    }
    do {
      return try addSite(
        expression, at: place, loopDepth: loops.count, environment: environment)
    } catch {
      throw .reported(error.diagnostic)
    }
  }

  /// The structure of what every name holds.
  var environment: Environment {
    Environment(held) { HeldType($0.value.types, depth: $0.depth) }
  }

  /// The graph of an expression at a place of the text, if it has been lowered for what the names
  /// hold.
  func site(
    _ span: Span, at place: [Int], loopDepth: Int, holding: (Variable) -> HeldType?
  ) -> PreparedSite? {
    sites[place]?.first { $0.fits(span, loopDepth: loopDepth, holding: holding) }
  }

  /// Lowers an expression and keeps the graph.
  func addSite(
    _ expression: TypedExpression, at place: [Int], loopDepth: Int,
    environment: Environment
  ) throws(LoweringProblem) -> PreparedSite {
    let lowered = try lower(
      expression, environment: environment, loopDepth: loopDepth, symbols: symbols,
      assertsClaims: assertsClaims)
    let site = PreparedSite(
      lowered, span: expression.span,
      inputs: lowered.inputs.map { environment[$0] ?? HeldType(.unit) }, loopDepth: loopDepth)
    // A place that keeps seeing new structures keeps the latest few.
    sites[place] = [site] + (sites[place] ?? []).prefix(7)
    return site
  }
}
