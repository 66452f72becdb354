// From numbers that were drawn and show a defect to few plain ones that still do: what a person can
// follow by hand.
//
// First all numbers of a leaf at once become zero, or whole; then one after another. Each try runs
// the property again, so there is a bound on tries, the same on every machine.

import Lowering
import Tensors

struct Shrinking {
  private var values: [HostValue]
  private let fails: ([HostValue]) -> Bool
  private var triesLeft = 240

  init(_ values: [HostValue], while fails: @escaping ([HostValue]) -> Bool) {
    self.values = values
    self.fails = fails
  }

  /// The plainest values found that fail.
  mutating func smallest() -> [HostValue] {
    let leaves = values.indices.flatMap { value in
      values[value].placed.enumerated().compactMap { leaf in
        leaf.element.place.isParameter(leaf.element.type.dtype)
          ? Leaf(value: value, index: leaf.offset) : nil
      }
    }
    for leaf in leaves {
      for plainer in [{ _ in 0 }, { $0.rounded() }] as [(Double) -> Double] {
        if take(leaf, numbers(leaf).map(plainer)) { break }
      }
    }
    for leaf in leaves { shrinkOneByOne(leaf) }
    return values
  }

  private struct Leaf {
    let value: Int
    let index: Int
  }

  private mutating func shrinkOneByOne(_ leaf: Leaf) {
    for place in numbers(leaf).indices {
      let number = numbers(leaf)[place]
      for plainer in [0, number < 0 ? -1 : 1, number.rounded(), (number * 10).rounded() / 10]
      where abs(plainer) <= max(1, abs(number)) {
        var changed = numbers(leaf)
        changed[place] = plainer
        // What is as plain as this already was refused, or is what we have.
        if plainer == number || take(leaf, changed) { break }
      }
    }
  }

  private func numbers(_ leaf: Leaf) -> [Double] { values[leaf.value].tensors[leaf.index].doubles }

  /// Keeps the numbers if they are others and fail, too.
  private mutating func take(_ leaf: Leaf, _ numbers: [Double]) -> Bool {
    let before = values[leaf.value]
    guard triesLeft > 0, numbers != self.numbers(leaf) else { return false }
    triesLeft -= 1
    var tensors = before.tensors
    tensors[leaf.index] = Tensor(
      tensors[leaf.index].shape, reals: numbers.map { $0 == 0 ? 0 : $0 }, precision: .single)
    values[leaf.value] = HostValue(before.types, tensors)
    if fails(values) { return true }
    values[leaf.value] = before
    return false
  }
}
