// What is said of files: those that cannot be read or written, and those whose content does not fit.

import Diagnostics
import Runtime
import Semantics
import Tensors

extension DriverMessages {
  /// Numbers of an array that are not what its type claims.
  static func arrayClaim(_ name: String, _ broken: String, at span: Span) -> Diagnostic {
    Diagnostic(
      claimFailed, "in the array `\(name)`, \(broken)", at: Label(span, "loaded here"),
      help: ["load it without the claim and make it so: `normalise`, `clamp`, `softplus`"])
  }

  static func arrayMismatch(
    _ name: String, _ found: String, _ expected: String, _ notes: [String], at span: Span
  ) -> Diagnostic {
    Diagnostic(
      sizeMismatch, "the array `\(name)` is \(found), expected \(expected)",
      at: Label(span, "loaded here"), notes: notes)
  }

  /// A run goes on under other settings than those it was saved with.
  static func changedSettings(
    _ checkpoint: String, _ changes: [String], _ flags: [String]
  ) -> Diagnostic {
    Diagnostic(
      checkpointMismatch, "the run of `\(checkpoint)` had other settings", at: nil, notes: changes,
      help: flags.isEmpty ? [] : ["to go on as it began: \(written(flags))"], severity: .warning)
  }

  static func changedSource(_ file: String, since checkpoint: String) -> Diagnostic {
    Diagnostic(
      checkpointMismatch, "`\(file)` has changed since `\(checkpoint)` was saved", at: nil,
      severity: .warning)
  }

  static func checkpointMismatch(
    _ path: String, _ differences: [String], flags: [String] = [], at span: Span?
  ) -> Diagnostic {
    Diagnostic(
      checkpointMismatch, "`\(path)` does not fit", at: span.map { Label($0, "loaded here") },
      notes: Array(differences.prefix(20))
        + (differences.count > 20 ? ["and \(differences.count - 20) more"] : []),
      help: flags.isEmpty ? [] : ["run with the sizes of the file: \(written(flags))"])
  }

  private static func written(_ flags: [String]) -> String {
    "`\(flags.joined(separator: " "))`"
  }

  /// An element of an array that is none of the type the program gives it.
  static func elementMismatch(
    _ name: String, _ tensor: Tensor, at place: Int, expected: DType, _ span: Span
  ) -> Diagnostic {
    let index = Layout.index(place, in: tensor.shape).map(String.init).joined(separator: ", ")
    let (found, element) = (tensor.dtype.rawValue, TensorText.element(tensor, place))
    let isBool = expected == .bool
    return Diagnostic(
      .typeMismatch,
      "the array `\(name)` holds \(element), which is no \(expected.rawValue)",
      at: Label(span, "loaded here"),
      notes: (index.isEmpty ? [] : ["at \(index), counted from 0; the array is of \(found)s"])
        + [isBool ? "a bool is stored as 0 or 1" : "an int has no fraction and fits in 53 bits"],
      help: [
        "load it as \(found)s, then say what is meant: "
          + (isBool ? "`x > \(tensor.dtype == .real ? "0.0" : "0")`" : "`int(x)`")
      ])
  }

  static func file(_ problem: String, at span: Span?, help: [String] = []) -> Diagnostic {
    Diagnostic(fileProblem, problem, at: span.map { Label($0, "asked for here") }, help: help)
  }

  /// A checkpoint of another program.
  static func otherProgram(_ checkpoint: String, _ program: String, _ reason: String) -> Diagnostic
  {
    Diagnostic(
      checkpointMismatch, "`\(program)` cannot go on from `\(checkpoint)`", at: nil,
      notes: [reason],
      help: [
        "resume the program that saved it, or take values from it: "
          + "`m = load(\"\(checkpoint)\", m)`"
      ])
  }

  /// A picture that cannot be written costs the picture and not the run.
  static func lostPicture(_ problem: FileError, at span: Span) -> Diagnostic {
    Diagnostic(
      fileProblem, "\(problem)", at: Label(span, "drawn here"),
      notes: ["the run goes on without the picture and ends with exit code 1"], severity: .warning)
  }
}
