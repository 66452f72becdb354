// Which steps of a body share a loop nest.
//
// Every loop nest costs a pass over memory, so computes over one space are put into one nest
// wherever no dependence forbids it: first into the earliest nest that may hold them, then whole
// nests are moved down into later ones of the same space, last what only one later nest reads.
// Inside a nest a value is handed on in a register.
//
// Promise: a nest only reads what earlier groups made, or its own members at the same place; and
// nothing that a group before it has overwritten.

import IR
import Tensors

/// A loop nest with its members, or one step that is emitted by itself.
final class Group {
  struct Member {
    let compute: Compute
    let item: Item
    /// The position of the step in its body.
    let order: Int
    /// Computed here although another nest makes it, too.
    var isRepeat = false
  }

  var members: [Member] = []
  let step: Step?
  let space: [Dim]
  let isLaned: Bool

  init(step: Step) {
    self.step = step
    space = []
    isLaned = false
  }

  init(space: [Dim], isLaned: Bool) {
    step = nil
    self.space = space
    self.isLaned = isLaned
  }

  /// What is made here.
  var items: [Item] { step?.results ?? members.filter { !$0.isRepeat }.map(\.item) }

  func fits(_ compute: Compute) -> Bool {
    step == nil && space == compute.space && isLaned == compute.isLaned
  }
}

struct Grouping {
  let values: Values
  private let overwriting: Overwriting
  /// nil where nothing is computed twice.
  private let repeats: Repeats?
  private let fuses: Bool
  var groups: [Group] = []
  var home: [Item: Int] = [:]
  private var orders: [Item: Int] = [:]

  /// - Parameters:
  ///   - kept: items that are wanted in memory whatever the nests read.
  ///   - without: passes to leave out. Without fusion every compute has a nest of its own.
  static func groups(
    of overwriting: Overwriting, _ values: Values, kept: Set<Item>, without: Set<NativePass>
  ) -> [Group] {
    let fuses = !without.contains(.fusion)
    let repeats =
      fuses && !without.contains(.repetition) ? Repeats(overwriting, values, kept: kept) : nil
    var grouping = Grouping(overwriting, values: values, repeats: repeats, fuses: fuses)
    for (order, step) in overwriting.steps.enumerated() { grouping.place(step, order) }
    if fuses { grouping.merge() }
    grouping.dropUnused(kept)
    if fuses { grouping.sink(kept) }
    return grouping.groups.filter { $0.step != nil || !$0.members.isEmpty }
  }

  private init(_ overwriting: Overwriting, values: Values, repeats: Repeats?, fuses: Bool) {
    self.overwriting = overwriting
    self.values = values
    self.repeats = repeats
    self.fuses = fuses
  }

  private mutating func place(_ step: Step, _ order: Int) {
    switch step.kind {
    case .immediate, .view: return
    case .compute(let compute):
      let first = compute.operands.map { earliest($0, compute) }.max() ?? 0
      let index =
        groups.indices.dropFirst(first).first { fuses && groups[$0].fits(compute) } ?? groups.count
      if index == groups.count {
        groups.append(Group(space: compute.space, isLaned: compute.isLaned))
      }
      repeatOperands(of: compute, in: groups[index])
      groups[index].members.append(
        .init(compute: compute, item: step.results[0], order: order))
      home[step.results[0]] = index
      orders[step.results[0]] = order
    default:
      for item in step.results { home[item] = groups.count }
      groups.append(Group(step: step))
    }
  }

  /// The first group that may read the operand.
  private func earliest(_ operand: Compute.Operand, _ compute: Compute) -> Int {
    let base = values.base(operand.item)
    guard let index = home[base] else { return 0 }
    guard values.isRegister(operand, in: groups[index]), groups[index].fits(compute) else {
      return index + 1
    }
    guard let inner = repeats?.compute(base) else { return index }
    return inner.operands.map { earliest($0, inner) }.max() ?? 0
  }

  /// Computes again, in this nest, what is cheaper to compute than to load.
  private func repeatOperands(of compute: Compute, in group: Group) {
    for operand in compute.operands {
      let root = values.root(operand.item)
      guard operand.isIdentity, root == values.base(operand.item), let order = orders[root],
        let inner = repeats?.compute(root), group.fits(inner),
        !group.members.contains(where: { $0.item == root })
      else { continue }
      repeatOperands(of: inner, in: group)
      group.members.append(.init(compute: inner, item: root, order: order, isRepeat: true))
      group.members.sort { $0.order < $1.order }
    }
  }

  /// Members that nothing reads, because all readers have repeated them.
  private mutating func dropUnused(_ kept: Set<Item>) {
    var readElsewhere = kept
    for group in groups {
      for item in group.step?.reads ?? [] { readElsewhere.insert(values.base(item)) }
      for member in group.members {
        for operand in member.compute.operands where !values.isRegister(operand, in: group) {
          readElsewhere.insert(values.base(operand.item))
        }
      }
    }
    for group in groups where group.step == nil {
      var wanted: Set<Item> = []
      group.members = group.members.reversed().filter { member in
        guard
          wanted.contains(member.item) || !member.isRepeat && readElsewhere.contains(member.item)
        else { return false }
        for operand in member.compute.operands { wanted.insert(values.root(operand.item)) }
        return true
      }.reversed()
    }
  }

