// The reverse of a scan: two scans.
//
// The body and its reverse are made as one graph and split. The forward scan is the original with
// the residuals as further stacks. The backward scan runs the steps the other way round; it carries
// the cotangents of the carries and the sums of the cotangents of the constants, reads the
// residuals and the cotangents of the stacks as slices, and stacks the cotangents of the slices.
// Constants, slices and the index of the step are at hand anyway and are never stacked; what
// depends on constants alone is computed once, outside.
//
// Promise: memory is the residuals' and nothing else grows with the number of steps.

import IR
import Ops
import Tensors

struct ScanReversal {
  private let scan: Scan
  private let split: Split
  private let constants: [Int]
  private let carries: [Int]
  private let slices: [Int]
  private let stacks: [Int]
  /// Residuals by how the backward scan gets them.
  private var invariant: [Value] = []
  private var sliced: [Value] = []
  private var stacked: [Value] = []
  /// In the outer graph: operands of the forward scan and what stands for the residuals.
  private var operands: [Value] = []
  private var invariantSources: [Value] = []
  private var slicedSources: [Value] = []

  init(_ scan: Scan, _ marks: RegionMarks) {
    self.scan = scan
    let varied = scan.varied(marks.varied)
    let useful = scan.useful(marks.useful)
    let sliceStart = scan.constants + scan.carries
    func isActive(_ operand: Int) -> Bool { marks.varied[operand] && useful.operands[operand] }
    constants = (0..<scan.constants).filter(isActive)
    carries = (0..<scan.carries).filter { varied.carries[$0] && useful.carries[$0] }
    slices = (0..<scan.slices).filter { isActive(sliceStart + $0) }
    stacks = (0..<scan.stacks).filter {
      varied.results[scan.carries + $0] && marks.useful[scan.carries + $0]
    }

    // See Note: Steps that are not run.
    let body = scan.stopsEarly ? scan.bodyWithMaskedStacks : scan.body
    let firstStack = scan.stopsEarly ? scan.body.outputs.count : scan.carries
    let outputs = carries + stacks.map { firstStack + $0 }
    let inputs =
      constants.map { 1 + $0 } + carries.map { 1 + scan.constants + $0 }
      + slices.map { 1 + sliceStart + $0 }
    let joint = reverse(body, outputs: outputs, inputs: inputs)
    let given = joint.inputs.prefix(scan.body.inputs.count)
    let passed = Set(given[1...].prefix(scan.constants))
    let cut = Set(given.dropFirst(1 + sliceStart))
    split = Split(
      joint, primals: given.count, outputs: body.outputs.count,
      free: passed.union(cut).union(given.prefix(1)))

    let fixed = Self.invariants(joint, given: passed)
    for value in split.residuals where value != given[0] {
      if fixed.contains(value) {
        invariant.append(value)
      } else if cut.contains(value) {
        sliced.append(value)
      } else {
        stacked.append(value)
      }
    }
  }

  /// The forward scan; its own results only.
  mutating func emitForward(_ builder: Builder, _ operands: [Value]) -> [Value] {
    self.operands = operands
    var forward = scan
    forward.body = split.forward(
      name: scan.body.name, outputs: scan.body.outputs.count, and: stacked)
    let results = builder.scan(forward, operands)
    let own = scan.carries + scan.stacks
    slicedSources = sliced.map { operands[position($0) - 1] } + results.dropFirst(own)
    invariantSources = emitInvariants(builder)
    return Array(results.prefix(own))
  }

  // MARK: The backward scan

  /// The backward scan; the cotangents of the operands.
  func emitBackward(_ builder: Builder, _ arriving: [Value?]) -> [Value?] {
    let last = carries.map { arrived(builder, arriving, $0) }
    let seeds = stacks.map { arrived(builder, arriving, scan.carries + $0) }
    let sources = slicedSources + seeds
    let step = backwardStep()
    let sums = StepSums(step)
    let zeros = sums.carried.map { builder.zeros(like: scan.body.inputTypes[1 + constants[$0]]) }
    let results = builder.scan(
      backwardScan(step, sums), invariantSources + last + zeros + sources)

    let first = results.prefix(carries.count)
    let carriedSums = results.dropFirst(carries.count).prefix(zeros.count)
    let cut = results.dropFirst(carries.count + zeros.count).prefix(slices.count)
    let stacks = zip(step.slices + sums.factors, sources + results.suffix(sums.factors.count))
    let totals = sums.totals(
      builder, carried: Array(carriedSums), stacks: Dictionary(uniqueKeysWithValues: stacks))
    return placed(first: first, totals: totals, cut: cut)
  }

