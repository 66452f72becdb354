// The safetensors format: a length, a JSON header, the elements.
//
// A file must be exactly filled by its tensors, without holes or overlap, as the format asks; the
// header is checked whole before any element is read. The order of names is kept.
//
// A file of our own also carries a checksum of all its bytes at a fixed place: the header opens
// with it. A second entry says that it must be there, so that damage to the first does not hide
// it; where both are destroyed, the file passes for one from elsewhere, of which only the
// structure is checked.

package import Tensors

/// Tensors by name, with notes.
package struct Safetensors: Sendable {
  package var tensors: [(name: String, tensor: Tensor)]
  package var metadata: [(name: String, text: String)]

  package init(
    tensors: [(name: String, tensor: Tensor)], metadata: [(name: String, text: String)] = []
  ) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The format's own limit for a header.
  static let headerLimit = 100_000_000
  static let metadataName = "__metadata__"

  static let checksumName = "ntmscript.crc32"
  static let versionName = "ntmscript.checkpoint"
  static let version = "1"
  private static let opening = "{\"\(metadataName)\":{\"\(checksumName)\":\""
  private static let blank = "00000000"

  private struct Row {
    let name: String
    let format: ElementFormat
    let shape: [Int]
    let range: Range<Int>
  }

  /// - Parameter sealed: adds the checksum.
  /// - Throws: where a name occurs twice or is reserved.
  package func encoded(source: String, sealed: Bool = false) throws(DataError) -> [UInt8] {
    try checkNames(source: source)
    // Wide elements first, so that each begins at a multiple of its width.
    let order = tensors.indices.sorted { a, b in
      let (x, y) = (width(a), width(b))
      return x != y ? x > y : a < b
    }
    var starts = [Int](repeating: 0, count: tensors.count)
    var end = 0
    for index in order {
      starts[index] = end
      end += tensors[index].tensor.count * width(index)
    }

    var notes = metadata.map { (name: $0.name, value: Json.string($0.text)) }
    if sealed {
      notes.insert((Self.checksumName, .string(Self.blank)), at: 0)
      notes.append((Self.versionName, .string(Self.version)))
    }
    var members: [(name: String, value: Json)] = []
    if !notes.isEmpty { members.append((Self.metadataName, .object(notes))) }
    for (index, (name, tensor)) in tensors.enumerated() {
      let size = tensor.count * width(index)
      members.append(
        (
          name,
          .object([
            ("dtype", .string(Self.name(of: tensor.storage))),
            ("shape", .array(tensor.shape.map(Json.int))),
            ("data_offsets", .array([.int(starts[index]), .int(starts[index] + size)])),
          ])
        ))
    }
    var header = Array(Json.object(members).text.utf8)
    header.append(contentsOf: [UInt8](repeating: 32, count: (8 - header.count % 8) % 8))
    guard header.count <= Self.headerLimit else {
      throw DataError(
        .tooLarge, in: source, "the names and notes take \(NumberText.bytes(header.count))")
    }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + end)
    bytes.append(littleEndian: UInt64(header.count))
    bytes.append(contentsOf: header)
    for index in order { ElementFormat.encode(tensors[index].tensor.storage, into: &bytes) }
    if sealed {
      let place = Self.checksumPlace
      bytes.replaceSubrange(place, with: Array(Self.hexadecimal(Deflate.checksum(bytes)).utf8))
    }
    return bytes
  }

  /// Reals go to `precision`, or stay as stored without one.
  package init(
    decoding bytes: [UInt8], source: String, precision: Precision? = nil
  ) throws(DataError) {
    var reader = ByteReader(bytes, source: source)
    let length = try reader.integer(UInt64.self, "the header's length")
    guard length <= Self.headerLimit else {
      throw DataError(
        .corrupted, in: source,
        "it announces a header of \(length) bytes; this is not a safetensors file")
    }
    let header = bytes[try reader.take(Int(length), "the header")]
    guard header.first == UInt8(ascii: "{") else {
      throw DataError(
        .malformed, in: source, "its header is not JSON; this is not a safetensors file")
    }
    guard case .object(let members) = try Json(parsing: header, source: "\(source) (header)") else {
      throw DataError(.malformed, in: source, "its header is not a JSON object")
    }
    var rows: [Row] = []
    metadata = []
    for (name, value) in members {
      if name == Self.metadataName {
        metadata = try Self.notes(value, source: source)
      } else {
        rows.append(try Self.row(name, value, source: source))
      }
    }
    let data = reader.position..<bytes.count
    try Self.checkLayout(rows, available: data.count, source: source)
    try Self.checkSeal(bytes, metadata, source: source)
    metadata.removeAll { $0.name == Self.checksumName || $0.name == Self.versionName }

    tensors = []
    for row in rows {
      let place = "\(source)/\(row.name)"
      let storage = try row.format.decode(
        bytes, at: data.lowerBound + row.range.lowerBound,
        count: row.range.count / row.format.width,
        precision: precision, source: place)
      tensors.append((row.name, Tensor(shape: row.shape, storage: storage)))
    }
  }
}

