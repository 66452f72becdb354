// What the native engine schedules: a graph seen one example at a time.
//
// Every value has *features*, its dims without the lane dim and without dims of size 1, and is
// either laned (a number for each example of a block) or uniform (one for all). A step makes
// values from values; steps of loops and branches hold bodies. All bodies share one numbering, so
// a constant of a loop is simply the outer value.

import IR
import Tensors

/// A value, by its position in the program's table.
typealias Item = Int

struct ItemType: Hashable {
  var dtype: DType
  /// Without the lane dim and dims of size 1.
  var features: [Dim]
  var isLaned: Bool
}

/// How a result reads its source, where that is affine in the indexes.
enum ViewMap {
  /// The source's axis of each result axis, nil where the result repeats; then the first index
  /// along source axes, and the result axes that run backwards.
  case strided(axes: [Int?], starts: [(axis: Int, start: Dim)], reversed: [Int])
  /// The same elements in order. The source is whole and contiguous.
  case reshape
}

/// One value computed in a loop nest.
struct Compute {
  struct Operand {
    let item: Item
    /// The operand's axis of each axis of the space; nil where it repeats.
    let axes: [Int?]
    /// Entries move by a number along an axis of the space, round its end.
    var rotation: (axis: Int, by: Int)?

    var isIdentity: Bool {
      rotation == nil && axes.enumerated().allSatisfy { $0.offset == $0.element }
    }
  }

  let space: [Dim]
  let isLaned: Bool
  let operands: [Operand]
  let element: ScalarExpression
  /// How elements are joined, and along which axes of the space; nil where nothing is.
  let reduction: (Reduction, axes: [Int])?
  /// The space's axis of each axis of the result.
  let resultAxes: [Int]

  /// Whether the element is the result, at the same place.
  var isPlain: Bool { reduction == nil && resultAxes == Array(space.indices) }

  var isRotation: Bool { operands.contains { $0.rotation != nil } }
}

struct Concatenation {
  struct Part {
    let item: Item
    /// The part's axis of each axis of the result.
    let axes: [Int?]
    let start: Dim
    let count: Dim
  }

  let axis: Int
  let parts: [Part]
}

/// Products of laned rows with a uniform matrix: `out[f…, n] = Σ_k x[f…, k] w[k, n]`.
struct Product {
  let rows: Item
  let matrix: Item
  /// The matrix's axis that is summed over: 0 or 1.
  let contracted: Int
}

/// `out[k, n] = Σ_p x[p, k] y[p, n]`, over all lanes too where `joinsLanes`.
struct Outer {
  let left: Item
  let right: Item
  let hasSteps: Bool
  let joinsLanes: Bool
}

/// A contraction of two operands as products of matrices, one for each place of its other axes.
struct Multiplication {
  let compute: Compute
  /// The operand with the rows; the other one has the columns.
  let left: Int
  /// Axes of the space.
  let rows: Int
  let columns: Int
  let sum: Int
}

struct Gather {
  let table: Item
  let indices: Item
  /// Feature axes in common, of the indices behind them, and of the rows.
  let batch: Int
  let indexAxes: Int
  let rows: Dim
  let bounds: RowBounds
  /// The axes of size 1 that features lack make no difference: the table's row axis is `batch`,
  /// or absent where it has one row.
  let hasRowAxis: Bool
}

struct Scatter {
  let base: Item
  let indices: Item
  let updates: Item
  let batch: Int
  let indexAxes: Int
  let rows: Dim
  let bounds: RowBounds
  let replaces: Bool
  let hasRowAxis: Bool
}

/// The `count` largest along a feature axis and their places, in one pass.
struct Largest {
  /// More are left to the host: each that is kept is compared with.
  static let most = 32

  let source: Item
  let axis: Int
  let count: Int
}

/// The entries along a feature axis in order, and their places.
struct Sort {
  /// More are left to the host, whose work may be stopped.
  static let most = 1 << 16

  let source: Item
  let axis: Int
  let isDescending: Bool
}

/// Along a feature axis each entry is its term and its factor times the entry before.
struct Recurrence {
  let factors: Item
  let terms: Item
  let axis: Int
}

/// Whole uniform tensors handed to a row that the host runs, by its position.
struct HostStep {
  let row: Int
  let operands: [Item]
}

final class Body {
  var steps: [Step] = []
  var outputs: [Item] = []
}

struct Loop {
  let trip: Dim
  let isReversed: Bool
  let stopsEarly: Bool
  let index: Item
  /// The value at the start and the one a step sees, and what a step makes of it.
  var carries: [(start: Item, inside: Item, next: Item)]
  let slices: [(whole: Item, inside: Item)]
  /// What a step gives, and where it is stacked.
  var stacks: [(inside: Item, whole: Item)]
  let body: Body
}

struct Step {
  enum Kind {
    case immediate(String)
    case view(Item, ViewMap)
    case compute(Compute)
    case concatenate(Concatenation)
    case product(Product)
    case outer(Outer)
    case multiply(Multiplication)
    /// Joins the lanes of a laned value of the whole batch.
    case joinLanes(Item, Reduction)
    case gather(Gather)
    case scatter(Scatter)
    case largest(Largest)
    case sort(Sort)
    case recurrence(Recurrence)
    case host(HostStep)
    /// A laned value of the whole batch as one uniform tensor in the host's order, or back.
    case collect(Item, TensorType)
    case distribute(Item, TensorType)
    case loop(Loop)
    case branch(Item, then: Body, otherwise: Body)
  }

  let kind: Kind
  let results: [Item]
  let origin: Origin

  /// Every outer value the step reads.
  var reads: [Item] {
    switch kind {
    case .immediate: []
    case .view(let source, _): [source]
    case .compute(let compute): compute.operands.map(\.item)
    case .concatenate(let concatenation): concatenation.parts.map(\.item)
    case .product(let product): [product.rows, product.matrix]
    case .outer(let outer): [outer.left, outer.right]
    case .multiply(let multiplication): multiplication.compute.operands.map(\.item)
    case .joinLanes(let source, _): [source]
    case .gather(let gather): [gather.table, gather.indices]
    case .scatter(let scatter): [scatter.base, scatter.indices, scatter.updates]
    case .largest(let largest): [largest.source]
    case .sort(let sort): [sort.source]
    case .recurrence(let recurrence): [recurrence.factors, recurrence.terms]
    case .host(let host): host.operands
    case .collect(let source, _), .distribute(let source, _): [source]
    case .loop(let loop):
      loop.carries.map(\.start) + loop.slices.map(\.whole)
        + loop.body.freeItems(
          bound: [loop.index] + loop.carries.map(\.inside) + loop.slices.map(\.inside))
    case .branch(let condition, let then, let otherwise):
      [condition] + then.freeItems(bound: []) + otherwise.freeItems(bound: [])
    }
  }
}

extension Body {
  /// What the body reads of the values around it.
  func freeItems(bound: [Item]) -> [Item] {
    var known = Set(bound)
    var free: [Item] = []
    for step in steps {
      for item in step.reads where known.insert(item).inserted { free.append(item) }
      known.formUnion(step.results)
    }
    for item in outputs where known.insert(item).inserted { free.append(item) }
    return free
  }
}
