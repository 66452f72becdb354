// Runs the top of a program: statement after statement, on the host.
//
// A pure expression is lowered to a graph with the names it reads as inputs, optimised and run on
// the interpreter (Evaluator+Graphs). What the host must do itself, effects on the world and what
// assigns names at the top, is walked here, a step of a loop at a time (Evaluator+Walking): so a
// loop shows its progress, can be stopped between and inside steps, and goes on later.
//
// Promise: when a run ends early, for whatever reason, every name holds what it held after the last
// completed step, and `resume` continues from exactly there.

import Diagnostics
import IR
import Interpreter
package import Lowering
package import Semantics
package import Tensors

/// What a run is told from outside.
package struct RunOptions: Sendable {
  package var precision: Precision
  package var usesJson: Bool
  /// The name in front of progress lines: the program's, without folder and suffix.
  package var name: String
  /// Of the program's text, kept in checkpoints.
  package var sourceHash: String
  /// Whether pictures are kept as PNG, too.
  var writesPng = false
  /// The config fields that name a struct, with that name.
  var structs: [(name: String, text: String)] = []

  package init(
    precision: Precision = .single, usesJson: Bool = false, name: String = "",
    sourceHash: String = ""
  ) {
    self.precision = precision
    self.usesJson = usesJson
    self.name = name
    self.sourceHash = sourceHash
  }
}

