// The run before the run: a checked module from its first item to its last, with types in place of
// numbers.
//
// The checker takes functions one by one; some mistakes show only when an expression is lowered for
// the actual structs, shapes and closures. So every pure expression is lowered here in the order of
// the evaluator's walk, and the structure of its value is what the next one reads. Both sides of a
// branch are walked, and the body of a loop once: a step may not change the structure of what the
// loop carries. What only the world knows, as what `load` gives, has its declared type; what has
// none is unknown, and nothing is said of what reads it.
//
// Promise: nothing is executed and no name of the session changes. The graphs are kept under the
// keys that the evaluator looks for, so nothing is lowered twice.

package import Diagnostics
import IR
import Lowering
import Semantics
import Tensors

extension Evaluator {
  /// What running a checked text would report before its numbers matter, errors and warnings.
  package func rehearse(_ text: CompiledText) -> [Diagnostic] {
    let rehearsal = Rehearsal(self)
    return rehearsal.run(text)
  }
}

/// The state of one walk; see the head of the file.
private final class Rehearsal {
  private typealias Structured = Aggregate<TensorType>

  private let evaluator: Evaluator
  private var held: Bindings<HeldType>
  /// Names whose structure nothing here can tell.
  private var unknown: Set<Variable> = []
  private var bag = DiagnosticBag()
  /// As the evaluator's: names a place in the text.
  private var place: [Int] = []
  /// How many of the host's loops are around.
  private var depth = 0
  /// How deep in loops ragged dims got the sizes of single examples.
  private var stepDepths: [DimSymbol: Int] = [:]
  private var isTest = false

  init(_ evaluator: Evaluator) {
    self.evaluator = evaluator
    held = evaluator.held.mapValues { HeldType($0.value.types, depth: 0) }
  }

  func run(_ text: CompiledText) -> [Diagnostic] {
    var number = evaluator.moduleCount
    for module in text.imported {
      number += 1
      place = [number]
      for (index, item) in module.items.enumerated() where isDeclaration(item) {
        at(index) { run(item) }
      }
    }
    number += 1
    place = [number]
    for (index, item) in text.module.items.enumerated() { at(index) { run(item) } }
    isTest = true
    for test in text.module.tests {
      number += 1
      place = [number]
      let before = (held, unknown)
      _ = evaluate(test.body, isStatement: true)
      (held, unknown) = before
    }
    return bag.sorted
  }

  /// What runs of a module that is imported: dims, config and the sizes they give.
  private func isDeclaration(_ item: TopLevel) -> Bool {
    guard case .statement(let statement) = item else { return true }
    if case .sizes = statement.kind { return true }
    return false
  }

  private func at<T>(_ index: Int, _ body: () -> T) -> T {
    place.append(index)
    defer { place.removeLast() }
    return body()
  }

  // MARK: Statements

  private func run(_ item: TopLevel) {
    switch item {
    case .config(let entries):
      for (index, entry) in entries.enumerated() {
        hold(entry.variable, at(index) { evaluate(entry.value) })
      }
    case .dims(let entries):
      for (index, entry) in entries.enumerated() {
        if let value = entry.value { at(index) { _ = evaluate(value) } }
      }
    case .statement(let statement): run(statement)
    }
  }

  private func run(_ statement: TypedStatement) {
    switch statement.kind {
    case .binding(let pattern, let expression), .assignment(let pattern, let expression):
      bind(pattern, evaluate(expression))
    case .expression(let expression): _ = evaluate(expression, isStatement: true)
    case .expect(let expression): _ = evaluate(expression)
    case .sizes(let bindings):
      for (index, binding) in bindings.enumerated() { at(index) { _ = evaluate(binding.value) } }
    }
  }

  private func bind(_ pattern: TypedPattern, _ value: Structured?) {
    switch pattern.kind {
    case .wildcard: break
    case .variable(let variable): hold(variable, value)
    case .tuple(let parts):
      for (index, part) in parts.enumerated() { bind(part, value?.member(at: index)) }
    }
  }

