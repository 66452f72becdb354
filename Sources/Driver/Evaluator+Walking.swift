// What the host walks: statements at the top, and blocks, branches and loops that hold effects or
// assign names from outside of themselves.

import Diagnostics
import IR
import Lowering
import Semantics
import Tensors

/// A loop that the host runs, at one of its steps.
struct HostLoop {
  var index: Int
  /// For reports: `the loop over `i``, `the `while` loop`.
  let words: String
  /// What is as long as the step's own example in a loop over a batch.
  var lengths: [StepLengths]
  let span: Span
  /// Floating-point operations of this step, for each model that the loop trains.
  var operations: [Variable: Double]

  /// - Parameter models: those that are counted for.
  init(
    index: Int, words: String, lengths: [StepLengths] = [], span: Span, models: [Variable]
  ) {
    (self.index, self.words, self.lengths, self.span) = (index, words, lengths, span)
    operations = Dictionary(uniqueKeysWithValues: models.map { ($0, 0) })
  }

  /// The count of the step that is over; that of the next starts.
  mutating func takeOperations() -> [Variable: Double] {
    defer { operations = operations.mapValues { _ in 0 } }
    return operations
  }
}

/// An expression inside of loops of the host.
struct LoopPart: Hashable {
  let place: [Int]
  let depth: Int
  let span: Span
  let isStatement: Bool
}

/// What a loop that was stopped goes on with.
struct RetainedLoop {
  let sources: [HostValue]
  let trip: Int
  let results: StackedSteps
}

extension Evaluator {
  func run(_ statement: TypedStatement) throws(RunProblem) -> HostValue {
    switch statement.kind {
    case .binding(let pattern, let expression), .assignment(let pattern, let expression):
      let value = try evaluate(expression)
      bind(pattern, value)
      if case .variable(let variable) = pattern.kind, let symbol = variable.lengthsOf {
        sizes[symbol] = try longest(value, of: symbol, at: expression.span)
      }
      return value
    case .expression(let expression):
      return try evaluate(expression, isStatement: true)
    case .expect(let expression):
      let value = try evaluate(expression)
      if value.boolean != true {
        throw .reported(
          DriverMessages.expectationFailed(at: expression.span, detail: sides(of: expression)))
      }
      return .unit
    case .sizes(let bindings):
      for (index, binding) in bindings.enumerated() {
        let shown = shownSizes(binding)
        sizes.merge(shown) { own, _ in own }
        defer { for symbol in shown.keys { sizes[symbol] = nil } }
        let value = try at(index) { () throws(RunProblem) in try evaluate(binding.value) }
        sizes[binding.symbol] = try size(value, of: binding.symbol, at: binding.value.span)
      }
      return .unit
    }
  }

  /// The sizes that a quotient needs and no statement binds, as values that have them show.
  private func shownSizes(_ binding: SizeBinding) -> [DimSymbol: Int] {
    let wanted = (binding.quotient?.symbols ?? []).filter { sizes[$0] == nil }
    if wanted.isEmpty { return [:] }
    var shown: [DimSymbol: Int] = [:]
    for (variable, entry) in held.entries {
      // A value's own dims stand for those of its type; its tensors have their numbers.
      let dims = variable.type.dims(of: wanted, in: entry.value.types)
      if dims.isEmpty { continue }
      var own: [DimSymbol: Int] = [:]
      for (type, tensor) in zip(entry.value.types.leaves, entry.value.tensors) {
        for (dim, size) in zip(type.shape, tensor.shape) { own[dim.symbol ?? DimSymbol("")] = size }
      }
      shown.merge(dims.compactMapValues { $0.evaluated(own) }) { first, _ in first }
    }
    return shown
  }

  /// A ragged dim is as long as the longest example.
  private func longest(
    _ lengths: HostValue, of symbol: DimSymbol, at span: Span
  ) throws(RunProblem) -> Int {
    let numbers = lengths.tensor?.doubles ?? []
    guard let longest = Int(exactly: numbers.max() ?? 0), numbers.allSatisfy({ $0 >= 0 }) else {
      throw .reported(
        DriverMessages.evaluation(
          "size-out-of-range", "a length of `\(symbol.name)` is out of range", at: span, calls: []))
    }
    return longest
  }

