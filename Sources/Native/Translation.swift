// From a graph to steps over features: where the lane dim goes, and what each kernel form becomes.
//
// A node that mixes the examples of a batch in another way than joining all of them makes the lane
// dim unfit; the graph is then translated without one.

import IR
import Tensors

/// The lane dim cannot be kept apart from the features.
struct LaneConflict: Error {
  let origin: Origin
}

enum AxisRole: Equatable {
  case lane
  /// Of size 1.
  case unit
  case feature(Int)

  var feature: Int? { if case .feature(let axis) = self { axis } else { nil } }
}

/// One graph of the nest under translation.
final class Translation {
  let program: Program
  /// The step that makes each item; none for inputs and what loops hand to their bodies.
  private(set) var producers: [Item: Step] = [:]
  /// The first stage whose uniform steps may read the item.
  var ready: [Item: Int] = [:]
  /// Uniform items that blocks make besides laned ones: the host's order has them behind the blocks.
  private var madeByBlocks: Set<Item> = []
  /// Where steps go inside loops and branches; nil at the top.
  private(set) var nested: Body?
  /// How many calls the nodes under translation are in.
  private(set) var calls = 0
  var origin = Origin.none

  let precision: Precision
  /// Items that are host constants, by position.
  var constants: [Item: Int] = [:]
  /// The stages from which on the next observation keeps the order of the program: one of the call,
  /// and one that blocks make and that is shown once they are done.
  private var observed = (uniform: 0, blocks: 0)

  private init(lane: DimSymbol?, _ precision: Precision) {
    program = Program(lane: lane)
    self.precision = precision
  }

  /// With `lane` where the graph allows it, else without one.
  static func translate(
    _ graph: Graph, lane: DimSymbol?, _ precision: Precision
  ) throws -> (Program, [Item: Step]) {
    do {
      let translation = Translation(lane: lane, precision)
      try translation.run(graph)
      return (translation.program, translation.producers)
    } catch is LaneConflict {
      let translation = Translation(lane: nil, precision)
      try translation.run(graph)
      return (translation.program, translation.producers)
    }
  }

  private func run(_ graph: Graph) throws {
    program.stages = [Stage()]
    var items: [Value: Item] = [:]
    for input in graph.inputs {
      let item = try newItem(graph.type(of: input))
      program.inputs.append((item, graph.type(of: input)))
      items[input] = item
      ready[item] = 0
    }
    try translate(graph, &items)
    for output in graph.outputs {
      guard let item = items[output] else { preconditionFailure("an output without a value") }
      let type = graph.type(of: output)
      program.outputs.append((try whole(item, type), type))
    }
  }

  /// The output as an item of its own, so that it can be given a place.
  private func whole(_ item: Item, _ type: TensorType) throws -> Item {
    isPlain(item) && !madeByBlocks.contains(root(item)) ? item : try copy(item, type: type)
  }

  func translate(_ graph: Graph, _ items: inout [Value: Item]) throws {
    for node in graph.nodes {
      origin = node.origin
      let operands = node.operands.map { value -> Item in
        guard let item = items[value] else { preconditionFailure("a value is read too early") }
        return item
      }
      let made = try translate(node, operands, graph)
      for (result, item) in zip(node.results, made) { items[result] = item }
    }
  }

  // MARK: Items and steps

  func roles(_ type: TensorType) throws -> [AxisRole] {
    var roles: [AxisRole] = []
    var features = 0
    var hasLane = false
    for dim in type.shape {
      if let lane = program.lane, dim.symbols.contains(lane) {
        guard dim.symbol == lane, !hasLane else { throw LaneConflict(origin: origin) }
        hasLane = true
        roles.append(.lane)
      } else if dim.constant == 1 {
        roles.append(.unit)
      } else {
        roles.append(.feature(features))
        features += 1
      }
    }
    return roles
  }