  private func hold(_ variable: Variable, _ value: Structured?) {
    held[variable] = value.map { HeldType($0, depth: depth) }
    if value == nil { unknown.insert(variable) } else { unknown.remove(variable) }
  }

  // MARK: Expressions

  /// The structure of a value; nil where it is unknown.
  private func evaluate(_ expression: TypedExpression, isStatement: Bool = false) -> Structured? {
    guard evaluator.needsWalk(expression, isStatement: isStatement) else {
      return compute(expression)
    }
    switch expression.form {
    case .host(let name, let arguments, _):
      return call(name, arguments, expression)
    case .block(let statements, let result):
      for (index, statement) in statements.enumerated() { at(index) { run(statement) } }
      guard let result else { return .unit }
      return at(statements.count) { evaluate(result, isStatement: isStatement) }
    case .conditional(let condition, let then, let otherwise):
      return walkBranch(condition, then, otherwise, isStatement: isStatement)
    case .loop(let loop): return walk(loop, isStatement: isStatement)
    case .whileLoop(let loop): return walk(loop)
    case .record(let members):
      var values: [Structured.Member] = []
      for (index, member) in members.enumerated() {
        guard let value = at(index, { evaluate(member.value) }) else { continue }
        values.append(.init(member.name, value))
      }
      return values.count == members.count ? .record(values) : nil
    case .field(let base, let name):
      return at(0) { evaluate(base) }?.member(name)
    case .position(let base, let index):
      return at(0) { evaluate(base) }?.member(at: index)
    case .claim(let base, _):
      return at(0) { evaluate(base) }
    default: break
    }
    let culprit = evaluator.hostEffect(in: expression)
    bag.add(
      DriverMessages.hostPlacement(
        culprit?.name ?? "an assignment", at: culprit?.span ?? expression.span))
    return nil
  }

  private func compute(_ expression: TypedExpression) -> Structured? {
    switch expression.form {
    case .variable(let variable):
      if let value = held[variable]?.value { return value }
    case .text(let text): return .text(text)
    case .integer: return .tensor(TensorType(.int))
    case .boolean: return .tensor(TensorType(.bool))
    case .real: return .tensor(TensorType(.real))
    default: break
    }
    if !unknown.isEmpty {
      var readsUnknown = false
      expression.visit { part in
        if case .variable(let variable) = part.form, unknown.contains(variable) {
          readsUnknown = true
        }
      }
      if readsUnknown { return nil }
    }
    if let site = evaluator.site(
      expression.span, at: place, loopDepth: depth, holding: { held[$0] })
    {
      return result(of: site)
    }
    do throws(LoweringProblem) {
      let site = try evaluator.addSite(
        expression, at: place, loopDepth: depth, environment: Environment(held))
      // A test may well ask for a gradient that is zero.
      if !isTest { bag.add(contentsOf: site.lowered.lints) }
      if let name = site.lowered.inputs.first(where: isLongerThanStep) {
        bag.add(longerThanStep(name, at: expression.span))
      }
      return result(of: site)
    } catch {
      // A function may read a name of the top that is unknown.
      if unknown.contains(where: { ObjectIdentifier($0) == error.missing }) { return nil }
      bag.add(error.diagnostic)
      return nil
    }
  }

  /// Whether a name is as long as the longest example where each has its own step.
  private func isLongerThanStep(_ variable: Variable) -> Bool {
    guard !stepDepths.isEmpty, let entry = held[variable] else { return false }
    return entry.value.leaves.contains { type in
      type.symbols.contains { stepDepths[$0].map { entry.depth < $0 } ?? false }
    }
  }

  private func result(of site: PreparedSite) -> Structured {
    for (variable, output) in site.lowered.lengths {
      held[variable] = HeldType(.tensor(site.lowered.outputTypes[output]), depth: depth)
    }
    return site.outputTypes
  }