  func bind(_ pattern: TypedPattern, _ value: HostValue) {
    switch pattern.kind {
    case .wildcard: break
    case .variable(let variable):
      held[variable] = Held(value: value, depth: loops.count)
    case .tuple(let parts):
      for (part, member) in zip(parts, value.members ?? []) { bind(part, member.value) }
    }
  }

  /// The two sides of a comparison that failed: `left 1.0, right 2.0`.
  private func sides(of expression: TypedExpression) -> String? {
    guard case .pointwise(_, let operands, _) = expression.form, operands.count == 2 else {
      return nil
    }
    let texts = operands.enumerated().map { index, operand in
      (try? at(100 + index) { () throws(RunProblem) in try evaluate(operand) }).map(Display.brief)
    }
    guard let left = texts[0], let right = texts[1] else { return nil }
    return "left is \(left), right is \(right)"
  }

  /// `needsWalk`, asked once for all steps of a loop.
  private func isWalked(_ expression: TypedExpression, isStatement: Bool) -> Bool {
    if loops.isEmpty { return needsWalk(expression, isStatement: isStatement) }
    let part = LoopPart(
      place: place, depth: loops.count, span: expression.span, isStatement: isStatement)
    if let known = walkedParts[part] { return known }
    let answer = needsWalk(expression, isStatement: isStatement)
    walkedParts[part] = answer
    return answer
  }

  /// - Parameter isStatement: the value is not used, so steps of a loop need not be kept.
  func evaluate(
    _ expression: TypedExpression, isStatement: Bool = false
  ) throws(RunProblem) -> HostValue {
    guard isWalked(expression, isStatement: isStatement) else { return try compute(expression) }
    switch expression.form {
    case .host(let name, let arguments, _):
      return try call(name, arguments, expression)
    case .block(let statements, let result):
      return try walk(statements, result, isStatement: isStatement)
    case .conditional(let condition, let then, let otherwise):
      return try walkBranch(condition, then, otherwise, isStatement: isStatement)
    case .loop(let loop):
      return try walk(loop, expression, isStatement: isStatement)
    case .whileLoop(let loop):
      return try walk(loop, at: expression.span)
    case .record(let members):
      var values: [(name: String?, value: HostValue)] = []
      for (index, member) in members.enumerated() {
        let value = try at(index) { () throws(RunProblem) in try evaluate(member.value) }
        values.append((member.name, value))
      }
      return HostValue(
        .record(values.map { .init($0.name, $0.value.types) }), values.flatMap(\.value.tensors))
    case .field(let base, let name):
      let value = try at(0) { () throws(RunProblem) in try evaluate(base) }
      if let member = value.member(name) { return member }
    case .position(let base, let index):
      let value = try at(0) { () throws(RunProblem) in try evaluate(base) }
      if let members = value.members, members.indices.contains(index) {
        return members[index].value
      }
    case .claim(let base, _):
      return try at(0) { () throws(RunProblem) in try evaluate(base) }
    default: break
    }
    let culprit = hostEffect(in: expression)
    throw .reported(
      DriverMessages.hostPlacement(
        culprit?.name ?? "an assignment", at: culprit?.span ?? expression.span))
  }

  // MARK: Blocks and branches

  private func walk(
    _ statements: [TypedStatement], _ result: TypedExpression?, isStatement: Bool
  ) throws(RunProblem) -> HostValue {
    let first = resuming.popFirst() ?? 0
    for index in statements.indices where index >= first {
      _ = try enter(index) { () throws(RunProblem) in try run(statements[index]) }
    }
    guard let result else { return .unit }
    return try enter(statements.count) { () throws(RunProblem) in
      try evaluate(result, isStatement: isStatement)
    }
  }

  private func walkBranch(
    _ condition: TypedExpression, _ then: TypedExpression, _ otherwise: TypedExpression?,
    isStatement: Bool
  ) throws(RunProblem) -> HostValue {
    let branch: Int
    if let known = resuming.popFirst() {
      branch = known
    } else {
      let value = try at(2) { () throws(RunProblem) in try evaluate(condition) }
      branch = value.boolean == true ? 0 : 1
    }
    guard let body = branch == 0 ? then : otherwise else { return .unit }
    return try enter(branch) { () throws(RunProblem) in
      try evaluate(body, isStatement: isStatement)
    }
  }

