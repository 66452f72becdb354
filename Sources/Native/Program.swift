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

/// A library row of nothing but sizes and other such rows: evaluated on the host, once for all
/// calls with the same sizes.
struct HostConstant: Sendable {
  let op: Op
  let attributes: Attributes
  let type: TensorType
  /// Positions among the constants before.
  let operands: [Int]
}

final class Program {
  var items: [ItemType] = []
  let lane: DimSymbol?
  var stages: [Stage] = []
  /// Inputs of the graph in order, then host constants.
  var inputs: [(item: Item, type: TensorType)] = []
  var hostConstants: [HostConstant] = []
  var outputs: [(item: Item, type: TensorType)] = []
  /// Items that a later step takes as one contiguous run.
  var contiguous: Set<Item> = []

  init(lane: DimSymbol?) { self.lane = lane }

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
