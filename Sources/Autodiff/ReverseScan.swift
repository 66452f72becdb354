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

  init(_ scan: Scan, _ marks: RegionMarks) throws(DerivativeProblem) {
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
    let joint = try reverse(body, outputs: outputs, inputs: inputs)
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

  /// The backward scan; the cotangents of the operands.
  func emitBackward(_ builder: Builder, _ arriving: [Value?]) -> [Value?] {
    let types = scan.body.inputTypes.dropFirst()
    let results = scan.body.outputTypes
    func arrived(_ result: Int, _ type: TensorType) -> Value {
      arriving[result] ?? builder.zeros(like: type)
    }
    let carried = carries.map { arrived($0, results[$0]) }
    let seeds = stacks.map { stack in
      arrived(scan.carries + stack, results[scan.carries + stack].stacked(by: scan.trip))
    }

    // The body: its inputs are the index, invariants, cotangents of carries, sums, slices.
    let body = Builder(name: "\(scan.body.name).reverse")
    var map: [Value: Value] = [:]
    let joint = split.joint
    let cotangents = joint.inputs.dropFirst(scan.body.inputs.count)
    map[joint.inputs[0]] = body.input(TensorType(.int))
    for value in invariant { map[value] = body.input(joint.type(of: value)) }
    for value in cotangents.prefix(carries.count) {
      map[value] = body.input(joint.type(of: value))
    }
    let sumBase = body.inputs.count
    for constant in constants { _ = body.input(types[1 + constant]) }
    let sums = Array(body.inputs[sumBase...])
    for value in sliced + stacked { map[value] = body.input(joint.type(of: value)) }
    for value in cotangents.dropFirst(carries.count) {
      map[value] = body.input(joint.type(of: value))
    }
    let gradients = split.emit(into: body, map)

    let next = gradients.dropFirst(constants.count).prefix(carries.count)
    let cut = gradients.dropFirst(constants.count + carries.count)

    // Sums are carried, or taken after the loop.
    let cutInputs = Array(body.inputs[(sumBase + constants.count)...])
    let sources = Dictionary(uniqueKeysWithValues: zip(cutInputs, slicedSources + seeds))
    var deferral = Deferral(
      body.finish(gradients), sliced: Set(cutInputs),
      constants: Set(body.inputs.prefix(1 + invariant.count)))
    let parts = deferral.split(Array(gradients.prefix(constants.count)), body)
    var factors: [Value] = []
    for factor in parts.flatMap({ $0.0?.factors ?? [] })
    where sources[factor] == nil && !factors.contains(factor) {
      factors.append(factor)
    }
    let summed = parts.indices.filter { parts[$0].rest != nil }
    let totals = zip(sums, parts).compactMap { sum, part in part.rest.map { body.add(sum, $0) } }
    var graph = body.finish(next + totals + cut + factors).pruned
    let dropped = Set(sums.indices.filter { !summed.contains($0) }.map { sums[$0] })
    graph.inputs.removeAll { dropped.contains($0) }
    let backward = Scan(
      body: graph, trip: scan.trip, constants: invariant.count,
      carries: carries.count + summed.count, isReversed: !scan.isReversed)
    let zeros = summed.map { builder.zeros(like: types[1 + constants[$0]]) }
    let ends = builder.scan(
      backward, invariantSources + carried + zeros + slicedSources + seeds)

    // The sums in order, whichever way they came about.
    let stacks = sources.merging(zip(factors, ends.suffix(factors.count))) { $1 }
    let carriedSums = Dictionary(
      uniqueKeysWithValues: zip(summed, ends.dropFirst(carries.count)))
    let all = parts.enumerated().map { place, part -> Value in
      let deferred = part.0?.emit(builder, stacks)
      switch (carriedSums[place], deferred) {
      case (let a?, let b?): return builder.add(a, b)
      case (let a?, nil), (nil, let a?): return a
      case (nil, nil): return builder.zeros(like: types[1 + constants[place]])
      }
    }
    let cutResults = ends.dropFirst(carries.count + summed.count).prefix(slices.count)
    let leaving = ends.prefix(carries.count) + all + cutResults

    var cotangent = [Value?](repeating: nil, count: operands.count)
    let sliceStart = scan.constants + scan.carries
    let positions =
      carries.map { scan.constants + $0 } + constants + slices.map { sliceStart + $0 }
    for (position, value) in zip(positions, leaving) { cotangent[position] = value }
    return cotangent
  }

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