  // MARK: Effects

  private func call(
    _ name: String, _ arguments: [EffectArgument], _ expression: TypedExpression
  ) -> Structured? {
    switch name {
    case "load":
      let values = arguments.enumerated().map { index, argument in
        at(index) { evaluate(argument.value) }
      }
      if expression.type != .text { lookAtName(of: arguments, values) }
      if let value = loaded(values.dropFirst()) { return value }
    case "save":
      let values = arguments.enumerated().map { index, argument in
        at(index) { evaluate(argument.value) }
      }
      if arguments.count != 2 || arguments[1].value.type != .text {
        lookAtName(of: arguments, values)
      }
    case "gradcheck":
      guard let argument = arguments.first?.value,
        case .derivative(_, _, let points, _) = argument.form
      else { break }
      for (index, point) in points.enumerated() { at(index) { _ = evaluate(point) } }
      if let effect = evaluator.hostEffect(in: argument) {
        bag.add(DriverMessages.hostPlacement(effect.name, at: effect.span))
        break
      }
      // The host varies the points under names of its own; no key of its is this one.
      at(points.count) { _ = compute(argument) }
    case "view":
      let input = Evaluator.viewInput(arguments)
      for (index, argument) in arguments.enumerated() {
        let value = at(index) { evaluate(argument.value) }
        if index == 0, let input { hold(input, value) }
      }
      if let input {
        held[input] = nil
        unknown.remove(input)
      }
    default:
      for (index, argument) in arguments.enumerated() { at(index) { _ = evaluate(argument.value) } }
    }
    return Self.declared(expression.type)
  }

  /// A file's name that is known now need not wait for the end of the run to be found wrong.
  private func lookAtName(of arguments: [EffectArgument], _ values: [Structured?]) {
    guard let argument = arguments.first, case .text(let name)?? = values.first else { return }
    do throws(ArrayFile.Problem) {
      _ = try ArrayFile(name)
    } catch {
      bag.add(DriverMessages.file("\(error)", at: argument.value.span))
    }
  }

  /// What `load` gives where it is told what the value is like.
  private func loaded(_ like: ArraySlice<Structured?>) -> Structured? {
    guard let first = like.first else { return nil }
    if like.count == 1 {
      // The name of an array in the file.
      if case .text = first { return nil }
      return first
    }
    let members = like.compactMap { $0.map { Structured.Member(nil, $0) } }
    return members.count == like.count ? .record(members) : nil
  }

  /// The structure that a type alone determines.
  private static func declared(_ type: Type) -> Structured? {
    switch type {
    case .tensor(let dtype, let shape, _): return .tensor(TensorType(dtype, shape))
    case .record(let fields):
      let members = fields.compactMap { field in
        declared(field.type).map { Structured.Member(field.name, $0) }
      }
      return members.count == fields.count ? .record(members) : nil
    default: return nil
    }
  }

  // MARK: Branches and loops

  private func walkBranch(
    _ condition: TypedExpression, _ then: TypedExpression, _ otherwise: TypedExpression?,
    isStatement: Bool
  ) -> Structured? {
    at(2) { _ = evaluate(condition) }
    let before = (held, unknown)
    let first = at(0) { evaluate(then, isStatement: isStatement) }
    let after = (held, unknown)
    (held, unknown) = before
    let second = otherwise.map { other in
      at(1) { evaluate(other, isStatement: isStatement) }
    }
    join(after.0, after.1)
    guard let second else { return .unit }
    return first == second ? first : nil
  }

  /// Keeps what both ways of getting here agree on.
  private func join(_ other: Bindings<HeldType>, _ otherUnknown: Set<Variable>) {
    unknown.formUnion(otherUnknown)
    for (variable, entry) in other.entries {
      guard let own = held[variable], own.value != entry.value else { continue }
      unknown.insert(variable)
    }
    for variable in unknown { held[variable] = nil }
  }

