// The identity of a kind of report: kebab-case, permanent, with a lesson for `ntmscript explain`.
//
// Rows live where the mistake is found (`SyntaxMessages`, `SemanticMessages`, …); `Driver` joins
// the tables.

/// One row of the table of diagnostic codes.
package struct Code: Hashable, Sendable {
  /// Kebab-case and permanent, for example `dim-mismatch`.
  package let id: String
  /// One line: what the mistake is.
  package let title: String
  /// What `ntmscript explain` prints below the title: why it is a mistake, a program that makes
  /// it, and the program mended.
  package let explanation: String

  package init(_ id: String, _ title: String, _ explanation: String) {
    self.id = id
    self.title = title
    self.explanation = explanation
  }

  package static func == (a: Code, b: Code) -> Bool { a.id == b.id }
  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
