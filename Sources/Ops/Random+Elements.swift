// Draws element by element: the bits of the evaluations, said to backends that compile.

import IR
import Tensors

extension Random {
  /// `RandomBits.folded`
  static func folded(_ site: ElementSite) -> ScalarExpression {
    let data = site.operands[1] * .bits(RandomBits.weyl) + .bits(RandomBits.salt)
    return mixed(key: site.operands[0], counter: .unary(.scramble, data))
  }

  /// `RandomBits.mixed` of the place, with the key of operand 0.
  static func bits(_ site: ElementSite) -> ScalarExpression {
    mixed(key: site.operands[0], counter: site.place)
  }

  private static func mixed(
    key: ScalarExpression, counter: ScalarExpression
  ) -> ScalarExpression {
    let start: ScalarExpression = .unary(.scramble, key + .bits(RandomBits.weyl))
    return .unary(.scramble, start + (counter + .integer(1)) * .bits(RandomBits.weyl))
  }

  /// `RandomBits.shortUnit` or `unit`
  static func unit(_ site: ElementSite) -> ScalarExpression {
    let count = site.precision == .single ? 24 : 53
    return .convert(top(count, of: bits(site)), .real) * .real(1 / Double(1 << count))
  }

  /// The top `count` bits as a number.
  private static func top(_ count: Int, of bits: ScalarExpression) -> ScalarExpression {
    .binary(.multiplyHigh, bits, .integer(1 << count))
  }

  /// 1 where `unit < p`, asked of ints: `p` times a power of two is exact in either precision, and
  /// so is its ceiling.
  static func bernoulli(_ site: ElementSite) -> ScalarExpression {
    let p = site.operands[1]
    let chance: ScalarExpression = .select(
      .binary(.less, .real(0), p), .binary(.minimum, p, .real(1)), .real(0))
    let below: ScalarExpression = .unary(.floor, -(chance * .real(0x1p53)))
    return .select(
      .binary(.less, top(53, of: bits(site)), .convert(-below, .int)), .real(1), .real(0))
  }

  /// `scaled`; a fault where no int lies between the bounds.
  static func int(_ site: ElementSite) -> ScalarExpression {
    let (low, high) = (site.operands[1], site.operands[2])
    let bits = bits(site)
    let width = high - low + .integer(1)
    let offset: ScalarExpression = .select(
      .binary(.equal, width, .integer(0)), bits, .binary(.multiplyHigh, bits, width))
    return .checked(low + offset, where: .binary(.lessOrEqual, low, high))
  }
}

extension ScalarExpression {
  fileprivate static func bits(_ value: UInt64) -> ScalarExpression {
    .integer(Int(truncatingIfNeeded: value))
  }
}
