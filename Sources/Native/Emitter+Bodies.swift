// The steps of a body as C: places for what they make, then group by group.

import IR
import Tensors

/// Where the items of one body are made and last read.
private struct Lifetimes {
  var made: [Item: Int] = [:]
  var last: [Item: Int] = [:]
  /// Items that live inside a concatenation's result.
  var parts: [Item: (whole: Item, part: Concatenation.Part)] = [:]
}

extension Emitter {
  /// A body at the top.
  /// - Parameters:
  ///   - ends: items that are read behind the body.
  ///   - region: of what the body needs for itself.
  func emit(_ body: Body, ends: [Item], region: Region) throws {
    let overwriting = overwriting(body, kept: lasting.union(ends.map(values.base)))
    try emit(overwriting, ends: ends, region: region)
  }

  private func emit(_ overwriting: Overwriting, ends: [Item], region: Region) throws {
    let made = Set(overwriting.steps.flatMap(\.results))
    let kept = made.filter { homes[$0] != nil || lasting.contains($0) }
      .union(ends.map(values.base))
    // What runs once in a call is not worth a nest that does several things: apart, parameters of
    // all sizes have the same.
    let runsOnce = region == .shared && loops.isEmpty
    var groups = Grouping.groups(of: overwriting, values, kept: kept, without: options.without)
    if runsOnce { groups = groups.flatMap { $0.parted(values) } }
    let lifetimes = lifetimes(of: groups, overwriting, ends: ends)
    let stored = stored(groups, lifetimes)
    place(groups, overwriting, stored, lifetimes, region)
    for group in groups {
      let before = parts
      parts = []
      try counted(group) {
        if let step = group.step {
          try emit(step, region)
        } else {
          emit(
            group, stored: { stored.contains($0) }, access: { self.access($0) }, isOpen: runsOnce)
        }
      }
      parts = before + [part(group, inside: parts)]
    }
  }

  /// Emits a nest.
  /// - Parameter isOpen: whether its length may be an argument.
  func emit(
    _ group: Group, stored: (Item) -> Bool, access: @escaping (Item) -> Access?,
    isOpen: Bool = false
  ) {
    var pointers: [String: String] = [:]
    let nest = NestEmitter.text(
      group, size: size, shape: shape, values: values,
      mergesAxes: !options.without.contains(.mergedAxes), stored: stored,
      access: { item in
        let access = access(item)
        if let access { pointers[access.base] = access.pointer }
        return access
      }, immediate: { self.immediate($0) })
    lines.append(nests.line(for: nest, pointers: pointers, isOpen: isOpen))
  }

  private func lifetimes(
    of groups: [Group], _ overwriting: Overwriting, ends: [Item]
  ) -> Lifetimes {
    var lifetimes = Lifetimes()
    for (index, group) in groups.enumerated() {
      let reads = group.step?.reads ?? group.members.flatMap { $0.compute.operands.map(\.item) }
      for item in reads.map(values.base) { lifetimes.last[item] = index }
      for item in group.items {
        lifetimes.made[item] = index
        lifetimes.last[item] = max(lifetimes.last[item] ?? 0, index)
      }
    }
    for item in ends.map(values.base) { lifetimes.last[item] = groups.count }
    for item in lifetimes.made.keys where lasting.contains(item) {
      lifetimes.last[item] = groups.count
    }
    // What a loop starts from is what it ends with where it has no step.
    for (index, group) in groups.enumerated().reversed() {
      guard case .loop(let loop) = group.step?.kind, let step = group.step else { continue }
      for (carry, result) in zip(loop.carries, step.results) {
        let start = values.base(carry.start)
        lifetimes.last[start] = max(
          lifetimes.last[start] ?? index, lifetimes.last[result] ?? index)
      }
    }
    for (index, group) in groups.enumerated().reversed() {
      guard case .concatenate(let concatenation) = group.step?.kind, let step = group.step else {
        continue
      }
      for part in concatenation.parts where canHold(part, in: step.results[0], lifetimes) {
        let root = values.root(part.item)
        if overwriting.shares(root) { continue }
        lifetimes.parts[root] = (step.results[0], part)
        lifetimes.last[step.results[0]] = max(
          lifetimes.last[step.results[0]] ?? index, lifetimes.last[root] ?? index)
      }
    }
    for item in lifetimes.made.keys where overwriting.first(item) == item {
      lifetimes.last[item] = overwriting.buffer(item).compactMap { lifetimes.last[$0] }.max()
    }
    return lifetimes
  }