  private func walk(_ loop: Loop, isStatement: Bool) -> Structured? {
    var sources: [Structured?] = []
    for (index, source) in loop.sources.enumerated() {
      sources.append(
        source.source.expression.map { part in at(-100 - index) { evaluate(part) } } ?? .unit)
    }
    var steps = 1
    if loop.kind == .unrolled {
      steps = sources.map { $0?.memberCount ?? 0 }.min() ?? 0
    } else if let count = loop.count {
      at(-200) { _ = evaluate(count) }
    }
    let (before, outerDepths) = (held, stepDepths)
    var value: Structured?
    depth += 1
    for (variable, entry) in held.entries
    where entry.value.isLengths(of: variable, along: loop.trip) {
      if let symbol = variable.lengthsOf { stepDepths[symbol] = depth }
    }
    if let carried = loop.carried.first(where: isLongerThanStep) {
      bag.add(longerThanStep(carried, at: loop.body.assignment(to: carried) ?? carried.span))
      hold(carried, nil)
    }
    for step in 0..<steps {
      for (source, part) in zip(sources, loop.sources) {
        bind(part.pattern, Self.element(of: source, step, part.source))
      }
      value = evaluate(loop.body, isStatement: isStatement)
    }
    stepDepths = outerDepths
    leaveLoop(loop.carried, loop.body, before)
    if isStatement { return .unit }
    return value.map { value in
      value.stacked(loop.trip).map { TensorType($0.dtype, [loop.trip] + $0.shape) }
    }
  }

  private func walk(_ loop: WhileLoop) -> Structured? {
    at(1) { _ = evaluate(loop.bound) }
    let before = held
    depth += 1
    at(2) { _ = evaluate(loop.condition) }
    _ = evaluate(loop.body, isStatement: true)
    leaveLoop(loop.carried, loop.body, before)
    return .unit
  }

  /// What a loop carries has one structure in all of its steps.
  private func leaveLoop(
    _ carried: [Variable], _ body: TypedExpression, _ before: Bindings<HeldType>
  ) {
    depth -= 1
    for (variable, entry) in held.entries where entry.depth > depth {
      held[variable] = HeldType(entry.value, depth: depth)
    }
    for variable in carried {
      guard let start = before[variable], let end = held[variable], start.value != end.value else {
        continue
      }
      if let problem = loopCarryChanges(
        variable, from: start.value, to: end.value,
        at: body.assignment(to: variable) ?? variable.span)
      {
        bag.add(problem)
      }
      hold(variable, nil)
    }
  }

  /// What a loop's variable is in one step.
  private static func element(
    of source: Structured?, _ step: Int, _ kind: LoopSource
  ) -> Structured? {
    switch kind {
    case .axis:
      return (source?.unstacked ?? source)?.map {
        TensorType($0.dtype, Array($0.shape.dropFirst()))
      }
    case .dim, .count: return .tensor(TensorType(.int))
    case .list: return source?.member(at: step)
    }
  }
}

extension Aggregate {
  fileprivate var memberCount: Int {
    switch self {
    case .list(let elements): elements.count
    case .record(let members): members.count
    default: 0
    }
  }
}

extension TypedExpression {
  /// Where a name is assigned first inside of the expression.
  fileprivate func assignment(to variable: Variable) -> Span? {
    var found: Span?
    visit { part in
      guard found == nil, case .block(let statements, _) = part.form else { return }
      for statement in statements {
        if case .assignment(let pattern, _) = statement.kind, found == nil {
          found = pattern.place(of: variable)
        }
      }
    }
    return found
  }
}

extension TypedPattern {
  fileprivate func place(of variable: Variable) -> Span? {
    switch kind {
    case .wildcard: nil
    case .variable(let other): other == variable ? span : nil
    case .tuple(let parts): parts.lazy.compactMap { $0.place(of: variable) }.first
    }
  }
}
