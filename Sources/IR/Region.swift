// Nodes that hold graphs. There are three; a `while` is a scan that stops early.

package import Tensors

/// One of two graphs, by a bool of rank 0.
///
/// Operands: the predicate, then what both graphs take as inputs. Results: the graphs' outputs,
/// of the same types in both.
package struct Branch: Sendable {
  package var then: Graph
  package var otherwise: Graph

  package init(then: Graph, otherwise: Graph) {
    self.then = then
    self.otherwise = otherwise
  }
}

/// A loop of `trip` steps with values carried from step to step.
///
/// Operands: `constants` values that every step sees, `carries` start values, then tensors with a
/// leading axis of size `trip` that give one slice a step. The body's inputs are the index of the
/// step (an int of rank 0, from 0), the constants, the carries, the slices; its outputs the next
/// carries, then what is stacked. Results: the last carries, then the stacks with `trip` leading.
package struct Scan: Sendable {
  package var body: Graph
  package var trip: Dim
  package var constants: Int
  package var carries: Int
  /// Steps run from the last index to the first; stacks stay in index order.
  package var isReversed: Bool
  /// The first carry is a bool (of any shape): while no element of it is true at the start of a
  /// step, the remaining steps are not run, carries stay, and the stacks hold zeros there. A body
  /// that stops early leaves every carry as it is where the flag is false.
  package var stopsEarly: Bool

  package init(
    body: Graph, trip: Dim, constants: Int, carries: Int, isReversed: Bool = false,
    stopsEarly: Bool = false
  ) {
    self.body = body
    self.trip = trip
    self.constants = constants
    self.carries = carries
    self.isReversed = isReversed
    self.stopsEarly = stopsEarly
  }

  /// How many operands are sliced.
  package var slices: Int { body.inputs.count - 1 - constants - carries }
  /// How many results are stacks.
  package var stacks: Int { body.outputs.count - carries }
}

/// A graph run as one node: a function with a derivative of its own, or one that is kept whole.
package struct Call: Sendable {
  package var body: Graph
  /// Inputs: the operands, the results, a cotangent for each real result. Outputs: a cotangent for
  /// each real operand, in order.
  package var derivative: Graph?
  /// The backward pass runs the body again and keeps nothing of it.
  package var isRecomputed: Bool

  package init(body: Graph, derivative: Graph? = nil, isRecomputed: Bool = false) {
    self.body = body
    self.derivative = derivative
    self.isRecomputed = isRecomputed
  }
}
