// Views as steps over features.

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
}