  /// The cotangent that arrives at a result of the scan, zeros where none does.
  private func arrived(_ builder: Builder, _ arriving: [Value?], _ result: Int) -> Value {
    if let cotangent = arriving[result] { return cotangent }
    let type = scan.body.outputTypes[result]
    return builder.zeros(like: result < scan.carries ? type : type.stacked(by: scan.trip))
  }

  /// One step backward, its sums not yet added up.
  private func backwardStep() -> BackwardStep {
    let body = Builder(name: "\(scan.body.name).reverse")
    let joint = split.joint
    var map: [Value: Value] = [:]
    func take(_ values: some Sequence<Value>) -> [Value] {
      values.map { value in
        let input = body.input(joint.type(of: value))
        map[value] = input
        return input
      }
    }
    let given = joint.inputs.prefix(scan.body.inputs.count)
    let cotangents = joint.inputs.dropFirst(given.count)
    let fixed = take(given.prefix(1) + invariant)
    _ = take(cotangents.prefix(carries.count))
    let sums = constants.map { body.input(scan.body.inputTypes[1 + $0]) }
    let cut = take(sliced + stacked + cotangents.dropFirst(carries.count))
    let gradients = split.emit(into: body, map)
    return BackwardStep(
      builder: body, fixed: fixed, sums: sums, slices: cut,
      parts: Array(gradients.prefix(constants.count)),
      carries: Array(gradients.dropFirst(constants.count).prefix(carries.count)),
      cut: Array(gradients.dropFirst(constants.count + carries.count)))
  }

  /// The steps the other way round. Results: the cotangents of the start values, the sums that are
  /// carried, the cotangents of the slices, the factors of the sums that are not.
  private func backwardScan(_ step: BackwardStep, _ sums: StepSums) -> Scan {
    var body = step.builder.finish(step.carries + sums.added + step.cut + sums.factors).pruned
    let dropped = Set(step.sums).subtracting(sums.carried.map { step.sums[$0] })
    body.inputs.removeAll { dropped.contains($0) }
    return Scan(
      body: body, trip: scan.trip, constants: invariant.count,
      carries: carries.count + sums.carried.count, isReversed: !scan.isReversed)
  }

  /// Cotangents at their places among the operands.
  private func placed(
    first: some Sequence<Value>, totals: [Value], cut: some Sequence<Value>
  ) -> [Value?] {
    var result = [Value?](repeating: nil, count: operands.count)
    for (carry, value) in zip(carries, first) { result[scan.constants + carry] = value }
    for (constant, value) in zip(constants, totals) { result[constant] = value }
    for (slice, value) in zip(slices, cut) { result[scan.constants + scan.carries + slice] = value }
    return result
  }

  // MARK: Residuals

  private func position(_ input: Value) -> Int {
    guard let position = split.joint.inputs.firstIndex(of: input) else {
      preconditionFailure("a sliced residual is no input")
    }
    return position
  }

  /// The values that are the same at every step and may be computed outside the loop: nothing that
  /// could fail, as a loop of no steps computes nothing.
  private static func invariants(_ joint: Graph, given: Set<Value>) -> Set<Value> {
    var result = given
    for node in joint.nodes {
      guard case .op(let op, _) = node.kind, !node.operands.isEmpty,
        node.operands.allSatisfy({ result.contains($0) }),
        node.results.allSatisfy({ joint.type(of: $0).dtype == .real })
      else { continue }
      switch op.kernel {
      case .pointwise, .view, .contract, .reduce(.sum), .reduce(.product):
        result.formUnion(node.results)
      default: continue
      }
    }
    return result
  }

  /// What stands outside for the invariant residuals.
  private func emitInvariants(_ builder: Builder) -> [Value] {
    let saved = builder.origin
    defer { builder.origin = saved }
    let joint = split.joint
    var map: [Value: Value] = [:]
    for (input, operand) in zip(joint.inputs.dropFirst().prefix(scan.constants), operands) {
      map[input] = operand
    }
    func mapped(_ value: Value) -> Value {
      guard let new = map[value] else { preconditionFailure("an invariant is not invariant") }
      return new
    }
    for index in joint.nodesNeeded(for: invariant, keepingEffects: false) {
      let node = joint.nodes[index]
      builder.origin = node.origin
      let results = builder.copy(node, node.operands.map(mapped))
      for (old, new) in zip(node.results, results) { map[old] = new }
    }
    return invariant.map(mapped)
  }
}

// Note: Steps that are not run
//
// The backward scan always runs every step. In a step that the forward scan did not run, all
// stacked residuals are zero; the flag, whose type is bool, is therefore false, and the body, which
// keeps every carry where the flag is false, hands the carries' cotangents through unchanged. The
// stacks hold zeros there that do not come from the body, so their cotangents must not reach it:
// the reverse is made of a body whose stacks are selected by the flag. A zero cotangent gives a
// zero gradient even where the zero residuals make a local derivative infinite.
