// PNG images, packed without loss; and the base-64 text by which an SVG carries one.

enum Png {
  /// An image of at most 256 colours.
  /// - Precondition: there is one index per pixel, each inside the palette, and no side is 0.
  static func encode(width: Int, height: Int, indices: [UInt8], palette: [Colour]) -> [UInt8] {
    precondition((1...256).contains(palette.count), "a palette has 1 to 256 colours")
    let colours = palette.flatMap { [$0.red, $0.green, $0.blue] }
    return encode(width, height, indices, kind: 3, palette: colours)
  }

  /// An image of any colours: red, green and blue of each pixel, in rows.
  static func encode(width: Int, height: Int, colours: [UInt8]) -> [UInt8] {
    encode(width, height, colours, kind: 2, palette: [])
  }

  /// - Parameter kind: 2 for colours, 3 for places in a palette.
  private static func encode(
    _ width: Int, _ height: Int, _ pixels: [UInt8], kind: UInt8, palette: [UInt8]
  ) -> [UInt8] {
    let rowLength = width * (kind == 2 ? 3 : 1)
    precondition(width > 0 && height > 0 && pixels.count == rowLength * height, "it is filled")
    var header: [UInt8] = []
    header.append(bigEndian: UInt32(width))
    header.append(bigEndian: UInt32(height))
    header += [8, kind, 0, 0, 0]  // 8 bits, default packing, filters and no interlacing

    var rows: [UInt8] = []
    rows.reserveCapacity((rowLength + 1) * height)
    for start in stride(from: 0, to: pixels.count, by: rowLength) {
      rows.append(0)  // no filter
      rows.append(contentsOf: pixels[start..<(start + rowLength)])
    }
    var bytes: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    append("IHDR", header, to: &bytes)
    if !palette.isEmpty { append("PLTE", palette, to: &bytes) }
    append("IDAT", Deflate.pack(rows, .zlib), to: &bytes)
    append("IEND", [], to: &bytes)
    return bytes
  }

  private static func append(_ name: String, _ content: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(bigEndian: UInt32(content.count))
    let start = bytes.count
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: content)
    bytes.append(bigEndian: Deflate.checksum(bytes[start...]))
  }

  /// The base-64 text of `bytes`.
  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        let index = Int(word >> UInt32(18 - 6 * place)) & 63
        text.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
