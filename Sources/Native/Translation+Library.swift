// Library rows and observations: constants of a call, loops over elements or along an axis, or steps
// of the host.

import IR
import Tensors

extension Translation {
  func library(
    _ op: Op, _ attributes: Attributes, _ operands: [Item], _ types: [TensorType],
    _ results: [TensorType]
  ) throws -> [Item] {
    if let result = results.first, results.count == 1 {
      let known = operands.compactMap { constants[$0] }
      if known.count == operands.count {
        return [try constant(op, attributes, known, result)]
      }
      if let rule = op.element { return [try elements(rule, operands, types, result)] }
    }
    if let routine = op.routine,
      let made = try self.routine(routine, attributes, operands, types, results)
    {
      return made
    }
    return try hostStep(
      HostRow(op: op, attributes: attributes, operands: types, results: results, origin: origin),
      operands)
  }

  // MARK: Constants

  private func constant(
    _ op: Op, _ attributes: Attributes, _ operands: [Int], _ type: TensorType
  ) throws -> Item {
    let item = try constant(.row(op, attributes, operands: operands), type)
    if type.rank == 0, operands.isEmpty, attributes.hasNoSymbols, let evaluate = op.evaluate {
      let evaluation = Evaluation(
        operands: [], attributes: attributes, precision: precision, sizes: [:])
      // What has no value is left to the call, and then to the interpreter, which reports it.
      if let value = try? evaluate(evaluation).first, let text = CText.immediate(value) {
        try add(.immediate(text), [item])
      }
    }
    return item
  }

  private func constant(_ source: HostConstant.Source, _ type: TensorType) throws -> Item {
    let item = try newItem(type)
    constants[item] = program.hostConstants.count
    program.hostConstants.append(HostConstant(source: source, type: type))
    program.inputs.append((item, type))
    ready[item] = 0
    return item
  }

  // MARK: Elements

  /// The operand's axis of each feature of the result, for an operand whose shape is that of the
  /// result's axes from `start` on.
  private func elementOperand(
    _ item: Item, _ type: TensorType, from start: Int, in result: [AxisRole]
  ) throws -> Compute.Operand {
    let roles = try roles(type)
    let axes = result.enumerated().compactMap { axis, role -> Int?? in
      guard role.feature != nil else { return nil }
      return roles.indices.contains(axis - start) ? .some(roles[axis - start].feature) : .some(nil)
    }
    return .init(item: item, axes: axes)
  }

  private func elements(
    _ rule: ElementRule, _ operands: [Item], _ types: [TensorType], _ result: TensorType
  ) throws -> Item {
    let rank = types[0].rank
    let own = Array(result.shape.dropFirst(rank))
    let (place, count) = (operands.count, operands.count + 1)
    let element = rule(
      ElementSite(
        operands: operands.indices.map { .operand($0) },
        place: own.isEmpty ? .integer(0) : .operand(place),
        count: own.reduce(1, *).constant.map { .integer($0) } ?? .operand(count),
        precision: precision))
    let roles = try roles(result)
    var read = try zip(operands, types).map { try elementOperand($0, $1, from: 0, in: roles) }
    if element.reads(place) || element.reads(count) {
      let type = TensorType(.int, own)
      read.append(
        try elementOperand(try constant(.places, type), type, from: rank, in: roles))
    }
    if element.reads(count) {
      let type = TensorType(.int)
      read.append(
        try elementOperand(try constant(.count(own), type), type, from: 0, in: roles))
    }
    let item = try newItem(result)
    let type = program.items[item]
    let axes = Array(type.features.indices)
    try add(
      .compute(
        Compute(
          space: type.features, isLaned: type.isLaned, operands: read, element: element,
          reduction: nil, resultAxes: axes)), [item])
    return item
  }

  // MARK: Routines along an axis

