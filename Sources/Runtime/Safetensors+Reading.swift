// Safetensors, read: the header is checked whole before any element is.

package import Tensors

/// What the header says of one tensor.
private struct Row {
  let name: String
  let format: ElementFormat
  let shape: [Int]
  /// Of its data, counted from the end of the header.
  let range: Range<Int>
}

extension Safetensors {
  /// What `bytes` hold, wholly checked. Reals go to `precision`, or stay as stored without one.
  /// - Parameter source: names the file in a report.
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
    metadata.removeAll { Self.sealNames.contains($0.name) }

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
}
