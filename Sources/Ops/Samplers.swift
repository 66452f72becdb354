// Seeded operands for the samples of rows, by domain.
//
// The same seed gives the same numbers everywhere, so a failing sample can be run again. Real
// samples keep away from the kinks of the row by the range they are drawn from.

package import Tensors

package enum Samplers {
  /// Reals spread evenly over `range`, in f64.
  package static func reals(
    _ shape: [Int] = [], in range: ClosedRange<Double> = -2...2, seed: UInt64
  ) -> Tensor {
    var numbers = Numbers(seed: seed)
    let span = range.upperBound - range.lowerBound
    let values = (0..<count(shape)).map { _ in range.lowerBound + span * numbers.unit() }
    return Tensor(shape, reals: values, precision: .double)
  }

  /// Reals whose sizes lie in `range`, of either sign: away from a kink at 0.
  package static func awayFromZero(
    _ shape: [Int] = [], in range: ClosedRange<Double> = 0.3...2, seed: UInt64
  ) -> Tensor {
    var numbers = Numbers(seed: seed)
    let span = range.upperBound - range.lowerBound
    let values = (0..<count(shape)).map { _ in
      let size = range.lowerBound + span * numbers.unit()
      return numbers.unit() < 0.5 ? -size : size
    }
    return Tensor(shape, reals: values, precision: .double)
  }

  /// Reals no two of which are closer than `gap`, in a seeded order: away from ties.
  package static func distinct(_ shape: [Int], gap: Double = 0.25, seed: UInt64) -> Tensor {
    var numbers = Numbers(seed: seed)
    let total = count(shape)
    var values = (0..<total).map { (Double($0) - Double(total) / 2 + 0.3) * gap }
    for index in values.indices.reversed() where index > 0 {
      values.swapAt(index, numbers.int(in: 0...index))
    }
    return Tensor(shape, reals: values, precision: .double)
  }

  /// Weightings along the last axis: nonnegative, with sum 1.
  package static func simplex(_ shape: [Int], seed: UInt64) -> Tensor {
    let values = reals(shape, in: 0.1...1, seed: seed).doubles
    guard let width = shape.last, width > 0 else {
      return Tensor(shape, reals: values, precision: .double)
    }
    var weights = values
    for row in stride(from: 0, to: values.count, by: width) {
      let sum = values[row..<row + width].reduce(0, +)
      for index in row..<row + width { weights[index] = values[index] / sum }
    }
    return Tensor(shape, reals: weights, precision: .double)
  }

  package static func ints(
    _ shape: [Int] = [], in range: ClosedRange<Int> = -5...5, seed: UInt64
  ) -> Tensor {
    var numbers = Numbers(seed: seed)
    return Tensor(shape, ints: (0..<count(shape)).map { _ in numbers.int(in: range) })
  }

  package static func bools(_ shape: [Int] = [], seed: UInt64) -> Tensor {
    var numbers = Numbers(seed: seed)
    return Tensor(shape, bools: (0..<count(shape)).map { _ in numbers.unit() < 0.5 })
  }

  /// Given reals, in f64.
  package static func given(_ values: [Double], _ shape: [Int]? = nil) -> Tensor {
    Tensor(shape ?? [values.count], reals: values, precision: .double)
  }

  package static func scalar(_ value: Double) -> Tensor {
    Tensor([], reals: [value], precision: .double)
  }

  private static func count(_ shape: [Int]) -> Int { shape.reduce(1, *) }

  /// A sequence of numbers by the mixing function of the random rows.
  private struct Numbers {
    let seed: UInt64
    var next: UInt64 = 0

    init(seed: UInt64) { self.seed = seed }

    mutating func bits() -> UInt64 {
      next += 1
      return RandomBits.mixed(key: seed, counter: next)
    }
    mutating func unit() -> Double { RandomBits.unit(bits()) }
    mutating func int(in range: ClosedRange<Int>) -> Int {
      range.lowerBound + Int(bits() % UInt64(range.count))
    }
  }
}