// MARK: - Checks

extension Safetensors {
  private func width(_ index: Int) -> Int { ElementFormat(of: tensors[index].tensor.storage).width }

  private func checkNames(source: String) throws(DataError) {
    var names: Set<String> = []
    for (name, _) in tensors {
      if name == Self.metadataName {
        throw DataError(.malformed, in: source, "no tensor can be named `\(name)`")
      }
      if !names.insert(name).inserted {
        throw DataError(.malformed, in: source, "two tensors are named `\(name)`")
      }
    }
    var notes: Set<String> = [Self.checksumName, Self.versionName]
    for (name, _) in metadata where !notes.insert(name).inserted {
      throw DataError(.malformed, in: source, "the note `\(name)` occurs twice or is reserved")
    }
  }

  private static func notes(
    _ value: Json, source: String
  ) throws(DataError) -> [(name: String, text: String)] {
    guard case .object(let members) = value else {
      throw DataError(.malformed, in: source, "`\(metadataName)` is not a JSON object")
    }
    var notes: [(name: String, text: String)] = []
    for (name, value) in members {
      guard case .string(let text) = value else {
        throw DataError(.malformed, in: source, "the note `\(name)` is not a string")
      }
      notes.append((name, text))
    }
    return notes
  }

  private static func row(
    _ name: String, _ value: Json, source: String
  ) throws(DataError) -> Row {
    let place = "\(source)/\(name)"
    guard case .object(let members) = value, members.count == 3,
      case .string(let dtype)? = value["dtype"], case .array(let sizes)? = value["shape"],
      case .array(let offsets)? = value["data_offsets"], offsets.count == 2,
      case .int(let start) = offsets[0], case .int(let end) = offsets[1]
    else {
      throw DataError(
        .malformed, in: place, "its entry is not made of `dtype`, `shape` and two `data_offsets`")
    }
    guard let format = format(named: dtype) else {
      throw DataError(
        .unsupported, in: place, "elements of type `\(dtype)` are not read; convert to F32 first")
    }
    var shape: [Int] = []
    for size in sizes {
      guard case .int(let size) = size, size >= 0, shape.count < 64 else {
        throw DataError(.corrupted, in: place, "its shape is impossible")
      }
      shape.append(size)
    }
    guard start >= 0, end >= start else {
      throw DataError(.corrupted, in: place, "its data go from \(start) to \(end)")
    }
    let count = try format.count(of: shape, available: end - start, source: place)
    guard count * format.width == end - start else {
      throw DataError(
        .corrupted, in: place,
        "the shape \(shape) does not take the \(NumberText.bytes(end - start)) that it is given")
    }
    return Row(name: name, format: format, shape: shape, range: start..<end)
  }

  private static func checkLayout(
    _ rows: [Row], available: Int, source: String
  ) throws(DataError) {
    var end = 0
    // Empty tensors share their place with the next one.
    let ordered = rows.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for row in ordered {
      let place = "\(source)/\(row.name)"
      if row.range.upperBound > available {
        throw DataError(
          .truncated, in: place,
          "its data end at \(row.range.upperBound), and \(NumberText.bytes(available)) are there")
      }
      if row.range.lowerBound < end {
        throw DataError(.corrupted, in: place, "its data overlap those of another tensor")
      }
      if row.range.lowerBound > end {
        throw DataError(.corrupted, in: place, "no tensor owns the data before it")
      }
      end = row.range.upperBound
    }
    if end != available {
      throw DataError(
        .corrupted, in: source, "no tensor owns the last \(NumberText.bytes(available - end))")
    }
  }

  private static func format(named name: String) -> ElementFormat? {
    switch name {
    case "F32": ElementFormat(.float, 4)
    case "F64": ElementFormat(.float, 8)
    case "I64": ElementFormat(.signed, 8)
    case "I32": ElementFormat(.signed, 4)
    case "I16": ElementFormat(.signed, 2)
    case "I8": ElementFormat(.signed, 1)
    case "U64": ElementFormat(.unsigned, 8)
    case "U32": ElementFormat(.unsigned, 4)
    case "U16": ElementFormat(.unsigned, 2)
    case "U8": ElementFormat(.unsigned, 1)
    case "BOOL": ElementFormat(.bool, 1)
    default: nil
    }
  }

  private static func name(of storage: Tensor.Storage) -> String {
    switch storage {
    case .single: "F32"
    case .double: "F64"
    case .int: "I64"
    case .bool: "BOOL"
    }
  }
}

// MARK: - The seal

extension Safetensors {
  private static var checksumPlace: Range<Int> {
    let start = 8 + opening.utf8.count
    return start..<(start + blank.utf8.count)
  }

  private static func checkSeal(
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
