// The scalar functions of pointwise ops, on `Float`, `Double` and `Int`.
//
// `Float` functions are those of the C library in single precision. Nothing traps: integers wrap,
// and what has no result sets a fault.

import Glibc
import Tensors

/// A floating-point type that elements of `real` can have.
protocol RealElement: BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
  static func exponential(_ x: Self) -> Self
  static func exponentialMinusOne(_ x: Self) -> Self
  static func logarithm(_ x: Self) -> Self
  static func logarithmOnePlus(_ x: Self) -> Self
  static func sine(_ x: Self) -> Self
  static func cosine(_ x: Self) -> Self
  static func hyperbolicTangent(_ x: Self) -> Self
  static func power(_ x: Self, _ y: Self) -> Self
  static func modulus(_ x: Self, _ y: Self) -> Self
}

extension Float: RealElement {
  @inline(__always) static func exponential(_ x: Float) -> Float { Glibc.expf(x) }
  @inline(__always) static func exponentialMinusOne(_ x: Float) -> Float { Glibc.expm1f(x) }
  @inline(__always) static func logarithm(_ x: Float) -> Float { Glibc.logf(x) }
  @inline(__always) static func logarithmOnePlus(_ x: Float) -> Float { Glibc.log1pf(x) }
  @inline(__always) static func sine(_ x: Float) -> Float { Glibc.sinf(x) }
  @inline(__always) static func cosine(_ x: Float) -> Float { Glibc.cosf(x) }
  @inline(__always) static func hyperbolicTangent(_ x: Float) -> Float { Glibc.tanhf(x) }
  @inline(__always) static func power(_ x: Float, _ y: Float) -> Float { Glibc.powf(x, y) }
  @inline(__always) static func modulus(_ x: Float, _ y: Float) -> Float { Glibc.fmodf(x, y) }
}

extension Double: RealElement {
  @inline(__always) static func exponential(_ x: Double) -> Double { Glibc.exp(x) }
  @inline(__always) static func exponentialMinusOne(_ x: Double) -> Double { Glibc.expm1(x) }
  @inline(__always) static func logarithm(_ x: Double) -> Double { Glibc.log(x) }
  @inline(__always) static func logarithmOnePlus(_ x: Double) -> Double { Glibc.log1p(x) }
  @inline(__always) static func sine(_ x: Double) -> Double { Glibc.sin(x) }
  @inline(__always) static func cosine(_ x: Double) -> Double { Glibc.cos(x) }
  @inline(__always) static func hyperbolicTangent(_ x: Double) -> Double { Glibc.tanh(x) }
  @inline(__always) static func power(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  @inline(__always) static func modulus(_ x: Double, _ y: Double) -> Double { Glibc.fmod(x, y) }
}

extension RealElement {
  /// 1 / (1 + exp(-x)), without overflow on either side.
  @inline(__always) static func sigmoid(_ x: Self) -> Self {
    let decay = exponential(-abs(x))
    return (x < 0 ? decay : 1) / (1 + decay)
  }

  /// log(1 + exp(x)), without overflow on either side.
  @inline(__always) static func softplus(_ x: Self) -> Self {
    (x > 0 ? x : x != x ? x : 0) + logarithmOnePlus(exponential(-abs(x)))
  }

  /// -1, 0 or 1; NaN stays.
  @inline(__always) static func sign(_ x: Self) -> Self { x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x }

  /// The first of two equal arguments; NaN wins.
  @inline(__always) static func lesser(_ x: Self, _ y: Self) -> Self { x <= y || x != x ? x : y }
  @inline(__always) static func greater(_ x: Self, _ y: Self) -> Self { x >= y || x != x ? x : y }

  /// With the sign of the divisor.
  @inline(__always) static func remainder(_ x: Self, _ y: Self) -> Self {
    let rest = modulus(x, y)
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
  }
}

/// An element that has no value.
struct ScalarFault {
  enum Reason {
    case divisionByZero
    case negativeExponent(Int)
    /// The number as it is written.
    case notAnInteger(String)
  }
  let reason: Reason
  /// The first such element; nil where one operand stands for all of them.
  var place: Int?
}

enum IntegerMath {
  /// Rounded towards minus infinity; the one quotient out of range wraps.
  @inline(__always) static func floorQuotient(_ x: Int, _ y: Int) -> Int {
    let (quotient, overflow) = x.dividedReportingOverflow(by: y)
    if overflow { return x }
    let rest = x &- quotient &* y
    return rest != 0 && (rest < 0) != (y < 0) ? quotient &- 1 : quotient
  }

  /// With the sign of the divisor.
  @inline(__always) static func floorRemainder(_ x: Int, _ y: Int) -> Int {
    if y == -1 { return 0 }
    let rest = x % y
    return rest != 0 && (rest < 0) != (y < 0) ? rest &+ y : rest
  }

  /// Wraps.
  static func power(_ x: Int, _ y: Int) -> Int {
    var result = 1
    var factor = x
    var rest = y
    while rest > 0 {
      if rest & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      rest >>= 1
    }
    return result
  }

  @inline(__always) static func scramble(_ x: Int) -> Int {
    Int(truncatingIfNeeded: RandomBits.finalized(UInt64(bitPattern: Int64(x))))
  }

  /// The upper half of a product without signs.
  @inline(__always) static func upperProduct(_ x: Int, _ y: Int) -> Int {
    Int(bitPattern: UInt(bitPattern: x).multipliedFullWidth(by: UInt(bitPattern: y)).high)
  }

  @inline(__always) static func sign(_ x: Int) -> Int { x > 0 ? 1 : x < 0 ? -1 : 0 }
}
