// `einsum`: products of two operands at a time, left to right.

import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  /// A tensor with a label for each axis.
  private struct Labelled {
    var value: Value
    var labels: [Int]
  }

  func einsum(
    _ operands: [(value: TypedExpression, labels: [Int])], _ output: [Int]
  ) throws -> Aggregate<Operand> {
    var rest = try operands.map { Labelled(value: try scalarOrTensor($0.value), labels: $0.labels) }
    precondition(!rest.isEmpty, "an `einsum` of nothing")
    var current = rest.removeFirst()
    while !rest.isEmpty {
      let next = rest.removeFirst()
      let later = Set(output).union(rest.flatMap(\.labels))
      current = try product(current, next, keeping: later)
    }
    current = try summed(current, keeping: Set(output))
    let order = output.compactMap { current.labels.firstIndex(of: $0) }
    if order == Array(order.indices) { return tensor(current.value) }
    return tensor(
      try emit(movement.transpose, current.value, attributes: ["axes": .axes(order)]))
  }

  private func product(
    _ a: Labelled, _ b: Labelled, keeping later: Set<Int>
  ) throws -> Labelled {
    let left = try summed(a, keeping: later.union(b.labels))
    let right = try summed(b, keeping: later.union(left.labels))
    let shared = left.labels.filter(right.labels.contains)
    let kept = shared.filter(later.contains)
    let contracted = shared.filter { !later.contains($0) }
    func axes(_ labels: [Int], _ of: Labelled) -> [Int] {
      labels.compactMap { of.labels.firstIndex(of: $0) }
    }
    let value = try emit(
      contraction.contract, left.value, right.value,
      attributes: contractAttributes(
        batch: (axes(kept, left), axes(kept, right)),
        contracted: (axes(contracted, left), axes(contracted, right))))
    let labels =
      kept + left.labels.filter { !shared.contains($0) }
      + right.labels.filter { !shared.contains($0) }
    return Labelled(value: value, labels: labels)
  }

  /// Sums over the labels that nobody asks for any more.
  private func summed(_ operand: Labelled, keeping labels: Set<Int>) throws -> Labelled {
    let axes = operand.labels.indices.filter { !labels.contains(operand.labels[$0]) }
    if axes.isEmpty { return operand }
    let value = try emit(reductions.sum, operand.value, attributes: ["axes": .axes(axes)])
    return Labelled(value: value, labels: operand.labels.filter(labels.contains))
  }
}
