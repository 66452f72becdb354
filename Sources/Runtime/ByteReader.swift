// Numbers out of bytes, within bounds. Every announced length is checked before it is used.

/// A cursor over a part of a file.
struct ByteReader {
  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int
  let source: String

  /// - Precondition: the range lies inside the bytes.
  init(_ bytes: [UInt8], in range: Range<Int>? = nil, source: String) {
    self.bytes = bytes
    self.position = range?.lowerBound ?? 0
    self.end = range?.upperBound ?? bytes.count
    self.source = source
    precondition(position >= 0 && end <= bytes.count, "a byte reader stays inside its bytes")
  }

  var remaining: Int { end - position }

  /// The next `count` bytes, by position.
  mutating func take(_ count: Int, _ what: String) throws(DataError) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw DataError(
        .truncated, in: source,
        "\(what) takes \(NumberText.bytes(count)), and \(NumberText.bytes(remaining)) are left")
    }
    defer { position += count }
    return position..<(position + count)
  }

  /// The next integer, least significant byte first.
  mutating func integer<Word: FixedWidthInteger>(
    _ type: Word.Type, _ what: String
  ) throws(DataError) -> Word {
    let range = try take(MemoryLayout<Word>.size, what)
    var word: Word = 0
    for index in range.reversed() { word = word << 8 | Word(truncatingIfNeeded: bytes[index]) }
    return word
  }
}

/// Appends integers to bytes, least significant byte first.
extension [UInt8] {
  mutating func append<Word: FixedWidthInteger>(littleEndian word: Word) {
    Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append<Word: FixedWidthInteger>(bigEndian word: Word) {
    Swift.withUnsafeBytes(of: word.bigEndian) { append(contentsOf: $0) }
  }
}
