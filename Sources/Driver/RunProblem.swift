// Why a run ends before its end.

package import Diagnostics
import IR
import Interpreter
import Lowering
import Tensors

package enum RunProblem: Error {
  case reported([Diagnostic])
  /// Ctrl-C. Bindings are as after the last completed step.
  case interrupted

  static func reported(_ diagnostic: Diagnostic) -> RunProblem { .reported([diagnostic]) }
}

extension RunProblem {
  /// What the interpreter found, said of the program.
  /// - Parameters:
  ///   - inputs: the name behind each input of the graph.
  ///   - span: the expression that was run, for what has no place of its own.
  ///   - spellings: what the user wrote for the operation at a place.
  static func from(
    _ problem: ExecutionProblem, inputs: [String], span: Span, spellings: [Span: String]
  ) -> RunProblem {
    switch problem {
    case .interrupted: return .interrupted
    case .evaluation(let fault, let origin, let steps):
      let diagnostic = DriverMessages.evaluation(
        fault.code, message(fault, at: origin, spellings), at: origin.span ?? span,
        calls: origin.calls,
        notes: steps.isEmpty
          ? [] : ["in step \(steps.map(String.init).joined(separator: ", ")) of the loop, from 0"])
      return .reported(diagnostic)
    case .mismatch(let input, _, _, let reason):
      let name = inputs.indices.contains(input) ? inputs[input] : "a value"
      return .reported(
        DriverMessages.evaluation("size-mismatch", "`\(name)`: \(reason)", at: span, calls: []))
    case .tooLarge(let type, let origin):
      return .reported(
        DriverMessages.evaluation(
          "out-of-memory", "a value of type `\(type.written)` does not fit into memory",
          at: origin.span ?? span, calls: origin.calls))
    }
  }

  /// The message in the user's word: `softmax` of no elements, not the maximum that it begins with.
  private static func message(
    _ fault: EvaluationProblem, at origin: Origin, _ spellings: [Span: String]
  ) -> String {
    guard fault.code == DriverMessages.emptyReduction.id,
      let word = origin.span.flatMap({ spellings[$0] }),
      let rest = fault.message.firstRange(of: " of no elements")
    else { return fault.message }
    return "`\(word)`\(fault.message[rest.lowerBound...])"
  }
}
