// Which values need a cotangent.
//
// A value is varied where it depends smoothly on an input that is differentiated, useful where an
// output that is differentiated depends smoothly on it, and active where it is both. Only real
// values can be; a flat op lets neither through. Loops are followed to a fixpoint over the carries.
//
// Promise: a value that is not active has derivative zero, so no backward code is made for it.

import IR
import Tensors

extension Graph {
  /// The values that vary with the inputs marked in `inputs`.
  func varied(from inputs: [Bool]) -> Set<Value> {
    var result = Set(zip(self.inputs, inputs).filter { $1 && isReal($0) }.map(\.0))
    for node in nodes {
      let marks = node.operands.map { result.contains($0) }
      guard marks.contains(true) else { continue }
      for (value, mark) in zip(node.results, variedResults(of: node, marks)) where mark {
        result.insert(value)
      }
    }
    return result
  }

  /// The values on which the outputs marked in `outputs` depend.
  func useful(to outputs: [Bool]) -> Set<Value> {
    var result = Set(zip(self.outputs, outputs).filter { $1 && isReal($0) }.map(\.0))
    for node in nodes.reversed() {
      let marks = node.results.map { result.contains($0) }
      guard marks.contains(true) else { continue }
      for (value, mark) in zip(node.operands, usefulOperands(of: node, marks)) where mark {
        result.insert(value)
      }
    }
    return result
  }

  func isReal(_ value: Value) -> Bool { type(of: value).dtype == .real }

  func variedResults(of node: Node, _ operands: [Bool]) -> [Bool] {
    switch node.kind {
    case .op(let op, _):
      if case .zero = op.gradient { return node.results.map { _ in false } }
      return node.results.map(isReal)
    case .branch(let branch):
      let then = branch.then.variedOutputs(Array(operands.dropFirst()))
      let otherwise = branch.otherwise.variedOutputs(Array(operands.dropFirst()))
      return zip(then, otherwise).map { $0 || $1 }
    case .scan(let scan): return scan.varied(operands).results
    case .call(let call):
      if call.derivative != nil { return node.results.map(isReal) }
      return call.body.variedOutputs(operands)
    }
  }

  func usefulOperands(of node: Node, _ results: [Bool]) -> [Bool] {
    switch node.kind {
    case .op(let op, _):
      if case .zero = op.gradient { return node.operands.map { _ in false } }
      return node.operands.map(isReal)
    case .branch(let branch):
      let then = branch.then.usefulInputs(results)
      let otherwise = branch.otherwise.usefulInputs(results)
      return [false] + zip(then, otherwise).map { $0 || $1 }
    case .scan(let scan): return scan.useful(results).operands
    case .call(let call):
      if call.derivative != nil { return node.operands.map(isReal) }
      return call.body.usefulInputs(results)
    }
  }

  func variedOutputs(_ inputs: [Bool]) -> [Bool] {
    let values = varied(from: inputs)
    return outputs.map { values.contains($0) }
  }

  func usefulInputs(_ outputs: [Bool]) -> [Bool] {
    let values = useful(to: outputs)
    return inputs.map { values.contains($0) }
  }
}

extension Scan {
  /// The results that vary, and the carries that do in some step, by the varied operands.
  func varied(_ operands: [Bool]) -> (results: [Bool], carries: [Bool]) {
    var operands = operands
    while true {
      let outputs = body.variedOutputs([false] + operands)
      var isStable = true
      for carry in 0..<carries where outputs[carry] && !operands[constants + carry] {
        operands[constants + carry] = true
        isStable = false
      }
      if isStable {
        let held = Array(operands[constants..<(constants + carries)])
        return (held + outputs[carries...], held)
      }
    }
  }

  /// The operands that are useful, and the carries that are in some step, by the useful results.
  func useful(_ results: [Bool]) -> (operands: [Bool], carries: [Bool]) {
    var results = results
    while true {
      let inputs = Array(body.usefulInputs(results).dropFirst())
      var isStable = true
      for carry in 0..<carries where inputs[constants + carry] && !results[carry] {
        results[carry] = true
        isStable = false
      }
      if isStable {
        let held = Array(results[..<carries])
        var operands = inputs
        for carry in 0..<carries where held[carry] { operands[constants + carry] = true }
        return (operands, held)
      }
    }
  }
}
