// What the emitter says of its work: the plan, and the counters of profiled code.

import IR
import Tensors

extension Emitter {
  /// - Parameter inside: the parts of the bodies that the group holds.
  func part(_ group: Group, inside: [NativePlan.Part]) -> NativePlan.Part {
    guard let step = group.step else {
      return NativePlan.Part(
        work: .nest(operations: group.members.count), space: group.space, isLaned: group.isLaned,
        origins: origins(group))
    }
    let result = step.results.first.map { program.items[$0] }
    let work: NativePlan.Work =
      switch step.kind {
      case .loop(let loop): .loop(describe(loop), inside)
      case .branch: .branch(inside)
      case .product: .routine("matrix product")
      case .multiply(let multiplication):
        .routine(multiplication.compute.space.count > 3 ? "matrix products" : "matrix product")
      case .outer: .routine("outer products, summed")
      case .joinLanes: .routine("sum over examples")
      case .gather: .routine("rows by index")
      case .scatter: .routine("rows written by index")
      case .concatenate: .routine("concatenation")
      case .largest(let largest): .routine("the \(largest.count) largest in one pass")
      case .sort: .routine("entries in order")
      case .recurrence: .routine("recurrence along an axis")
      case .host(let host): .routine("`\(program.hostRows[host.row].op.name)` by the host")
      case .collect: .routine("all examples gathered for the host")
      case .distribute: .routine("all examples given out by the host")
      case .immediate, .view, .compute: .routine("nothing")
      }
    return NativePlan.Part(
      work: work, space: result?.features ?? [], isLaned: result?.isLaned ?? false,
      origins: origins(group))
  }

  /// Where a group comes from, each place once, in the order of its members.
  func origins(_ group: Group) -> [Origin] {
    var seen: Set<Origin> = []
    let items = group.step?.results ?? group.members.map(\.item)
    return items.compactMap { values.producers[$0]?.origin.place }
      .filter { $0.span != nil && seen.insert($0).inserted }
  }

  private func describe(_ loop: Loop) -> NativePlan.Loop {
    let kept = loop.stacks.filter { slicedItems.contains(values.base($0.whole)) }
    let stacked = loop.stacks.filter { !slicedItems.contains(values.base($0.whole)) }
    return NativePlan.Loop(
      trip: loop.trip, isReversed: loop.isReversed, stopsEarly: loop.stopsEarly,
      carried: loop.carries.map { value($0.next, laned: $0.inside, in: loop) },
      kept: kept.map { value($0.inside, laned: $0.whole, in: loop) },
      stacked: stacked.map { value($0.inside, laned: $0.whole, in: loop) })
  }

  private func value(_ item: Item, laned: Item, in loop: Loop) -> NativePlan.Value {
    let type = program.items[item]
    // What a step starts from is what the step before made.
    let next = loop.carries.first { $0.inside == values.base(item) }?.next
    return NativePlan.Value(
      dtype: type.dtype, shape: type.features, isLaned: program.items[laned].isLaned,
      origin: values.producers[values.base(next ?? item)]?.origin.place ?? .none)
  }

  /// The plan of what has been emitted.
  func finishedPlan() -> NativePlan {
    var plan = NativePlan()
    plan.lane = program.lane
    plan.lanes = shape.lanes
    plan.chunks = Emitter.chunks
    plan.stages = stages
    plan.precision = shape.isDouble ? .double : .single
    plan.buffers = slots.map { slot in
      let region: NativePlan.Region =
        switch slot.region {
        case .shared: .call
        case .blocks: .block
        case .chunks: .chunk
        case .local: .thread
        }
      return NativePlan.Buffer(
        dtype: slot.dtype, numbers: slot.isLaned ? slot.count * Dim(shape.lanes) : slot.count,
        region: region)
    }
    return plan
  }

  // MARK: Profiles

  /// The lines of a group, with the count of its time around them.
  func counted(_ group: Group, _ body: () throws -> Void) rethrows {
    guard options.isProfiled, !group.holdsBodies else { return try body() }
    let number = counters.count
    counters.append(origins(group))
    lines.append("const int64_t clock\(number) = nt_clock();")
    try body()
    lines.append("nt_count(\(number), clock\(number));")
  }

  /// What profiled code has in front of it. The places tell apart what else is the same code, since
  /// that is loaded once.
  var counterText: String {
    guard options.isProfiled else { return "" }
    let places = counters.enumerated().map { number, origins in
      "// \(number): " + origins.map(\.key).joined(separator: " ")
    }
    return (places + ["#define NT_COUNTERS \(max(counters.count, 1))", KernelText.profile])
      .joined(separator: "\n")
  }
}

extension Group {
  /// Whether the group's time is that of other groups.
  var holdsBodies: Bool {
    switch step?.kind {
    case .loop, .branch: true
    default: false
    }
  }
}
