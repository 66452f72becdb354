// One loop nest as C: loads, scalar programs, reductions and stores.
//
// The last axis is the vector's; what does not depend on it is computed outside its loop, at the
// depth where it last changes. A run that does not fill a vector is worked once more with partial
// loads and stores.

import IR
import Tensors

/// Vector sizes of one compilation.
struct VectorShape {
  let bytes: Int
  let lanes: Int
  let isDouble: Bool

  var width: Int { max(bytes / (isDouble ? 8 : 4), lanes) }
  /// Features in one vector.
  func features(laned: Bool) -> Int { laned ? width / lanes : width }
}

/// A loop nest as text.
struct Nest {
  let lines: [String]
  /// The same for any length of its only loop; nil where it has others.
  let open: [String]?

  /// What names of lengths begin with.
  static let length = "z"
  fileprivate static let anyLength = Dim(DimSymbol("any length"))
}

struct NestEmitter {
  /// One vector of the last axis.
  private struct Vector {
    var isPartial = false
    /// Its number, where the innermost loop is written out.
    var number = 0
  }

  /// A line at a depth of the nest: 0 before any loop, the rank in the innermost one.
  private struct Line {
    let depth: Int
    let text: (Vector) -> String
  }

  private struct Closing {
    let depth: Int
    let text: String
  }

  private let group: Group
  private let size: SizeText
  private let shape: VectorShape
  /// Of the group's space, or of one axis of size 1.
  private let merging: AxisMerging
  private var space: [Dim] { merging.space }
  private let access: (Item) -> Access?
  private let immediate: (Item) -> (String, DType)?
  private var lines: [Line] = []
  private var closings: [Closing] = []
  private var opening: [String] = []
  private var registers: [Item: (Operand, depth: Int)] = [:]
  /// Vectors of sums along outer axes that are held in registers: the innermost loop is then
  /// written out.
  private var heldVectors = 0
  private static let mostHeld = 24
  private var loaded: [String: (Operand, depth: Int)] = [:]

  private var rank: Int { space.count }
  private var features: Int { shape.features(laned: group.isLaned) }
  /// How many elements of a vector count where it is not filled.
  private var elements: String { group.isLaned ? "rest*NT_LANES" : "rest" }
  private var indexes: [String] { space.indices.map { "i\($0)" } }

  /// - Parameters:
  ///   - mergesAxes: whether axes become one loop where they can.
  ///   - stored: whether a member is wanted in memory.
  ///   - access: where an item lies.
  static func text(
    _ group: Group, size: SizeText, shape: VectorShape, values: Values, mergesAxes: Bool,
    stored: (Item) -> Bool, access: @escaping (Item) -> Access?,
    immediate: @escaping (Item) -> (String, DType)?
  ) -> Nest {
    func isStored(_ member: Group.Member) -> Bool { !member.isRepeat && stored(member.item) }
    let merging =
      mergesAxes
      ? AxisMerging(of: group, values, isStored, access) { immediate($0) != nil }
      : AxisMerging(none: group.space)
    var emitter = NestEmitter(
      group: group, size: size, shape: shape, merging: merging, access: access,
      immediate: immediate)
    for member in group.members { emitter.emit(member, values, isStored(member)) }
    return Nest(
      lines: emitter.assembled(isOpen: false),
      open: emitter.canBeOpen ? emitter.assembled(isOpen: true) : nil)
  }

  private init(
    group: Group, size: SizeText, shape: VectorShape, merging: AxisMerging,
    access: @escaping (Item) -> Access?, immediate: @escaping (Item) -> (String, DType)?
  ) {
    self.group = group
    self.size = size
    self.shape = shape
    self.merging = merging
    self.access = access
    self.immediate = immediate
  }

  // MARK: Members

  private mutating func emit(_ member: Group.Member, _ values: Values, _ isStored: Bool) {
    let compute = member.compute
    let operands = compute.operands.map { operand in
      values.isRegister(operand, in: group)
        ? register(values.root(operand.item)) : load(operand, values)
    }
    var text = ScalarText(
      operands: operands.map(\.0), prefix: "v\(member.item)", elements: elements)
    let result = text(compute.element)
    let depth = operands.map(\.1).max() ?? 0
    for line in text.lines { lines.append(Line(depth: depth) { line($0.isPartial) }) }
    if let (reduction, axes) = compute.reduction {
      reduce(member, result, reduction, axes)
    } else {
      registers[member.item] = (result, depth)
      if isStored { store(member, result) }
    }
  }

  private func register(_ item: Item) -> (Operand, Int) {
    guard let found = registers[item] else { preconditionFailure("a member is read too early") }
    return found
  }

