// NumPy's file for one array: read with either byte order and either element order, written as
// version 1.0 in C order.
//
// The shape is believed only as far as the file's own size bears it out.

package import Tensors

package enum Npy {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The array in the file at `path`. Reals go to `precision`, or stay as stored without one.
  /// - Throws: `FileError`, `DataError`.
  package static func read(_ path: String, precision: Precision? = nil) throws -> Tensor {
    try decode(AtomicFile.read(path), source: path, precision: precision)
  }

  /// Replaces the file at `path`.
  /// - Throws: `FileError`.
  package static func write(_ tensor: Tensor, to path: String) throws {
    try AtomicFile.write(encode(tensor), to: path)
  }

  /// The array that `bytes` hold; `source` names them in a report.
  package static func decode(
    _ bytes: [UInt8], source: String, precision: Precision? = nil
  ) throws(DataError) -> Tensor {
    var reader = ByteReader(bytes, source: source)
    let start = try reader.take(magic.count, "the opening of an npy file")
    guard Array(bytes[start]) == magic else {
      throw DataError(.malformed, in: source, "this is not an npy file: it does not open as one")
    }
    let version = try reader.integer(UInt8.self, "the version")
    _ = try reader.integer(UInt8.self, "the version")
    guard (1...3).contains(version) else {
      throw DataError(
        .unsupported, in: source, "npy version \(version) is not read; versions 1 to 3 are")
    }
    let length =
      version == 1
      ? Int(try reader.integer(UInt16.self, "the header's length"))
      : Int(try reader.integer(UInt32.self, "the header's length"))
    let header = try NpyHeader(
      bytes[try reader.take(length, "the header")], source: source)

    let count = try header.format.count(
      of: header.shape, available: reader.remaining, source: source)
    let data = try reader.take(count * header.format.width, "the data")
    guard reader.remaining == 0 else {
      throw DataError(
        .corrupted, in: source, "\(NumberText.bytes(reader.remaining)) follow the array's data")
    }
    var storage = try header.format.decode(
      bytes, at: data.lowerBound, count: count, precision: precision, source: source)
    if header.fortranOrder && header.shape.count > 1 {
      storage = rowMajor(storage, shape: header.shape)
    }
    return Tensor(shape: header.shape, storage: storage)
  }

  package static func encode(_ tensor: Tensor) -> [UInt8] {
    let descriptor =
      switch tensor.storage {
      case .single: "<f4"
      case .double: "<f8"
      case .int: "<i8"
      case .bool: "|b1"
      }
    let sizes = tensor.shape.map(String.init).joined(separator: ", ")
    let shape = tensor.rank == 1 ? "(\(sizes),)" : "(\(sizes))"
    var header = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(shape), }"
    // Data begin at a multiple of 64; the header ends in a newline.
    let unpadded = magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"

    var bytes = magic + [1, 0]
    bytes.append(littleEndian: UInt16(clamping: header.utf8.count))
    bytes.append(contentsOf: header.utf8)
    ElementFormat.encode(tensor.storage, into: &bytes)
    return bytes
  }

  /// Elements stored with the first axis fastest, put in order with the last axis fastest.
  private static func rowMajor(_ storage: Tensor.Storage, shape: [Int]) -> Tensor.Storage {
    let strides = Layout.strides(shape.reversed()).reversed()
    return StridedCopy(shape: shape, strides: Array(strides))(storage)
  }
}
