// Contractions as steps over features: products of matrices, sums of outer products, or loop nests.
//
// Axes that stand side by side wherever they occur are one axis of a product: weights [X, R, K] of
// several heads are a matrix of X times R*K.

import IR
import Tensors

extension Translation {
  /// One index of a contraction: its axis in both operands and in the result.
  private struct Index {
    var dim: Dim
    var left: Int?
    var right: Int?
    var result: Int?
    var isContracted: Bool { result == nil }

    /// Whether the other one stands right behind this one wherever either of them occurs.
    func isFollowed(by other: Index) -> Bool {
      func follows(_ axis: Int?, _ next: Int?) -> Bool { axis.map { $0 + 1 } == next }
      return follows(left, other.left) && follows(right, other.right)
        && follows(result, other.result)
    }
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
    let joined = joined(indexes)
    if let item = try product(joined, operands, result, joinsLanes) { return item }
    if let item = try outer(joined, operands, result, joinsLanes) { return item }
    return try nest(indexes, operands, types, result, joinsLanes)
  }

  /// Indexes that follow one another as one index, with the axes counted anew.
  private func joined(_ indexes: [Index]) -> [Index] {
    var joined: [Index] = []
    for var index in indexes where !indexes.contains(where: { $0.isFollowed(by: index) }) {
      var last = index
      while let next = indexes.first(where: { last.isFollowed(by: $0) }) {
        index.dim = index.dim * next.dim
        last = next
      }
      joined.append(index)
    }
    for axis in [\Index.left, \.right, \.result] {
      let places = joined.compactMap { $0[keyPath: axis] }.sorted()
      for position in joined.indices {
        joined[position][keyPath: axis] = joined[position][keyPath: axis]
          .flatMap(places.firstIndex)
      }
    }
    return joined
  }

  /// An operand with its axes joined as those of the indexes are.
  private func joined(
    _ item: Item, _ indexes: [Index], _ axis: KeyPath<Index, Int?>
  ) throws -> Item {
    let type = program.items[item]
    let features = indexes.filter { $0[keyPath: axis] != nil }
      .sorted { ($0[keyPath: axis] ?? 0) < ($1[keyPath: axis] ?? 0) }.map(\.dim)
    if features == type.features { return item }
    let result = program.add(
      ItemType(dtype: type.dtype, features: features, isLaned: type.isLaned))
    try add(.view(try contiguous(item), .reshape), [result])
    return result
  }

  /// Laned rows times a uniform matrix.
  private func product(
    _ indexes: [Index], _ operands: [Item], _ result: TensorType, _ joinsLanes: Bool
  ) throws -> Item? {
    let contracted = indexes.filter(\.isContracted)
    guard !joinsLanes, contracted.count == 1, let sum = contracted.first,
      result.dtype == .real
    else { return nil }
    let sides = [(\Index.left, operands[0]), (\Index.right, operands[1])]
    for ((side, rows), (other, matrix)) in [(sides[0], sides[1]), (sides[1], sides[0])] {
      let rank = indexes.count { $0[keyPath: side] != nil }
      guard program.items[rows].isLaned || program.lane == nil, !program.items[matrix].isLaned,
        indexes.count(where: { $0[keyPath: other] != nil }) == 2,
        let rowAxis = sum[keyPath: side], rowAxis == rank - 1,
        let matrixAxis = sum[keyPath: other],
        let free = indexes.first(where: { $0[keyPath: other] == 1 - matrixAxis }),
        free[keyPath: side] == nil,
        free.result == indexes.count(where: { !$0.isContracted }) - 1
      else { continue }
      let item = try newItem(result)
      try add(
        .product(
          Product(
            rows: try contiguous(try joined(rows, indexes, side)),
            matrix: try stored(try joined(matrix, indexes, other)), contracted: matrixAxis)),
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
          left: try contiguous(try joined(operands[0], indexes, \.left)),
          right: try contiguous(try joined(operands[1], indexes, \.right)),
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
