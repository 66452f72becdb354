// How the arguments of a `print`, `probe` or `log` stand in one node: texts in its label, numbers
// among its operands.

/// The pieces of an observation in the order in which they were written. Those of a `print` are set
/// end to end, with the spaces and brackets among them.
package struct ObservationLayout: Hashable, Sendable {
  package enum Piece: Hashable, Sendable {
    case text(String)
    /// The next operand of the node; the label is empty where the user gave none.
    case value(label: String)
  }
  package var pieces: [Piece]

  package init(pieces: [Piece] = []) { self.pieces = pieces }

  /// Reads the label of a node.
  package init(label: String) {
    pieces = label.split(separator: Self.separator, omittingEmptySubsequences: true).map { piece in
      let content = String(piece.dropFirst())
      return piece.first == "t" ? .text(content) : .value(label: content)
    }
  }

  /// The label of a node: each piece with its kind in front, split by a character that no source
  /// text holds.
  package var label: String {
    pieces.map { piece in
      switch piece {
      case .text(let text): "t" + text.filter { $0 != Self.separator }
      case .value(let label): "v" + label.filter { $0 != Self.separator }
      }
    }.joined(separator: String(Self.separator))
  }

  private static let separator: Character = "\u{1F}"
}
