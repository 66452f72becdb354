// Numbers as a reader wants them: fixed decimals, grouped digits, a few significant figures.
//
// Rounding is the C library's, which is exact. Every function accepts every number.

import Glibc

package enum NumberText {
  /// `value` with exactly `decimals` digits after the point; `NaN`, `inf` and `-inf` by name.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return named(value) }
    let text = printed("%.*f", decimals, value)
    // A negative number that rounds to zero is zero to the reader.
    return text.hasPrefix("-") && text.allSatisfy({ "-0.".contains($0) })
      ? String(text.dropFirst()) : text
  }

  /// About three significant figures: two decimals where that says enough, else an exponent.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return named(value) }
    let size = abs(value)
    if size == 0 { return "0.00" }
    if size < 0.005 || size >= 1e6 { return printed("%.*e", 1, value) }
    if size >= 1000 {
      let whole = grouped(Int(size.rounded()))
      return value < 0 ? "-\(whole)" : whole
    }
    return fixed(value, size >= 100 ? 1 : 2)
  }

  /// The shortest text for a label of a scale: no trailing zeros, at most `digits` figures.
  package static func label(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return named(value) }
    return value == 0 ? "0" : printed("%.*g", digits, value)
  }

  /// `2000` as `2,000`.
  package static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A large count to three figures: `41.2 M`, `980`.
  package static func counted(_ value: Double) -> String {
    var size = value
    if abs(size) < 999.5 { return label(size, digits: 3) }
    var unit = ""
    for next in ["k", "M", "G", "T", "P", "E"] where abs(size) >= 999.5 {
      size /= 1000
      unit = next
    }
    return "\(fixed(size, abs(size) < 9.995 ? 2 : abs(size) < 99.95 ? 1 : 0)) \(unit)"
  }

  /// A number of bytes in the largest unit that leaves at least one: `512 bytes`, `1.5 MiB`.
  package static func bytes(_ count: Int) -> String {
    var size = Double(count)
    if size < 1024 { return count == 1 ? "1 byte" : "\(count) bytes" }
    var unit = ""
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] where size >= 1024 {
      size /= 1024
      unit = next
    }
    return "\(fixed(size, 1)) \(unit)"
  }

  /// `NaN`, `inf` or `-inf`.
  static func named(_ value: Double) -> String {
    value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf"
  }

  private static func printed(_ format: String, _ digits: Int, _ value: Double) -> String {
    // The longest finite double has 309 digits before the point.
    var buffer = [CChar](repeating: 0, count: 330 + max(0, digits))
    let length = withVaList([Int32(clamping: digits), value]) {
      vsnprintf(&buffer, buffer.count, format, $0)
    }
    let used = buffer.prefix(max(0, min(Int(length), buffer.count - 1)))
    return String(decoding: used.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
