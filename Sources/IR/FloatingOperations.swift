// How many floating-point operations a graph asks for, as a polynomial over its sizes.
//
// Counted are sums, differences, products, quotients, the greater and the lesser of two, and every
// function of reals, each as one; a product with a sum behind it is two, as in a matrix product.
// Comparisons, choices, conversions and moves are free, and so is all work on ints: drawing numbers,
// putting them in order, indices.
//
// Promise: the count depends on the graph alone, not on who runs it. Of a branch it is that of the
// dearer side, of a loop that may stop early that of all its steps: never too little.

package import Tensors

extension Graph {
  /// Of one run; has no value where a size is computed in a loop.
  package var floatingOperations: Dim {
    nodes.reduce(0) { $0 + floatingOperations(of: $1) }
  }

  private func floatingOperations(of node: Node) -> Dim {
    switch node.kind {
    case .op(let op, let attributes): floatingOperations(of: op, attributes, node)
    case .scan(let scan): scan.trip * scan.body.floatingOperations
    case .branch(let branch):
      branch.then.floatingOperations.termwiseMaximum(branch.otherwise.floatingOperations)
    case .call(let call): call.body.floatingOperations
    }
  }

  private func floatingOperations(of op: Op, _ attributes: Attributes, _ node: Node) -> Dim {
    let types = node.operands.map(type(of:))
    func count(_ place: Int) -> Dim { types[place].dtype == .real ? types[place].count : 0 }
    switch op.kernel {
    case .pointwise(let expression):
      let dtypes = types.map(\.dtype)
      let each = expression(dtypes.indices.map { .operand($0) }).floatingOperations(dtypes)
      return Dim(each) * type(of: node.results[0]).count
    case .reduce: return count(0)
    case .contract:
      guard types[0].dtype == .real else { return 0 }
      let summed = attributes.axes("leftContracted").map { types[0].shape[$0] }
      // Where nothing is summed, products are all there is.
      let each = summed.isEmpty ? 1 : summed.reduce(2) { $0 * $1 }
      return each * type(of: node.results[0]).count
    case .scatter: return attributes["replaces"] == .flag(true) ? 0 : count(2)
    case .library:
      if case .recurrence? = op.routine { return 2 * count(1) }
      return 0
    case .view, .gather, .bindDim, .observe, .composite: return 0
    }
  }
}

extension TensorType {
  /// How many elements there are.
  fileprivate var count: Dim { shape.reduce(1) { $0 * $1 } }
}

extension Dim {
  /// No less than either, whatever the sizes; the greater where one is in every term.
  fileprivate func termwiseMaximum(_ other: Dim) -> Dim {
    if isOverflow || other.isOverflow { return self + other }
    var coefficients: [Monomial: Int] = [:]
    for term in terms { coefficients[term.monomial] = term.coefficient }
    var result = self
    for monomial in Set(coefficients.keys).union(other.terms.map(\.monomial)) {
      let own = coefficients[monomial] ?? 0
      let theirs = other.terms.first { $0.monomial == monomial }?.coefficient ?? 0
      guard theirs > own else { continue }
      result = result + monomial.reduce(Dim(theirs) - Dim(own)) { $0 * Dim($1) }
    }
    return result
  }
}

extension ScalarExpression {
  /// Of one element; what stands in it twice is computed once.
  /// - Parameter operands: what the operands are.
  fileprivate func floatingOperations(_ operands: [DType]) -> Int {
    var seen: Set<ScalarExpression> = []
    var count = 0
    func dtype(_ expression: ScalarExpression) -> DType {
      let isNew = seen.insert(expression).inserted
      switch expression {
      case .operand(let index): return operands[index]
      case .real: return .real
      case .integer: return .int
      case .boolean: return .bool
      case .unary(let function, let x):
        let result = dtype(x)
        if function == .isFinite || function == .not { return .bool }
        if isNew, result == .real { count += 1 }
        return result
      case .binary(let function, let x, let y):
        let (result, _) = (dtype(x), dtype(y))
        switch function {
        case .equal, .less, .lessOrEqual, .and, .or: return .bool
        case .add, .subtract, .multiply, .divide, .floorDivide, .remainder, .power, .minimum,
          .maximum, .multiplyHigh:
          if isNew, result == .real { count += 1 }
          return result
        }
      case .select(let condition, let x, let y):
        let (_, result, _) = (dtype(condition), dtype(x), dtype(y))
        return result
      case .convert(let x, let result):
        _ = dtype(x)
        return result
      }
    }
    _ = dtype(self)
    return count
  }
}
