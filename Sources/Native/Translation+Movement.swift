// Views and contractions as steps over features.

import IR
import Tensors

extension Translation {
  func view(
    _ view: View, _ attributes: Attributes, _ operands: [Item], _ types: [TensorType],
    _ result: TensorType
  ) throws -> Item {
    if view == .concatenate {
      return try concatenate(attributes.axis("axis"), operands, types, result)
    }
    let from = try roles(types[0])
    let to = try roles(result)
    let map: ViewMap
    switch view {
    case .broadcast:
      map = strided(to, from, attributes.axes("axes").enumerated().map { ($0.element, $0.offset) })
    case .transpose:
      map = strided(to, from, attributes.axes("axes").enumerated().map { ($0.offset, $0.element) })
    case .slice:
      let axis = attributes.axis("axis")
      if from[axis] == .lane { throw LaneConflict(origin: origin) }
      let start = attributes.dim("start")
      let starts = from[axis].feature.map { [(axis: $0, start: start)] } ?? []
      map = strided(to, from, to.indices.map { ($0, $0) }, starts: starts)
    case .reverse:
      let axis = attributes.axis("axis")
      if from[axis] == .lane { throw LaneConflict(origin: origin) }
      map = strided(
        to, from, to.indices.map { ($0, $0) }, reversed: to[axis].feature.map { [$0] } ?? [])
    case .rotate:
      let axis = attributes.axis("axis")
      if from[axis] == .lane { throw LaneConflict(origin: origin) }
      guard let feature = from[axis].feature else { return operands[0] }
      return try rotate(operands[0], feature, by: attributes.integer("by"))
    case .reshape: return try reshape(operands[0], types[0], result)
    case .concatenate: preconditionFailure("handled above")
    }
    let item = try newItem(result)
    try add(.view(operands[0], map), [item])
    return item
  }

  /// - Parameter pairs: result axis and operand axis.
  private func strided(
    _ to: [AxisRole], _ from: [AxisRole], _ pairs: [(Int, Int)],
    starts: [(axis: Int, start: Dim)] = [], reversed: [Int] = []
  ) -> ViewMap {
    var axes = [Int?](repeating: nil, count: to.compactMap(\.feature).count)
    for (result, operand) in pairs {
      if let target = to[result].feature { axes[target] = from[operand].feature }
    }
    return .strided(axes: axes, starts: starts, reversed: reversed)
  }

  private func rotate(_ operand: Item, _ axis: Int, by: Int) throws -> Item {
    let type = program.items[operand]
    let item = program.add(type)
    let axes = Array(type.features.indices)
    try add(
      .compute(
        Compute(
          space: type.features, isLaned: type.isLaned,
          operands: [.init(item: operand, axes: axes, rotation: (axis, by))],
          element: .operand(0), reduction: nil, resultAxes: axes)), [item])
    return item
  }

  private func reshape(_ operand: Item, _ from: TensorType, _ to: TensorType) throws -> Item {
    let item = try newItem(to)
    let old = program.items[operand].features
    if old == program.items[item].features {
      try add(.view(operand, .identity(old.count)), [item])
      return item
    }
    func before(_ type: TensorType) throws -> Dim? {
      guard let axis = try roles(type).firstIndex(of: .lane) else { return nil }
      return type.shape[..<axis].reduce(1, *)
    }
    if try before(from) != before(to) { throw LaneConflict(origin: origin) }
    // Lanes lie innermost, so axes on both sides of the lane dim may be joined freely only where
    // none stand before it, or none behind.
    try add(.view(try contiguous(operand), .reshape), [item])
    return item
  }

