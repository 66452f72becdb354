// What completion answers: candidates and the place they go to.

/// Candidates for the word at the cursor.
package struct Completion: Hashable, Sendable {
  /// UTF-8 offset in the line where a candidate goes; it replaces everything up to the cursor.
  package let start: Int
  package let candidates: [String]

  package init(start: Int, candidates: [String]) {
    self.start = start
    self.candidates = candidates
  }
}
