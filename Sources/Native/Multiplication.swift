// Which loop nests of blocks of one example are products of matrices.
//
// A contraction is one where each operand has an axis of its own and both have the one that is summed
// over; axes that both have and the result keeps, as that of several heads, are walked by loops around
// it. Vectors run along the last axis of the result. Bodies of loops are left alone: what a step of
// time multiplies is small, and shares nests with what else is done to it.
//
// Promise: every number is the same but for the order of sums.

import IR
import Tensors

extension Multiplication {
  /// A routine is not worth its call for fewer rows, columns or terms of a sum.
  private static let least = 4

  /// nil for a nest that is no such product, or a small one.
  init?(_ compute: Compute, _ program: Program, _ values: Values) {
    guard compute.element == .operand(0) * .operand(1), compute.operands.count == 2,
      let (reduction, sums) = compute.reduction, reduction == .sum, sums.count == 1,
      let columns = compute.resultAxes.last,
      compute.operands.allSatisfy({ operand in
        operand.rotation == nil && values.immediate(operand.item) == nil
          && program.items[operand.item].dtype == .real
      })
    else { return nil }
    func operand(_ position: Int, has axis: Int) -> Bool {
      compute.operands[position].axes[axis] != nil
    }
    guard operand(0, has: sums[0]), operand(1, has: sums[0]),
      let left = [0, 1].first(where: { !operand($0, has: columns) }),
      operand(1 - left, has: columns),
      let rows = compute.resultAxes.last(where: {
        operand(left, has: $0) && !operand(1 - left, has: $0)
      }),
      [rows, columns, sums[0]].allSatisfy({
        compute.space[$0].constant.map { $0 >= Multiplication.least } ?? true
      })
    else { return nil }
    self.init(compute: compute, left: left, rows: rows, columns: columns, sum: sums[0])
  }

  static func apply(to program: Program, _ producers: inout [Item: Step]) {
    let values = Values(program: program, producers: producers)
    for body in program.stages.flatMap({ [$0.uniform, $0.blocks] }) {
      for index in body.steps.indices {
        let step = body.steps[index]
        guard case .compute(let compute) = step.kind,
          let multiplication = Multiplication(compute, program, values)
        else { continue }
        let new = Step(kind: .multiply(multiplication), results: step.results, origin: step.origin)
        body.steps[index] = new
        producers[step.results[0]] = new
      }
    }
  }
}

extension Program {
  /// Whether the products of an example are those of matrices, which gain nothing from others beside
  /// it. In a loop over time they are those of vectors.
  var multipliesMatrices: Bool {
    let steps = stages.flatMap(\.blocks.steps)
    return steps.contains { isLargeProduct($0) }
      && !steps.contains { if case .loop = $0.kind { true } else { false } }
  }

  /// Whether it is a product of more than a few rows of each example with a matrix of more than a few
  /// rows and columns.
  private func isLargeProduct(_ step: Step) -> Bool {
    guard case .product(let product) = step.kind else { return false }
    let rows = items[product.rows].features.dropLast().reduce(1, *)
    return (items[product.matrix].features + [rows]).allSatisfy { dim in
      dim.constant.map { $0 >= Program.many } ?? true
    }
  }

  private static let many = 8
}
