// The reverse of a call: a call.
//
// With a derivative of its own that graph is called. A call that is to be recomputed is run again
// backward and keeps only its operands. Any other body is split as a scan's is: the forward call
// gives its residuals as further results.

import IR
import Ops
import Tensors

struct CallReversal {
  private enum Plan {
    case given(Graph)
    case again(Graph)
    case split(Split)
  }
  private let call: Call
  private let plan: Plan
  private let outputs: [Int]
  private let inputs: [Int]
  private var operands: [Value] = []
  private var results: [Value] = []
  /// In the outer graph, for a split.
  private var residuals: [Value] = []

  init(_ call: Call, _ marks: RegionMarks) {
    self.call = call
    if let derivative = call.derivative {
      outputs = call.body.outputs.indices.filter { call.body.isReal(call.body.outputs[$0]) }
      inputs = call.body.inputs.indices.filter { call.body.isReal(call.body.inputs[$0]) }
      plan = .given(derivative)
      return
    }
    let varied = call.body.variedOutputs(marks.varied)
    let useful = call.body.usefulInputs(marks.useful)
    outputs = zip(varied, marks.useful).map { $0 && $1 }.marked
    inputs = zip(marks.varied, useful).map { $0 && $1 }.marked
    if call.isRecomputed {
      plan = .again(backwardOnly(call.body, outputs: outputs, inputs: inputs))
    } else {
      let joint = reverse(call.body, outputs: outputs, inputs: inputs)
      let primals = call.body.inputs.count
      plan = .split(
        Split(
          joint, primals: primals, outputs: call.body.outputs.count,
          free: Set(joint.inputs.prefix(primals))))
    }
  }

  /// The forward call; its own results only.
  mutating func emitForward(_ builder: Builder, _ operands: [Value]) -> [Value] {
    self.operands = operands
    guard case .split(let split) = plan else {
      results = builder.call(call, operands)
      return results
    }
    var map = Dictionary(uniqueKeysWithValues: zip(split.joint.inputs, operands))
    let computed = split.residuals.filter { map[$0] == nil }
    var forward = call
    forward.body = split.forward(
      name: call.body.name, outputs: call.body.outputs.count, and: computed)
    let all = builder.call(forward, operands)
    results = Array(all.prefix(call.body.outputs.count))
    for (value, result) in zip(computed, all.dropFirst(results.count)) { map[value] = result }
    residuals = split.residuals.compactMap { map[$0] }
    return results
  }

  /// The backward call; the cotangents of the operands.
  func emitBackward(_ builder: Builder, _ arriving: [Value?]) -> [Value?] {
    let seeds = outputs.map { index in
      arriving[index] ?? builder.zeros(like: call.body.type(of: call.body.outputs[index]))
    }
    let leaving: [Value]
    switch plan {
    case .given(let derivative):
      let body = Builder(name: derivative.name)
      body.origin = Origin.none.backward
      let gradients = body.inline(derivative, derivative.inputTypes.map(body.input))
      leaving = builder.call(Call(body: body.finish(gradients)), operands + results + seeds)
    case .again(let backward):
      leaving = builder.call(Call(body: backward, isRecomputed: true), operands + seeds)
    case .split(let split):
      let body = Builder(name: "\(call.body.name).reverse")
      var map: [Value: Value] = [:]
      for value in split.residuals { map[value] = body.input(split.joint.type(of: value)) }
      for value in split.joint.inputs.dropFirst(call.body.inputs.count) {
        map[value] = body.input(split.joint.type(of: value))
      }
      let gradients = split.emit(into: body, map)
      leaving = builder.call(Call(body: body.finish(gradients).pruned), residuals + seeds)
    }
    var cotangents = [Value?](repeating: nil, count: operands.count)
    for (input, result) in zip(inputs, leaving) { cotangents[input] = result }
    return cotangents
  }
}
