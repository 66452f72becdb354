// Views: results that are their operands in another order.

import IR
import Tensors

extension Machine {
  func view(_ node: PreparedNode, _ view: PreparedView) throws(ExecutionProblem) {
    let operand = read(node.operands[0])
    if case .slice(let axis, let start, let dims) = view {
      try check(node, operand.shape[axis], start, node.resultShapes[0][axis], dims)
    }
    let shape = try resultShapes(node)[0]
    let result: Tensor
    switch view {
    case .reshape:
      result = operand.reshaped(shape)
    case .broadcast(let axes):
      let strides = Layout.strides(operand.shape)
      var steps = [Int](repeating: 0, count: shape.count)
      for (axis, position) in axes.enumerated() where operand.shape[axis] == shape[position] {
        steps[position] = strides[axis]
      }
      result = copy(operand, shape, steps)
    case .transpose(let axes):
      let strides = Layout.strides(operand.shape)
      result = copy(operand, shape, axes.map { strides[$0] })
    case .slice(let axis, let start, let dims):
      let first = try size(node, start, dims.start)
      let strides = Layout.strides(operand.shape)
      result = copy(operand, shape, strides, offset: first * strides[axis])
    case .reverse(let axis):
      var strides = Layout.strides(operand.shape)
      let offset = max(shape[axis] - 1, 0) * strides[axis]
      strides[axis] = -strides[axis]
      result = copy(operand, shape, strides, offset: offset)
    case .rotate(let axis, let by):
      result = rotate(operand, axis, by)
    case .concatenate(let axis):
      result = concatenate(node.operands.map(read), axis, shape)
    }
    set(node.results[0], result)
  }

  /// What a slice names is inside of the axis it is taken of.
  private func check(
    _ node: PreparedNode, _ whole: Int, _ start: PreparedDim, _ count: PreparedDim,
    _ dims: (start: Dim, count: Dim)
  ) throws(ExecutionProblem) {
    if let first = start.evaluated(sizes), let count = count.evaluated(sizes),
      count <= whole - first
    {
      return
    }
    let known = namedSizes()
    guard let first = dims.start.evaluated(known), let count = dims.count.evaluated(known) else {
      _ = (try size(node, start, dims.start), try size(node, count, dims.count))
      return
    }
    let (end, overflow) = first.addingReportingOverflow(count)
    if let problem = EntryRange.problem(from: first, to: overflow ? .max : end, of: whole) {
      throw fault(node, "index-out-of-range", problem)
    }
  }

  private func copy(
    _ operand: Tensor, _ shape: [Int], _ strides: [Int], offset: Int = 0
  ) -> Tensor {
    let copy = StridedCopy(shape: shape, strides: strides, offset: offset)
    if copy.isContiguous && copy.count == operand.count { return operand.reshaped(shape) }
    return Tensor(shape: shape, storage: copy(operand.storage))
  }

  private func rotate(_ operand: Tensor, _ axis: Int, _ by: Int) -> Tensor {
    let size = operand.shape[axis]
    let start = Layout.rotated(0, by: -by, size)
    if start == 0 { return operand }
    let strides = Layout.strides(operand.shape)
    let parts = [(start, size - start), (0, start)].map { first, count in
      var shape = operand.shape
      shape[axis] = count
      return copy(operand, shape, strides, offset: first * strides[axis])
    }
    return concatenate(parts, axis, operand.shape)
  }

  private func concatenate(_ parts: [Tensor], _ axis: Int, _ shape: [Int]) -> Tensor {
    switch parts[0].storage {
    case .single:
      joined(parts, axis, shape, { if case .single(let values) = $0 { values } else { nil } }) {
        .single($0)
      }
    case .double:
      joined(parts, axis, shape, { if case .double(let values) = $0 { values } else { nil } }) {
        .double($0)
      }
    case .int:
      joined(parts, axis, shape, { if case .int(let values) = $0 { values } else { nil } }) {
        .int($0)
      }
    case .bool:
      joined(parts, axis, shape, { if case .bool(let values) = $0 { values } else { nil } }) {
        .bool($0)
      }
    }
  }

  private func joined<Element>(
    _ parts: [Tensor], _ axis: Int, _ shape: [Int], _ elements: (Tensor.Storage) -> [Element]?,
    _ storage: ([Element]) -> Tensor.Storage
  ) -> Tensor {
    let arrays = parts.map { part in
      guard let values = elements(part.storage) else {
        preconditionFailure("parts of two element types")
      }
      return values
    }
    let outer = Layout.product(shape[..<axis])
    let runs = parts.map { Layout.product($0.shape[axis...]) }
    var result: [Element] = []
    result.reserveCapacity(Layout.product(shape))
    var patience = Patience()
    for index in 0..<outer {
      for (values, run) in zip(arrays, runs) {
        var start = index * run
        let end = start + run
        while start < end {
          let next = min(start + Patience.block, end)
          result.append(contentsOf: values[start..<next])
          if patience.isOver(after: next - start) {
            return Tensor(shape: [0], storage: storage([]))
          }
          start = next
        }
      }
    }
    return Tensor(shape: shape, storage: storage(result))
  }
}
