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
    let inputs = scan.body.inputs
    let constants = (0..<scan.constants).map { take(node, $0) }
    var carries = (0..<scan.carries).map { take(node, scan.constants + $0) }
    let slices = (scan.constants + scan.carries..<node.operands.count).map { take(node, $0) }
    let sliceShapes = slices.map { Array($0.shape.dropFirst()) }
    let sliceCounts = sliceShapes.map { Layout.product($0) }
    for slice in slices {
      precondition(slice.shape.first == trip, "a sliced operand is not as long as its scan")
    }
    let stackTypes = node.resultTypes.dropFirst(scan.carries)
    let stackShapes = Array(shapes.dropFirst(scan.carries))
    var stacks = zip(stackTypes, stackShapes).map { type, shape in
      Tensor.Storage.zeros(type.dtype, precision, count: Layout.product(shape))
    }
    steps.append(0)
    for step in 0..<trip {
      let index = scan.isReversed ? trip - 1 - step : step
      steps[steps.count - 1] = index
      if isInterrupted() { throw .interrupted }
      if scan.stopsEarly, !isAnyTrue(carries[0]) { break }
      set(inputs[0], Tensor(ints: [index]))
      for (position, constant) in constants.enumerated() { set(inputs[1 + position], constant) }
      let carryBase = 1 + scan.constants
      for position in carries.indices {
        set(inputs[carryBase + position], carries[position])
        // The body's table now holds the only reference, and may change it in place.
        carries[position] = Self.vacated
      }
      let sliceBase = carryBase + scan.carries
      for (position, slice) in slices.enumerated() {
        let count = sliceCounts[position]
        set(
          inputs[sliceBase + position],
          Tensor(shape: sliceShapes[position], storage: slice.storage.slice(index * count, count)))
      }
      let outputs = try run(scan.body)
      for position in carries.indices { carries[position] = outputs[position] }
      for position in stacks.indices {
        let output = outputs[scan.carries + position]
        let expected = stackShapes[position].dropFirst()
        guard output.shape.elementsEqual(expected) else {
          throw fault(
            node, "size-mismatch",
            "a step gives the shape \(output.shape), and the first one gave \(Array(expected))")
        }
        stacks[position].write(output.storage, at: index * output.count)
      }
    }
    steps.removeLast()
    for (result, carry) in zip(node.results, carries) { set(result, carry) }
    for position in stacks.indices {
      set(
        node.results[scan.carries + position],
        Tensor(shape: stackShapes[position], storage: stacks[position]))
    }
  }

  private static let vacated = Tensor(shape: [0], storage: .bool([]))

  private func isAnyTrue(_ flag: Tensor) -> Bool {
    guard case .bool(let flags) = flag.storage else {
      preconditionFailure("a scan stops by what is not a bool")
    }
    return flags.contains(true)
  }
}
