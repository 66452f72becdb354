// Nodes that hold graphs: branch, scan, call.

import IR
import Tensors

extension Machine {
  func branch(
    _ node: PreparedNode, _ then: PreparedBody, _ otherwise: PreparedBody
  ) throws(ExecutionProblem) {
    guard case .bool(let flags) = read(node.operands[0]).storage, let flag = flags.first else {
      preconditionFailure("a branch by what is not a bool")
    }
    let body = flag ? then : otherwise
    for (position, input) in body.inputs.enumerated() { set(input, take(node, position + 1)) }
    try finish(node, body)
  }

  func call(_ node: PreparedNode, _ body: PreparedBody) throws(ExecutionProblem) {
    for (position, input) in body.inputs.enumerated() { set(input, take(node, position)) }
    try finish(node, body)
  }

  private func finish(_ node: PreparedNode, _ body: PreparedBody) throws(ExecutionProblem) {
    let outputs = try run(body)
    for (result, output) in zip(node.results, outputs) { set(result, output) }
  }

  func scan(_ node: PreparedNode, _ scan: PreparedScan) throws(ExecutionProblem) {
    let shapes = try resultShapes(node)
    let trip = try size(node, scan.trip, scan.tripDim)
    let constants = (0..<scan.constants).map { take(node, $0) }
    var carries = (0..<scan.carries).map { take(node, scan.constants + $0) }
    let slices = (scan.constants + scan.carries..<node.operands.count).map { place in
      Slices(take(node, place), trip: trip)
    }
    let stackTypes = node.resultTypes.dropFirst(scan.carries)
    var stacks = zip(stackTypes, shapes.dropFirst(scan.carries)).map { type, shape in
      Tensor(shape: shape, storage: .zeros(type.dtype, precision, count: Layout.product(shape)))
    }
    steps.append(0)
    for step in 0..<trip {
      let index = scan.isReversed ? trip - 1 - step : step
      steps[steps.count - 1] = index
      if isInterrupted() { throw .interrupted }
      if scan.stopsEarly, !isAnyTrue(carries[0]) { break }
      enter(scan.body, index, constants, &carries, slices)
      let outputs = try run(scan.body)
      for position in carries.indices { carries[position] = outputs[position] }
      for position in stacks.indices {
        try put(outputs[scan.carries + position], at: index, of: &stacks[position], node)
      }
    }
    steps.removeLast()
    for (result, value) in zip(node.results, carries + stacks) { set(result, value) }
  }

  /// An operand of a scan that gives a slice to each step.
  private struct Slices {
    let tensor: Tensor
    let shape: [Int]
    let count: Int

    init(_ tensor: Tensor, trip: Int) {
      precondition(tensor.shape.first == trip, "a sliced operand is not as long as its scan")
      self.tensor = tensor
      shape = Array(tensor.shape.dropFirst())
      count = Layout.product(shape)
    }

    subscript(index: Int) -> Tensor {
      Tensor(shape: shape, storage: tensor.storage.slice(index * count, count))
    }
  }

  /// Sets the inputs of a body for one step. The carries are given up, so that the body's table holds
  /// the only reference and may change them in place.
  private func enter(
    _ body: PreparedBody, _ index: Int, _ constants: [Tensor], _ carries: inout [Tensor],
    _ slices: [Slices]
  ) {
    set(body.inputs[0], Tensor(ints: [index]))
    for (position, constant) in constants.enumerated() { set(body.inputs[1 + position], constant) }
    let firstCarry = 1 + constants.count
    for position in carries.indices {
      set(body.inputs[firstCarry + position], carries[position])
      carries[position] = Self.vacated
    }
    let firstSlice = firstCarry + carries.count
    for (position, slice) in slices.enumerated() {
      set(body.inputs[firstSlice + position], slice[index])
    }
  }

  /// Puts what a step gives into its place of a stack, in place.
  private func put(
    _ output: Tensor, at index: Int, of stack: inout Tensor, _ node: PreparedNode
  ) throws(ExecutionProblem) {
    let expected = stack.shape.dropFirst()
    guard output.shape.elementsEqual(expected) else {
      throw fault(
        node, "size-mismatch",
        "a step gives the shape \(output.shape), and the first one gave \(Array(expected))")
    }
    stack.storage.write(output.storage, at: index * output.count)
  }

  private static let vacated = Tensor(shape: [0], storage: .bool([]))

  private func isAnyTrue(_ flag: Tensor) -> Bool {
    guard case .bool(let flags) = flag.storage else {
      preconditionFailure("a scan stops by what is not a bool")
    }
    return flags.contains(true)
  }
}