  func itemType(_ type: TensorType) throws -> ItemType {
    let roles = try roles(type)
    return ItemType(
      dtype: type.dtype,
      features: zip(roles, type.shape).compactMap { $0.feature == nil ? nil : $1 },
      isLaned: roles.contains(.lane))
  }

  func newItem(_ type: TensorType) throws -> Item { program.add(try itemType(type)) }

  /// - Parameter joinsLanes: whether the results are there once all blocks have been worked.
  func add(_ kind: Step.Kind, _ results: [Item], joinsLanes: Bool = false) throws {
    let step = Step(kind: kind, results: results, origin: origin)
    for item in results { producers[item] = step }
    if let nested {
      if joinsLanes { throw LaneConflict(origin: origin) }
      nested.steps.append(step)
      return
    }
    let isLaned =
      joinsLanes || results.contains { program.items[$0].isLaned }
      || step.reads.contains { program.items[$0].isLaned }
    var stage =
      step.reads.map { item in
        (ready[item] ?? 0) + (!isLaned && madeByBlocks.contains(item) ? 1 : 0)
      }.max() ?? 0
    if program.observes(step) {
      stage = max(stage, isLaned ? observed.blocks : observed.uniform)
      observed = (uniform: isLaned ? stage + 1 : stage, blocks: stage)
    }
    while program.stages.count <= stage + (joinsLanes ? 1 : 0) { program.stages.append(Stage()) }
    if isLaned && !joinsLanes {
      madeByBlocks.formUnion(results.filter { !program.items[$0].isLaned })
    }
    let body = isLaned ? program.stages[stage].blocks : program.stages[stage].uniform
    body.steps.append(step)
    for item in results { ready[item] = stage + (joinsLanes ? 1 : 0) }
  }

  func root(_ item: Item) -> Item { Values(program: program, producers: producers).root(item) }

  /// Whether the item is one contiguous run of its own, laned as its type says.
  func isPlain(_ item: Item) -> Bool {
    let root = root(item)
    guard program.items[root].isLaned == program.items[item].isLaned else { return false }
    switch producers[root]?.kind {
    case .immediate, .view: return false
    default: return true
    }
  }

  /// The item as one contiguous run, copied where it is a view.
  func contiguous(_ item: Item) throws -> Item {
    var source = root(item)
    while case .view(let whole, .reshape) = producers[source]?.kind { source = root(whole) }
    if isPlain(source), program.items[source].isLaned == program.items[item].isLaned {
      program.contiguous.insert(source)
      return item
    }
    let type = program.items[item]
    let result = program.add(type)
    try add(.compute(.copy(of: item, type)), [result])
    program.contiguous.insert(result)
    return result
  }

  private func copy(_ item: Item, type: TensorType) throws -> Item {
    let result = try newItem(type)
    try add(.compute(.copy(of: item, program.items[item])), [result])
    return result
  }

  // MARK: Nodes

  private func translate(_ node: Node, _ operands: [Item], _ graph: Graph) throws -> [Item] {
    let types = node.operands.map(graph.type(of:))
    let resultTypes = node.results.map(graph.type(of:))
    switch node.kind {
    case .op(let op, let attributes):
      return try translate(op, attributes, operands, types, resultTypes)
    case .call(let call):
      calls += 1
      defer { calls -= 1 }
      var inner = Dictionary(uniqueKeysWithValues: zip(call.body.inputs, operands))
      try translate(call.body, &inner)
      return call.body.outputs.compactMap { inner[$0] }
    case .branch(let branch): return try translate(branch, operands, resultTypes)
    case .scan(let scan): return try translate(scan, operands, resultTypes)
    }
  }

