// Graphs with inputs, run by the interpreter and by native code.

import IR
import Interpreter
import Native
import Optimizer
import Tensors
import TestSupport
import Testing

struct Case {
  let label: String
  /// What the interpreter runs, and what is compiled.
  let graph: Graph
  var native: Graph
  var lane: DimSymbol?
  /// Examples of a block; nil for the choice of the run.
  var lanes: Int?
  var options = NativeOptions()
  /// The graph made ready for the compiler in another way, where the engine has done it.
  var specialized: ((_ isProbed: Bool, _ without: Set<String>) -> Graph)?
  var calls: [GraphCall]

  init(
    _ label: String, _ graph: Graph, native: Graph? = nil, lane: DimSymbol? = nil,
    calls: [[Tensor]], sizes: [DimSymbol: Int] = [:]
  ) {
    self.label = label
    self.graph = graph
    self.native = native ?? graph
    self.lane = lane
    self.calls = calls.map { GraphCall(inputs: $0, sizes: sizes) }
  }
}

/// How the cases of a run are compiled.
struct Form: Sendable, CustomStringConvertible {
  var precision = Precision.double
  /// Of cases that do not say it themselves.
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
  /// Of cases that only the interpreter runs: label and reason.
  var refused: [(label: String, reason: String)] = []
  var compared = 0
}

enum Agreement {
  /// Compiles and runs every case, and compares with the interpreter.
  static func check(
    _ cases: [Case], _ form: Form, tolerance: (Graph, Precision) -> Tolerance = Tolerance.of
  ) throws -> Outcome {
    var outcome = Outcome()
    try withCompiled(cases, form) { compiled, refused in
      outcome.refused = refused
      for (item, code) in compiled {
        try compare(item, code, form, tolerance(item.graph, form.precision), &outcome)
      }
    }
    return outcome
  }

  /// Calls `body` with every case that can be compiled and its code.
  static func withCompiled(
    _ cases: [Case], _ form: Form,
    _ body: (_ compiled: [(Case, CompiledSource)], _ refused: [(label: String, reason: String)])
      throws -> Void
  ) throws {
    let toolchain = try Toolchain.testing(
      form.compiler, bytes: form.bytes, optimization: form.optimization)
    var compiled: [(Case, NativeSource)] = []
    var refused: [(label: String, reason: String)] = []
    for item in cases {
      do {
        let source = try NativeSource(
          item.native, lane: item.lane, lanes: item.lanes ?? form.lanes,
          bytes: toolchain.vectorBytes, precision: form.precision, options: item.options)
        compiled.append((item, source))
      } catch let refusal as NativeRefusal {
        refused.append((item.label, refusal.reason))
      }
    }
    try Folders.withScratch { folder in
      let code = try Workshop(toolchain: toolchain, folder: folder).compile(compiled.map(\.1))
      try body(Array(zip(compiled.map(\.0), code)), refused)
    }
  }

  private static func compare(
    _ item: Case, _ code: CompiledSource, _ form: Form, _ tolerance: Tolerance,
    _ outcome: inout Outcome
  ) throws {
    let (alone, shared) = (try code.function(threads: 1), try code.function(threads: 2))
    let prepared = PreparedGraph(item.graph)
    for (number, call) in item.calls.enumerated() {
      let expected = call.interpreted(prepared, form.precision)
      let found = call.compiled(shared)
      if !found.isSame(as: call.compiled(alone)) {
        outcome.problems.append("\(item.label), call \(number): other bits for other threads")
      }
      outcome.compared += 1
      if let difference = tolerance.difference(found, expected) {
        outcome.problems.append("\(item.label), call \(number): \(difference)")
      }
    }
  }
}
