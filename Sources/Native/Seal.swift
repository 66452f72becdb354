// What stands behind a library or a note in the cache and tells whether it is whole: a mark, the
// length of what it stands behind and a checksum. Loaders do not look behind the last section of a
// file.

enum Seal {
  private static let mark: UInt64 = 0x314c_4145_534d_544e  // "NTMSEAL1"
  private static let length = 24

  static func of(_ library: [UInt8]) -> [UInt8] { of(library[...]) }

  static func isWhole(_ sealed: [UInt8]) -> Bool { content(of: sealed) != nil }

  /// What stands in front of the seal; nil where it is not whole.
  static func content(of sealed: [UInt8]) -> ArraySlice<UInt8>? {
    guard sealed.count > length else { return nil }
    let content = sealed.dropLast(length)
    return of(content).elementsEqual(sealed.suffix(length)) ? content : nil
  }

  private static func of(_ library: ArraySlice<UInt8>) -> [UInt8] {
    let words = [mark, UInt64(library.count), checksum(library)]
    return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  /// Every step is one to one in the sum and in the word, so a change in one word always shows.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    func mixed(_ sum: UInt64, _ word: UInt64) -> UInt64 {
      let product = (sum ^ word) &* 0x9e37_79b9_7f4a_7c15
      return product ^ product >> 32
    }
    return bytes.withUnsafeBytes { buffer in
      var sum: UInt64 = 0
      let whole = buffer.count / 8 * 8
      for offset in stride(from: 0, to: whole, by: 8) {
        sum = mixed(sum, buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      for byte in buffer[whole...] { sum = mixed(sum, UInt64(byte)) }
      return sum
    }
  }
}