  /// Whether a part can be computed right where the whole wants it.
  private func canHold(
    _ part: Concatenation.Part, in whole: Item, _ lifetimes: Lifetimes
  ) -> Bool {
    let root = values.root(part.item)
    guard lifetimes.made[root] != nil, lifetimes.parts[root] == nil, homes[root] == nil,
      values.isPlaceable(root), !lasting.contains(root),
      program.items[root].isLaned == program.items[whole].isLaned
    else { return false }
    if case .compute(let compute) = values.producers[root]?.kind, compute.isPlain,
      !program.contiguous.contains(root)
    {
      return true
    }
    let strides = Access.rowMajor(program.items[whole].features)
    var own = [Dim](repeating: 0, count: program.items[root].features.count)
    for (axis, source) in part.axes.enumerated() {
      if let source { own[source] = strides[axis] }
    }
    return own == Access.rowMajor(program.items[root].features)
  }

  /// Items that must lie in memory: everything but what stays in the registers of one nest.
  private func stored(_ groups: [Group], _ lifetimes: Lifetimes) -> Set<Item> {
    var stored: Set<Item> = []
    for group in groups {
      if let step = group.step {
        stored.formUnion(step.results)
        stored.formUnion(step.reads.map(values.base))
        continue
      }
      for member in group.members {
        if !member.compute.isPlain { stored.insert(member.item) }
        for operand in member.compute.operands where !values.isRegister(operand, in: group) {
          stored.insert(values.base(operand.item))
        }
      }
    }
    for (item, last) in lifetimes.last where last == groups.count { stored.insert(item) }
    for item in lifetimes.made.keys where homes[item] != nil || lasting.contains(item) {
      stored.insert(item)
    }
    stored.formUnion(lifetimes.parts.keys)
    return stored
  }

  /// Gives every stored item a place; places are used again once nothing reads them.
  private func place(
    _ groups: [Group], _ overwriting: Overwriting, _ stored: Set<Item>, _ lifetimes: Lifetimes,
    _ region: Region
  ) {
    struct Kind: Hashable {
      let count: Dim
      let dtype: DType
      let isLaned: Bool
    }
    var free: [Kind: [Int]] = [:]
    var ending: [Int: [(Kind, Int)]] = [:]
    for (index, group) in groups.enumerated() {
      for item in group.items
      where stored.contains(item) && homes[item] == nil && group.step?.joinsLanes != true {
        if let shared = overwriting.buffer(item).lazy.compactMap({ self.homes[$0] }).first {
          homes[item] = shared
          continue
        }
        if case .loop(let loop) = group.step?.kind,
          let carry = group.step?.results.prefix(loop.carries.count).firstIndex(of: item),
          !self.overwriting(loop).carries.contains(carry), !lasting.contains(item)
        {
          continue
        }
        // The outermost whole that holds the item is what needs a place.
        var outermost = item
        while let holder = lifetimes.parts[outermost], homes[outermost] == nil {
          outermost = holder.whole
        }
        if homes[outermost] == nil {
          let type = program.items[outermost]
          let kind = Kind(
            count: type.features.reduce(1, *), dtype: type.dtype, isLaned: type.isLaned)
          if overwriting.buffer(outermost).contains(where: lasting.contains) {
            homes[outermost] = Access(
              base: "b\(slot(type, type.isLaned ? .blocks : .shared))", type)
          } else {
            let number = free[kind]?.popLast() ?? slot(type, region)
            homes[outermost] = Access(base: "b\(number)", type)
            ending[lifetimes.last[outermost] ?? index, default: []].append((kind, number))
          }
        }
        placeParts(item, lifetimes)
      }
      if options.without.contains(.bufferReuse) { continue }
      for (kind, number) in ending[index] ?? [] { free[kind, default: []].append(number) }
    }
  }

  private func placeParts(_ item: Item, _ lifetimes: Lifetimes) {
    guard homes[item] == nil, let holder = lifetimes.parts[item] else { return }
    placeParts(holder.whole, lifetimes)
    guard let whole = homes[holder.whole] else { preconditionFailure("a whole without a place") }
    homes[item] = self.part(
      holder.part, of: whole, axis: concatenationAxis(holder.whole),
      rank: program.items[item].features.count)
  }

  private func concatenationAxis(_ item: Item) -> Int {
    guard case .concatenate(let concatenation) = values.producers[item]?.kind else {
      preconditionFailure("parts of what is no concatenation")
    }
    return concatenation.axis
  }

  func part(_ part: Concatenation.Part, of whole: Access, axis: Int, rank: Int) -> Access {
    var access = whole
    access.start = whole.start + part.start * whole.strides[axis]
    access.strides = [Dim](repeating: 0, count: rank)
    for (position, source) in part.axes.enumerated() {
      if let source { access.strides[source] = whole.strides[position] }
    }
    return access
  }

  // MARK: Single steps

