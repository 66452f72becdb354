// Type rules and refinement rules of rows whose operands are written down with their dims.
//
// `fixedRanks([[dimN, dimM], [dimM], []], gives: [[dimN]])` reads as a signature does. Letters that
// stand alone take the dims of the operands from left to right; composed dims (`X + H`) are worked
// out from them and compared.

import IR
import Tensors

let dimH = Dim(DimSymbol("H"))
let dimM = Dim(DimSymbol("M"))
let dimN = Dim(DimSymbol("N"))
let dimS = Dim(DimSymbol("S"))
let dimX = Dim(DimSymbol("X"))

/// A rule for real operands of the shapes given, in terms of letters.
func fixedRanks(_ operands: [[Dim]], gives results: [[Dim]]) -> TypeRule {
  { (types, _) throws(TypeProblem) in
    try TypeRules.require(count: operands.count, types)
    var bindings: [DimSymbol: Dim] = [:]
    for (operand, (shape, type)) in zip(operands, types).enumerated() {
      if type.dtype != .real || type.rank != shape.count {
        throw TypeProblem(
          operand: operand, expected: "\(TensorType(.real, shape))", found: "\(type)")
      }
      for (letter, dim) in zip(shape, type.shape) {
        if let symbol = letter.symbol, bindings[symbol] == nil { bindings[symbol] = dim }
      }
    }
    for (operand, (shape, type)) in zip(operands, types).enumerated() {
      let expected = TensorType(.real, shape).substituting(bindings)
      if type != expected {
        throw TypeProblem(operand: operand, expected: "\(expected)", found: "\(type)")
      }
    }
    return results.map { TensorType(.real, $0).substituting(bindings) }
  }
}

func checkCount(_ types: [TensorType], _ count: Int) throws(TypeProblem) {
  if types.count != count {
    throw TypeProblem(operand: nil, expected: "\(count) operands", found: "\(types.count)")
  }
}

func checkReal(_ types: [TensorType], _ operand: Int) throws(TypeProblem) {
  if types[operand].dtype != .real {
    throw TypeProblem(operand: operand, expected: "real entries", found: "\(types[operand])")
  }
}

/// The axes are distinct and the type has them.
func checkAxes(_ type: TensorType, _ operand: Int, _ axes: [Int]) throws(TypeProblem) {
  if let missing = axes.first(where: { $0 < 0 || $0 >= type.rank }) {
    throw TypeProblem(operand: operand, expected: "an axis \(missing)", found: "\(type)")
  }
  if Set(axes).count != axes.count {
    throw TypeProblem(operand: operand, expected: "each axis once", found: "\(axes)")
  }
}

// MARK: Refinements

/// What every operand claims.
@Sendable func sharedClaim(_ claims: [Refinement?]) -> Refinement? {
  Refinement.allCases.first { claim in
    !claims.isEmpty && claims.allSatisfy { $0?.implies(claim) == true }
  }
}

/// The operand's claim about its entries one by one, for rows that keep only some of them.
@Sendable func withoutSums(_ claims: [Refinement?]) -> Refinement? {
  claims.first.flatMap { $0 }.map { $0 == .simplex ? .unit : $0 }
}

/// Sums of products of numbers from 0 up.
@Sendable func nonnegIfAll(_ claims: [Refinement?]) -> Refinement? {
  claims.allSatisfy { $0?.implies(.nonneg) == true } ? .nonneg : nil
}
