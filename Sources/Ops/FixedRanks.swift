// Type rules of rows whose operands are written down with their dims.
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
          operand: operand, expected: TensorType(.real, shape).written, found: type.written)
      }
      for (letter, dim) in zip(shape, type.shape) {
        if let symbol = letter.symbol, bindings[symbol] == nil { bindings[symbol] = dim }
      }
    }
    for (operand, (shape, type)) in zip(operands, types).enumerated() {
      let expected = TensorType(.real, shape).substituting(bindings)
      if type != expected {
        throw TypeProblem(operand: operand, expected: expected.written, found: type.written)
      }
    }
    return results.map { TensorType(.real, $0).substituting(bindings) }
  }
}