  /// The strides of a result along the axes of the nest.
  private func strides(_ member: Group.Member, _ access: Access) -> [Dim] {
    merging(access.strides(spreadOver: member.compute.resultAxes, of: group.space.count))
  }

  private mutating func load(_ operand: Compute.Operand, _ values: Values) -> (Operand, Int) {
    if let (text, dtype) = immediate(operand.item) {
      let name = "nt_splat_\(dtype.suffix)(\(text))"
      return define(name, dtype, depth: 0) { _ in name }
    }
    guard let access = access(operand.item) else { preconditionFailure("an item without a place") }
    let along = merging(access.strides(along: operand.axes))
    let depth = (along.lastIndex { $0 != 0 } ?? -1) + 1
    var indexes = indexes
    if let (rotated, by) = operand.rotation {
      let axis = merging.place(of: rotated)
      if axis == rank - 1 { return loadRotated(access, along, by: by) }
      indexes[axis] = self.rotated(axis, by: by)
    }
    let place = size.place(access.start, along, indexes)
    let address =
      place.map { access.isLaned ? "\(access.base) + (\($0))*NT_LANES" : "\(access.base) + \($0)" }
      ?? access.base
    let s = access.dtype.suffix
    let key = "\(address)/\(access.isLaned)/\(depth)"
    if depth < rank {
      let text = access.isLaned ? "nt_lanes_\(s)(\(address))" : "nt_splat_\(s)(*(\(address)))"
      return define(key, access.dtype, depth: depth) { _ in text }
    }
    let stride = size(along[rank - 1])
    let isUnit = along[rank - 1] == 1
    // A block of one example has its numbers side by side, as what all examples share has.
    let isLaned = group.isLaned && shape.lanes > 1
    let count = features
    return define(key, access.dtype, depth: depth) { isPartial in
      let n = isPartial ? "rest" : "\(count)"
      switch (isLaned, access.isLaned, isUnit) {
      case (true, true, true):
        return isPartial ? "nt_part_\(s)(\(address), rest)" : "nt_load_\(s)(\(address))"
      case (true, true, false): return "nt_strided_\(s)(\(address), \(stride), \(n))"
      case (true, false, _): return "nt_spread_\(s)(\(address), \(stride), \(n))"
      case (false, _, true):
        return isPartial ? "nt_first_\(s)(\(address), rest)" : "nt_load_\(s)(\(address))"
      case (false, _, false): return "nt_pick_\(s)(\(address), \(stride), \(n))"
      }
    }
  }

  /// The index whose entry comes to the one of the loop when all move along an axis.
  private func rotated(_ axis: Int, by: Int) -> String {
    let extent = size(space[axis])
    let start = space[axis].constant.map { "\(Layout.rotated(0, by: -by, $0))" }
    return "nt_rotated(i\(axis), \(start ?? "nt_start(\(-by), \(extent))"), \(extent))"
  }

  /// A vector along the axis that is rotated.
  private mutating func loadRotated(
    _ access: Access, _ along: [Dim], by: Int
  ) -> (Operand, depth: Int) {
    let last = rank - 1
    var rows = access
    rows.strides = Array(along[..<last])
    let address = size.address(rows, indexes)
    let place = rotated(last, by: by)
    let (stride, extent) = (size(along[last]), size(space[last]))
    let s = access.dtype.suffix
    let name = access.isLaned ? "nt_around_lanes_\(s)" : "nt_around_\(s)"
    let count = features
    return define("\(address) around \(place)", access.dtype, depth: rank) { isPartial in
      "\(name)(\(address), \(stride), \(place), \(extent), \(isPartial ? "rest" : "\(count)"))"
    }
  }

  private mutating func define(
    _ key: String, _ dtype: DType, depth: Int, _ text: @escaping (Bool) -> String
  ) -> (Operand, Int) {
    if let known = loaded[key] { return known }
    let operand = Operand(name: "x\(loaded.count)", dtype: dtype)
    lines.append(
      Line(depth: depth) { "const \(dtype.vector) \(operand.name) = \(text($0.isPartial));" })
    loaded[key] = (operand, depth)
    return (operand, depth)
  }

  private mutating func store(_ member: Group.Member, _ value: Operand) {
    guard let access = access(member.item) else { preconditionFailure("a result without a place") }
    let along = strides(member, access)
    let isUnit = member.compute.space.isEmpty || along[rank - 1] == 1
    let memory = memory(access, along, isUnit: isUnit)
    lines.append(Line(depth: rank) { memory.storing(value.name, $0.isPartial) })
  }

  /// How a vector of a result is read and written at the indexes of the innermost loop.
  private func memory(_ access: Access, _ along: [Dim], isUnit: Bool) -> Memory {
    var target = access
    target.strides = along
    return Memory(
      address: size.address(target, indexes), suffix: access.dtype.suffix,
      stride: isUnit ? nil : size(along[rank - 1]), count: features, isLaned: group.isLaned)
  }

