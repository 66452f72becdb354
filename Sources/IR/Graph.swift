// Straight-line programs over tensors, in single assignment form.
//
// A graph is closed: a region takes everything it reads from outside as an input. Types carry dims
// over symbols; the symbols get numbers when the graph is run, from the shapes of its inputs and
// from `bind_dim` nodes.

package import Tensors

/// A tensor in one graph: an index into its table of types.
package struct Value: Hashable, Comparable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }

  package static func < (a: Value, b: Value) -> Bool { a.index < b.index }
}

/// An op applied, or a region: what it reads and the values it defines.
package struct Node: Sendable {
  /// Regions are boxed, so that the many nodes without one are small to copy.
  package enum Kind: Sendable {
    case op(Op, Attributes)
    indirect case branch(Branch)
    indirect case scan(Scan)
    indirect case call(Call)
  }

  package var kind: Kind
  package var operands: [Value]
  package var results: [Value]
  package var origin: Origin

  package init(_ kind: Kind, operands: [Value], results: [Value], origin: Origin) {
    self.kind = kind
    self.operands = operands
    self.results = results
    self.origin = origin
  }
}

/// Nodes in program order between inputs and outputs.
package struct Graph: Sendable {
  package var name: String
  package var inputs: [Value]
  package var nodes: [Node]
  package var outputs: [Value]
  /// The type of each value, by index.
  package var types: [TensorType]

  package init(
    name: String, inputs: [Value] = [], nodes: [Node] = [], outputs: [Value] = [],
    types: [TensorType] = []
  ) {
    self.name = name
    self.inputs = inputs
    self.nodes = nodes
    self.outputs = outputs
    self.types = types
  }

  package func type(of value: Value) -> TensorType { types[value.index] }
  package var inputTypes: [TensorType] { inputs.map(type(of:)) }
  package var outputTypes: [TensorType] { outputs.map(type(of:)) }
}
