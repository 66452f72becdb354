// Which steps of a body share a loop nest.
//
// Every loop nest costs a pass over memory, so computes over one space are put into one nest
// wherever no dependence forbids it: first into the earliest nest that may hold them, then whole
// nests are moved down into later ones of the same space. Inside a nest a value is handed on in a
// register.
//
// Promise: a nest only reads what earlier groups made, or its own members at the same place.

import IR
import Tensors

/// A loop nest with its members, or one step that is emitted by itself.
final class Group {
  struct Member {
    let compute: Compute
    let item: Item
    /// The position of the step in its body.
    let order: Int
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

  var items: [Item] { step?.results ?? members.map(\.item) }

  func fits(_ compute: Compute) -> Bool {
    step == nil && space == compute.space && isLaned == compute.isLaned
  }
}

struct Grouping {
  private let values: Values
  private(set) var groups: [Group] = []
  private var home: [Item: Int] = [:]

  static func groups(of body: Body, _ values: Values) -> [Group] {
    var grouping = Grouping(values: values)
    for (order, step) in body.steps.enumerated() { grouping.place(step, order) }
    grouping.merge()
    return grouping.groups.filter { !$0.items.isEmpty }
  }

  private init(values: Values) { self.values = values }

  private mutating func place(_ step: Step, _ order: Int) {
    switch step.kind {
    case .immediate, .view: return
    case .compute(let compute):
      let first = compute.operands.map { earliest($0, compute) }.max() ?? 0
      let index =
        groups.indices.dropFirst(first).first { groups[$0].fits(compute) } ?? groups.count
      if index == groups.count {
        groups.append(Group(space: compute.space, isLaned: compute.isLaned))
      }
      groups[index].members.append(
        .init(compute: compute, item: step.results[0], order: order))
      home[step.results[0]] = index
    default:
      for item in step.results { home[item] = groups.count }
      groups.append(Group(step: step))
    }
  }

  /// The first group that may read the operand.
  private func earliest(_ operand: Compute.Operand, _ compute: Compute) -> Int {
    let base = values.base(operand.item)
    guard let index = home[base] else { return 0 }
    return values.isRegister(operand, in: groups[index]) && groups[index].fits(compute)
      ? index : index + 1
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
          groups[later].members =
            (groups[earlier].members + groups[later].members).sorted { $0.order < $1.order }
          for member in groups[earlier].members { home[member.item] = later }
          groups[earlier].members = []
          changed = true
        }
      }
    }
  }

  private func canMove(_ earlier: Int, to later: Int) -> Bool {
    if groups[later].members.isEmpty { return false }
    for index in earlier + 1..<later {
      let reads = groups[index].step?.reads ?? groups[index].members.flatMap { $0.compute.operands.map(\.item) }
      if reads.contains(where: { home[values.base($0)] == earlier }) { return false }
    }
    return groups[later].members.allSatisfy { member in
      member.compute.operands.allSatisfy { operand in
        home[values.base(operand.item)] != earlier
          || values.isRegister(operand, in: groups[earlier])
      }
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