  /// nil where the host does it: too much to be stopped, or along the lanes.
  private func routine(
    _ routine: Routine, _ attributes: Attributes, _ operands: [Item], _ types: [TensorType],
    _ results: [TensorType]
  ) throws -> [Item]? {
    let along = attributes.axis("axis")
    guard case .feature(let axis) = try roles(types[0])[along] else { return nil }
    let kind: Step.Kind
    switch routine {
    case .largest:
      guard let count = attributes.dim("count").constant, (1...Largest.most).contains(count) else {
        return nil
      }
      kind = .largest(Largest(source: try contiguous(operands[0]), axis: axis, count: count))
    case .sort:
      guard let count = types[0].shape[along].constant, count <= Sort.most else { return nil }
      kind = .sort(
        Sort(
          source: try contiguous(operands[0]), axis: axis,
          isDescending: attributes.flag("descending")))
    case .recurrence:
      kind = .recurrence(
        Recurrence(
          factors: try contiguous(operands[0]), terms: try contiguous(operands[1]), axis: axis))
    }
    let items = try results.map(newItem)
    try add(kind, items)
    return items
  }

  // MARK: The host

  /// The host sees whole tensors: a laned one is collected from the blocks before, which no loop
  /// over laned values can wait for. What such a loop shows, the host puts together itself.
  private func hostStep(_ row: HostRow, _ operands: [Item]) throws -> [Item] {
    if row.observes && nested != nil { return try shown(row, operands) }
    let whole = try zip(operands, row.operands).map { try collected($0, $1) }
    let types = try row.results.map(itemType)
    let made = zip(types, row.results).map { program.add($0.isLaned ? hosted($1) : $0) }
    program.contiguous.formUnion(made)
    program.hostRows.append(row)
    try add(.host(HostStep(row: program.hostRows.count - 1, operands: whole)), made)
    return try zip(zip(made, types), row.results).map { made, result in
      try made.1.isLaned ? distributed(made.0, result) : made.0
    }
  }

  private func shown(_ row: HostRow, _ operands: [Item]) throws -> [Item] {
    var row = row
    row.laneAxes = try row.operands.map { try roles($0).firstIndex(of: .lane) }
    program.hostRows.append(row)
    let step = HostStep(
      row: program.hostRows.count - 1, operands: try operands.map(contiguous))
    try add(.host(step), [])
    return []
  }

  private func hosted(_ type: TensorType) -> ItemType {
    ItemType(dtype: type.dtype, features: type.shape, isLaned: false)
  }

  private func collected(_ item: Item, _ type: TensorType) throws -> Item {
    let own = try contiguous(item)
    guard program.items[item].isLaned else { return own }
    let whole = program.add(hosted(type))
    program.contiguous.insert(whole)
    try add(.collect(own, type), [whole], joinsLanes: true)
    return whole
  }

  private func distributed(_ whole: Item, _ type: TensorType) throws -> Item {
    if nested != nil { throw LaneConflict(origin: origin) }
    let item = try newItem(type)
    try add(.distribute(whole, type), [item])
    return item
  }

  /// Sizes are known before a call: one that an input gives, or that the caller has computed. The
  /// caller does so for the nodes of the graph itself.
  func bindDim(_ symbol: DimSymbol, _ operand: Item) throws -> Item {
    if let input = program.inputs.firstIndex(where: { $0.item == operand }),
      constants[operand] == nil
    {
      program.boundSizes.append(BoundSize(symbol: symbol, input: input))
    } else if nested != nil || calls > 0 {
      throw NativeRefusal(
        reason: "the size `\(symbol.name)` is computed inside a loop or a branch", origin: origin)
    }
    return operand
  }
}

extension Attributes {
  fileprivate var hasNoSymbols: Bool {
    entries.allSatisfy { entry in
      switch entry.value {
      case .dim(let dim): dim.constant != nil
      case .shape(let dims): dims.allSatisfy { $0.constant != nil }
      case .symbol: false
      default: true
      }
    }
  }
}