  private func emit(_ step: Step, _ region: Region) throws {
    switch step.kind {
    case .immediate, .view, .compute: preconditionFailure("no step of its own")
    case .concatenate(let concatenation): emit(concatenation, step.results[0])
    case .product(let product): try emit(product, step)
    case .outer(let outer): emit(outer, step.results[0])
    case .multiply(let multiplication): emit(multiplication, step.results[0])
    case .joinLanes(let source, let reduction): emitJoin(source, reduction, step.results[0])
    case .gather(let gather): emit(gather, step.results[0])
    case .scatter(let scatter): emit(scatter, step.results[0])
    case .largest(let largest): emit(largest, step.results)
    case .sort(let sort): emit(sort, step.results)
    case .recurrence(let recurrence): emit(recurrence, step.results[0])
    case .host(let host): emit(host, step.results, region)
    case .collect(let source, let type): collect(source, type, into: step.results[0])
    case .distribute(let whole, let type): distribute(whole, type, into: step.results[0])
    case .loop(let loop): try emitApart(step, region) { try emit(loop, step, region) }
    case .branch(let condition, let then, let otherwise):
      try emit(condition, then, otherwise, step.results, region)
    }
  }

  private func emit(_ concatenation: Concatenation, _ result: Item) {
    let whole = place(result)
    for part in concatenation.parts {
      let root = values.root(part.item)
      let target = self.part(
        part, of: whole, axis: concatenation.axis,
        rank: program.items[part.item].features.count)
      if let home = homes[root], home.base == target.base, home.start == target.start,
        home.strides == target.strides
      {
        continue
      }
      // The copy takes the laned type of the whole.
      copy(part.item, to: target)
    }
  }

  private func emitJoin(_ source: Item, _ reduction: Reduction, _ result: Item) {
    let from = place(source)
    let type = program.items[result]
    let target = partial(result)
    let lanes =
      switch reduction {
      case .sum: "sum"
      case .any: "any"
      case .all: "all"
      default: CText.fold(reduction)
      }
    let s = type.dtype.suffix
    lines.append(
      "for (long i = 0; i < \(size.count(type.features)); i++) (\(target))[i] = nt_one_\(CText.fold(reduction))_\(s)((\(target))[i], nt_\(lanes)_lanes_\(s)(\(size.address(from, [])) + i*NT_LANES, live));"
    )
  }

  // MARK: Regions

  private func emit(
    _ condition: Item, _ then: Body, _ otherwise: Body, _ results: [Item], _ region: Region
  ) throws {
    let flag = immediate(condition)?.0 ?? "*(\(size.address(place(condition), [])))"
    for (index, body) in [then, otherwise].enumerated() {
      lines.append(index == 0 ? "if (\(flag)) {" : "} else {")
      var targets: [(Item, Access)] = []
      for (output, result) in zip(body.outputs, results) { targets.append((output, place(result))) }
      let overwriting = overwriting(body, kept: Set(body.outputs.map(values.base)))
      try emit(overwriting, into: targets, region)
    }
    lines.append("}")
  }

  /// Emits a body whose outputs are wanted at given places.
  private func emit(
    _ overwriting: Overwriting, into targets: [(Item, Access)], _ region: Region
  ) throws {
    let made = Set(overwriting.steps.flatMap(\.results))
    var copies: [(Item, Access)] = []
    for (item, target) in targets {
      let root = values.root(item)
      if made.contains(root), values.isPlaceable(root),
        overwriting.buffer(root).allSatisfy({ homes[$0] == nil }),
        program.items[root].isLaned == target.isLaned
      {
        homes[root] = target
      } else {
        copies.append((item, target))
      }
    }
    try emit(overwriting, ends: copies.map(\.0), region: region)
    for (item, target) in copies { copy(item, to: target) }
  }

