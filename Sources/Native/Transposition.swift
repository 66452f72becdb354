// Which way round a value of one example lies in memory.
//
// Without lanes a vector runs along the last axis of a value. A memory row is 20 numbers or so, the
// rows are many: a vector and a quarter each time, and a sum over a row adds up the parts of a vector.
// Such values are turned round, so that vectors run along the long axis and rows are summed side by
// side.
//
// Values that loops carry, stack and slice, and those that nests of a loop hand to one another, are
// turned together or not at all. What must lie as the program says (rows of a product, tables,
// what the host sees) is not turned, nor what is tied to it.
//
// Promise: every number is the same but for the order of sums.

import IR
import Tensors

struct Transposition {
  /// Numbers in a vector of most processors; the choice does not depend on the one at hand.
  private static let vector = 16

  private let program: Program
  private var producers: [Item: Step]
  /// What each item is tied to, itself at the end.
  private var parents: [Item: Item] = [:]
  /// Among the ends: those that stay as they are.
  private var fixed: Set<Item> = []
  private var turned: Set<Item> = []

  /// Turns values of a program whose blocks hold one example.
  static func apply(to program: Program, _ producers: inout [Item: Step]) {
    var transposition = Transposition(program: program, producers: producers)
    transposition.tie()
    transposition.choose()
    if transposition.turned.isEmpty { return }
    transposition.turn()
    producers = transposition.producers
  }

  private init(program: Program, producers: [Item: Step]) {
    self.program = program
    self.producers = producers
  }

  // MARK: What is turned together

  /// Whether vectors fill better along the last axis but one.
  private func isCandidate(_ item: Item) -> Bool {
    let type = program.items[item]
    guard type.isLaned, type.features.count >= 2,
      let long = type.features[type.features.count - 2].constant,
      let short = type.features[type.features.count - 1].constant
    else { return false }
    func vectors(_ count: Int, times other: Int) -> Int {
      Layout.count([count / Self.vector + (count % Self.vector).signum(), other]) ?? .max
    }
    return vectors(long, times: short) < vectors(short, times: long)
  }

  private func end(_ item: Item) -> Item {
    var item = item
    while let parent = parents[item] { item = parent }
    return item
  }

  private mutating func tie(_ a: Item, _ b: Item) {
    guard isCandidate(a), isCandidate(b) else { return fix([a, b]) }
    let (first, second) = (end(a), end(b))
    if first == second { return }
    parents[first] = second
    if fixed.remove(first) != nil { fixed.insert(second) }
  }

  private mutating func fix(_ items: [Item]) {
    for item in items { fixed.insert(end(item)) }
  }

  private mutating func tie() {
    fix(program.inputs.map(\.item))
    for stage in program.stages {
      for body in [stage.uniform, stage.blocks] {
        for step in body.steps { tie(step, isInside: false) }
      }
    }
  }

  /// - Parameter isInside: in a loop or a branch, where what is copied is copied often.
  private mutating func tie(_ step: Step, isInside: Bool) {
    switch step.kind {
    case .immediate: break
    case .view(let source, .reshape): fix([source] + step.results)
    case .view(let source, .strided): if isIdentity(step) { tie(source, step.results[0]) }
    case .compute(let compute):
      guard isInside, compute.isPlain else { return }
      for operand in compute.operands
      where operand.isIdentity && isCandidate(operand.item) && isCandidate(step.results[0]) {
        tie(operand.item, step.results[0])
      }
    case .concatenate: break
    case .joinLanes(let source, _): if isInside { fix([source]) }
    case .product, .outer, .multiply, .gather, .scatter, .largest, .sort, .recurrence, .host,
      .collect, .distribute:
      fix(step.reads + step.results)
    case .loop(let loop): tie(loop, step.results)
    case .branch(_, let then, let otherwise):
      for body in [then, otherwise] {
        for inner in body.steps { tie(inner, isInside: true) }
        for (output, result) in zip(body.outputs, step.results) { tie(output, result) }
      }
    }
  }

  private mutating func tie(_ loop: Loop, _ results: [Item]) {
    for step in loop.body.steps { tie(step, isInside: true) }
    for (carry, result) in zip(loop.carries, results) {
      for item in [carry.start, carry.next, result] { tie(carry.inside, item) }
    }
    for part in loop.slices + loop.stacks.map({ (whole: $0.whole, inside: $0.inside) }) {
      tie(part.whole, part.inside)
    }
  }

  /// Whether a view moves nothing, so that it lies where its source does.
  private func isIdentity(_ step: Step) -> Bool {
    Values(program: program, producers: producers).root(step.results[0]) != step.results[0]
  }

  private mutating func choose() {
    turned = Set(
      program.items.indices.filter { isCandidate($0) && !fixed.contains(end($0)) })
  }

  // MARK: Turning

