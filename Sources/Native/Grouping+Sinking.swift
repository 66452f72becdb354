// What only one later nest reads is computed there.
//
// A compute goes into the earliest nest that may hold it, so what a backward step needs of the values
// of the forward step would be computed when those are, and stored for later. Often it depends on
// few values that lie in memory anyway: computed where it is read, it needs no place at all.
//
// Promise: a move leaves fewer loads and stores than there were, and nothing is computed twice.

import IR
import Tensors

extension Grouping {
  /// - Parameter kept: items that are wanted in memory whatever the nests read.
  mutating func sink(_ kept: Set<Item>) {
    var readers = Readers(groups, values)
    for later in groups.indices.reversed() where groups[later].step == nil {
      for earlier in (0..<later).reversed()
      where groups[earlier].step == nil && groups[earlier].space == groups[later].space
        && groups[earlier].isLaned == groups[later].isLaned
      {
        let moving = sinkable(from: earlier, to: later, kept, readers)
        guard !moving.isEmpty else { continue }
        let (from, to) = (groups[earlier].members, groups[later].members)
        let staying = from.filter { !moving.contains($0.item) }
        // What was computed again there is now computed there alone.
        let joined =
          (to.filter { !moving.contains($0.item) }
          + from.filter { moving.contains($0.item) }).sorted { $0.order < $1.order }
        func traffic(_ members: [Group.Member], _ group: Int) -> Int {
          self.traffic(members, kept, readers, inside: group)
        }
        let before = traffic(from, earlier) + traffic(to, later)
        groups[earlier].members = staying
        groups[later].members = joined
        readers.move(moving, from: earlier, to: later, groups[later], values)
        if traffic(staying, earlier) + traffic(joined, later) < before {
          for item in moving { home[item] = later }
        } else {
          readers.move(moving, from: later, to: earlier, groups[later], values)
          groups[earlier].members = from
          groups[later].members = to
        }
      }
    }
  }

  /// Members that nothing reads but one another and the later nest, at the same place.
  private func sinkable(
    from earlier: Int, to later: Int, _ kept: Set<Item>, _ readers: Readers
  ) -> Set<Item> {
    let repeated = Set(groups[earlier].members.filter(\.isRepeat).map(\.item))
    var moving: Set<Item> = []
    for member in groups[earlier].members.reversed() where member.compute.isPlain {
      guard !member.isRepeat, !kept.contains(member.item),
        mayRead(member, behind: earlier, in: later),
        let all = readers.of[member.item], !all.isEmpty,
        all.allSatisfy({ reader in
          reader.isAtSamePlace
            && (reader.group == later || reader.group == earlier && moving.contains(reader.item))
        }),
        !member.compute.operands.contains(where: { repeated.contains(values.base($0.item)) })
      else { continue }
      moving.insert(member.item)
    }
    return moving
  }

  /// How many values of the size of the space a nest loads and stores.
  private func traffic(
    _ members: [Group.Member], _ kept: Set<Item>, _ readers: Readers, inside group: Int
  ) -> Int {
    let made = Set(members.filter(\.compute.isPlain).map(\.item))
    var loads: Set<Item> = []
    for operand in members.flatMap(\.compute.operands) where !operand.axes.contains(nil) {
      let base = values.base(operand.item)
      if values.immediate(base) == nil, !made.contains(base) { loads.insert(base) }
    }
    let stores = members.count { member in
      member.compute.isPlain && !member.isRepeat
        && (kept.contains(member.item)
          || readers.of[member.item, default: []].contains { $0.group != group })
    }
    return loads.count + stores
  }
}

/// Who reads the items of a body, and where.
private struct Readers {
  struct Reader {
    /// The member that reads; no item of a step.
    let item: Item
    var group: Int
    let isAtSamePlace: Bool
  }

  var of: [Item: [Reader]] = [:]

  init(_ groups: [Group], _ values: Values) {
    for (index, group) in groups.enumerated() {
      for item in group.step?.reads ?? [] {
        of[values.base(item), default: []].append(
          Reader(item: -1, group: index, isAtSamePlace: false))
      }
      for member in group.members {
        for operand in member.compute.operands {
          let base = values.base(operand.item)
          of[base, default: []].append(
            Reader(
              item: member.item, group: index,
              isAtSamePlace: operand.isIdentity && values.root(operand.item) == base))
        }
      }
    }
  }

  /// The reads of members that have moved.
  mutating func move(
    _ items: Set<Item>, from: Int, to: Int, _ group: Group, _ values: Values
  ) {
    for member in group.members where items.contains(member.item) {
      for operand in member.compute.operands {
        let base = values.base(operand.item)
        for index in of[base, default: []].indices
        where of[base]?[index].item == member.item && of[base]?[index].group == from {
          of[base]?[index].group = to
        }
      }
    }
  }
}
