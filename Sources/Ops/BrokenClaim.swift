// The first place where numbers are not what is claimed of them.

import IR
import Tensors

struct BrokenClaim {
  private let claim: Refinement
  /// In the words of a report: `numbers that sum to 0.9`, `-0.25`.
  private let numbers: String
  /// Index by axis; 0 along the axis of a sum.
  let place: [Int]

  /// nil where the claim holds.
  /// - Parameter axis: along which a simplex sums to one.
  init?(of values: [Double], _ shape: [Int], _ claim: Refinement, axis: Int?) {
    self.claim = claim
    if let index = values.firstIndex(where: { !claim.holds(of: $0) }) {
      numbers = BrokenClaim.written(values[index])
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
        numbers = "numbers that sum to \(BrokenClaim.written(sum))"
        place = BrokenClaim.place(of: first, shape)
        return
      }
    }
    return nil
  }

  var message: String { "`\(claim.rawValue)` is claimed of \(numbers)" }

  /// The sign of a NaN says nothing.
  private static func written(_ value: Double) -> String {
    value.isNaN ? "NaN" : "\(Float(value))"
  }

  private static func place(of index: Int, _ shape: [Int]) -> [Int] {
    zip(shape, Layout.strides(shape)).map { size, stride in index / stride % size }
  }
}

extension BrokenClaim {
  /// `x`, or an int of what is no number, which is a fault. A little less is forgiven than by `init`,
  /// which has the last word.
  @Sendable static func asserted(_ b: Builder, _ x: [Value], _ attributes: Attributes) -> [Value] {
    let claim = Checks.claim(of: attributes)
    let shape = b.shape(x[0])
    func isAtLeast(_ bound: Double) -> Value { b.emit(pointwise.lessEqual, b.real(bound), x[0]) }
    func both(_ p: Value, _ q: Value) -> Value { b.emit(pointwise.and, p, q) }
    let slack = 9e-7
    var holds =
      switch claim {
      case .simplex, .unit:
        both(isAtLeast(-slack), b.emit(pointwise.lessEqual, x[0], b.real(1 + slack)))
      case .aboveOne: isAtLeast(1 - slack)
      case .positive: b.emit(pointwise.less, b.real(0), x[0])
      case .nonneg: isAtLeast(-slack)
      }
    if claim == .simplex {
      let axis = attributes.axis("axis")
      let error = b.emit(pointwise.abs, b.sub(b.sum(x[0], axes: [axis]), b.real(1)))
      let isOne = b.emit(pointwise.lessEqual, error, b.real(9.9e-4))
      holds = both(holds, b.restore(isOne, axes: [axis], of: shape))
    }
    let kept = b.emit(pointwise.toInt, b.select(holds, b.real(0), b.real(.nan)))
    let isKept = b.emit(pointwise.equal, kept, b.integer(0))
    return [b.select(isKept, x[0], b.real(.nan))]
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
