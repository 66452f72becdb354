// The seal of a file of our own: a checksum of all its bytes at a fixed place, with which the header
// opens.
//
// A second entry says that it must be there, so that damage to the first does not hide it; where
// both are destroyed, the file passes for one from elsewhere, of which only the structure is
// checked.

extension Safetensors {
  private static let checksumName = "ntmscript.crc32"
  private static let versionName = "ntmscript.checkpoint"
  private static let version = "1"
  private static let opening = "{\"\(metadataName)\":{\"\(checksumName)\":\""
  /// What stands for the checksum while it is computed.
  private static let blank = "00000000"

  /// The notes that are the seal's and no user's.
  static let sealNames: Set<String> = [checksumName, versionName]

  private static var checksumPlace: Range<Int> {
    let start = 8 + opening.utf8.count
    return start..<(start + blank.utf8.count)
  }

  /// The notes of a file that is to be sealed.
  static func withSeal(_ notes: [(name: String, value: Json)]) -> [(name: String, value: Json)] {
    [(checksumName, .string(blank))] + notes + [(versionName, .string(version))]
  }

  /// Puts the checksum in its place in the bytes of a file, the notes of which are `withSeal`.
  static func seal(_ bytes: inout [UInt8]) {
    bytes.replaceSubrange(checksumPlace, with: hexadecimal(Deflate.checksum(bytes)).utf8)
  }

  /// Does nothing for a file without a seal.
  /// - Throws: where the seal is broken, or of a version that is not known.
  static func checkSeal(
    _ bytes: [UInt8], _ notes: [(name: String, text: String)], source: String
  ) throws(DataError) {
    let version = notes.first { $0.name == versionName }?.text
    let announced = notes.first { $0.name == checksumName }?.text
    if version == nil && announced == nil { return }
    let place = checksumPlace
    guard let announced, notes.first?.name == checksumName,
      place.upperBound <= bytes.count,
      bytes[8..<place.lowerBound].elementsEqual(opening.utf8)
    else { throw DataError(.corrupted, in: source, "its checksum is not where it should be") }
    // The checksum is of the file with zeros in its own place.
    var checksum = Deflate.checksum(bytes[..<place.lowerBound])
    checksum = Deflate.checksum(blank.utf8, continuing: checksum)
    checksum = Deflate.checksum(bytes[place.upperBound...], continuing: checksum)
    guard announced == hexadecimal(checksum) else {
      throw DataError(.corrupted, in: source, "its checksum does not fit its content")
    }
    guard version == Self.version else {
      throw DataError(
        .unsupported, in: source,
        "it is a checkpoint of version \(version ?? "unknown"); this ntmscript reads \(Self.version)"
      )
    }
  }

  private static func hexadecimal(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
