// Structs and records as one: arithmetic, `map`, `zip`, `norm`, `count` over their parameters.
//
// What is no parameter (frozen fields, ints, streams, functions) is taken from the first operand.

import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  func treeArithmetic(_ op: Op, _ operands: [TypedExpression]) throws -> Aggregate<Operand> {
    let values = try operands.map(evaluate)
    return try combined(values) { leaves in try emit(op, leaves)[0] }
  }

  /// Applies `combine` to corresponding parameters; an operand of rank 0 goes with each of them.
  private func combined(
    _ values: [Aggregate<Operand>], _ combine: ([Value]) throws -> Value
  ) throws -> Aggregate<Operand> {
    let base = values.first { !isScalar($0) } ?? values.first ?? .unit
    let skeleton = base.skeleton
    var columns: [[Operand]] = []
    for value in values {
      if isScalar(value), let leaf = value.leaves.first {
        columns.append(Array(repeating: leaf, count: base.leaves.count))
      } else if value.skeleton == skeleton {
        columns.append(value.leaves)
      } else {
        throw problem(
          LoweringMessages.shapesDiffer,
          "\(words(types(value))) does not correspond to \(words(types(base)))",
          notes: types(base).difference(from: types(value)).notes)
      }
    }
    var index = -1
    return try base.mapPlaced { place, leaf in
      index += 1
      guard place.isParameter(leaf.type.dtype) else { return leaf }
      return operand(try combine(columns.map { use($0[index]) }))
    }
  }

  private func isScalar(_ value: Aggregate<Operand>) -> Bool {
    guard case .tensor(let leaf) = value else { return false }
    return leaf.type.rank == 0
  }

  func tree(
    _ function: TreeFunction, _ mapped: TypedExpression?, _ operands: [TypedExpression]
  ) throws -> Aggregate<Operand> {
    let values = try operands.map(evaluate)
    switch function {
    case .map, .zip:
      guard let mapped else { preconditionFailure("`\(function)` has no function") }
      let closure = try functionValue(mapped)
      var leaf = 0
      return try combined(values) { leaves in
        leaf += 1
        let result = try apply(closure, leaves.map(tensor), .step(leaf - 1))
        guard case .tensor(let value) = result else {
          preconditionFailure("a mapped function gives \(words(types(result)))")
        }
        return use(value)
      }
    case .norm: return tensor(try norm(values))
    case .count:
      let dims = values.flatMap(parameterLeaves).map { $0.type.shape.reduce(Dim(1), *) }
      return tensor(try size(dims.reduce(Dim(0), +)))
    }
  }

  /// The root of the sum of the squares of all parameters.
  private func norm(_ values: [Aggregate<Operand>]) throws -> Value {
    var total: Value?
    for leaf in values.flatMap(parameterLeaves) {
      let value = use(leaf)
      var square = try emit(pointwise.mul, value, value)
      let axes = Array(0..<leaf.type.rank)
      if !axes.isEmpty {
        square = try emit(reductions.sum, square, attributes: ["axes": .axes(axes)])
      }
      total = try total.map { try emit(pointwise.add, $0, square) } ?? square
    }
    return try emit(pointwise.sqrt, total ?? real(0))
  }
}
