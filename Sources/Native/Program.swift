// A whole function for the native engine: its values, and its stages.
//
// A stage is what uniform values ask for, then what is worked block by block; a value that joins
// the lanes of all blocks is there from the next stage on.

package import IR
import Tensors

struct Stage {
  let uniform = Body()
  let blocks = Body()
}

/// What follows from sizes alone: made on the host, once for all calls with the same sizes.
struct HostConstant: Sendable {
  enum Source: Sendable {
    /// A library row of nothing but sizes and constants before it, by position.
    case row(Op, Attributes, operands: [Int])
    /// The row-major places of a shape.
    case places
    /// How many places a shape has.
    case count([Dim])
  }

  let source: Source
  let type: TensorType
}

/// A node that the host runs in the middle of a call.
struct HostRow: Sendable {
  let op: Op
  let attributes: Attributes
  let operands: [TensorType]
  let results: [TensorType]
  let origin: Origin
  /// Where blocks show it: the axis of the examples of each operand; nil of what all share.
  var laneAxes: [Int?] = []

  var observes: Bool { if case .observe = op.kernel { true } else { false } }
}

/// A symbol whose number is that of an input of the graph, by its position.
struct BoundSize: Sendable {
  let symbol: DimSymbol
  let input: Int
}

final class Program {
  var items: [ItemType] = []
  let lane: DimSymbol?
  var stages: [Stage] = []
  /// Inputs of the graph in order, then host constants.
  var inputs: [(item: Item, type: TensorType)] = []
  var hostConstants: [HostConstant] = []
  var hostRows: [HostRow] = []
  var boundSizes: [BoundSize] = []
  var outputs: [(item: Item, type: TensorType)] = []
  /// Items that a later step takes as one contiguous run.
  var contiguous: Set<Item> = []

  init(lane: DimSymbol?) { self.lane = lane }

  /// Whether several examples of a block fit into the cache together: what a loop keeps of each
  /// step is as large as the largest value.
  var hasSmallBlocks: Bool {
    lane != nil
      && items.allSatisfy { type in
        !type.isLaned
          || Layout.count(type.features.compactMap(\.constant)).map { $0 <= Program.smallBlock }
            == true
      }
  }

  /// Numbers of one example.
  private static let smallBlock = 1 << 13

  /// Whether the step shows something, at any depth.
  func observes(_ step: Step) -> Bool {
    switch step.kind {
    case .host(let host): hostRows[host.row].observes
    case .loop(let loop): loop.body.steps.contains(where: observes)
    case .branch(_, let then, let otherwise):
      (then.steps + otherwise.steps).contains(where: observes)
    default: false
    }
  }

  func add(_ type: ItemType) -> Item {
    items.append(type)
    return items.count - 1
  }
}

/// Why a graph is left to the interpreter.
package struct NativeRefusal: Error, Sendable {
  package let reason: String
  package let origin: Origin
}
