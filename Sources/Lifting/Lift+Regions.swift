// What the nodes that hold graphs become.
//
// A scan's carries are lifted where the start value or the body makes them so, found by repetition
// until nothing changes. A branch whose predicate differs from entry to entry runs both sides and
// selects. A loop that stops early for some entries runs on for the others.
//
// Promise: what is computed for an entry that does not need it changes none of its results.

import IR
import Ops
import Tensors

extension Lift {
  // MARK: Scan

  func liftedScan(_ scan: Scan, _ operands: [Lifted]) throws(LiftingProblem) -> [Lifted] {
    var marks = operands.map(\.isLifted)
    let carries = scan.constants..<(scan.constants + scan.carries)
    var scan = scan
    let isRagged = isRagged(scan.trip)
    if isRagged { scan.body = Self.frozen(scan) }
    while true {
      let body = try liftedBody(scan, marks, isRagged: isRagged)
      let grown = carries.filter { body.outputs[$0 - scan.constants] && !marks[$0] }
      if grown.isEmpty { return emit(scan, body, marks, operands) }
      for carry in grown { marks[carry] = true }
    }
  }

  private func liftedBody(
    _ scan: Scan, _ marks: [Bool], isRagged: Bool
  ) throws(LiftingProblem) -> (graph: Graph, outputs: [Bool]) {
    let flagDiffers = scan.stopsEarly && marks[scan.constants]
    let carried = marks[scan.constants..<(scan.constants + scan.carries)]
    var body = scan.body
    if flagDiffers {
      // Entries that have ended stack zeros while others go on.
      body = scan.bodyWithMaskedStacks
      body.outputs.removeSubrange(scan.carries..<scan.body.outputs.count)
    }
    return try self.body(
      of: body, inputs: [false] + marks, forced: Array(carried), contextAt: 1
    ) { walk, inputs in
      walk.builder.both(
        flagDiffers ? walk.goesOn(inputs[1 + scan.constants].value) : nil,
        isRagged ? walk.isWithin(inputs[0].value, scan.trip) : nil)
    }
  }

  /// The entries that are not done, by the flag of a loop that stops early.
  private func goesOn(_ flag: Value) -> Value {
    let rank = builder.shape(flag).count
    return rank == 1
      ? flag : builder.emit(reductions.any, flag, attributes: ["axes": .axes(Array(1..<rank))])
  }

  private func emit(
    _ scan: Scan, _ body: (graph: Graph, outputs: [Bool]), _ marks: [Bool], _ operands: [Lifted]
  ) -> [Lifted] {
    var lifted = scan
    lifted.body = body.graph
    lifted.constants += context.count
    let passed = scan.constants + scan.carries
    let values = operands.enumerated().map { index, operand in
      if !marks[index] { return operand.value }
      // Slices are cut along the first axis, so the steps come before the entries.
      return index < passed ? raised(operand) : toFront(operand.value, 1)
    }
    let results = builder.scan(lifted, context + values)
    return zip(results, body.outputs).enumerated().map { index, result in
      let (value, isLifted) = result
      let isStack = index >= scan.carries
      return Lifted(value: isLifted && isStack ? toFront(value, 1) : value, isLifted: isLifted)
    }
  }

  // MARK: Branch

  func liftedBranch(_ branch: Branch, _ operands: [Lifted]) throws(LiftingProblem) -> [Lifted] {
    let predicate = operands[0]
    let arguments = Array(operands.dropFirst())
    if predicate.isLifted {
      let not = builder.emit(pointwise.not, predicate.value)
      let then = try inlined(branch.then, arguments, where: predicate.value)
      let otherwise = try inlined(branch.otherwise, arguments, where: not)
      return zip(then, otherwise).map { then, otherwise in
        let (a, b) = (raised(then), raised(otherwise))
        let shape = builder.shape(a)
        let condition = builder.broadcast(predicate.value, to: shape, axes: [0])
        return Lifted(value: builder.select(condition, a, b), isLifted: true)
      }
    }
    let marks = arguments.map(\.isLifted)
    let either = zip(
      try liftedSide(branch.then, marks, []).outputs,
      try liftedSide(branch.otherwise, marks, []).outputs
    ).map { $0 || $1 }
    let lifted = Branch(
      then: try liftedSide(branch.then, marks, either).graph,
      otherwise: try liftedSide(branch.otherwise, marks, either).graph)
    let results = builder.branch(
      lifted, [predicate.value] + context + arguments.map(\.value))
    return zip(results, either).map { Lifted(value: $0, isLifted: $1) }
  }

  private func liftedSide(
    _ side: Graph, _ marks: [Bool], _ forced: [Bool]
  ) throws(LiftingProblem) -> (graph: Graph, outputs: [Bool]) {
    try body(of: side, inputs: marks, forced: forced, contextAt: 0)
  }

  /// One side of a branch that all entries run, whether or not they take it.
  private func inlined(
    _ side: Graph, _ arguments: [Lifted], where condition: Value
  ) throws(LiftingProblem) -> [Lifted] {
    let taken = builder.both(taken, condition)
    return try Lift(side, over: dim, into: builder, lengths: lengths, taken: taken).run(arguments)
  }

  // MARK: Call

  func liftedCall(_ call: Call, _ operands: [Lifted]) throws(LiftingProblem) -> [Lifted] {
    let marks = operands.map(\.isLifted)
    let body = try body(of: call.body, inputs: marks, contextAt: 0)
    var lifted = call
    lifted.body = body.graph
    if let derivative = call.derivative {
      lifted.derivative = try liftedDerivative(derivative, of: call, marks, body.outputs)
    }
    let results = builder.call(lifted, context + operands.map(\.value))
    return zip(results, body.outputs).map { Lifted(value: $0, isLifted: $1) }
  }

  /// The derivative over one more axis. The cotangent of an operand that all entries share is the
  /// sum of what the entries give.
  private func liftedDerivative(
    _ derivative: Graph, of call: Call, _ operands: [Bool], _ results: [Bool]
  ) throws(LiftingProblem) -> Graph {
    let cotangents = zip(call.body.outputTypes, results).filter { $0.0.dtype == .real }.map(\.1)
    let shared = zip(call.body.inputTypes, operands).filter { $0.0.dtype == .real }.map { !$1 }
    let lifted = try body(
      of: derivative, inputs: operands + results + cotangents,
      forced: shared.map { _ in true }, contextAt: 0)
    let builder = Builder(name: derivative.name)
    let outputs = builder.inline(lifted.graph, lifted.graph.inputTypes.map(builder.input))
    return builder.finish(
      zip(outputs, shared).map { $1 ? builder.sum($0, axes: [0]) : $0 })
  }
}
