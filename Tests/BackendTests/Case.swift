// Graphs with inputs, run by the interpreter and by native code.

import IR
import Interpreter
import Native
import Optimizer
import Tensors
import TestSupport

struct Case {
  let label: String
  /// What the interpreter runs, and what is compiled.
  let graph: Graph
  let native: Graph
  var lane: DimSymbol?
  /// Inputs of each call.
  let calls: [[Tensor]]
  var sizes: [DimSymbol: Int] = [:]

  init(
    _ label: String, _ graph: Graph, native: Graph? = nil, lane: DimSymbol? = nil,
    calls: [[Tensor]], sizes: [DimSymbol: Int] = [:]
  ) {
    self.label = label
    self.graph = graph
    self.native = native ?? graph
    self.lane = lane
    self.calls = calls
    self.sizes = sizes
  }
}

/// How the cases of a run are compiled.
struct Form: Sendable, CustomStringConvertible {
  var precision = Precision.double
  var lanes = 8
  var compiler: String?
  var bytes: Int?
  var optimization = "-O1"

  var description: String {
    let words = [precision.rawValue, "lanes \(lanes)", compiler, bytes.map { "\($0) bytes" }]
    return words.compactMap(\.self).joined(separator: ", ")
  }
}

struct Outcome {
  var problems: [String] = []
  /// Labels of cases that only the interpreter runs.
  var refused: [String] = []
  var compared = 0
}

enum Agreement {
  /// Compiles and runs every case, and compares with the interpreter.
  static func check(
    _ cases: [Case], _ form: Form, tolerance: (Graph, Precision) -> Tolerance = Tolerance.of
  ) throws -> Outcome {
    var outcome = Outcome()
    let toolchain = try Toolchain.testing(
      form.compiler, bytes: form.bytes, optimization: form.optimization)
    var compiled: [(Case, NativeSource)] = []
    for item in cases {
      do {
        let source = try NativeSource(
          item.native, lane: item.lane, lanes: form.lanes, bytes: toolchain.vectorBytes,
          precision: form.precision)
        compiled.append((item, source))
      } catch let refusal as NativeRefusal {
        outcome.refused.append(item.label)
        if !item.native.needsInterpreter {
          outcome.problems.append("\(item.label): refused: \(refusal.reason)")
        }
      }
    }
    try Folders.withScratch { folder in
      let workshop = Workshop(toolchain: toolchain, folder: folder)
      let functions = try workshop.functions(compiled.map(\.1))
      if functions.count != compiled.count { outcome.problems.append("functions are missing") }
      for ((item, _), function) in zip(compiled, functions) {
        compare(item, function, form, tolerance(item.graph, form.precision), &outcome)
      }
    }
    return outcome
  }

  private static func compare(
    _ item: Case, _ function: NativeFunction, _ form: Form, _ tolerance: Tolerance,
    _ outcome: inout Outcome
  ) {
    let interpreter = Interpreter(precision: form.precision)
    let prepared = PreparedGraph(item.graph)
    for (number, inputs) in item.calls.enumerated() {
      let expected = try? interpreter.run(prepared, inputs, sizes: item.sizes).outputs
      let found = function.call(inputs, sizes: item.sizes)
      outcome.compared += 1
      let difference: String? =
        switch (found, expected) {
        case (let found?, let expected?): tolerance.difference(found, expected)
        case (nil, _?): "no answer"
        case (_?, nil): "an answer where there is none"
        case (nil, nil): nil
        }
      if let difference { outcome.problems.append("\(item.label), call \(number): \(difference)") }
    }
  }
}

extension NativeFunction {
  func call(_ inputs: [Tensor], sizes: [DimSymbol: Int]) -> [Tensor]? {
    var stop: Int32 = 0
    return withUnsafePointer(to: &stop) { call(inputs, sizes: sizes, stop: $0) }
  }
}

extension Graph {
  /// Whether a node's form is one that only the interpreter runs.
  var needsInterpreter: Bool {
    nodes.contains { node in
      switch node.kind {
      case .op(let op, _):
        switch op.kernel {
        case .library, .observe, .bindDim: true
        default: false
        }
      case .branch(let branch): branch.then.needsInterpreter || branch.otherwise.needsInterpreter
      case .scan(let scan): scan.body.needsInterpreter
      case .call(let call): call.body.needsInterpreter
      }
    }
  }
}
