// The bits behind every draw: a pure function of a key and a counter.
//
// The mixing is the finaliser of SplitMix64 (Steele, Lea and Flood 2014) over a Weyl sequence, once
// for the key and once for the counter, so that neighbouring keys and counters share no pattern.
// Nothing is stored and nothing is split: entry i of a draw is the same number whatever else is
// drawn, on every machine and thread count.

package enum RandomBits {
  /// The increment of the Weyl sequence: 2^64 divided by the golden ratio, made odd.
  package static let weyl: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// SplitMix64's finaliser: every bit of the result depends on every bit of `value`.
  package static func finalized(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 64 bits for entry `counter` of the stream `key`.
  package static func mixed(key: UInt64, counter: UInt64) -> UInt64 {
    finalized(finalized(key &+ weyl) &+ (counter &+ 1) &* weyl)
  }

  /// Added to the data of a fold, so that folding 0 is no draw.
  package static let salt: UInt64 = 0xD1B5_4A32_D192_ED03

  /// The key of the stream that `key` gives for `data`; not commutative.
  package static func folded(key: Int, data: Int) -> Int {
    let mixedData = finalized(UInt64(bitPattern: Int64(data)) &* weyl &+ salt)
    return Int(truncatingIfNeeded: mixed(key: UInt64(bitPattern: Int64(key)), counter: mixedData))
  }

  /// The top 53 bits as a number in 0 ..< 1.
  package static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

  /// The top 24 bits as a number in 0 ..< 1: what a `Float` holds without rounding up to 1.
  package static func shortUnit(_ bits: UInt64) -> Double { Double(bits >> 40) * 0x1p-24 }

  /// The top 52 bits as the middle of their cell: strictly between 0 and 1, exactly.
  package static func openUnit(_ bits: UInt64) -> Double { (Double(bits >> 12) + 0.5) * 0x1p-52 }
}
