// A nest as several, one for each set of members that have something to do with one another.

import IR
import Tensors

extension Group {
  /// Members that hand one another numbers or read the same rows stay together.
  func parted(_ values: Values) -> [Group] {
    if step != nil || members.count < 2 { return [self] }
    var parts: [(links: Set<Item>, members: [Member])] = []
    for member in members {
      var links: Set<Item> = [member.item]
      for operand in member.compute.operands
      where operand.axes.contains(where: { $0 != nil }) || values.isRegister(operand, in: self) {
        links.insert(values.base(operand.item))
      }
      var joined = [member]
      for part in parts where !part.links.isDisjoint(with: links) {
        links.formUnion(part.links)
        joined = part.members + joined
      }
      parts.removeAll { !$0.links.isDisjoint(with: links) }
      parts.append((links, joined))
    }
    if parts.count < 2 { return [self] }
    return parts.map { part in
      let group = Group(space: space, isLaned: isLaned)
      group.members = part.members.sorted { $0.order < $1.order }
      return group
    }
  }
}
