// Arithmetic on ints that are written: what goes beyond 64 bits is known before anything runs.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  /// Reports an int that the text alone says to be beyond 64 bits.
  func reportsOverflow(_ op: Op, _ operands: [TypedExpression], _ span: Span) -> Bool {
    let numbers = operands.compactMap(\.writtenInt)
    guard numbers.count == operands.count, op.exactly(numbers) == .overflow else { return false }
    report(
      .numberTooLarge, "this is beyond what an int can hold", at: span,
      notes: ["an int lies between \(Int.min) and \(Int.max)"],
      help: ["a `real` reaches farther: write the numbers with a point"])
    return true
  }
}

extension TypedExpression {
  /// The int that is written, with or without arithmetic.
  fileprivate var writtenInt: Int? {
    switch form {
    case .integer(let number): return number
    case .pointwise(let op, let operands, _):
      let numbers = operands.compactMap(\.writtenInt)
      guard numbers.count == operands.count, case .number(let result)? = op.exactly(numbers) else {
        return nil
      }
      return result
    default: return nil
    }
  }
}

private enum ExactInt: Equatable {
  case number(Int)
  case overflow
}

extension Op {
  /// What ints give without wrapping; nil of ops that are no such arithmetic.
  fileprivate func exactly(_ numbers: [Int]) -> ExactInt? {
    func result(_ pair: (partialValue: Int, overflow: Bool)) -> ExactInt {
      pair.overflow ? .overflow : .number(pair.partialValue)
    }
    switch (self, numbers.count) {
    case (pointwise.neg, 1): return result((0).subtractingReportingOverflow(numbers[0]))
    case (pointwise.add, 2): return result(numbers[0].addingReportingOverflow(numbers[1]))
    case (pointwise.sub, 2): return result(numbers[0].subtractingReportingOverflow(numbers[1]))
    case (pointwise.mul, 2): return result(numbers[0].multipliedReportingOverflow(by: numbers[1]))
    case (pointwise.floorDiv, 2) where numbers[1] == -1:
      return result((0).subtractingReportingOverflow(numbers[0]))
    default: return nil
    }
  }
}