package final class Evaluator {
  package let console: any Console
  package let options: RunOptions
  let interrupt: Interrupt
  let log: LogWriter

  /// What every name holds, those of blocks that are being walked included.
  package var held = Bindings<Held>()
  /// The numbers of the dims of the top level.
  package var sizes: [DimSymbol: Int] = [:]
  /// The dims that items declare, which no run changes.
  var declaredDims: [DimSymbol: DimEntry.Kind] = [:] {
    didSet { knownNativeSizes = nil }
  }
  /// Of the declared dims; nil until code is compiled for them.
  var knownNativeSizes: NativeSizes?
  let symbols = SymbolSource()
  /// Compiles what is worth it; nil where everything runs on the interpreter.
  package var native: NativeEngine?
  /// Called before a graph is run, with what it is run on.
  var willExecute: ((PreparedSite, [Tensor], Precision) -> Void)?
  /// Where the time goes, if somebody wants to know.
  var profile: Profile?
  /// True while an expression is run again and again to time it, as a loop would.
  var isRepeating = false
  /// Lowered graphs by the place of their expression.
  var sites: [[Int]: [PreparedSite]] = [:]
  /// Those that the compiler was started on ahead of the first step of the loop around the walk.
  var startedSites: [PreparedSite] = []

  /// Where the walk is: item, then statement, step or branch, and so on inwards.
  var position: [Int] = []
  /// The position without the steps of loops: names a place in the text.
  var place: [Int] = []
  /// How long the position is at the step of each loop around.
  var stepPositions: [Int] = []
  /// Whether parts of loops are walked or computed.
  var walkedParts: [LoopPart: Bool] = [:]
  /// The loops of the host around the walk, outermost first.
  var loops: [HostLoop] = []
  /// What is left of the position to go on from.
  var resuming: ArraySlice<Int> = []
  /// What a loop that was stopped had: what it goes over, and the results of its steps.
  var retained: [ObjectIdentifier: RetainedLoop] = [:]
  /// Raised by an observation: a value that is not finite, an `expect` that does not hold.
  var observed: Diagnostic?
  /// What a report on a number that is not finite goes back to.
  var history = RunHistory()
  /// False while `gradcheck` takes differences, which leave the bounds that a claim is about.
  var assertsClaims = true
  /// What steps of training computed.
  var tally = OperationTally()
  /// How often each `while` ended at its bound.
  var reachedBounds: [Span: Int] = [:]
  /// Told at once what the user should know while the run goes on.
  var warn: (Diagnostic) -> Void = { _ in }
  /// The pictures that could not be written, each warned of once.
  var lostPictures: Set<Diagnostic> = []
  /// The text that is being run, of its file or input.
  private(set) var program: TypedModule?
  /// Traces of `probe`, while a `view` listens.
  var probes: [Probe]?

  /// What was stopped, for `resume`.
  var suspended: Suspension?
  /// Whether what was stopped last had done nothing, so that `resume` goes on with an older run.
  package internal(set) var isOlderSuspended = false
  /// How many modules, inputs and tests have been run: the first number of every place.
  private(set) var moduleCount = 0
  /// Called behind each statement at the top: the prompt shows what it made.
  package var didRun: ((TypedStatement, HostValue) -> Void)?

  struct Probe {
    let name: String
    let indexes: [Int]
    let tensor: Tensor
  }

  package init(console: any Console, interrupt: Interrupt, options: RunOptions) {
    self.console = console
    self.interrupt = interrupt
    self.options = options
    log = LogWriter(console: console, usesJson: options.usesJson, name: options.name)
  }

  /// Runs the items of a module in order.
  package func run(_ module: TypedModule) throws(RunProblem) {
    moduleCount += 1
    try run(module, number: moduleCount, from: [])
  }

  /// Runs what library and file modules hold at their tops: their dims and config.
  package func run(imported modules: [TypedModule]) throws(RunProblem) {
    for module in modules { try run(module, onlyDeclarations: true) }
  }

  /// - Parameter onlyDeclarations: dims and config, no statements.
  package func run(_ module: TypedModule, onlyDeclarations: Bool) throws(RunProblem) {
    guard onlyDeclarations else { return try run(module) }
    moduleCount += 1
    try run(module, number: moduleCount, from: [], onlyDeclarations: true)
  }

  /// Runs a test block; the names of the top stay as they are.
  package func run(_ test: TypedTest) throws(RunProblem) {
    moduleCount += 1
    try run(test, number: moduleCount)
  }

  func run(_ test: TypedTest, number: Int) throws(RunProblem) {
    let before = (held, sizes)
    defer { (held, sizes) = before }
    leaveScope(depth: 0)
    (position, place, loops, stepPositions, resuming) = ([], [number], [], [], [])
    stoppedAt = nil
    defer { stoppedAt = nil }
    _ = try evaluate(test.body, isStatement: true)
  }

  /// Goes through everything before `position` as usual, except the loops it lies in, then restores
  /// what a checkpoint holds and goes on from there.
  func run(_ module: TypedModule, restoring checkpoint: StoredRun) throws(RunProblem) {
    guard checkpoint.loop(of: module) != nil else {
      throw .reported(
        DriverMessages.otherProgram(
          checkpoint.path, options.name, "the program has no loop where the file was saved"))
    }
    moduleCount += 1
    let item = checkpoint.position.first ?? 0
    try run(module, number: moduleCount, from: [], upTo: item)
    try checkpoint.restore(into: self, module)
    try run(module, number: moduleCount, from: checkpoint.position)
  }

  func run(
    _ module: TypedModule, number: Int, from start: [Int], upTo end: Int? = nil,
    onlyDeclarations: Bool = false
  ) throws(RunProblem) {
    if start.isEmpty {
      leaveScope(depth: 0)
      retained = [:]
      history = RunHistory()
    }
    if !onlyDeclarations { program = module }
    stopReport = "stopped before anything was done"
    resuming = start[...]
    position = []
    place = [number]
    loops = []
    stepPositions = []
    let first = resuming.popFirst() ?? 0
    for index in module.items.indices where index >= first && index < (end ?? Int.max) {
      if onlyDeclarations, case .statement(let statement) = module.items[index] {
        guard case .sizes(let bindings) = statement.kind,
          bindings.allSatisfy(isDeclared)
        else { continue }
      }
      do throws(RunProblem) {
        if interrupt.isRaised { throw RunProblem.interrupted }
        try enter(index) { () throws(RunProblem) in try run(module.items[index]) }
      } catch {
        log.finish()
        console.showStatus(nil)
        if case .interrupted = error {
          if stoppedAt == nil, module.items[..<index].contains(where: \.isStatement) {
            stopReport = "stopped in a statement of which nothing is kept; all before it is done"
          }
          suspend(module, number: number, item: index)
        }
        failedItem = index
        stoppedAt = nil
        throw error
      }
    }
  }

  /// What stopped, in words, for the prompt: `stopped in step 413 of the loop over …`.
  package var stopWords: String { stopReport }
  /// The item of the module that a run ended in early.
  package private(set) var failedItem = 0

  /// Set where a step was given up: its position, and the words for it.
  var stoppedAt: [Int]?
  var stopReport = "stopped before anything was done"

  private func run(_ item: TopLevel) throws(RunProblem) {
    switch item {
    case .config(let entries):
      for (index, entry) in entries.enumerated() {
        let value = try at(index) { () throws(RunProblem) in try evaluate(entry.value) }
        held[entry.variable] = Held(value: value, depth: 0)
      }
    case .dims(let entries):
      for (index, entry) in entries.enumerated() {
        try at(index) { () throws(RunProblem) in try setSize(entry) }
      }
    case .statement(let statement):
      let start = ContinuousClock.now
      defer { profile?.ran(statement.span, in: .now - start) }
      let value = try run(statement)
      didRun?(statement, value)
    }
  }

  /// Whether what a size is computed from is there where no statement has run.
  private func isDeclared(_ size: SizeBinding) -> Bool {
    if let quotient = size.quotient { return quotient.symbols.allSatisfy { sizes[$0] != nil } }
    guard case .variable(let variable) = size.value.form else { return true }
    return held[variable] != nil
  }

  private func setSize(_ entry: DimEntry) throws(RunProblem) {
    guard let expression = entry.value else { return }
    let value = try evaluate(expression)
    sizes[entry.symbol] = try size(value, of: entry.symbol, at: expression.span)
    declaredDims[entry.symbol] = entry.kind
  }

  func size(_ value: HostValue, of symbol: DimSymbol, at span: Span) throws(RunProblem) -> Int {
    guard let size = value.integer else {
      throw .reported(
        DriverMessages.evaluation(
          "size-out-of-range", "the size of `\(symbol.name)` is not a whole number", at: span,
          calls: []))
    }
    guard size >= 0 else {
      throw .reported(
        DriverMessages.evaluation(
          "size-out-of-range", "`\(symbol.name)` cannot have \(size) entries", at: span, calls: []))
    }
    return size
  }

  /// Evaluates a part whose place in the text is `index` inwards from here. A run never goes on
  /// inside of it.
  func at<T>(_ index: Int, _ body: () throws(RunProblem) -> T) throws(RunProblem) -> T {
    place.append(index)
    let rest = resuming
    resuming = []
    defer {
      place.removeLast()
      resuming = rest
    }
    return try body()
  }

  /// Goes into a part of the walk where a run may go on later.
  func enter<T>(_ index: Int, _ body: () throws(RunProblem) -> T) throws(RunProblem) -> T {
    position.append(index)
    place.append(index)
    defer {
      position.removeLast()
      place.removeLast()
    }
    return try body()
  }

  /// Goes into a step of a loop: another position, the same place in the text.
  func enterStep<T>(_ index: Int, _ body: () throws(RunProblem) -> T) throws(RunProblem) -> T {
    position.append(index)
    stepPositions.append(position.count)
    defer {
      position.removeLast()
      stepPositions.removeLast()
    }
    return try body()
  }
}
