// `if`: one side where the condition is known, else a branch.
//
// Both sides become graphs with the same inputs. What either assigns to an outer `var` is a further
// result of both. A leaf that is the same outer value on both sides is no result.

import Diagnostics
import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  func conditional(
    _ condition: TypedExpression, _ then: TypedExpression, _ otherwise: TypedExpression?
  ) throws -> Aggregate<Operand> {
    let predicate = try scalar(condition)
    if let known = region.flags[predicate] {
      if known { return try evaluate(then) }
      return try otherwise.map(evaluate) ?? .unit
    }
    let before = frame.values
    let first = try side(then, before)
    let second = try side(otherwise, before)
    var variables = first.assigned.map(\.variable)
    for (variable, _) in second.assigned where !variables.contains(variable) {
      variables.append(variable)
    }
    let isResult = otherwise != nil
    let thens =
      (isResult ? [first.result] : []) + (try variables.map { try first.value(of: $0, self) })
    let others =
      (isResult ? [second.result] : []) + (try variables.map { try second.value(of: $0, self) })
    var merged = try merge(predicate, (first, thens), (second, others))
    let result = isResult ? merged.removeFirst() : .unit
    for (variable, value) in zip(variables, merged) {
      frame.values[variable] = value
      frame.markAssigned(variable)
    }
    return result
  }

  /// One side of a branch, lowered.
  private struct Side {
    let region: Region
    let scope: Scope
    let result: Aggregate<Operand>
    let assigned: [(variable: Variable, value: Aggregate<Operand>)]

    func value(of variable: Variable, _ lowerer: Lowerer) throws -> Aggregate<Operand> {
      if let mine = assigned.first(where: { $0.variable == variable }) { return mine.value }
      return try lowerer.lookUp(variable)
    }
  }

  private func side(
    _ body: TypedExpression?, _ before: [Variable: Aggregate<Operand>]
  ) throws -> Side {
    let assignedBefore = frame.assigned
    frame.assigned = []
    sides += 1
    defer {
      frame.assigned = assignedBefore
      sides -= 1
    }
    return try inRegion("side", .none) { () throws -> Side in
      let result = try body.map(evaluate) ?? .unit
      var assigned: [(variable: Variable, value: Aggregate<Operand>)] = []
      for variable in frame.assigned where before[variable] != nil || isHeld(variable) {
        assigned.append((variable, try lookUp(variable)))
      }
      return Side(region: region, scope: scope, result: result, assigned: assigned)
    }.result
  }

  private func merge(
    _ predicate: Value, _ then: (side: Side, values: [Aggregate<Operand>]),
    _ otherwise: (side: Side, values: [Aggregate<Operand>])
  ) throws -> [Aggregate<Operand>] {
    var thenOutputs: [Value] = []
    var otherOutputs: [Value] = []
    /// Where each leaf comes from: a result of the branch, or an outer value.
    var plans: [Aggregate<Int?>] = []
    var kept: [Operand] = []
    for (a, b) in zip(then.values, otherwise.values) {
      guard let pairs = a.zipped(b) else { throw differing(a, b) }
      plans.append(
        try pairs.mapPlaced { place, pair -> Int? in
          let (x, y) = pair
          if x.value == y.value, x.scope === y.scope {
            kept.append(x)
            return nil
          }
          let left = try output(x, place, then.side)
          let right = try output(y, place, otherwise.side)
          let types = (then.side.region.type(of: left), otherwise.side.region.type(of: right))
          if types.0 != types.1 { throw differing(a, b) }
          thenOutputs.append(left)
          otherOutputs.append(right)
          return thenOutputs.count - 1
        })
    }
    let results = branch(
      predicate, (then.side.region, thenOutputs), (otherwise.side.region, otherOutputs))
    var rest = kept.makeIterator()
    return plans.map { plan in
      plan.map { index in
        if let index { return operand(results[index]) }
        guard let leaf = rest.next() else { preconditionFailure("a kept leaf is missing") }
        return leaf
      }
    }
  }

  /// A leaf as an output of one side.
  private func output(_ leaf: Operand, _ place: LeafPlace, _ side: Side) throws -> Value {
    let outer = scope
    scope = side.scope
    defer { scope = outer }
    if case .key(let isLabelled) = place.role { return try key(leaf, isLabelled: isLabelled) }
    return use(leaf)
  }

  private func differing(
    _ a: Aggregate<Operand>, _ b: Aggregate<Operand>
  ) -> LoweringProblem {
    let difference = types(a).difference(from: types(b))
    let (first, second) =
      difference.path.isEmpty
      ? (difference.first, difference.second) : (words(types(a)), words(types(b)))
    var help: [String] = []
    if case .text = a {
      help = ["show a text on each side, or choose between texts at the top of the file"]
    }
    return problem(
      LoweringMessages.branchesDiffer, "one side gives \(first), the other \(second)",
      notes: difference.notes, help: help)
  }

  /// The branch node for two finished sides, each given the inputs that either reads.
  func branch(
    _ predicate: Value, _ then: (region: Region, outputs: [Value]),
    _ otherwise: (region: Region, outputs: [Value])
  ) -> [Value] {
    if let chosen = selected(predicate, then, otherwise) { return chosen }
    var operands = then.region.captures.map(\.outer)
    for (outer, _) in otherwise.region.captures where !operands.contains(outer) {
      operands.append(outer)
    }
    func graph(_ side: (region: Region, outputs: [Value])) -> Graph {
      let inner = Dictionary(
        side.region.captures.map { ($0.outer, $0.inner) }, uniquingKeysWith: { first, _ in first })
      let inputs = operands.map { inner[$0] ?? side.region.builder.input(region.type(of: $0)) }
      return side.region.finish(side.outputs, inputs: inputs)
    }
    region.builder.origin = origin
    return region.builder.branch(
      Branch(then: graph(then), otherwise: graph(otherwise)), [predicate] + operands)
  }

  /// Where neither side computes anything, which of two values it is.
  private func selected(
    _ predicate: Value, _ then: (region: Region, outputs: [Value]),
    _ otherwise: (region: Region, outputs: [Value])
  ) -> [Value]? {
    guard then.region.builder.nodeCount == 0, otherwise.region.builder.nodeCount == 0 else {
      return nil
    }
    func outer(_ value: Value, _ region: Region) -> Value? {
      region.captures.first { $0.inner == value }?.outer
    }
    var pairs: [(Value, Value)] = []
    for (left, right) in zip(then.outputs, otherwise.outputs) {
      guard let a = outer(left, then.region), let b = outer(right, otherwise.region) else {
        return nil
      }
      pairs.append((a, b))
    }
    region.builder.origin = origin
    return pairs.map { region.builder.emit(pointwise.select, predicate, $0, $1) }
  }
}
