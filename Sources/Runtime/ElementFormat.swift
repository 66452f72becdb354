// How elements lie in files: kind, width, byte order; to and from a tensor's storage.
//
// Every container reads and writes elements through this one table of conversions. Bits are kept:
// a NaN with a payload and a negative zero come back as they were.

import Tensors

/// The layout of one element in a file.
struct ElementFormat: Hashable {
  enum Kind: Hashable { case float, signed, unsigned, bool }

  let kind: Kind
  /// Bytes per element.
  let width: Int
  var bigEndian = false

  /// The layout in which a tensor's own storage is written.
  init(of storage: Tensor.Storage) {
    switch storage {
    case .single: self.init(.float, 4)
    case .double: self.init(.float, 8)
    case .int: self.init(.signed, 8)
    case .bool: self.init(.bool, 1)
    }
  }

  init(_ kind: Kind, _ width: Int, bigEndian: Bool = false) {
    self.kind = kind
    self.width = width
    self.bigEndian = bigEndian
  }

  /// The number of elements of `shape`, which must take exactly or at most `available` bytes.
  func count(
    of shape: [Int], available: Int, source: String
  ) throws(DataError) -> Int {
    var product = width
    for size in shape where size != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      if size < 0 || overflow {
        throw DataError(.corrupted, in: source, "the shape \(shape) is impossible")
      }
      product = next
    }
    if shape.contains(0) { return 0 }
    guard product <= available else {
      throw DataError(
        .truncated, in: source,
        "the shape \(shape) takes \(NumberText.bytes(product)), and "
          + "\(NumberText.bytes(max(0, available))) are there")
    }
    return product / width
  }

  /// The `count` elements from `start` on. Reals go to `precision`, or stay as stored without one.
  /// - Precondition: the bytes are there.
  func decode(
    _ bytes: [UInt8], at start: Int, count: Int, precision: Precision?, source: String
  ) throws(DataError) -> Tensor.Storage {
    switch (kind, width) {
    case (.float, 4):
      let words = words(UInt32.self, bytes, start, count)
      return precision == .double
        ? .double(Patience.mapped(words) { Double(Float(bitPattern: $0)) })
        : .single(Patience.mapped(words, Float.init(bitPattern:)))
    case (.float, 8):
      let words = words(UInt64.self, bytes, start, count)
      guard precision == .single else {
        return .double(Patience.mapped(words, Double.init(bitPattern:)))
      }
      let values = Patience.mapped(words) { Float(Double(bitPattern: $0)) }
      if values.contains(where: \.isInfinite) { try requireInfinite(values, words, source) }
      return .single(values)
    case (.signed, 1): return .int(ints(Int8.self, bytes, start, count))
    case (.signed, 2): return .int(ints(Int16.self, bytes, start, count))
    case (.signed, 4): return .int(ints(Int32.self, bytes, start, count))
    case (.signed, 8): return .int(words(Int.self, bytes, start, count))
    case (.unsigned, 1): return .int(ints(UInt8.self, bytes, start, count))
    case (.unsigned, 2): return .int(ints(UInt16.self, bytes, start, count))
    case (.unsigned, 4): return .int(ints(UInt32.self, bytes, start, count))
    case (.unsigned, 8):
      let values = words(UInt64.self, bytes, start, count)
      if let large = values.first(where: { $0 > UInt64(Int.max) }) {
        throw DataError(
          .unsupported, in: source,
          "the number \(large) does not fit an int; the largest is 2^63 - 1")
      }
      return .int(Patience.mapped(values) { Int(truncatingIfNeeded: $0) })
    case (.bool, 1):
      let values = words(UInt8.self, bytes, start, count)
      if let wrong = values.first(where: { $0 > 1 }) {
        throw DataError(.corrupted, in: source, "a bool is stored as \(wrong), not as 0 or 1")
      }
      return .bool(Patience.mapped(values) { $0 == 1 })
    default:
      preconditionFailure("an element format has a width of its kind")
    }
  }

  /// What is infinite as an f32 must be so in the file.
  private func requireInfinite(
    _ values: [Float], _ words: [UInt64], _ source: String
  ) throws(DataError) {
    for (value, word) in zip(values, words) where value.isInfinite {
      let stored = Double(bitPattern: word)
      if stored.isFinite { throw .beyond(.single, "\(stored)", in: source) }
    }
  }

  private func ints<Word: FixedWidthInteger & BitwiseCopyable>(
    _ type: Word.Type, _ bytes: [UInt8], _ start: Int, _ count: Int
  ) -> [Int] {
    Patience.mapped(words(type, bytes, start, count)) { Int($0) }
  }

  private func words<Word: FixedWidthInteger & BitwiseCopyable>(
    _ type: Word.Type, _ bytes: [UInt8], _ start: Int, _ count: Int
  ) -> [Word] {
    let width = MemoryLayout<Word>.size
    precondition(start >= 0 && start + count * width <= bytes.count, "elements lie in the bytes")
    return bytes.withUnsafeBytes { raw in
      Patience.filled(count) { target, range in
        let (place, size) = (start + range.lowerBound * width, range.count * width)
        UnsafeMutableRawBufferPointer(start: target + range.lowerBound, count: size)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[place..<(place + size)]))
        for index in range {
          target[index] =
            bigEndian ? Word(bigEndian: target[index]) : Word(littleEndian: target[index])
        }
      }
    }
  }

  /// Appends the elements of `storage`, least significant byte first.
  static func encode(_ storage: Tensor.Storage, into bytes: inout [UInt8]) {
    switch storage {
    case .single(let values): append(values, to: &bytes, \.bitPattern.littleEndian)
    case .double(let values): append(values, to: &bytes, \.bitPattern.littleEndian)
    case .int(let values): append(values, to: &bytes, \.littleEndian)
    case .bool(let values): append(values, to: &bytes) { $0 ? 1 : 0 as UInt8 }
    }
  }

  private static func append<Value, Word: FixedWidthInteger>(
    _ values: [Value], to bytes: inout [UInt8], _ word: (Value) -> Word
  ) {
    for start in stride(from: 0, to: values.count, by: Patience.block) where !Patience.isOver() {
      let words = values[start..<min(start + Patience.block, values.count)].map(word)
      words.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
  }
}
