// What a block of examples shows, and how the host makes of all blocks what the program shows.
//
// A block runs a loop from its first step to its last, before, behind or beside others; the program
// shows step by step what all examples have. So what blocks show is kept until they are done, then
// sorted into the order of the program and joined.
//
// Promise: the order depends on the program alone, not on which thread ran what.

import IR
import Tensors

/// Where the host is called from.
struct HostSite {
  struct Loop {
    let index: Int
    let number: Int
    let step: Int
  }

  /// Nil outside of blocks.
  let block: Int?
  let live: Int
  let lanes: Int
  /// Outermost first.
  let loops: [Loop]

  /// Reads `at` as `nt_call` of `access.h` declares it.
  init(reading at: UnsafePointer<Int64>) {
    block = at[0] < 0 ? nil : Int(at[0])
    live = Int(at[1])
    lanes = Int(at[2])
    loops = (0..<Int(at[3])).map { level in
      let place = 4 + 3 * level
      return Loop(index: Int(at[place]), number: Int(at[place + 1]), step: Int(at[place + 2]))
    }
  }
}

struct BlockObservation {
  /// Rows are numbered in the order of the program's text.
  let row: Int
  let site: HostSite
  /// Of laned operands, the features with the lanes behind them.
  let operands: [Tensor]

  /// What belongs together, each group in the order of its blocks.
  static func inProgramOrder(_ seen: [BlockObservation]) -> [[BlockObservation]] {
    var groups: [[BlockObservation]] = []
    let sorted = seen.sorted { a, b in
      precedes(a, b) || !precedes(b, a) && (a.site.block ?? 0) < (b.site.block ?? 0)
    }
    for observation in sorted {
      if let last = groups.last?.last, !precedes(last, observation) {
        groups[groups.count - 1].append(observation)
      } else {
        groups.append([observation])
      }
    }
    return groups
  }

  /// In the innermost loop around both, the earlier step comes first; within a step, the earlier row.
  private static func precedes(_ a: BlockObservation, _ b: BlockObservation) -> Bool {
    for (x, y) in zip(a.site.loops, b.site.loops) {
      if x.number != y.number { break }
      if x.step != y.step { return x.step < y.step }
    }
    return a.row < b.row
  }

  /// An operand of all examples. Where a block did not come this way, it has zeros, which the mask
  /// of the row leaves out.
  static func joined(
    _ group: [BlockObservation], _ operand: Int, _ shape: [Int], laneAxis: Int?
  ) -> Tensor {
    guard let laneAxis else { return group[0].operands[operand] }
    // Blocks hold no numbers either.
    let storage = group[0].operands[operand].storage
    if Layout.product(shape) == 0 { return Tensor(shape: shape, storage: storage) }
    let behind = Layout.product(shape[(laneAxis + 1)...])
    func join<Element>(
      _ zero: Element, _ numbers: (Tensor.Storage) -> [Element]?
    ) -> [Element] {
      var result = [Element](repeating: zero, count: Layout.product(shape))
      for part in group {
        guard let values = numbers(part.operands[operand].storage), let block = part.site.block
        else { continue }
        let lanes = part.site.lanes
        for feature in 0..<values.count / lanes {
          let (before, after) = (feature / behind, feature % behind)
          for lane in 0..<part.site.live {
            let example = block * lanes + lane
            result[(before * shape[laneAxis] + example) * behind + after] =
              values[feature * lanes + lane]
          }
        }
      }
      return result
    }
    let joined: Tensor.Storage =
      switch storage {
      case .single: .single(join(0) { if case .single(let values) = $0 { values } else { nil } })
      case .double: .double(join(0) { if case .double(let values) = $0 { values } else { nil } })
      case .int: .int(join(0) { if case .int(let values) = $0 { values } else { nil } })
      case .bool: .bool(join(false) { if case .bool(let values) = $0 { values } else { nil } })
      }
    return Tensor(shape: shape, storage: joined)
  }
}
