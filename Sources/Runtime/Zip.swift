// The zip container, as far as npz files need it: stored and deflated entries, checksums.
//
// Sizes are taken from the central directory and believed only within bounds: entries must lie in
// the file without overlap, a deflated entry cannot unpack to more than the format allows, and
// the sum of all unpacked sizes has a limit. Nothing is allocated before these checks.

enum Zip {
  struct Entry {
    var name: String
    var content: [UInt8]
  }

  private static let localMark: UInt32 = 0x0403_4b50
  private static let centralMark: UInt32 = 0x0201_4b50
  private static let endMark: UInt32 = 0x0605_4b50
  private static let endSize = 22
  /// 1 January 1980, the first day of zip: the same content gives the same bytes.
  private static let date: UInt16 = 0x21

  /// - Parameter limit: the largest sum of unpacked sizes.
  static func decode(
    _ bytes: [UInt8], source: String, limit: Int
  ) throws(DataError) -> [Entry] {
    let rows = try directory(bytes, source: source)
    try checkBounds(rows, source: source, limit: limit)
    var entries: [Entry] = []
    for row in rows { entries.append(try content(of: row, bytes, source: source)) }
    return entries
  }

  /// - Throws: `tooLarge` where a size or the number of entries needs zip64.
  static func encode(
    _ entries: [Entry], compressed: Bool, source: String
  ) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    var central: [UInt8] = []
    for entry in entries {
      let sizeProblem = DataError(
        .tooLarge, in: source, "a zip file ends at 4 GiB; save as .safetensors instead")
      guard entry.content.count < 1 << 31, entry.name.utf8.count < 1 << 16 else {
        throw sizeProblem
      }
      let packed = compressed ? Deflate.pack(entry.content, .raw) : entry.content
      var common: [UInt8] = []
      common.append(littleEndian: UInt16(20))  // version needed
      common.append(littleEndian: UInt16(1 << 11))  // names are UTF-8
      common.append(littleEndian: UInt16(compressed ? 8 : 0))
      common.append(littleEndian: UInt16(0))
      common.append(littleEndian: date)
      common.append(littleEndian: Deflate.checksum(entry.content))
      common.append(littleEndian: UInt32(packed.count))
      common.append(littleEndian: UInt32(entry.content.count))
      common.append(littleEndian: UInt16(entry.name.utf8.count))
      common.append(littleEndian: UInt16(0))  // no extra field

      central.append(littleEndian: centralMark)
      central.append(littleEndian: UInt16(20))
      central.append(contentsOf: common)
      central.append(contentsOf: [UInt8](repeating: 0, count: 10))
      central.append(littleEndian: UInt32(bytes.count))
      central.append(contentsOf: entry.name.utf8)

      bytes.append(littleEndian: localMark)
      bytes.append(contentsOf: common)
      bytes.append(contentsOf: entry.name.utf8)
      bytes.append(contentsOf: packed)
      guard bytes.count + central.count < 1 << 32 - 1 << 20 else { throw sizeProblem }
    }
    guard entries.count < 0xFFFF else {
      throw DataError(.tooLarge, in: source, "a zip file holds at most 65,534 entries")
    }
    let offset = UInt32(bytes.count)
    bytes.append(contentsOf: central)
    bytes.append(littleEndian: endMark)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: UInt16(entries.count))
    bytes.append(littleEndian: UInt16(entries.count))
    bytes.append(littleEndian: UInt32(central.count))
    bytes.append(littleEndian: offset)
    bytes.append(littleEndian: UInt16(0))
    return bytes
  }
}

// MARK: - Reading

extension Zip {
  /// One row of the central directory, with where its local header and its data lie.
  private struct Row {
    let name: String
    let deflated: Bool
    let checksum: UInt32
    let size: Int
    let start: Int
    let data: Range<Int>
  }

  private static func directory(
    _ bytes: [UInt8], source: String
  ) throws(DataError) -> [Row] {
    let end = try endOfDirectory(bytes, source: source)
    var reader = ByteReader(bytes, in: (end + 4)..<bytes.count, source: source)
    let disks = try reader.integer(UInt32.self, "the disk numbers")
    let onThisDisk = try reader.integer(UInt16.self, "the number of entries")
    let count = try reader.integer(UInt16.self, "the number of entries")
    let size = try reader.integer(UInt32.self, "the directory's size")
    let offset = try reader.integer(UInt32.self, "the directory's place")
    if count == .max || size == .max || offset == .max {
      throw DataError(
        .unsupported, in: source, "zip64 files are not read; save fewer or smaller arrays")
    }
    guard disks == 0, onThisDisk == count else {
      throw DataError(.unsupported, in: source, "zip files in several parts are not read")
    }
    guard Int(offset) + Int(size) <= end else {
      throw DataError(.corrupted, in: source, "the zip directory lies outside the file")
    }
    var directory = ByteReader(
      bytes, in: Int(offset)..<(Int(offset) + Int(size)), source: source)
    var rows: [Row] = []
    for _ in 0..<count {
      rows.append(try row(&directory, bytes, before: Int(offset), source: source))
    }
    guard directory.remaining == 0 else {
      throw DataError(.corrupted, in: source, "the zip directory holds more than it announces")
    }
    return rows
  }