  // MARK: Reductions

  private mutating func reduce(
    _ member: Group.Member, _ value: Operand, _ reduction: Reduction, _ reduced: [Int]
  ) {
    let axes = merging.places(of: reduced)
    guard let access = access(member.item) else { preconditionFailure("a result without a place") }
    let s = value.dtype.suffix
    let along = strides(member, access)
    let address = size.address(
      Access(
        base: access.base, dtype: access.dtype, start: access.start, strides: along,
        isLaned: access.isLaned), indexes)
    let identity = CText.identity(reduction, value.dtype)
    if reduction == .minimum || reduction == .maximum {
      let empty = axes.map { space[$0] }.filter { $0.constant.map { $0 == 0 } ?? true }
      for dim in empty { opening.append("if (\(size(dim)) == 0) nt_fail(c);") }
    }
    let isVector = axes.contains(rank - 1)
    // How many of the last axes are reduced.
    let run = space.indices.reversed().prefix { axes.contains($0) }.count
    let isMemory = !isVector || axes.count > run
    if !isVector, hold(member, value, reduction, axes, access, along) { return }
    if isMemory {
      let dims = member.compute.resultAxes.map { group.space[$0] }
      opening.append(
        "nt_fill_\(s)(\(size.address(access, [])), \(size.count(dims))\(access.isLaned ? "*NT_LANES" : ""), \(identity));"
      )
    }
    let isLaned = group.isLaned
    guard isVector else {
      let memory = memory(access, along, isUnit: along[rank - 1] == 1)
      lines.append(
        Line(depth: rank) {
          memory.joining(reduction, value, $0.isPartial)
        })
      return
    }
    let depth = rank - run
    let name = "a\(member.item)"
    let elements = elements
    lines.append(
      Line(depth: depth) { _ in "\(value.dtype.vector) \(name) = nt_splat_\(s)(\(identity));" })
    lines.append(
      Line(depth: rank) { vector in
        let next =
          vector.isPartial ? "nt_keep_\(s)(\(value.name), \(elements), \(identity))" : value.name
        return "\(name) = \(CText.join(reduction, value.dtype, name, next));"
      })
    let fold =
      group.isLaned
      ? "nt_fold_\(CText.fold(reduction))_\(s)(\(name), NT_GROUP)"
      : "nt_total_\(CText.fold(reduction))_\(s)(\(name))"
    let stored = { (text: String) in
      isLaned
        ? "nt_store_lanes_\(s)(\(address), \(text));"
        : "nt_store_first_\(s)(\(address), \(text), 1);"
    }
    if isMemory {
      let old = group.isLaned ? "nt_lanes_\(s)(\(address))" : "nt_splat_\(s)(*(\(address)))"
      closings.append(
        Closing(depth: depth, text: stored(CText.join(reduction, value.dtype, old, fold))))
    } else {
      closings.append(Closing(depth: depth, text: stored(fold)))
    }
  }

  /// A sum along the axes right outside of the last one, in a register for each vector of it.
  private mutating func hold(
    _ member: Group.Member, _ value: Operand, _ reduction: Reduction, _ axes: [Int],
    _ access: Access, _ along: [Dim]
  ) -> Bool {
    let run = (0..<rank - 1).reversed().prefix { axes.contains($0) }.count
    guard run == axes.count, run > 0, along[rank - 1] == 1,
      let extent = space[rank - 1].constant
    else { return false }
    let vectors = extent / features + (extent % features).signum()
    guard vectors > 0, heldVectors + vectors <= NestEmitter.mostHeld else { return false }
    heldVectors += vectors
    let s = value.dtype.suffix
    let name = "a\(member.item)"
    let identity = CText.identity(reduction, value.dtype)
    let depth = rank - 1 - run
    let memory = memory(access, along, isUnit: along[rank - 1] == 1)
    for number in 0..<vectors {
      lines.append(
        Line(depth: depth) { _ in
          "\(value.dtype.vector) \(name)_\(number) = nt_splat_\(s)(\(identity));"
        })
      let rest = extent - number * features
      let store = memory.storing("\(name)_\(number)", rest < features)
      closings.append(
        Closing(
          depth: depth,
          text:
            "{ const long i\(rank - 1) = \(number * features); const int rest __attribute__((unused)) = \(rest); \(store) }"
        ))
    }
    lines.append(
      Line(depth: rank) { vector in
        let sum = "\(name)_\(vector.number)"
        return "\(sum) = \(CText.join(reduction, value.dtype, sum, value.name));"
      })
    return true
  }

