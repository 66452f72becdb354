// Removal of what no output and no effect needs, through regions.
//
// Walks a graph backwards with the set of live values. A region node is cut down to the results
// that are live: dead stacks and branch results go, a carry goes where neither its last value nor a
// live value of the body needs it, and operands that the body no longer reads go with them.
//
// Promise: the inputs and outputs of the graph itself stay, and everything observable happens.

import IR
import Tensors

extension Graph {
  var withoutDeadCode: Graph { reduced(to: outputs.map { _ in true }) }

  /// The graph with the outputs marked in `wanted` and what they need. Inputs stay.
  fileprivate func reduced(to wanted: [Bool]) -> Graph {
    var result = self
    result.outputs = wanted.marked.map { outputs[$0] }
    var live = Set(result.outputs)
    let binders = boundSymbols
    var symbols = binders.isEmpty ? [] : Set(result.outputTypes.flatMap(\.symbols))
    var kept: [Node] = []
    for node in nodes.reversed() {
      let isBinder = node.boundSymbol.map { symbols.contains($0) } ?? false
      let marks = node.results.map { live.contains($0) }
      guard isBinder || node.observes || marks.contains(true) else { continue }
      let node = node.reduced(to: marks)
      live.formUnion(node.operands)
      if !binders.isEmpty { symbols.formUnion(node.symbols(in: self)) }
      kept.append(node)
    }
    result.nodes = kept.reversed()
    return result
  }

  /// For each input, whether anything reads it.
  fileprivate var readInputs: [Bool] {
    let read = Set(nodes.flatMap(\.operands) + outputs)
    return inputs.map { read.contains($0) }
  }

  fileprivate func keepingInputs(_ marks: [Bool]) -> Graph {
    var result = self
    result.inputs = inputs.kept(by: marks)
    return result
  }
}

extension Array {
  fileprivate func kept(by marks: [Bool]) -> [Element] { marks.marked.map { self[$0] } }
}

extension Node {
  fileprivate func reduced(to wanted: [Bool]) -> Node {
    switch kind {
    case .op: self
    case .branch(let branch): reduced(branch, to: wanted)
    case .scan(let scan): reduced(scan, to: wanted)
    case .call(let call): reduced(call, to: wanted)
    }
  }

  private func reduced(_ branch: Branch, to wanted: [Bool]) -> Node {
    let then = branch.then.reduced(to: wanted)
    let otherwise = branch.otherwise.reduced(to: wanted)
    let read = zip(then.readInputs, otherwise.readInputs).map { $0 || $1 }
    var result = self
    result.kind = .branch(
      Branch(then: then.keepingInputs(read), otherwise: otherwise.keepingInputs(read)))
    result.operands = operands.kept(by: [true] + read)
    result.results = results.kept(by: wanted)
    return result
  }

  /// A call with a derivative of its own keeps its signature, which the derivative repeats.
  private func reduced(_ call: Call, to wanted: [Bool]) -> Node {
    var (result, call) = (self, call)
    if call.derivative == nil {
      call.body = call.body.reduced(to: wanted)
      let read = call.body.readInputs
      call.body = call.body.keepingInputs(read)
      result.operands = operands.kept(by: read)
      result.results = results.kept(by: wanted)
    } else {
      call.body = call.body.withoutDeadCode
      call.derivative = call.derivative?.withoutDeadCode
    }
    result.kind = .call(call)
    return result
  }

  private func reduced(_ scan: Scan, to wanted: [Bool]) -> Node {
    var carried = Array(wanted.prefix(scan.carries))
    if scan.stopsEarly { carried[0] = true }
    let stacked = Array(wanted.dropFirst(scan.carries))
    let first = 1 + scan.constants
    while true {
      let body = scan.body.reduced(to: carried + stacked)
      let read = body.readInputs
      let grown = carried.indices.filter { read[first + $0] && !carried[$0] }
      if !grown.isEmpty {
        for carry in grown { carried[carry] = true }
        continue
      }
      let constants = Array(read[1..<first])
      let operandsKept = constants + carried + read[(first + scan.carries)...]
      var (result, reduced) = (self, scan)
      reduced.body = body.keepingInputs([true] + operandsKept)
      reduced.constants = constants.marked.count
      reduced.carries = carried.marked.count
      result.kind = .scan(reduced)
      result.operands = operands.kept(by: operandsKept)
      result.results = results.kept(by: carried + stacked)
      return result
    }
  }
}