  /// The place of the record that closes the file; a comment may follow it.
  private static func endOfDirectory(
    _ bytes: [UInt8], source: String
  ) throws(DataError) -> Int {
    var place = bytes.count - endSize
    let first = max(0, place - 0xFFFF)
    while place >= first {
      if bytes[place] == 0x50 {
        var reader = ByteReader(bytes, in: place..<bytes.count, source: source)
        if try reader.integer(UInt32.self, "a mark") == endMark {
          _ = try reader.take(endSize - 6, "the end record")
          if Int(try reader.integer(UInt16.self, "a length")) == reader.remaining { return place }
        }
      }
      place -= 1
    }
    throw DataError(
      bytes.starts(with: [0x50, 0x4b]) ? .truncated : .malformed, in: source,
      bytes.starts(with: [0x50, 0x4b])
        ? "the zip directory at its end is not there" : "this is not a zip file")
  }

  private static func row(
    _ reader: inout ByteReader, _ bytes: [UInt8], before directory: Int, source: String
  ) throws(DataError) -> Row {
    guard try reader.integer(UInt32.self, "an entry") == centralMark else {
      throw DataError(.corrupted, in: source, "an entry of the zip directory has a wrong mark")
    }
    _ = try reader.take(4, "the versions")
    let flags = try reader.integer(UInt16.self, "the flags")
    let method = try reader.integer(UInt16.self, "the method")
    _ = try reader.take(4, "the date")
    let checksum = try reader.integer(UInt32.self, "the checksum")
    let packed = try reader.integer(UInt32.self, "the packed size")
    let size = try reader.integer(UInt32.self, "the size")
    let nameLength = Int(try reader.integer(UInt16.self, "the name's length"))
    let extraLength = Int(try reader.integer(UInt16.self, "a length"))
    let commentLength = Int(try reader.integer(UInt16.self, "a length"))
    _ = try reader.take(8, "the attributes")
    let offset = try reader.integer(UInt32.self, "the entry's place")
    let nameBytes = bytes[try reader.take(nameLength, "the name")]
    _ = try reader.take(extraLength + commentLength, "the extra field")
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw DataError(.corrupted, in: source, "the name of a zip entry is not UTF-8")
    }
    let place = "\(source)/\(name)"
    if packed == .max || size == .max || offset == .max {
      throw DataError(
        .unsupported, in: place, "zip64 entries are not read; save fewer or smaller arrays")
    }
    if flags & 1 != 0 {
      throw DataError(.unsupported, in: place, "the entry is encrypted; unpack it first")
    }
    guard method == 0 || method == 8 else {
      throw DataError(
        .unsupported, in: place, "packing method \(method) is not read; stored and deflated are")
    }
    guard Int(offset) <= directory else {
      throw DataError(.corrupted, in: place, "the entry lies outside the file")
    }
    let data = try data(
      bytes, in: Int(offset)..<directory, named: nameBytes, size: Int(packed), source: place)
    return Row(
      name: name, deflated: method == 8, checksum: checksum, size: Int(size),
      start: Int(offset), data: data)
  }

  /// Where the data of an entry lie behind its local header, which repeats the sizes less reliably:
  /// only its own length is taken from it.
  /// - Parameter range: from the local header to the directory.
  private static func data(
    _ bytes: [UInt8], in range: Range<Int>, named name: ArraySlice<UInt8>, size: Int, source: String
  ) throws(DataError) -> Range<Int> {
    var local = ByteReader(bytes, in: range, source: source)
    guard try local.integer(UInt32.self, "the entry's header") == localMark else {
      throw DataError(.corrupted, in: source, "the entry's header has a wrong mark")
    }
    _ = try local.take(22, "the entry's header")
    let nameLength = Int(try local.integer(UInt16.self, "a length"))
    let extraLength = Int(try local.integer(UInt16.self, "a length"))
    guard bytes[try local.take(nameLength, "the name")].elementsEqual(name) else {
      throw DataError(.corrupted, in: source, "the entry and the directory differ in its name")
    }
    _ = try local.take(extraLength, "the extra field")
    return try local.take(size, "the entry's data")
  }

  private static func checkBounds(
    _ rows: [Row], source: String, limit: Int
  ) throws(DataError) {
    var total = 0
    var names: Set<String> = []
    for row in rows {
      let place = "\(source)/\(row.name)"
      if !names.insert(row.name).inserted {
        throw DataError(.corrupted, in: place, "the name occurs twice")
      }
      let possible = row.deflated ? (row.data.count + 1) * Deflate.largestRatio : row.data.count
      guard row.size <= possible, row.deflated || row.size == row.data.count else {
        throw DataError(
          .corrupted, in: place,
          "it announces \(NumberText.bytes(row.size)), which "
            + "\(NumberText.bytes(row.data.count)) cannot hold")
      }
      total += row.size
    }
    guard total <= limit else {
      throw DataError(
        .tooLarge, in: source,
        "it unpacks to \(NumberText.bytes(total)), more than the limit of "
          + NumberText.bytes(limit))
    }
    var end = 0
    for row in rows.sorted(by: { $0.start < $1.start }) {
      guard row.start >= end else {
        throw DataError(.corrupted, in: "\(source)/\(row.name)", "it overlaps another entry")
      }
      end = row.data.upperBound
    }
  }

  private static func content(
    of row: Row, _ bytes: [UInt8], source: String
  ) throws(DataError) -> Entry {
    let place = "\(source)/\(row.name)"
    let content: [UInt8]
    if row.deflated {
      do {
        content = try Deflate.unpack(bytes, in: row.data, size: row.size, .raw)
      } catch .damaged {
        throw DataError(.corrupted, in: place, "its packed data cannot be unpacked")
      } catch {
        throw DataError(
          .corrupted, in: place, "it does not unpack to the \(NumberText.bytes(row.size)) announced"
        )
      }
    } else {
      content = Array(bytes[row.data])
    }
    guard Deflate.checksum(content) == row.checksum else {
      throw DataError(.corrupted, in: place, "its checksum does not fit its content")
    }
    return Entry(name: row.name, content: content)
  }
}
