// The safetensors format: a length, a JSON header, the elements.
//
// A file must be exactly filled by its tensors, without holes or overlap, as the format asks; the
// header is checked whole before any element is read. The order of names is kept.
//
// Here is what such a file holds and how it is written; see Safetensors+Reading, and
// Safetensors+Seal for the checksum of a file of our own.

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

  /// The format's own limit for a header, in bytes.
  static let headerLimit = 100_000_000
  /// The member of the header that holds the notes.
  static let metadataName = "__metadata__"
}

// MARK: - Writing

extension Safetensors {
  /// - Parameters:
  ///   - source: names the file in a report.
  ///   - sealed: adds the checksum.
  /// - Throws: where a name occurs twice or is reserved, or where the header exceeds its limit.
  package func encoded(source: String, sealed: Bool = false) throws(DataError) -> [UInt8] {
    try checkNames(source: source)
    // Wide elements first, so that each begins at a multiple of its width.
    let order = tensors.indices.sorted { a, b in
      let (x, y) = (width(a), width(b))
      return x != y ? x > y : a < b
    }
    var places = [Range<Int>](repeating: 0..<0, count: tensors.count)
    var end = 0
    for index in order {
      places[index] = end..<(end + tensors[index].tensor.count * width(index))
      end = places[index].upperBound
    }
    var header = Array(self.header(places, sealed: sealed).text.utf8)
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
    if sealed { Self.seal(&bytes) }
    return bytes
  }

  /// - Parameter places: where the data of each tensor lie behind the header.
  private func header(_ places: [Range<Int>], sealed: Bool) -> Json {
    let notes = metadata.map { (name: $0.name, value: Json.string($0.text)) }
    let entries = sealed ? Self.withSeal(notes) : notes
    var members: [(name: String, value: Json)] = []
    if !entries.isEmpty { members.append((Self.metadataName, .object(entries))) }
    for ((name, tensor), place) in zip(tensors, places) {
      let entry = Json.object([
        ("dtype", .string(Self.name(of: tensor.storage))),
        ("shape", .array(tensor.shape.map(Json.int))),
        ("data_offsets", .array([.int(place.lowerBound), .int(place.upperBound)])),
      ])
      members.append((name, entry))
    }
    return .object(members)
  }

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
    var notes = Self.sealNames
    for (name, _) in metadata where !notes.insert(name).inserted {
      throw DataError(.malformed, in: source, "the note `\(name)` occurs twice or is reserved")
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
