// One call of a graph, by either execution: what it gives and what it shows.

import IR
import Interpreter
import Native
import Synchronization
import Tensors

struct GraphCall {
  var inputs: [Tensor]
  var sizes: [DimSymbol: Int] = [:]

  struct Answer {
    /// Nil where there is none: a fault.
    var outputs: [Tensor]?
    var shown: [Observation]

    /// Bit for bit.
    func isSame(as other: Answer) -> Bool {
      Answer.same(outputs ?? [], other.outputs ?? [])
        && (outputs == nil) == (other.outputs == nil)
        && shown.map(\.heading) == other.shown.map(\.heading)
        && zip(shown, other.shown).allSatisfy { Answer.same($0.operands, $1.operands) }
    }

    private static func same(_ a: [Tensor], _ b: [Tensor]) -> Bool {
      a.count == b.count
        && zip(a, b).allSatisfy { x, y in
          x.shape == y.shape && x.dtype == y.dtype
            && zip(x.doubles, y.doubles).allSatisfy { $0.bitPattern == $1.bitPattern }
        }
    }
  }

  func interpreted(_ graph: PreparedGraph, _ precision: Precision) -> Answer {
    let shown = Mutex<[Observation]>([])
    let interpreter = Interpreter(
      precision: precision, observer: { seen in shown.withLock { $0.append(seen) } })
    let outputs = try? interpreter.run(graph, inputs, sizes: sizes).outputs
    return Answer(outputs: outputs, shown: shown.withLock { $0 })
  }

  func compiled(_ function: NativeFunction) -> Answer {
    var stop: Int32 = 0
    var shown: [Observation] = []
    let outputs = withUnsafePointer(to: &stop) { stop in
      function.call(inputs, sizes: sizes, stop: stop) { shown.append($0) }
    }
    return Answer(outputs: outputs, shown: shown)
  }
}

extension Observation {
  /// Everything but the numbers.
  var heading: String {
    let entries = entries.map { ", entries \($0)" } ?? ""
    return "\(op) \"\(label)\" of \(operands.count) at \(indexes)\(entries)"
  }
}

extension Tolerance {
  /// What differs, in words; nil where nothing does. Where there is no answer, what was shown before
  /// is the beginning of what the interpreter shows, which is asked then.
  func difference(_ found: GraphCall.Answer, _ expected: GraphCall.Answer) -> String? {
    switch (found.outputs, expected.outputs) {
    case (nil, _?): return "no answer"
    case (_?, nil): return "an answer where there is none"
    case (nil, nil): break
    case (let outputs?, let wanted?):
      if found.shown.count != expected.shown.count {
        return "shows \(found.shown.count) times, not \(expected.shown.count)"
      }
      if let difference = difference(outputs, wanted) { return difference }
    }
    if found.shown.count > expected.shown.count { return "shows more before it gives up" }
    for (number, (seen, wanted)) in zip(found.shown, expected.shown).enumerated() {
      if seen.heading != wanted.heading {
        return "shows \(seen.heading), not \(wanted.heading), at \(number)"
      }
      if let difference = difference(seen.operands, wanted.operands) {
        return "\(seen.heading): \(difference)"
      }
    }
    return nil
  }
}
