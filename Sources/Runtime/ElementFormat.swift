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
      let values = words(UInt32.self, bytes, start, count).map(Float.init(bitPattern:))
      return precision == .double ? .double(values.map(Double.init)) : .single(values)
    case (.float, 8):
      let values = words(UInt64.self, bytes, start, count).map(Double.init(bitPattern:))
      return precision == .single ? .single(values.map(Float.init)) : .double(values)
    case (.signed, 1): return .int(words(Int8.self, bytes, start, count).map(Int.init))
    case (.signed, 2): return .int(words(Int16.self, bytes, start, count).map(Int.init))
    case (.signed, 4): return .int(words(Int32.self, bytes, start, count).map(Int.init))
    case (.signed, 8): return .int(words(Int.self, bytes, start, count))
    case (.unsigned, 1): return .int(words(UInt8.self, bytes, start, count).map(Int.init))
    case (.unsigned, 2): return .int(words(UInt16.self, bytes, start, count).map(Int.init))
    case (.unsigned, 4): return .int(words(UInt32.self, bytes, start, count).map(Int.init))
    case (.unsigned, 8):
      let values = words(UInt64.self, bytes, start, count)
      if let large = values.first(where: { $0 > UInt64(Int.max) }) {
        throw DataError(
          .unsupported, in: source,
          "the number \(large) does not fit an int; the largest is 2^63 - 1")
      }
      return .int(values.map { Int(truncatingIfNeeded: $0) })
    case (.bool, 1):
      let values = words(UInt8.self, bytes, start, count)
      if let wrong = values.first(where: { $0 > 1 }) {
        throw DataError(.corrupted, in: source, "a bool is stored as \(wrong), not as 0 or 1")
      }
      return .bool(values.map { $0 == 1 })
    default:
      preconditionFailure("an element format has a width of its kind")
    }
  }

  private func words<Word: FixedWidthInteger>(
    _ type: Word.Type, _ bytes: [UInt8], _ start: Int, _ count: Int
  ) -> [Word] {
    let size = count * MemoryLayout<Word>.size
    precondition(start >= 0 && start + size <= bytes.count, "elements lie inside the bytes")
    let values = [Word](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { raw in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: raw[start..<(start + size)]))
      }
      initialized = count
    }
    return bigEndian ? values.map(Word.init(bigEndian:)) : values.map(Word.init(littleEndian:))
  }

  /// Appends the elements of `storage`, least significant byte first.
  static func encode(_ storage: Tensor.Storage, into bytes: inout [UInt8]) {
    switch storage {
    case .single(let values): append(values.map(\.bitPattern.littleEndian), to: &bytes)
    case .double(let values): append(values.map(\.bitPattern.littleEndian), to: &bytes)
    case .int(let values): append(values.map(\.littleEndian), to: &bytes)
    case .bool(let values): bytes.append(contentsOf: values.lazy.map { $0 ? 1 : 0 })
    }
  }

  private static func append<Word: FixedWidthInteger>(_ words: [Word], to bytes: inout [UInt8]) {
    words.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}