  // MARK: Loops

  private func walk(
    _ loop: Loop, _ expression: TypedExpression, isStatement: Bool
  ) throws(RunProblem) -> HostValue {
    let first = resuming.popFirst() ?? 0
    let known = retained.removeValue(forKey: ObjectIdentifier(loop))
    let sources: [HostValue]
    let trip: Int
    if let known {
      (sources, trip) = (known.sources, known.trip)
    } else {
      sources = try loopSources(loop)
      trip = try tripCount(loop, sources, at: expression.span)
    }
    let name = loop.sources.first?.pattern.variables.first?.name
    if loops.isEmpty { log.beginLoop(total: trip) }
    var results = known?.results ?? StackedSteps()
    var isComplete = false
    let lengths = stepLengths(of: loop)
    if let carried = loop.carried.first(where: { isRagged($0, along: lengths) }) {
      throw .reported(longerThanStep(carried, at: expression.span))
    }
    let words = name.map { "the loop over `\($0)`" } ?? "the loop"
    let models = models(assigned: loop.carried)
    loops.append(
      HostLoop(
        index: first, words: words, lengths: lengths, span: expression.span, models: models))
    defer {
      resize(lengths, to: nil)
      loops.removeLast()
      if loops.isEmpty {
        log.finish()
        giveUpAhead()
      }
      if !isComplete {
        retained[ObjectIdentifier(loop)] = RetainedLoop(
          sources: sources, trip: trip, results: results)
      }
    }
    if first < trip { compileAhead() }
    for index in first..<max(trip, first) {
      loops[loops.count - 1].index = index
      let value = try step(index) { () throws(RunProblem) in
        resize(lengths, to: index)
        for (position, source) in loop.sources.enumerated() {
          let element = try at(-1 - position) { () throws(RunProblem) in
            try self.element(sources[position], index, source.source, loop)
          }
          bind(
            source.pattern,
            lengths.isEmpty ? element : try resized(element, at: expression.span))
        }
        return try evaluate(loop.body, isStatement: isStatement)
      }
      resize(lengths, to: nil)
      if isStatement { continue }
      let entry = lengths.isEmpty ? value : try resized(value, at: expression.span)
      if results.isEmpty {
        try checkRoom(for: entry, stacked: trip, of: loop, at: expression.span)
      }
      results.append(entry)
    }
    isComplete = true
    leaveScope(depth: loops.count - 1)
    if isStatement { return .unit }
    if results.isEmpty { return try noValues(expression.type, at: expression.span) }
    return results.value(trip: loop.trip)
  }

  /// What a loop of no steps gives: tensors without entries.
  private func noValues(_ type: Type, at span: Span) throws(RunProblem) -> HostValue {
    switch type {
    case .tensor(let dtype, let shape, _):
      let sizes = shape.map { $0.evaluated(self.sizes) ?? 0 }
      if sizes.contains(0) {
        let none =
          switch dtype {
          case .real: Tensor(sizes, reals: [], precision: options.precision)
          case .int: Tensor(sizes, ints: [])
          case .bool: Tensor(sizes, bools: [])
          }
        return HostValue(TensorType(dtype, shape), none)
      }
    case .record(let fields):
      var values: [(name: String?, value: HostValue)] = []
      for field in fields { values.append((field.name, try noValues(field.type, at: span))) }
      return HostValue(
        .record(values.map { .init($0.name, $0.value.types) }), values.flatMap(\.value.tensors))
    default: break
    }
    throw .reported(
      DriverMessages.evaluation(
        "size-out-of-range", "a loop of no steps has no values of type \(type.written)", at: span,
        calls: []))
  }