  // MARK: Moving nests down

  private mutating func merge() {
    var changed = true
    while changed {
      changed = false
      for later in groups.indices where groups[later].step == nil {
        for earlier in 0..<later
        where groups[earlier].step == nil && !groups[earlier].members.isEmpty
          && groups[earlier].space == groups[later].space
          && groups[earlier].isLaned == groups[later].isLaned && canMove(earlier, to: later)
        {
          move(earlier, to: later)
          changed = true
        }
      }
    }
  }

  private mutating func move(_ earlier: Int, to later: Int) {
    var members: [Item: Group.Member] = [:]
    for member in groups[earlier].members + groups[later].members
    where members[member.item]?.isRepeat ?? true {
      members[member.item] = member
    }
    groups[later].members = members.values.sorted { $0.order < $1.order }
    for item in groups[earlier].items { home[item] = later }
    groups[earlier].members = []
  }

  private func canMove(_ earlier: Int, to later: Int) -> Bool {
    if groups[later].members.isEmpty { return false }
    for index in earlier + 1..<later {
      let reads =
        groups[index].step?.reads
        ?? groups[index].members.flatMap { $0.compute.operands.map(\.item) }
      if reads.contains(where: { home[values.base($0)] == earlier }) { return false }
    }
    if !groups[earlier].members.allSatisfy({ mayRead($0, behind: earlier, in: later) }) {
      return false
    }
    return groups[later].members.allSatisfy { member in
      member.compute.operands.allSatisfy { operand in
        home[values.base(operand.item)] != earlier
          || values.isRegister(operand, in: groups[earlier])
      }
    }
  }
}

extension Grouping {
  /// Whether what a member reads is still there in a later nest.
  func mayRead(_ member: Group.Member, behind earlier: Int, in later: Int) -> Bool {
    groups[earlier..<later].allSatisfy { group in
      let gone = group.step.map(overwriting.overwritten) ?? []
      return !member.compute.operands.contains { gone.contains(values.base($0.item)) }
    }
  }
}

/// Which values of planes are computed again in every nest that reads them.
///
/// A value that takes at most one load of its own size and a few additions is as cheap to compute
/// as to load, and need not be stored: an outer product, a memory after erase and add, and what only
/// rotates another.
private struct Repeats {
  private var computes: [Item: Compute] = [:]

  /// More than any sum of products that is worth it.
  private static let limit = 8

  init(_ overwriting: Overwriting, _ values: Values, kept: Set<Item>) {
    var costs: [Item: (loads: Set<Item>, cost: Int)] = [:]
    let overwritten = overwriting.overwritten
    for step in overwriting.steps {
      guard case .compute(let compute) = step.kind, compute.isPlain,
        compute.space.count >= 2 || compute.isRotation, !kept.contains(step.results[0]),
        !compute.operands.contains(where: { overwritten.contains(values.base($0.item)) })
      else { continue }
      var loads: Set<Item> = []
      var cost = compute.element.cost
      for operand in compute.operands where !operand.axes.contains(nil) {
        let root = values.root(operand.item)
        if operand.isIdentity, root == values.base(operand.item), let inner = costs[root] {
          loads.formUnion(inner.loads)
          cost += inner.cost
        } else {
          loads.insert(values.base(operand.item))
        }
      }
      guard loads.count <= 1, cost <= Repeats.limit else { continue }
      costs[step.results[0]] = (loads, cost)
      computes[step.results[0]] = compute
    }
  }

  func compute(_ item: Item) -> Compute? { computes[item] }
}

extension ScalarExpression {
  /// In additions.
  fileprivate var cost: Int {
    switch self {
    case .operand, .real, .integer, .boolean: 0
    case .unary(let op, let x):
      switch op {
      case .negate, .absolute, .not: 1 + x.cost
      default: 16 + x.cost
      }
    case .binary(let op, let x, let y):
      switch op {
      case .divide, .floorDivide, .remainder, .power: 16 + x.cost + y.cost
      default: 1 + x.cost + y.cost
      }
    case .select(let c, let x, let y): 1 + c.cost + x.cost + y.cost
    case .convert(let x, _): 1 + x.cost
    }
  }
}

/// What is known of every item of a program.
struct Values {
  let program: Program
  let producers: [Item: Step]

  /// What lies behind views.
  func base(_ item: Item) -> Item {
    var item = item
    while case .view(let source, _) = producers[item]?.kind { item = source }
    return item
  }

  /// What lies behind views that move nothing.
  func root(_ item: Item) -> Item {
    var item = item
    while case .view(let source, .strided(let axes, let starts, let reversed)) =
      producers[item]?.kind, starts.isEmpty, reversed.isEmpty,
      axes.enumerated().allSatisfy({ $0.offset == $0.element }),
      axes.count == program.items[source].features.count
    {
      item = source
    }
    return item
  }

  func immediate(_ item: Item) -> String? {
    if case .immediate(let text) = producers[base(item)]?.kind { text } else { nil }
  }

  /// Whether the operand is a member of the nest, read at the same place.
  func isRegister(_ operand: Compute.Operand, in group: Group) -> Bool {
    let root = root(operand.item)
    guard operand.isIdentity, root == base(operand.item) else { return false }
    return group.members.contains { $0.item == root && $0.compute.isPlain }
  }
}