  private func translate(
    _ op: Op, _ attributes: Attributes, _ operands: [Item], _ types: [TensorType],
    _ results: [TensorType]
  ) throws -> [Item] {
    switch op.kernel {
    case .pointwise(let kernel):
      let element = kernel(operands.indices.map { .operand($0) })
      return [try pointwise(element, operands, types, results[0])]
    case .reduce(let reduction):
      return [try reduce(reduction, operands[0], types[0], attributes.axes("axes"), results[0])]
    case .view(let view): return [try self.view(view, attributes, operands, types, results[0])]
    case .contract: return [try contract(attributes, operands, types, results[0])]
    case .gather: return [try gather(attributes, operands, types, results[0])]
    case .scatter: return [try scatter(attributes, operands, types, results[0])]
    case .library, .observe: return try library(op, attributes, operands, types, results)
    case .bindDim: return [try bindDim(attributes.symbol("symbol"), operands[0])]
    case .composite: preconditionFailure("the composite `\(op.name)` in a graph")
    }
  }

  private func pointwise(
    _ element: ScalarExpression, _ operands: [Item], _ types: [TensorType], _ result: TensorType
  ) throws -> Item {
    let item = try newItem(result)
    let type = program.items[item]
    let space = type.features
    if case .operand(let index) = element, types[index].rank == result.rank {
      try add(.view(operands[index], .identity(space.count)), [item])
      return item
    }
    let compute = Compute(
      space: space, isLaned: type.isLaned,
      operands: zip(operands, types).map { operand, from in
        let repeats = from.rank == 0 && result.rank != 0
        return .init(item: operand, axes: repeats ? space.map { _ in nil } : Array(space.indices))
      }, element: element, reduction: nil, resultAxes: Array(space.indices))
    try add(.compute(compute), [item])
    return item
  }

  private func reduce(
    _ reduction: Reduction, _ operand: Item, _ type: TensorType, _ axes: [Int],
    _ result: TensorType
  ) throws -> Item {
    let roles = try roles(type)
    let reduced = axes.compactMap { roles[$0].feature }
    let joinsLanes = axes.contains { roles[$0] == .lane }
    var item = operand
    let from = program.items[operand]
    if !reduced.isEmpty || (!joinsLanes && !axes.isEmpty) {
      let kept = from.features.indices.filter { !reduced.contains($0) }
      let type = ItemType(
        dtype: from.dtype, features: kept.map { from.features[$0] }, isLaned: from.isLaned)
      item = program.add(type)
      if reduced.isEmpty {
        try add(.view(operand, .identity(kept.count)), [item])
      } else {
        try add(
          .compute(
            Compute(
              space: from.features, isLaned: from.isLaned,
              operands: [.init(item: operand, axes: Array(from.features.indices))],
              element: .operand(0), reduction: (reduction, axes: reduced.sorted()),
              resultAxes: kept)), [item])
      }
    } else if !joinsLanes {
      item = try newItem(result)
      try add(.view(operand, .identity(from.features.count)), [item])
    }
    return joinsLanes ? try joinLanes(item, reduction, result) : item
  }

  func joinLanes(_ item: Item, _ reduction: Reduction, _ result: TensorType) throws -> Item {
    let joined = try newItem(result)
    try add(.joinLanes(try contiguous(item), reduction), [joined], joinsLanes: true)
    return joined
  }

  private func gather(
    _ attributes: Attributes, _ operands: [Item], _ types: [TensorType], _ result: TensorType
  ) throws -> Item {
    let batch = attributes.integer("batch")
    let table = try roles(types[0])
    if table[batch] == .lane { throw LaneConflict(origin: origin) }
    let item = try newItem(result)
    let batchFeatures = table[..<batch].compactMap(\.feature).count
    try add(
      .gather(
        Gather(
          table: operands[0], indices: operands[1], batch: batchFeatures,
          indexAxes: program.items[operands[1]].features.count - batchFeatures,
          rows: types[0].shape[batch], bounds: attributes.rowBounds,
          hasRowAxis: table[batch].feature != nil)), [item])
    return item
  }