  private func concatenate(
    _ axis: Int, _ operands: [Item], _ types: [TensorType], _ result: TensorType
  ) throws -> Item {
    let to = try roles(result)
    if to[axis] == .lane { throw LaneConflict(origin: origin) }
    let item = try newItem(result)
    guard let along = to[axis].feature else {
      // One of the operands has the only entry.
      guard let only = types.firstIndex(where: { $0.shape[axis].constant == 1 }) else {
        throw NativeRefusal(reason: "a concatenation of unknown sizes", origin: origin)
      }
      try add(
        .view(operands[only], .identity(program.items[operands[only]].features.count)), [item])
      return item
    }
    var parts: [Concatenation.Part] = []
    var start = Dim(0)
    for (operand, type) in zip(operands, types) {
      let roles = try roles(type)
      var axes = [Int?](repeating: nil, count: program.items[item].features.count)
      for (position, role) in to.enumerated() {
        if let target = role.feature { axes[target] = roles[position].feature }
      }
      if type.shape[axis].constant != 0 {
        parts.append(.init(item: operand, axes: axes, start: start, count: type.shape[axis]))
      }
      start = start + type.shape[axis]
    }
    try add(.concatenate(Concatenation(axis: along, parts: parts)), [item])
    return item
  }

  // MARK: Contractions

  /// One index of a contraction: its axis in both operands and in the result.
  private struct Index {
    let dim: Dim
    var left: Int?
    var right: Int?
    var result: Int?
    var isContracted: Bool { result == nil }
  }

  func contract(
    _ attributes: Attributes, _ operands: [Item], _ types: [TensorType], _ result: TensorType
  ) throws -> Item {
    let left = try roles(types[0])
    let right = try roles(types[1])
    let to = try roles(result)
    let leftBatch = attributes.axes("leftBatch")
    let rightBatch = attributes.axes("rightBatch")
    let leftContracted = attributes.axes("leftContracted")
    let rightContracted = attributes.axes("rightContracted")
    var pairs: [(left: Int?, right: Int?, result: Int?)] = []
    for (a, b) in zip(leftBatch, rightBatch) { pairs.append((a, b, pairs.count)) }
    for axis in left.indices where !leftBatch.contains(axis) && !leftContracted.contains(axis) {
      pairs.append((axis, nil, pairs.count))
    }
    let middle = pairs.count
    for axis in right.indices where !rightBatch.contains(axis) && !rightContracted.contains(axis) {
      pairs.append((nil, axis, pairs.count))
    }
    pairs.insert(contentsOf: zip(leftContracted, rightContracted).map { ($0, $1, nil) }, at: middle)
    var indexes: [Index] = []
    var joinsLanes = false
    for pair in pairs {
      let roles = [pair.left.map { left[$0] }, pair.right.map { right[$0] }].compactMap { $0 }
      if roles.contains(.lane) {
        joinsLanes = joinsLanes || pair.result == nil
        continue
      }
      guard roles.contains(where: { $0.feature != nil }) else { continue }
      let dim = pair.left.map { types[0].shape[$0] } ?? pair.right.map { types[1].shape[$0] } ?? 1
      indexes.append(
        Index(
          dim: dim, left: pair.left.flatMap { left[$0].feature },
          right: pair.right.flatMap { right[$0].feature },
          result: pair.result.flatMap { to[$0].feature }))
    }
    if let item = try product(indexes, operands, result, joinsLanes) { return item }
    if let item = try outer(indexes, operands, result, joinsLanes) { return item }
    return try nest(indexes, operands, types, result, joinsLanes)
  }

