// How draws are typed and evaluated.

import IR
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A tensor whose shape is the start of a longer one, read by the index of the longer one.
struct Spread<Element> {
  private let values: [Element]
  private let repetitions: Int

  init(_ values: [Element], over shape: [Int]) {
    self.values = values
    repetitions = values.isEmpty ? 1 : shape.reduce(1, *) / values.count
  }

  subscript(index: Int) -> Element { values[index / repetitions] }
}

extension Random {
  static func requirePrefix(
    of shape: [Dim], _ types: [TensorType], at index: Int
  ) throws(TypeProblem) {
    if shape.starts(with: types[index].shape) { return }
    throw TypeProblem(
      operand: index,
      expected: "a scalar or \(TensorType(types[index].dtype, shape).written)",
      found: types[index].written)
  }

  /// The [shape] of a draw, which starts with the shape of the key, operand 0.
  static func drawShape(
    _ types: [TensorType], _ attributes: Attributes
  ) throws(TypeProblem) -> [Dim] {
    try TypeRules.require(.int, types, at: 0)
    let shape = attributes.shape("shape")
    try requirePrefix(of: shape, types, at: 0)
    return shape
  }

  /// The bits of every element of a draw with the keys of operand 0.
  struct Bits {
    private let keys: [Int]
    /// How many elements each key draws.
    private let own: Int

    init(_ evaluation: Evaluation, _ shape: [Int]) {
      keys = evaluation.ints(0)
      own = max(shape[evaluation.operands[0].rank...].reduce(1, *), 1)
    }

    @inline(__always)
    subscript(index: Int) -> UInt64 {
      let (lane, counter) = index.quotientAndRemainder(dividingBy: own)
      return RandomBits.mixed(
        key: UInt64(bitPattern: Int64(keys[lane])), counter: UInt64(counter))
    }
  }

  /// 64 bits onto `low ... high` by multiplication; no value is likelier than another by more than
  /// 2^-64 times their number.
  static func scaled(_ bits: UInt64, low: Int, high: Int) -> Int {
    let width = UInt64(bitPattern: Int64(high &- low)) &+ 1
    let offset = width == 0 ? bits : bits.multipliedFullWidth(by: width).high
    return low &+ Int(truncatingIfNeeded: offset)
  }

  /// A row that draws reals from a key alone.
  static func draw(
    _ name: String, doc: String, surface: String, refinement: Refinement?,
    rule: ElementRule? = nil, element: @escaping @Sendable (UInt64, Precision) -> Double
  ) -> Op {
    Op(
      name, operands: ["key"], doc: doc, surface: .special(surface),
      refinement: { _ in refinement },
      type: { (types, attributes) throws(TypeProblem) in
        try TypeRules.require(count: 1, types)
        return [TensorType(.real, try drawShape(types, attributes))]
      },
      kernel: .library,
      evaluate: { (evaluation) throws(EvaluationProblem) in
        let shape = try evaluation.sizes(evaluation.attributes.shape("shape"))
        let bits = Bits(evaluation, shape)
        return [evaluation.real(shape) { element(bits[$0], evaluation.precision) }]
      },
      element: rule,
      gradient: .zero(because: "a draw depends on an int key only"),
      samples: {
        [
          Sample("scalar", [Tensor(ints: [1])], ["shape": .shape([])]),
          Sample("matrix", [Tensor(ints: [2])], ["shape": .shape([2, 3])]),
          Sample("keys", [Tensor([2], ints: [2, 3])], ["shape": .shape([2, 4])]),
          Sample("empty", [Tensor(ints: [-1])], ["shape": .shape([0])]),
        ]
      },
      rejects: [
        Rejection([TensorType(.real)], ["shape": .shape([2])]),
        Rejection([TensorType(.int, [3])], ["shape": .shape([2])]),
      ])
  }
}

/// The inverse of the standard normal distribution function.
///
/// Algorithm AS241 (PPND16), Wichura, Applied Statistics 37 (1988): about 16 digits.
package enum NormalQuantile {
  /// - Precondition: 0 < `p` < 1
  package static func at(_ p: Double) -> Double {
    let q = p - 0.5
    if Swift.abs(q) <= 0.425 {
      let r = 0.180625 - q * q
      return q * polynomial(r, centreTop) / polynomial(r, centreBottom)
    }
    let r = (-log(q < 0 ? p : 1 - p)).squareRoot()
    let size =
      r <= 5
      ? polynomial(r - 1.6, middleTop) / polynomial(r - 1.6, middleBottom)
      : polynomial(r - 5, tailTop) / polynomial(r - 5, tailBottom)
    return q < 0 ? -size : size
  }

  /// Coefficients from the constant term up.
  private static func polynomial(_ x: Double, _ coefficients: [Double]) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
  }

  private static let centreTop = [
    3.387_132_872_796_366_608, 133.141_667_891_784_377_45, 1971.590_950_306_551_442_7,
    13731.693_765_509_461_125, 45921.953_931_549_871_457, 67265.770_927_008_700_853,
    33430.575_583_588_128_105, 2509.080_928_730_122_672_7,
  ]
  private static let centreBottom = [
    1, 42.313_330_701_600_911_252, 687.187_007_492_057_908_3, 5394.196_021_424_751_107_7,
    21213.794_301_586_595_867, 39307.895_800_092_710_61, 28729.085_735_721_942_674,
    5226.495_278_852_854_561,
  ]
  private static let middleTop = [
    1.423_437_110_749_683_577_34, 4.630_337_846_156_545_295_9, 5.769_497_221_460_691_405_5,
    3.647_848_324_763_204_605_04, 1.270_458_252_452_368_382_58, 0.241_780_725_177_450_611_77,
    0.022_723_844_989_269_184_583_3, 7.745_450_142_783_414_076_4e-4,
  ]
  private static let middleBottom = [
    1, 2.053_191_626_637_758_821_87, 1.676_384_830_183_803_849_4, 0.689_767_334_985_100_004_55,
    0.148_103_976_427_480_074_59, 0.015_198_666_563_616_457_196_6, 5.475_938_084_995_344_946e-4,
    1.050_750_071_644_416_843_24e-9,
  ]
  private static let tailTop = [
    6.657_904_643_501_103_777_2, 5.463_784_911_164_114_369_9, 1.784_826_539_917_291_335_8,
    0.296_560_571_828_504_891_23, 0.026_532_189_526_576_123_093, 0.001_242_660_947_388_078_438_6,
    2.711_555_568_743_487_578_15e-5, 2.010_334_399_292_288_132_65e-7,
  ]
  private static let tailBottom = [
    1, 0.599_832_206_555_887_937_69, 0.136_929_880_922_735_805_31, 0.014_875_361_290_850_614_852_5,
    7.868_691_311_456_132_591e-4, 1.846_318_317_510_054_681_8e-5, 1.421_511_758_316_445_888_7e-7,
    2.044_263_103_389_939_785_64e-15,
  ]
}
