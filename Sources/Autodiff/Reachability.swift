// Which inputs of a function no gradient can reach, for the warning before a run.

package import IR
import Ops

extension Graph {
  /// The inputs, of those asked for, on which no output of those given depends smoothly.
  ///
  /// An input that is read behind a `stop` is left out: whoever writes that means it.
  package func unreached(outputs: [Int], inputs: [Int]) -> [Int] {
    let marks = self.outputs.indices.map(outputs.contains)
    let useful = useful(to: marks)
    let unreached = inputs.filter { !useful.contains(self.inputs[$0]) }
    if unreached.isEmpty { return [] }
    let stopped = stopped(leadingOn: [])
    return unreached.filter { !stopped.contains(self.inputs[$0]) }
  }

  /// The values from which some way leads to a `stop`, or to one of `ends`.
  private func stopped(leadingOn ends: Set<Value>) -> Set<Value> {
    var result = ends
    for node in nodes.reversed() {
      if node.results.contains(where: { result.contains($0) }) {
        result.formUnion(node.operands)
        continue
      }
      switch node.kind {
      case .op(let op, _):
        if op === pointwise.stop { result.formUnion(node.operands) }
      case .branch(let branch):
        for side in [branch.then, branch.otherwise] {
          let inner = side.stopped(leadingOn: [])
          for (input, operand) in zip(side.inputs, node.operands.dropFirst())
          where inner.contains(input) {
            result.insert(operand)
          }
        }
      case .scan(let scan):
        let inner = scan.stoppedInputs
        for (isStopped, operand) in zip(inner, node.operands) where isStopped {
          result.insert(operand)
        }
      case .call(let call):
        let inner = call.body.stopped(leadingOn: [])
        for (input, operand) in zip(call.body.inputs, node.operands) where inner.contains(input) {
          result.insert(operand)
        }
      }
    }
    return result
  }

  fileprivate func stoppedInputs(leadingOn ends: Set<Value>) -> [Bool] {
    let values = stopped(leadingOn: ends)
    return inputs.map { values.contains($0) }
  }
}

extension Scan {
  /// The operands from which some way leads to a `stop` in this step or a later one.
  fileprivate var stoppedInputs: [Bool] {
    var ends: Set<Value> = []
    while true {
      let marks = Array(body.stoppedInputs(leadingOn: ends).dropFirst())
      let next = Set((0..<carries).filter { marks[constants + $0] }.map { body.outputs[$0] })
      if next.isSubset(of: ends) { return marks }
      ends.formUnion(next)
    }
  }
}
