// Which numbers stopped being finite where, for a run that ends in one that is not.
//
// A number is *first* not finite where it would not be finite even if all that it is computed from
// were: an input, or an element of a result. They are counted in the order of the run. A check lets
// the first few of them be and puts 1 in place of all later ones. So the question which of them is to
// blame has an answer without any knowledge of the ops: the smallest count of them with which the run
// still ends in a number that is not finite has the culprit as its last. What lanes compute that are
// not taken, and what a mask removes, is never it. The same question may be asked of NaN alone.

package import IR
package import Tensors

/// What a check looks for.
package enum Unwanted: Sendable {
  case notFinite, notANumber

  fileprivate func contains(_ value: some FloatingPoint) -> Bool {
    switch self {
    case .notFinite: !value.isFinite
    case .notANumber: value.isNaN
    }
  }
}

/// One number that is not finite although everything it is computed from is.
package struct FirstNotFinite: Sendable {
  package enum Source: Sendable {
    case input(Int)
    /// With its operands, those replaced that were not finite themselves.
    case op(Op, operands: [Tensor], Origin, steps: [Int], TensorType)
  }

  package let source: Source
  package let value: Double
  /// The place of the number in its tensor.
  package let index: [Int]
}

/// Counts in one run. Made anew for each.
package final class FiniteCheck {
  fileprivate let unwanted: Unwanted
  /// How many are let be.
  private let kept: Int
  package private(set) var count = 0
  /// The last of those that were let be.
  package private(set) var last: FirstNotFinite?
  /// Where claims did not hold of numbers that are not finite.
  package fileprivate(set) var brokenClaims: [Origin] = []

  package init(for unwanted: Unwanted, keeping kept: Int) {
    self.unwanted = unwanted
    self.kept = kept
  }

  func checked(_ input: Tensor, at index: Int) -> Tensor {
    checked(input, own: input) { .input(index) }
  }

  /// - Parameter own: what the result is if its operands are finite.
  func checked(
    _ result: Tensor, own: Tensor, _ source: () -> FirstNotFinite.Source
  ) -> Tensor {
    if !result.holds(unwanted) || !own.holds(unwanted) { return result }
    var replaced = Array(repeating: false, count: result.count)
    for (place, (value, own)) in zip(result.doubles, own.doubles).enumerated()
    where unwanted.contains(value) && unwanted.contains(own) {
      count += 1
      if count > kept {
        replaced[place] = true
      } else if count == kept {
        last = FirstNotFinite(
          source: source(), value: value, index: Layout.index(place, in: result.shape))
      }
    }
    return result.withOnes { replaced[$0] }
  }
}

extension Machine {
  /// Runs a node, and counts what is first not finite in its results.
  func run(_ node: PreparedNode, checkedBy check: FiniteCheck) throws(ExecutionProblem) {
    switch node.action {
    case .branch, .scan, .call, .observe, .bindDim: return try run(node)
    case .pointwise, .reduce, .view, .gather, .scatter, .contract, .library: break
    }
    let operands = node.operands.map(read)
    if try !runUnasserted(node, operands), operands[0].holds(check.unwanted) {
      check.brokenClaims.append(node.origin)
    }
    let results = node.results.map(read)
    if !results.contains(where: { $0.holds(check.unwanted) }) { return }
    var own = results
    let finite = operands.map { $0.without(check.unwanted) }
    if operands.contains(where: { $0.holds(check.unwanted) }) {
      for (value, operand) in zip(node.operands, finite) { set(value, operand) }
      _ = try runUnasserted(node, finite)
      own = node.results.map(read)
    }
    // The table gave up what was read last; what is not freed may be read again.
    for (value, operand) in zip(node.operands, operands) { set(value, operand) }
    for (position, value) in node.results.enumerated() {
      let result = check.checked(results[position], own: own[position]) {
        guard let op = node.op else { preconditionFailure("a node of a row without its row") }
        return .op(
          op, operands: finite, node.origin, steps: steps, node.resultTypes[position])
      }
      set(value, result)
    }
  }

  /// A row that hands on its operand or fails, as a claim does, cannot fail here: the ones in place of
  /// what is not finite are no numbers of the program.
  /// - Returns: false where it would have failed.
  private func runUnasserted(
    _ node: PreparedNode, _ operands: [Tensor]
  ) throws(ExecutionProblem) -> Bool {
    do throws(ExecutionProblem) {
      try run(node)
      return true
    } catch {
      guard case .evaluation = error, node.results.count == 1, let first = operands.first,
        try resultShapes(node) == [first.shape], node.resultTypes[0].dtype == first.dtype
      else { throw error }
      set(node.results[0], first)
      return false
    }
  }
}

extension Tensor {
  package func holds(_ unwanted: Unwanted) -> Bool {
    switch storage {
    case .single(let values): values.contains { unwanted.contains($0) }
    case .double(let values): values.contains { unwanted.contains($0) }
    case .int, .bool: false
    }
  }

  /// With ones in place of what is unwanted.
  fileprivate func without(_ unwanted: Unwanted) -> Tensor {
    if !holds(unwanted) { return self }
    let values = doubles
    return withOnes { unwanted.contains(values[$0]) }
  }

  fileprivate func withOnes(_ isReplaced: (Int) -> Bool) -> Tensor {
    var result = self
    switch storage {
    case .single(var values):
      for place in values.indices where isReplaced(place) { values[place] = 1 }
      result.storage = .single(values)
    case .double(var values):
      for place in values.indices where isReplaced(place) { values[place] = 1 }
      result.storage = .double(values)
    case .int, .bool: break
    }
    return result
  }
}
