// Looks at the wish to stop in C loops: often enough that a user does not wait, and so seldom that
// they cost nothing.

import Tensors

enum StopLook {
  /// Elements between two looks, some milliseconds of the dearest arithmetic.
  static let elements = 1 << 17
  /// Rows between two looks where each lies anywhere in memory.
  static let rows = 1 << 14

  /// What stands at the start of each step of an axis of a nest; nothing where what the axis spans is
  /// known to be short.
  /// - Parameters:
  ///   - index: the variable of the axis.
  ///   - patience: elements between two looks; a power of 2.
  ///   - looksIfOpen: also where only a call brings how long the axis is.
  static func text(
    at axis: Int, of space: [Dim], index: String, patience: Int = elements,
    looksIfOpen: Bool = true
  ) -> [String] {
    func elements(from axis: Int) -> Int {
      Layout.count(space[axis...].map { $0.constant ?? 1 }) ?? .max
    }
    let isOpen = looksIfOpen && space[axis].constant == nil
    guard isOpen || elements(from: axis) >= patience else { return [] }
    var steps = 1
    while steps < patience / max(elements(from: axis + 1), 1) { steps *= 2 }
    let isDue = steps == 1 ? "" : "!(\(index) & \(steps - 1)) && "
    return ["if (\(isDue)*c->stop) return;"]
  }
}
