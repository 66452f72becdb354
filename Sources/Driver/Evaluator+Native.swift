// Compiled execution of pure expressions: when, with what left open, and what happens instead.
//
// What a loop of the host runs is compiled, so the choice is the program's and never the clock's.
// Declared dims become constants of the code; lengths stay open, and batches are told apart only by
// whether they are larger than a block.

import IR
import Interpreter
import Lowering
import Native
import Semantics
import Tensors

extension Evaluator {
  /// The outputs, where the expression is compiled and the code has an answer.
  /// - Parameter observer: receives what is shown, even where there is no answer in the end.
  func executeNatively(
    _ site: PreparedSite, _ inputs: [Tensor], _ precision: Precision,
    _ observer: @escaping (Observation) -> Void
  ) -> [Tensor]? {
    guard let native, native.compilesEverything || !loops.isEmpty || isRepeating else { return nil }
    let variant = variant(site, precision) { inputs[$0] }
    let interrupt = self.interrupt
    let compiled: Result<NativeFunction, NativeObstacle>
    if let known = site.compiled.first(where: { $0.variant == variant }) {
      compiled = known.result
    } else {
      let start = ContinuousClock.now
      compiled = Patience.asking({ interrupt.isRaised }) {
        let ahead = site.started.flatMap { $0.variant == variant ? $0.code : nil }
        return native.finish(ahead ?? self.start(site, variant, native))
      }
      site.started = nil
      profile?.compiled(functions: 1, in: .now - start)
      // A compiler that was stopped gave no answer.
      if interrupt.isRaised { return nil }
      site.compiled.append((variant, compiled))
    }
    guard case .success(let function) = compiled else { return nil }
    guard let sizes = computedSizes(of: site, inputs, precision) else { return nil }
    return Patience.asking({ interrupt.isRaised }) {
      function.call(inputs, sizes: sizes, stop: interrupt.word, observer: observer)
    }
  }

  /// Starts the compiler on all that the steps of a loop will run, side by side, as far as it can be
  /// told before the first step. What it is started on in vain is given up behind the loop.
  func compileAhead() {
    guard let native, loops.count == 1 else { return }
    let start = ContinuousClock.now
    let inside = sites.filter { $0.key.starts(with: place) }.sorted {
      $0.key.lexicographicallyPrecedes($1.key)
    }
    for site in inside.flatMap(\.value) where site.loopDepth > 0 && site.compiled.isEmpty {
      guard !interrupt.isRaised, site.started == nil, startedSites.count < Self.mostAhead,
        let inputs = expectedInputs(of: site)
      else { continue }
      let variant = variant(site, options.precision) { inputs[$0] }
      site.started = (variant, self.start(site, variant, native))
      startedSites.append(site)
    }
    profile?.compiled(functions: 0, in: .now - start)
  }

  /// Ends the compilers whose work nobody asked for.
  func giveUpAhead() {
    for site in startedSites { site.started?.code.stop() }
    for site in startedSites { site.started = nil }
    startedSites = []
  }

  /// Compilers at work take processors and memory.
  private static let mostAhead = 12

  private func start(
    _ site: PreparedSite, _ variant: NativeVariant, _ native: NativeEngine
  ) -> NativeEngine.Started {
    native.start(site.lowered.graph, lane: lane(of: site), variant)
  }

  /// What the site will read, as far as names hold it already; nil where a flag is not known. What
  /// the step makes first is taken to be like a value of the same types, as a gradient is like its
  /// parameters: a wrong guess costs the work, and nothing else.
  private func expectedInputs(of site: PreparedSite) -> [Tensor?]? {
    var inputs: [Tensor?] = []
    for (variable, types) in site.inputTypes {
      if let like = ([variable] + site.lowered.inputs).lazy.compactMap({ self.held[$0]?.value })
        .first(where: { $0.types.leaves == types })
      {
        inputs += like.tensors
      } else if types.contains(TensorType(.bool)) {
        return nil
      } else {
        inputs += types.map { _ in nil }
      }
    }
    return inputs
  }

  /// What the site is compiled to, without compiling it.
  /// - Parameters:
  ///   - inputs: what the code knows beforehand of them.
  ///   - without: names of passes to leave out.
  func plan(
    of site: PreparedSite, _ engine: NativeEngine, _ inputs: [Tensor?], without: Set<String> = []
  ) -> Result<NativePlan, NativeObstacle> {
    let variant = variant(site, options.precision) {
      inputs.indices.contains($0) ? inputs[$0] : nil
    }
    return engine.plan(site.lowered.graph, lane: lane(of: site), variant, without: without)
  }

  /// What the names that a site reads hold, leaf by leaf; nil for what is not known yet.
  /// - Parameter expected: what is known of names that hold nothing yet.
  func knownInputs(
    of site: PreparedSite, expecting expected: [Variable: [Tensor?]] = [:]
  ) -> [Tensor?] {
    zip(site.lowered.inputs, site.leafCounts).flatMap { variable, count in
      held[variable]?.value.tensors ?? expected[variable] ?? Array(repeating: nil, count: count)
    }
  }

  /// The flags that statements of a module make of literals, leaf by leaf: fields that nobody sets
  /// have their defaults in `let m = Encoder(rng)`.
  func literalFlags(of items: [TopLevel]) -> [Variable: [Tensor?]] {
    var flags: [Variable: [Tensor?]] = [:]
    for case .statement(let statement) in items {
      guard case .binding(let pattern, let expression) = statement.kind,
        case .variable(let variable) = pattern.kind,
        let site = sites.values.joined().first(where: { $0.span == expression.span })
      else { continue }
      flags[variable] = site.literalFlags
    }
    return flags
  }

  /// - Parameter input: of the graph, by position; nil where it is not known.
  func variant(
    _ site: PreparedSite, _ precision: Precision, _ input: (Int) -> Tensor?
  ) -> NativeVariant {
    let batch = lane(of: site).flatMap { sizes[$0] } ?? 1
    var variant = NativeVariant(
      precision: precision, lanes: NativeVariant.lanes(of: batch), constants: nativeSizes.constants,
      hasProbes: probes != nil, flags: NativeVariant.flags(at: site.flagPlaces, input))
    let known = site.compiled.map(\.variant)
    if known.count >= NativeVariant.most, !known.contains(variant) { variant.flags = [:] }
    return variant
  }

  /// The batch dim of a site: modules may declare some that it does not have.
  func lane(of site: PreparedSite) -> DimSymbol? {
    nativeSizes.batches.first(where: site.symbols.contains)
  }

  /// What of the declared dims compiled code is made for.
  var nativeSizes: NativeSizes {
    if let knownNativeSizes { return knownNativeSizes }
    let found: NativeSizes = (
      constants: sizes.filter { declaredDims[$0.key] == .plain },
      batches: declaredDims.filter { $0.value == .batch }.keys.sorted()
    )
    knownNativeSizes = found
    return found
  }

  /// The known sizes with those that the graph computes; nil where one has no value.
  func computedSizes(
    of site: PreparedSite, _ inputs: [Tensor], _ precision: Precision
  ) -> [DimSymbol: Int]? {
    guard let graph = site.sizeGraph else { return sizes }
    let interrupt = self.interrupt
    let interpreter = Interpreter(
      precision: precision, isInterrupted: { interrupt.isRaised })
    return try? interpreter.run(graph, inputs, sizes: sizes).sizes
  }
}
