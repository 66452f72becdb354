// NumPy's file for several arrays by name: a zip of npy files.

package import Tensors

package enum Npz {
  /// The largest sum of unpacked sizes unless told otherwise.
  package static let unpackedLimit = 8 << 30

  /// The arrays in the file at `path`, in its order. Reals go to `precision`, or stay as stored.
  /// - Throws: `FileError`, `DataError`.
  package static func read(
    _ path: String, precision: Precision? = nil
  ) throws -> [(name: String, tensor: Tensor)] {
    try decode(AtomicFile.read(path), source: path, precision: precision)
  }

  /// Replaces the file at `path`.
  /// - Throws: `FileError`, `DataError`.
  package static func write(
    _ tensors: [(name: String, tensor: Tensor)], to path: String, compressed: Bool = true
  ) throws {
    try AtomicFile.write(encode(tensors, source: path, compressed: compressed), to: path)
  }

  /// The arrays that `bytes` hold; `source` names them in a report.
  package static func decode(
    _ bytes: [UInt8], source: String, precision: Precision? = nil, limit: Int = unpackedLimit
  ) throws(DataError) -> [(name: String, tensor: Tensor)] {
    var tensors: [(name: String, tensor: Tensor)] = []
    for entry in try Zip.decode(bytes, source: source, limit: limit) {
      let place = "\(source)/\(entry.name)"
      guard entry.name.hasSuffix(".npy") else {
        throw DataError(.unsupported, in: place, "it is not an npy file")
      }
      tensors.append(
        (
          String(entry.name.dropLast(4)),
          try Npy.decode(entry.content, source: place, precision: precision)
        ))
    }
    return tensors
  }

  /// - Throws: where a name occurs twice or the arrays exceed what a zip file can hold.
  package static func encode(
    _ tensors: [(name: String, tensor: Tensor)], source: String, compressed: Bool = true
  ) throws(DataError) -> [UInt8] {
    var names: Set<String> = []
    for (name, _) in tensors where !names.insert(name).inserted {
      throw DataError(.malformed, in: source, "two arrays are named `\(name)`")
    }
    return try Zip.encode(
      tensors.map { Zip.Entry(name: "\($0.name).npy", content: Npy.encode($0.tensor)) },
      compressed: compressed, source: source)
  }
}
