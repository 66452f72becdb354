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

/// Loops around an observing node of which some were written out: for each the step that the node is of,
/// nil where the loop still runs, outermost first. Loops around all of these run, too.
package struct WrittenSteps {
  private static let key = "steps"
  private var steps: [Int?]

  /// As the node's attributes say.
  package init(_ attributes: Attributes) {
    guard case .text(let text)? = attributes[Self.key] else {
      steps = []
      return
    }
    steps = text.split(separator: " ").map { Int($0) }
  }

  /// The attributes of the node in one step of another loop, with as many that run in between.
  package func attributes(_ attributes: Attributes, inStep step: Int, loops: Int) -> Attributes {
    let between = [Int?](repeating: nil, count: loops - running)
    var result = attributes
    result[Self.key] = .text(
      ([step] + between + steps).map { $0.map(String.init) ?? "_" }.joined(separator: " "))
    return result
  }

  /// The steps of all loops, where those that run are in these.
  package func indexes(_ indexes: [Int]) -> [Int] {
    var inner = indexes.suffix(running).makeIterator()
    return indexes.dropLast(running) + steps.compactMap { $0 ?? inner.next() }
  }

  private var running: Int { steps.count { $0 == nil } }
}