  private func emit(_ loop: Loop, _ step: Step, _ region: Region) throws {
    let id = fresh("")
    let trip = size(loop.trip)
    let index = "s\(id)"
    let overwriting = overwriting(loop)
    // A stack of the states that steps start from holds these states.
    var stackOf: [Int: Int] = [:]
    if !loop.stopsEarly {
      for (position, carry) in loop.carries.enumerated() {
        stackOf[position] = loop.stacks.firstIndex { values.root($0.inside) == carry.inside }
      }
    }
    var opening: [String] = []
    var closing: [String] = []
    var targets: [(Item, Access)] = []
    for (position, carry) in loop.carries.enumerated() {
      if overwriting.carries.contains(position) {
        let home = place(step.results[position])
        if access(carry.start) != home { copy(carry.start, to: home) }
        homes[carry.inside] = home
        continue
      }
      let type = program.items[carry.inside]
      let stored = type.dtype.stored
      let now = "ci\(id)_\(position)"
      let next = "co\(id)_\(position)"
      let first = access(slot: slot(type, region), type).base
      let start = size.address(place(carry.start), [])
      let count = "\(size.count(type.features))\(type.isLaned ? "*NT_LANES" : "")"
      if let stack = stackOf[position] {
        let whole = size.address(place(loop.stacks[stack].whole), [])
        let place = loop.isReversed ? "\(trip) - 1" : "0"
        lines.append("const \(stored) *\(now) = \(start);")
        lines.append(
          "if (\(trip) > 0) \(now) = __builtin_memcpy(\(whole) + (\(place))*\(count), \(start), (\(count))*sizeof(\(stored)));"
        )
        let following = loop.isReversed ? "\(index) - 1" : "\(index) + 1"
        opening.append(
          "\(stored) *const \(next) = q\(id) + 1 < \(trip) ? \(whole) + (\(following))*\(count) : \(first);"
        )
        closing.append("\(now) = \(next);")
      } else {
        let second = access(slot: slot(type, region), type).base
        lines.append("const \(stored) *\(now) = \(start); \(stored) *\(next) = \(first);")
        closing.append("\(now) = \(next); \(next) = \(next) == \(first) ? \(second) : \(first);")
      }
      homes[carry.inside] = Access(base: now, type)
      targets.append((carry.next, Access(base: next, program.items[carry.next].placed(like: type))))
    }
    for (position, stack) in loop.stacks.enumerated() where !stackOf.values.contains(position) {
      let type = program.items[stack.inside]
      let name = "st\(id)_\(position)"
      let whole = size.address(place(stack.whole), [])
      let isLaned = program.items[stack.whole].isLaned
      let count = "\(size.count(type.features))\(isLaned ? "*NT_LANES" : "")"
      opening.append("\(type.dtype.stored) *const \(name) = \(whole) + \(index)*\(count);")
      var inside = type
      inside.isLaned = isLaned
      targets.append((stack.inside, Access(base: name, inside)))
    }
    for (position, slice) in loop.slices.enumerated() {
      let type = program.items[slice.inside]
      if immediate(slice.whole) != nil { preconditionFailure("slices of an immediate") }
      let whole = place(slice.whole)
      let name = "sl\(id)_\(position)"
      let hasAxis = program.items[slice.whole].features.count > type.features.count
      let count = "\(size.count(type.features))\(whole.isLaned ? "*NT_LANES" : "")"
      opening.append(
        "const \(type.dtype.stored) *const \(name) = \(size.address(whole, []))\(hasAxis ? " + \(index)*\(count)" : "");"
      )
      var inside = type
      inside.isLaned = whole.isLaned
      homes[slice.inside] = Access(base: name, inside)
    }
    indexNames[loop.index] = "(int64_t)\(index)"
    lines.append("for (long q\(id) = 0; q\(id) < \(trip); q\(id)++) {")
    lines.append(
      "const long \(index) __attribute__((unused)) = \(loop.isReversed ? "\(trip) - 1 - q\(id)" : "q\(id)");"
    )
    // Nobody reads what is left unset.
    lines.append("if (*c->stop) return;")
    if loop.stopsEarly { emitStop(loop, id, trip) }
    lines += opening
    loops.append(id)
    try emit(overwriting, into: targets, region)
    loops.removeLast()
    lines += closing
    lines.append("}")
    for (position, carry) in loop.carries.enumerated()
    where !overwriting.carries.contains(position) {
      let result = step.results[position]
      let now = Access(base: "ci\(id)_\(position)", program.items[carry.inside])
      if homes[result] == nil {
        homes[result] = now
      } else {
        copy(carry.inside, to: place(result))
      }
    }
  }

  /// While no lane of the first carry is true, the remaining steps are not run and stack zeros.
  private func emitStop(_ loop: Loop, _ id: String, _ trip: String) {
    let type = program.items[loop.carries[0].inside]
    let count = "\(size.count(type.features))\(type.isLaned ? "*NT_LANES" : "")"
    lines.append("{ int any = 0;")
    lines.append("for (long i = 0; i < \(count); i++) any |= ci\(id)_0[i];")
    lines.append("if (!any) {")
    for stack in loop.stacks {
      let type = program.items[stack.whole]
      let inside = program.items[stack.inside].features
      let whole = size.address(place(stack.whole), [])
      let count = "\(size.count(inside))\(type.isLaned ? "*NT_LANES" : "")"
      let first = loop.isReversed ? "0" : "s\(id)"
      let steps = loop.isReversed ? "s\(id) + 1" : "\(trip) - s\(id)"
      lines.append(
        "nt_fill_\(type.dtype.suffix)(\(whole) + \(first)*\(count), (\(steps))*\(count), 0);")
    }
    lines.append("break; } }")
  }

  func partial(_ item: Item) -> String {
    guard let number = partials[item] else { preconditionFailure("a sum without a place") }
    return access(slot: number, program.items[item]).base
  }
}

extension ItemType {
  /// The same numbers, laned as another type is.
  func placed(like other: ItemType) -> ItemType {
    ItemType(dtype: dtype, features: features, isLaned: other.isLaned)
  }
}