  private func walk(_ loop: WhileLoop, at span: Span) throws(RunProblem) -> HostValue {
    let first = resuming.popFirst() ?? 0
    let isResumed = !resuming.isEmpty
    let bound = try at(1) { () throws(RunProblem) in try evaluate(loop.bound) }.integer ?? 0
    if loops.isEmpty { log.beginLoop(total: nil) }
    let models = models(assigned: loop.carried)
    loops.append(HostLoop(index: first, words: "the `while` loop", span: span, models: models))
    defer {
      loops.removeLast()
      if loops.isEmpty { log.finish() }
    }
    var index = first
    while true {
      loops[loops.count - 1].index = index
      if index > first || !isResumed {
        let goesOn = try at(2) { () throws(RunProblem) in try evaluate(loop.condition) }
        guard goesOn.boolean == true else { break }
      }
      guard index < bound else {
        reachedBounds[span, default: 0] += 1
        break
      }
      _ = try step(index) { () throws(RunProblem) in
        try evaluate(loop.body, isStatement: true)
      }
      index += 1
    }
    leaveScope(depth: loops.count - 1)
    return .unit
  }

  /// What a loop made is from outside of any loop that follows. Not done for a loop that was
  /// stopped: it goes on with what it made.
  func leaveScope(depth: Int) {
    for (variable, entry) in held.entries where entry.depth > depth {
      held[variable] = Held(value: entry.value, depth: depth)
    }
  }

  /// One step of a loop of the host, which is done completely or not at all.
  private func step(
    _ index: Int, _ body: () throws(RunProblem) -> HostValue
  ) throws(RunProblem) -> HostValue {
    let before = (held, sizes)
    return try enterStep(index) { () throws(RunProblem) in
      do throws(RunProblem) {
        if interrupt.isRaised { throw RunProblem.interrupted }
        let value = try body()
        noteStep()
        return value
      } catch {
        // The innermost loop has the last completed step; those around it keep what it made.
        if stoppedAt == nil {
          (held, sizes) = before
          stoppedAt = position
          stopReport = describeStop(index)
        }
        throw error
      }
    }
  }

  private func describeStop(_ index: Int) -> String {
    let loop = loops.last?.words ?? "the loop"
    return index == 0
      ? "stopped in the first step of \(loop); nothing was changed by it"
      : "stopped in step \(index + 1) of \(loop); every name holds what it did"
        + " after step \(index)"
  }

  /// What the loop goes over.
  private func loopSources(_ loop: Loop) throws(RunProblem) -> [HostValue] {
    var values: [HostValue] = []
    for (index, source) in loop.sources.enumerated() {
      switch source.source {
      case .axis(let expression), .list(let expression), .count(from: let expression):
        values.append(
          try at(-100 - index) { () throws(RunProblem) in try evaluate(expression) })
      case .dim: values.append(.unit)
      }
    }
    return values
  }

  private func tripCount(
    _ loop: Loop, _ sources: [HostValue], at span: Span
  ) throws(RunProblem) -> Int {
    if loop.kind == .unrolled { return sources.compactMap(\.members?.count).min() ?? 0 }
    if let expression = loop.count {
      let value = try at(-200) { () throws(RunProblem) in try evaluate(expression) }
      let count = value.integer ?? 0
      guard count >= 0 else {
        throw .reported(
          DriverMessages.evaluation(
            "size-out-of-range", "this loop has more steps than an int can count",
            at: expression.span, calls: []))
      }
      sizes[loop.trip.symbol ?? DimSymbol("")] = count
      return count
    }
    for (source, value) in zip(loop.sources, sources) {
      if case .axis = source.source, let tensor = value.tensors.first { return tensor.shape[0] }
    }
    guard let trip = loop.trip.evaluated(sizes) else {
      throw .reported(
        DriverMessages.evaluation(
          "size-out-of-range", "`\(loop.trip.written)` is not a number that can be counted",
          at: span,
          calls: []))
    }
    return trip
  }

  /// What a loop's variable is in one step.
  private func element(
    _ source: HostValue, _ index: Int, _ kind: LoopSource, _ loop: Loop
  ) throws(RunProblem) -> HostValue {
    switch kind {
    case .axis: return Stacking.element(source, index)
    case .dim: return HostValue(TensorType(.int), Tensor(ints: [index]))
    case .count:
      return HostValue(TensorType(.int), Tensor(ints: [(source.integer ?? 0) &+ index]))
    case .list: return source.members?[index].value ?? .unit
    }
  }
}
