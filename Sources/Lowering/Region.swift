// Where nodes go while a program is lowered, and where its values come from.
//
// A region is one graph under construction: the whole program, the body of a loop, a side of a
// branch. A value of an outer region becomes an input of an inner one when it is first read there;
// so a region has the inputs that it needs and no others.
//
// A scope is finer: a call or a step of an unrolled loop adds nodes to the region of its caller,
// but random streams that come from outside the scope are other streams inside it. Each scope says
// what is folded into a key that enters.

import IR
import Ops
import Tensors

/// One graph under construction.
final class Region {
  let builder: Builder
  let parent: Region?
  /// How many steps or lanes there are, for the body of a loop.
  let trip: Dim?
  /// The step of a loop or the lane of a lifted body.
  private(set) var index: Value?
  /// What has been read from outside, in order: the parent's value and the input standing for it.
  private(set) var captures: [(outer: Value, inner: Value)] = []
  private var captured: [Value: Value] = [:]
  /// Ints of rank 0 that are sizes, constants among them.
  var sizes: [Value: Dim] = [:]
  /// Ints that are one size divided by another and rounded down, and those that have become dims.
  var quotients: [Value: Quotient] = [:]
  var quotientDims: [Quotient: Dim] = [:]
  /// Truth values that are known.
  var flags: [Value: Bool] = [:]
  /// Nodes without operands: made anew where an inner region reads them.
  var constants: [Value: (op: Op, attributes: Attributes)] = [:]
  /// Symbols that get their number inside.
  var bound: Set<DimSymbol> = []

  init(_ name: String, parent: Region?, over trip: Dim? = nil) {
    builder = Builder(name: name)
    self.parent = parent
    self.trip = trip
    if trip != nil { index = builder.input(TensorType(.int)) }
  }

  func type(of value: Value) -> TensorType { builder.type(of: value) }

  /// The value of the parent region as a value of this one.
  func capture(_ outer: Value) -> Value {
    if let inner = captured[outer] { return inner }
    guard let parent else { preconditionFailure("the outermost region captures nothing") }
    let inner: Value
    if let constant = parent.constants[outer] {
      inner = builder.emit(constant.op, [], constant.attributes)[0]
      constants[inner] = constant
    } else {
      inner = builder.input(parent.type(of: outer))
      captures.append((outer, inner))
    }
    captured[outer] = inner
    sizes[inner] = parent.sizes[outer]
    flags[inner] = parent.flags[outer]
    return inner
  }

  /// The dim that stands for a quotient here.
  func dim(of quotient: Quotient) -> Dim? {
    quotientDims[quotient] ?? parent.flatMap { $0.dim(of: quotient) }
  }

  /// Whether the value is the step of the innermost loop of `trip` steps around here.
  func isStep(_ value: Value, of trip: Dim) -> Bool {
    if self.trip == trip { return index == value }
    guard let outer = captures.first(where: { $0.inner == value })?.outer else { return false }
    return parent?.isStep(outer, of: trip) ?? false
  }

  /// Whether this region is `other` or somewhere in it.
  func isInside(_ other: Region) -> Bool {
    self === other || parent.map { $0.isInside(other) } ?? false
  }

  /// A value of `origin`, this region or one around it, as a value of this one.
  func value(_ value: Value, of origin: Region) -> Value {
    if origin === self { return value }
    guard let parent else { preconditionFailure("a value is read outside of its region") }
    return capture(parent.value(value, of: origin))
  }

  /// The graph with the given inputs in front of those for captured values, less an index that
  /// nothing reads.
  func finish(_ outputs: [Value], inputs: [Value]) -> Graph {
    var graph = builder.finish(outputs)
    graph.inputs = inputs
    return graph
  }

  /// Whether anything reads the value, itself an output included.
  func reads(_ value: Value, outputs: [Value]) -> Bool {
    outputs.contains(value)
      || builder.finish([]).nodes.contains { $0.operands.contains(value) }
  }
}

/// What tells a stream inside a scope from the same stream outside.
enum Fold {
  case none
  /// The place of a call.
  case site(Int)
  /// An element of an unrolled loop.
  case step(Int)
  /// The index of the scope's region.
  case index
  /// A loop that the host runs, by its depth.
  case hostLoop(Int)
}

final class Scope {
  let parent: Scope?
  let region: Region
  let fold: Fold

  init(parent: Scope?, region: Region, fold: Fold) {
    self.parent = parent
    self.region = region
    self.fold = fold
  }
}

/// A tensor of some region, and the scope it was made in.
struct Operand {
  let scope: Scope
  let value: Value

  init(_ value: Value, _ scope: Scope) {
    self.value = value
    self.scope = scope
  }

  var type: TensorType { scope.region.type(of: value) }
}
