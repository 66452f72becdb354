// Where in the user's text a node comes from.

package import Diagnostics

/// The span that asked for a node and the calls it was inlined through, outermost first. Nodes made
/// by a transform inherit the origin of the node they serve.
package struct Origin: Hashable, Sendable {
  package var span: Span?
  package var calls: [Span]
  /// Whether the node is of a derivative's way back.
  package var isBackward: Bool

  package init(span: Span? = nil, calls: [Span] = [], isBackward: Bool = false) {
    self.span = span
    self.calls = calls
    self.isBackward = isBackward
  }

  /// The same place, on the way back.
  package var backward: Origin { Origin(span: span, calls: calls, isBackward: true) }
  /// The place alone.
  package var place: Origin { Origin(span: span, calls: calls) }

  package static let none = Origin()

  /// Tells places apart, in words that mean nothing to a user.
  package var key: String {
    span.map { "\($0.source.number):\($0.start)-\($0.end)" } ?? ""
  }
}
