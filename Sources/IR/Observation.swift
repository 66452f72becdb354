// What `print`, `probe`, `log` and `expect` nodes show, whoever runs them.

package import Tensors

/// One execution of an observing node, in program order.
package struct Observation: Sendable {
  package let label: String
  /// The name of the op.
  package let op: String
  /// With `entries`, what these have, one after another along the first axis.
  package let operands: [Tensor]
  package let origin: Origin
  /// The index of the step of each scan around the node, outermost first.
  package let indexes: [Int]
  /// The entries of a batch that came to the node, where not all of them need to; never none.
  package let entries: [[Int]]?

  /// - Parameter isMasked: whether the first operand says which entries come to the node.
  /// - Returns: nil where none does.
  package init?(
    _ op: Op, label: String, isMasked: Bool, operands: [Tensor], origin: Origin, indexes: [Int]
  ) {
    self.label = label
    self.op = op.name
    self.origin = origin
    self.indexes = indexes
    guard isMasked, let mask = operands.first else {
      self.operands = operands
      entries = nil
      return
    }
    guard case .bool(let flags) = mask.storage else {
      preconditionFailure("a mask that is not a bool")
    }
    let places = flags.indices.filter { flags[$0] }
    if places.isEmpty { return nil }
    self.operands = operands.dropFirst().map { $0.rows(places, behind: mask.shape.count) }
    entries = places.map { Layout.index($0, in: mask.shape) }
  }
}