  // MARK: Text

  /// Whether one loop is all there is, whose length could be any.
  private var canBeOpen: Bool { rank == 1 && heldVectors == 0 && space[0].constant != nil }

  /// - Parameter isOpen: whether the length of the loop is a name, `z` with its number behind it.
  private func assembled(isOpen: Bool) -> [String] {
    let last = rank - 1
    var text = ["{"] + opening
    for axis in 0..<last {
      text += lines(at: axis)
      // Loops of a few steps, as over the places of a shift, cost more than what is in them.
      let isShort = (space[axis].constant ?? .max) <= 4
      text.append(
        "\(isShort ? "NT_UNROLL " : "")for (long i\(axis) = 0; i\(axis) < \(size(space[axis])); i\(axis)++) {"
      )
      text += StopLook.text(at: axis, of: space, index: "i\(axis)")
    }
    text += lines(at: last)
    switch space[last].constant {
    case let count? where isOpen:
      text += inner("\(Nest.length)\(count)", of: [Nest.anyLength])
    case let count?: text += inner(count)
    case nil: text += inner(size(space[last]), of: space)
    }
    text += closings.filter { $0.depth == last }.map(\.text)
    for axis in (0..<last).reversed() {
      text.append("}")
      text += closings.filter { $0.depth == axis }.map(\.text)
    }
    return text + ["}"]
  }

  private func lines(at depth: Int, _ vector: Vector = Vector()) -> [String] {
    lines.filter { $0.depth == depth }.map { $0.text(vector) }
  }

  /// In each step of the innermost loop, which is short where lanes share it.
  private func look(_ space: [Dim]) -> [String] {
    StopLook.text(at: rank - 1, of: space, index: "i\(rank - 1)", looksIfOpen: !group.isLaned)
  }

  /// The innermost loop over a known number of features.
  private func inner(_ count: Int) -> [String] {
    let index = "i\(rank - 1)"
    let whole = count / features
    var text: [String] = []
    if heldVectors > 0 || whole == 1 {
      for number in 0..<whole {
        text.append("{ const long \(index) = \(number * features);")
        text += lines(at: rank, Vector(number: number)) + ["}"]
      }
    } else if whole > 1 {
      text.append(
        "for (long \(index) = 0; \(index) < \(whole * features); \(index) += \(features)) {")
      text += look(space) + lines(at: rank) + ["}"]
    }
    if count > whole * features {
      text.append(
        "{ const long \(index) = \(whole * features); const int rest = \(count - whole * features);"
      )
      text += lines(at: rank, Vector(isPartial: true, number: whole)) + ["}"]
    }
    return text
  }

  /// The innermost loop over a number of features that a call brings.
  private func inner(_ count: String, of space: [Dim]) -> [String] {
    let index = "i\(rank - 1)"
    var text = [
      "long \(index) = 0;",
      "for (; \(index) + \(features) <= \(count); \(index) += \(features)) {",
    ]
    text += look(space) + lines(at: rank) + ["}"]
    if space[space.count - 1].divided(by: features) == nil {
      text.append("if (\(index) < \(count)) {")
      text.append("const int rest = (int)(\(count) - \(index));")
      text += lines(at: rank, Vector(isPartial: true)) + ["}"]
    }
    return text
  }
}

/// A vector of a result in memory.
private struct Memory {
  let address: String
  let suffix: String
  /// From feature to feature; nil where they are neighbours.
  let stride: String?
  /// Features in a whole vector.
  let count: Int
  let isLaned: Bool

  func loading(_ isPartial: Bool) -> String {
    if let stride {
      let name = isLaned ? "nt_strided" : "nt_pick"
      return "\(name)_\(suffix)(\(address), \(stride), \(isPartial ? "rest" : "\(count)"))"
    }
    if !isPartial { return "nt_load_\(suffix)(\(address))" }
    return "\(isLaned ? "nt_part" : "nt_first")_\(suffix)(\(address), rest)"
  }

  /// Joins what is there with more.
  func joining(_ reduction: Reduction, _ value: Operand, _ isPartial: Bool) -> String {
    storing(CText.join(reduction, value.dtype, loading(isPartial), value.name), isPartial)
  }

  func storing(_ value: String, _ isPartial: Bool) -> String {
    if let stride {
      let n = isPartial ? "rest" : "\(count)"
      return
        "nt_place_\(suffix)(\(address), \(stride), \(value), \(n), \(isLaned ? "NT_LANES" : "1"));"
    }
    if !isPartial { return "nt_store_\(suffix)(\(address), \(value));" }
    return "\(isLaned ? "nt_store_part" : "nt_store_first")_\(suffix)(\(address), \(value), rest);"
  }
}
