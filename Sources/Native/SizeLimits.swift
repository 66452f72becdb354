// The sizes that compiled code can be called with.
//
// The code counts with whatever it is given: a loop over less than nothing makes no step, and a size
// out of range wraps. So every size that the program computes is looked at before a call, and what
// none can have is left to the interpreter, which says where it comes from.

import IR
import Tensors

struct SizeLimits: Sendable {
  /// Of which none may be negative. What slices leave out is among them.
  private var sizes: Set<Dim> = []
  /// Of values of the program, each of which the interpreter would make.
  private var types: Set<TensorType> = []
  /// Numbers in the buffers of the code, for all blocks together.
  private var buffers: Set<Dim> = []
  private let precision: Precision

  /// - Parameter graphs: the one that is compiled, and what it was made from, which may compute more.
  /// - Throws: `NativeRefusal` where no call can be run.
  init(_ graphs: [Graph], _ precision: Precision) throws {
    self.precision = precision
    for graph in graphs { try add(graph) }
  }

  /// The buffers of the code.
  mutating func add(_ plan: NativePlan) {
    for buffer in plan.buffers {
      let copies = buffer.region == .block ? plan.lane.map { Dim($0) } : nil
      buffers.insert(buffer.numbers * (copies ?? 1))
    }
  }

  private mutating func add(_ graph: Graph) throws {
    for type in graph.inputTypes { try add(type, .none) }
    for node in graph.nodes {
      for value in node.results { try add(graph.type(of: value), node.origin) }
      switch node.kind {
      case .op(let op, let attributes):
        for dim in attributes.dims { try add(dim, node.origin) }
        if case .view(.slice) = op.kernel {
          let whole = graph.type(of: node.operands[0]).shape[attributes.axis("axis")]
          try add(whole - attributes.dim("start") - attributes.dim("count"), node.origin)
        }
      case .scan(let scan): try add(scan.trip, node.origin)
      case .branch, .call: break
      }
      for body in node.bodies { try add(body) }
    }
  }

  private mutating func add(_ dim: Dim, _ origin: Origin) throws {
    if dim.isOverflow || dim.constant.map({ $0 < 0 }) == true {
      throw NativeRefusal(reason: "`\(dim.written)` is no size", origin: origin)
    }
    if !dim.isNeverNegative { sizes.insert(dim) }
  }

  private mutating func add(_ type: TensorType, _ origin: Origin) throws {
    for dim in type.shape { try add(dim, origin) }
    let constants = type.shape.compactMap(\.constant)
    if constants.count < type.rank {
      types.insert(type)
    } else if AvailableMemory.count(constants, of: type.dtype, precision) == nil {
      throw NativeRefusal(reason: "a value does not fit into memory", origin: origin)
    }
  }

  /// Whether code that is called with these sizes does what the interpreter would.
  func allow(_ known: [DimSymbol: Int]) -> Bool {
    sizes.allSatisfy { dim in
      // What has no number is nothing that the code computes.
      dim.mentions { known[$0] == nil } || dim.evaluated(known).map { $0 >= 0 } == true
    }
      && types.allSatisfy { type in
        if type.shape.contains(where: { $0.mentions { known[$0] == nil } }) { return true }
        let shape = type.shape.compactMap { $0.evaluated(known) }
        return shape.count == type.rank
          && AvailableMemory.count(shape, of: type.dtype, precision) != nil
      }
      && buffers.allSatisfy { numbers in
        numbers.evaluated(known).map { (0...Self.largestBuffer).contains($0) } == true
      }
  }

  /// More than there is anywhere, and so few that the code can add up what all its buffers take.
  private static let largestBuffer = 1 << 40
}

// MARK: - As text

extension SizeLimits: CustomStringConvertible {
  /// In an order that depends on nothing but what is there.
  var description: String {
    [
      ("sizes", sizes.map(\.description)), ("types", types.map(\.description)),
      ("buffers", buffers.map(\.description)),
    ].map { "\($0) [\($1.sorted().joined(separator: ", "))]\n" }.joined()
  }

  init(from reader: inout Reader, _ precision: Precision) throws(ReadingProblem) {
    self.precision = precision
    sizes = Set(
      try reader.section("sizes") { (reader) throws(ReadingProblem) in try reader.dim() })
    types = Set(
      try reader.section("types") { (reader) throws(ReadingProblem) in try reader.type() })
    buffers = Set(
      try reader.section("buffers") { (reader) throws(ReadingProblem) in try reader.dim() })
  }
}