  private func scatter(
    _ attributes: Attributes, _ operands: [Item], _ types: [TensorType], _ result: TensorType
  ) throws -> Item {
    let batch = attributes.integer("batch")
    let base = try roles(types[0])
    let item = try newItem(result)
    let isLaned = program.items[item].isLaned
    if base[batch] == .lane
      || !isLaned && operands.contains(where: { program.items[$0].isLaned })
    {
      throw LaneConflict(origin: origin)
    }
    let batchFeatures = base[..<batch].compactMap(\.feature).count
    try add(
      .scatter(
        Scatter(
          base: operands[0], indices: operands[1], updates: operands[2], batch: batchFeatures,
          indexAxes: program.items[operands[1]].features.count - batchFeatures,
          rows: types[0].shape[batch], bounds: attributes.rowBounds,
          replaces: attributes["replaces"] == .flag(true),
          hasRowAxis: base[batch].feature != nil)), [item])
    return item
  }

  // MARK: Regions

  private func inside(_ graph: Graph, _ items: [Value: Item]) throws -> Body {
    let saved = nested
    defer { nested = saved }
    let body = Body()
    nested = body
    var items = items
    try translate(graph, &items)
    body.outputs = graph.outputs.compactMap { items[$0] }
    return body
  }

  private func translate(
    _ branch: Branch, _ operands: [Item], _ results: [TensorType]
  ) throws -> [Item] {
    let place = origin
    let then = try inside(
      branch.then, Dictionary(uniqueKeysWithValues: zip(branch.then.inputs, operands.dropFirst())))
    let otherwise = try inside(
      branch.otherwise,
      Dictionary(uniqueKeysWithValues: zip(branch.otherwise.inputs, operands.dropFirst())))
    origin = place
    let items = try results.map(newItem)
    try add(.branch(operands[0], then: then, otherwise: otherwise), items)
    return items
  }

  private func translate(
    _ scan: Scan, _ operands: [Item], _ results: [TensorType]
  ) throws -> [Item] {
    let place = origin
    let graph = scan.body
    var items: [Value: Item] = [:]
    let index = try newItem(graph.type(of: graph.inputs[0]))
    items[graph.inputs[0]] = index
    let values = graph.inputs.dropFirst()
    for (input, operand) in zip(values.prefix(scan.constants), operands) {
      items[input] = operand
    }
    var carries: [(start: Item, inside: Item, next: Item)] = []
    for (input, operand) in zip(
      values.dropFirst(scan.constants), operands.dropFirst(scan.constants)
    )
    .prefix(scan.carries) {
      let inside = try newItem(graph.type(of: input))
      items[input] = inside
      carries.append((try contiguous(operand), inside, inside))
    }
    var slices: [(whole: Item, inside: Item)] = []
    for (input, operand) in zip(values, operands).dropFirst(scan.constants + scan.carries) {
      let inside = try newItem(graph.type(of: input))
      items[input] = inside
      slices.append((try contiguous(operand), inside))
    }
    let body = try self.inside(graph, items)
    origin = place
    let made = try results.map(newItem)
    for position in carries.indices { carries[position].next = body.outputs[position] }
    let stacks = zip(body.outputs, made).dropFirst(scan.carries).map { (inside: $0, whole: $1) }
    try add(
      .loop(
        Loop(
          trip: scan.trip, isReversed: scan.isReversed, stopsEarly: scan.stopsEarly, index: index,
          carries: carries, slices: slices, stacks: stacks, body: body)), made)
    return made
  }
}

extension ViewMap {
  static func identity(_ rank: Int) -> ViewMap {
    .strided(axes: Array(0..<rank), starts: [], reversed: [])
  }
}

extension Compute {
  static func copy(of item: Item, _ type: ItemType) -> Compute {
    Compute(
      space: type.features, isLaned: type.isLaned,
      operands: [.init(item: item, axes: Array(type.features.indices))], element: .operand(0),
      reduction: nil, resultAxes: Array(type.features.indices))
  }
}
