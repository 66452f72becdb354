// Lines cut into inputs: what is typed, what is pasted at once, what a pipe brings.
//
// A command is a line of its own, wherever an input may begin. All else stands together until it is
// complete: what is pasted is one program, except for the commands in it. A pipe is read as a file
// is: what is complete waits for the next line, which may go on with it, until there is an empty one.

import Syntax

package struct InputLines {
  /// Whether a complete input waits for the next line, which nobody does at a prompt.
  private let looksAhead: Bool
  /// Lines that are no input yet.
  private var pending = "" { didSet { knownComplete = nil } }
  /// Whether they are complete; nil until somebody asks.
  private var knownComplete: Bool?

  package init(looksAhead: Bool) { self.looksAhead = looksAhead }

  /// Whether an input has begun and is not given yet.
  package var isInside: Bool { !pending.allSatisfy(\.isWhitespace) }

  /// The inputs that are there with a further line, or several pasted at once, without the newline
  /// at their end.
  package mutating func add(_ text: String) -> [String] {
    var inputs: [String] = []
    var isEmpty = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      isEmpty = line.allSatisfy(\.isWhitespace)
      if looksAhead || InputLines.isCommand(line), isComplete(), !goesOn(in: line) {
        inputs += end()
      }
      let isCommand = InputLines.isCommand(line) && !isInside
      pending += pending.isEmpty ? line : "\n\(line)"
      if isCommand { inputs += end() }
    }
    let waits = looksAhead && !isEmpty
    if isGivenUp || !waits && isComplete() { inputs += end() }
    return inputs
  }

  /// The input that has begun: nothing follows.
  package mutating func end() -> [String] {
    defer { pending = "" }
    return isInside ? [pending] : []
  }

  /// `:help`, `?name`.
  static func isCommand(_ text: some StringProtocol) -> Bool {
    let start = text.drop(while: \.isWhitespace)
    return start.hasPrefix(":") || start.hasPrefix("?")
  }

  private mutating func isComplete() -> Bool {
    let isComplete = knownComplete ?? (isInside && inputIsComplete(pending))
    knownComplete = isComplete
    return isComplete
  }

  /// Whether the next line belongs to a complete input.
  private func goesOn(in line: Substring) -> Bool {
    if InputLines.isCommand(line) { return false }
    return !looksAhead || line.allSatisfy(\.isWhitespace) || inputGoesOn(pending, in: String(line))
  }

  /// Two empty lines end an input that is never complete, so nobody is caught in it; one may well
  /// stand in a function that is pasted.
  private var isGivenUp: Bool { pending.hasSuffix("\n\n") }
}
