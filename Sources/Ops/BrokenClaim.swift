// The first place where numbers are not what is claimed of them.

import IR
import Tensors

struct BrokenClaim {
  /// In the words of a report: `numbers that sum to 0.9`, `-0.25`.
  let numbers: String
  /// Index by axis; 0 along the axis of a sum.
  let place: [Int]

  /// nil where the claim holds.
  /// - Parameter axis: along which a simplex sums to one.
  init?(of values: [Double], _ shape: [Int], _ claim: Refinement, axis: Int?) {
    if let index = values.firstIndex(where: { !claim.holds(of: $0) }) {
      numbers = "\(Float(values[index]))"
      place = BrokenClaim.place(of: index, shape)
      return
    }
    guard let axis, !values.isEmpty else { return nil }
    let count = shape[axis]
    let inner = Layout.product(shape.dropFirst(axis + 1))
    for outer in 0..<values.count / (count * inner) {
      for offset in 0..<inner {
        let first = outer * count * inner + offset
        let sum = (0..<count).reduce(0) { $0 + values[first + $1 * inner] }
        if abs(sum - 1) <= 1e-3 { continue }
        numbers = "numbers that sum to \(Float(sum))"
        place = BrokenClaim.place(of: first, shape)
        return
      }
    }
    return nil
  }

  private static func place(of index: Int, _ shape: [Int]) -> [Int] {
    zip(shape, Layout.strides(shape)).map { size, stride in index / stride % size }
  }
}

extension Refinement {
  /// Whether a number may be one of those claimed, but for rounding at the bounds. Not a number never
  /// is.
  fileprivate func holds(of value: Double) -> Bool {
    let slack = 1e-6
    return switch self {
    case .simplex, .unit: value >= -slack && value <= 1 + slack
    case .aboveOne: value >= 1 - slack
    case .positive: value > 0
    case .nonneg: value >= -slack
    }
  }
}