  /// Laned rows times a uniform matrix.
  private func product(
    _ indexes: [Index], _ operands: [Item], _ result: TensorType, _ joinsLanes: Bool
  ) throws -> Item? {
    let contracted = indexes.filter(\.isContracted)
    guard !joinsLanes, contracted.count == 1, let sum = contracted.first,
      result.dtype == .real
    else { return nil }
    for isLeft in [true, false] {
      let rows = operands[isLeft ? 0 : 1]
      let matrix = operands[isLeft ? 1 : 0]
      let rowType = program.items[rows]
      let matrixType = program.items[matrix]
      guard rowType.isLaned || program.lane == nil, !matrixType.isLaned,
        matrixType.features.count == 2, rowType.features.count >= 1,
        let rowAxis = isLeft ? sum.left : sum.right,
        let matrixAxis = isLeft ? sum.right : sum.left,
        rowAxis == rowType.features.count - 1,
        let free = indexes.first(where: { (isLeft ? $0.right : $0.left) == 1 - matrixAxis }),
        (isLeft ? free.left : free.right) == nil
      else { continue }
      let item = try newItem(result)
      guard free.result == program.items[item].features.count - 1 else { continue }
      try add(
        .product(
          Product(rows: try contiguous(rows), matrix: try stored(matrix), contracted: matrixAxis)),
        [item])
      return item
    }
    return nil
  }

  /// A matrix must lie in memory, with one of its axes contiguous.
  private func stored(_ item: Item) throws -> Item {
    var source = item
    while case .view(let next, .strided(let axes, _, let reversed)) = producers[source]?.kind,
      reversed.isEmpty, !axes.contains(nil)
    {
      source = next
    }
    return isPlain(source) && program.items[source].features.count == 2
      ? item : try contiguous(item)
  }

  /// A weight gradient: a sum over all steps and lanes of products of two rows.
  private func outer(
    _ indexes: [Index], _ operands: [Item], _ result: TensorType, _ joinsLanes: Bool
  ) throws -> Item? {
    let contracted = indexes.filter(\.isContracted)
    let free = indexes.filter { !$0.isContracted }
    guard result.dtype == .real, joinsLanes || program.lane == nil, contracted.count <= 1,
      joinsLanes || contracted.count == 1,
      free.count == 2,
      free.filter({ $0.left != nil && $0.right == nil && $0.result == 0 }).count == 1,
      free.filter({ $0.right != nil && $0.left == nil && $0.result == 1 }).count == 1,
      contracted.allSatisfy({ $0.left == 0 && $0.right == 0 }),
      operands.allSatisfy({ program.items[$0].isLaned == joinsLanes })
    else { return nil }
    let item = try newItem(result)
    try add(
      .outer(
        Outer(
          left: try contiguous(operands[0]), right: try contiguous(operands[1]),
          hasSteps: !contracted.isEmpty, joinsLanes: joinsLanes)), [item], joinsLanes: joinsLanes)
    return item
  }

  /// Any other contraction is a loop nest. It goes through the right operand as that lies, inside of
  /// what only the left one has; through the left one where that has every index.
  private func nest(
    _ indexes: [Index], _ operands: [Item], _ types: [TensorType], _ result: TensorType,
    _ joinsLanes: Bool
  ) throws -> Item {
    let ofLeft = indexes.filter { $0.left != nil }.sorted { ($0.left ?? 0) < ($1.left ?? 0) }
    let ofRight = indexes.filter { $0.right != nil }.sorted { ($0.right ?? 0) < ($1.right ?? 0) }
    let order =
      ofLeft.count == indexes.count ? ofLeft : ofLeft.filter { $0.right == nil } + ofRight
    let isLaned = operands.contains { program.items[$0].isLaned }
    let reduced = order.indices.filter { order[$0].isContracted }
    let kept = order.indices.filter { !order[$0].isContracted }
      .sorted { (order[$0].result ?? 0) < (order[$1].result ?? 0) }
    let item = program.add(
      ItemType(dtype: result.dtype, features: kept.map { order[$0].dim }, isLaned: isLaned))
    try add(
      .compute(
        Compute(
          space: order.map(\.dim), isLaned: isLaned,
          operands: [
            .init(item: operands[0], axes: order.map(\.left)),
            .init(item: operands[1], axes: order.map(\.right)),
          ], element: .operand(0) * .operand(1),
          reduction: reduced.isEmpty ? nil : (.sum, axes: reduced), resultAxes: kept)), [item])
    return joinsLanes ? try joinLanes(item, .sum, result) : item
  }
}
