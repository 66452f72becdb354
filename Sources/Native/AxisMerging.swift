// Axes of a loop nest that every value in it walks through as one.
//
// A matrix that is read from its first number to its last needs one loop, not two: no vector is cut
// short at the end of each row, and a compiler has less to do.
//
// Promise: the same numbers at the same places. What is added up along merged axes is joined in the
// order of the longer axis.

import IR
import Tensors

struct AxisMerging {
  /// The axes of the space that stay, each the last of those that it stands for.
  private let kept: [Int]
  let space: [Dim]

  /// Every axis stays.
  init(none space: [Dim]) {
    self.space = space.isEmpty ? [1] : space
    kept = Array(self.space.indices)
  }

  /// What a nest's loads, stores and sums allow.
  init(
    of group: Group, _ values: Values, _ isStored: (Group.Member) -> Bool,
    _ access: (Item) -> Access?, _ isImmediate: (Item) -> Bool
  ) {
    var accesses: [[Dim]] = []
    var parted: Set<Int> = []
    for member in group.members {
      let compute = member.compute
      for operand in compute.operands where !values.isRegister(operand, in: group) {
        if let (axis, _) = operand.rotation { parted.formUnion([axis - 1, axis]) }
        guard !isImmediate(operand.item), let access = access(operand.item) else { continue }
        accesses.append(access.strides(along: operand.axes))
      }
      if let (_, axes) = compute.reduction {
        for axis in group.space.indices where axes.contains(axis) != axes.contains(axis + 1) {
          parted.insert(axis)
        }
      } else if !isStored(member) {
        continue
      }
      guard let access = access(member.item) else { continue }
      accesses.append(access.strides(spreadOver: compute.resultAxes, of: group.space.count))
    }
    self.init(group.space.isEmpty ? [1] : group.space, accesses: accesses, parted: parted)
  }

  /// - Parameters:
  ///   - accesses: the strides along the axes of the space of all that lies in memory.
  ///   - parted: axes that stay apart from the one behind them.
  private init(_ space: [Dim], accesses: [[Dim]], parted: Set<Int>) {
    var kept: [Int] = []
    var merged: [Dim] = []
    var extent: Dim = 1
    for axis in space.indices {
      extent = extent * space[axis]
      let next = axis + 1
      let goesOn =
        next < space.count && !parted.contains(axis)
        && accesses.allSatisfy { $0[axis] == $0[next] * space[next] }
      if goesOn { continue }
      kept.append(axis)
      merged.append(extent)
      extent = 1
    }
    self.kept = kept
    self.space = merged
  }

  /// Strides along the axes that stay.
  func callAsFunction(_ strides: [Dim]) -> [Dim] { kept.map { strides[$0] } }

  /// Where an axis went. Several may have become one.
  func place(of axis: Int) -> Int { kept.firstIndex { $0 >= axis } ?? kept.count - 1 }

  func places(of axes: [Int]) -> [Int] {
    axes.map(place).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}