  private mutating func turn() {
    // What is read at the top in the program's order is copied into it.
    for position in program.outputs.indices where turned.contains(program.outputs[position].item) {
      let (item, type) = program.outputs[position]
      guard let body = body(of: item) else { preconditionFailure("an output without a step") }
      program.outputs[position] = (copied(item, at: body.steps.count, in: body), type)
    }
    for stage in program.stages {
      var index = 0
      while index < stage.blocks.steps.count {
        let step = stage.blocks.steps[index]
        if case .joinLanes(let source, let reduction) = step.kind, turned.contains(source) {
          let copy = copied(source, at: index, in: stage.blocks)
          index += 1
          stage.blocks.steps[index] = Step(
            kind: .joinLanes(copy, reduction), results: step.results, origin: step.origin)
          program.contiguous.insert(copy)
        }
        index += 1
      }
    }
    for stage in program.stages {
      turn(stage.uniform)
      turn(stage.blocks)
    }
    for item in turned {
      let count = program.items[item].features.count
      program.items[item].features.swapAt(count - 2, count - 1)
    }
  }

  private func body(of item: Item) -> Body? {
    let base = Values(program: program, producers: producers).base(item)
    return program.stages.lazy.map(\.blocks).first { body in
      body.steps.contains { $0.results.contains(base) }
    }
  }

  private func copied(_ item: Item, at index: Int, in body: Body) -> Item {
    let type = program.items[item]
    let copy = program.add(type)
    body.steps.insert(
      Step(
        kind: .compute(.copy(of: item, type)), results: [copy],
        origin: producers[item]?.origin ?? .none), at: index)
    return copy
  }

  private mutating func turn(_ body: Body) {
    for index in body.steps.indices {
      let step = body.steps[index]
      let new = Step(kind: turned(step), results: step.results, origin: step.origin)
      body.steps[index] = new
      for item in new.results { producers[item] = new }
    }
  }

  private mutating func turned(_ step: Step) -> Step.Kind {
    switch step.kind {
    case .view(let source, .strided(let axes, let starts, let reversed)):
      let result = step.results[0]
      let moved = axes.map { $0.map { axis($0, of: source) } }
      return .view(
        source,
        .strided(
          axes: axes.indices.map { moved[axis($0, of: result)] },
          starts: starts.map { (axis: axis($0.axis, of: source), start: $0.start) },
          reversed: reversed.map { axis($0, of: result) }))
    case .compute(let compute): return .compute(turned(compute, step.results[0]))
    case .concatenate(let concatenation):
      let result = step.results[0]
      return .concatenate(
        Concatenation(
          axis: axis(concatenation.axis, of: result),
          parts: concatenation.parts.map { part in
            let moved = part.axes.map { $0.map { axis($0, of: part.item) } }
            return .init(
              item: part.item, axes: moved.indices.map { moved[axis($0, of: result)] },
              start: part.start, count: part.count)
          }))
    case .loop(let loop): turn(loop.body)
    case .branch(_, let then, let otherwise):
      turn(then)
      turn(otherwise)
    default: break
    }
    return step.kind
  }

  /// Where an axis of an item is, or was.
  private func axis(_ axis: Int, of item: Item) -> Int {
    let count = program.items[item].features.count
    guard turned.contains(item), axis >= count - 2 else { return axis }
    return axis == count - 1 ? count - 2 : count - 1
  }

  private func turned(_ compute: Compute, _ result: Item) -> Compute {
    let swap = swap(compute, result)
    func place(_ axis: Int) -> Int {
      guard let swap else { return axis }
      return axis == swap.0 ? swap.1 : axis == swap.1 ? swap.0 : axis
    }
    return Compute(
      space: compute.space.indices.map { compute.space[place($0)] }, isLaned: compute.isLaned,
      operands: compute.operands.map { operand in
        .init(
          item: operand.item,
          axes: compute.space.indices.map { index in
            operand.axes[place(index)].map { axis($0, of: operand.item) }
          }, rotation: operand.rotation.map { (axis: place($0.axis), by: $0.by) })
      }, element: compute.element,
      reduction: compute.reduction.map { ($0.0, axes: $0.axes.map(place).sorted()) },
      resultAxes: compute.resultAxes.indices.map {
        place(compute.resultAxes[axis($0, of: result)])
      })
  }

  /// The axes of the space that change places: those of the result, or of what is summed up.
  private func swap(_ compute: Compute, _ result: Item) -> (Int, Int)? {
    if turned.contains(result) {
      return (
        compute.resultAxes[compute.resultAxes.count - 2],
        compute.resultAxes[compute.resultAxes.count - 1]
      )
    }
    // A value that lies as the program says is written in this order.
    if compute.isPlain { return nil }
    for operand in compute.operands where turned.contains(operand.item) {
      let count = program.items[operand.item].features.count
      if let first = operand.axes.firstIndex(of: count - 2),
        let second = operand.axes.firstIndex(of: count - 1)
      {
        return (first, second)
      }
    }
    return nil
  }
}
