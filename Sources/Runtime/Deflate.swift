// zlib behind three functions: pack, unpack to an announced size, checksum.
//
// What a user stops (see `Patience`) gives a part, which nobody may use.

import CZlib
import Tensors

enum Deflate {
  /// How a packed stream is framed.
  enum Framing: Int32 {
    /// The bare stream, as zip holds it.
    case raw = -15
    /// With zlib's header and checksum, as PNG holds it.
    case zlib = 15
  }

  enum Failure: Error {
    /// The stream does not follow the format, or input is missing or left over.
    case damaged
    /// The stream unpacks to fewer or more bytes than announced.
    case wrongSize
  }

  /// No byte of a packed stream can stand for more than this many.
  static let largestRatio = 1032

  /// The checksum of zip, PNG and gzip.
  static func checksum(_ bytes: some Sequence<UInt8>, continuing start: UInt32 = 0) -> UInt32 {
    func update(_ buffer: UnsafeBufferPointer<UInt8>) -> UInt32 {
      var sum = uLong(start)
      var rest = buffer[...]
      while !rest.isEmpty, !Patience.isOver() {
        let part = UnsafeBufferPointer(rebasing: rest.prefix(1 << 24))
        sum = crc32(sum, part.baseAddress, uInt(part.count))
        rest = rest.dropFirst(part.count)
      }
      return UInt32(truncatingIfNeeded: sum)
    }
    return bytes.withContiguousStorageIfAvailable(update)
      ?? Array(bytes).withUnsafeBufferPointer(update)
  }

  /// - Precondition: there are fewer than 2^32 bytes.
  static func pack(_ bytes: [UInt8], _ framing: Framing) -> [UInt8] {
    var stream = z_stream()
    let opened = deflateInit2_(
      &stream, Z_BEST_COMPRESSION, Z_DEFLATED, framing.rawValue, 8, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(opened == Z_OK, "zlib opens a stream")
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, uLong(bytes.count)))
    precondition(bytes.count < 1 << 32 && bound < 1 << 32, "a packed stream is under 2^32 bytes")
    return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      bytes.withUnsafeBufferPointer { input in
        stream.next_out = output.baseAddress
        stream.avail_out = uInt(bound)
        var result = Z_OK
        var rest = input[...]
        repeat {
          let part = UnsafeBufferPointer(rebasing: rest.prefix(Patience.block))
          rest = rest.dropFirst(part.count)
          stream.next_in = UnsafeMutablePointer(mutating: part.baseAddress)
          stream.avail_in = uInt(part.count)
          result = deflate(&stream, rest.isEmpty ? Z_FINISH : Z_NO_FLUSH)
        } while !rest.isEmpty && !Patience.isOver()
        precondition(!rest.isEmpty || result == Z_STREAM_END, "zlib keeps its bound")
        count = bound - Int(stream.avail_out)
      }
    }
  }

  /// The `size` bytes that the packed `bytes` in `range` stand for.
  /// - Precondition: the range lies inside the bytes; it and `size` are under 2^32.
  static func unpack(
    _ bytes: [UInt8], in range: Range<Int>, size: Int, _ framing: Framing
  ) throws(Failure) -> [UInt8] {
    if size > (range.count + 1) * largestRatio { throw .wrongSize }
    var stream = z_stream()
    let opened = inflateInit2_(
      &stream, framing.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(opened == Z_OK, "zlib opens a stream")
    defer { inflateEnd(&stream) }
    var result = Z_OK
    // One byte more than announced, so that a stream that goes on is seen to go on.
    let unpacked = [UInt8](unsafeUninitializedCapacity: size + 1) { output, count in
      bytes.withUnsafeBufferPointer { input in
        let part = UnsafeBufferPointer(rebasing: input[range])
        stream.next_in = UnsafeMutablePointer(mutating: part.baseAddress)
        stream.avail_in = uInt(part.count)
        count = 0
        repeat {
          let room = min(size + 1 - count, Patience.block)
          stream.next_out = output.baseAddress.map { $0 + count }
          stream.avail_out = uInt(room)
          result = inflate(&stream, Z_NO_FLUSH)
          count += room - Int(stream.avail_out)
        } while result == Z_OK && count <= size && !Patience.isOver()
      }
    }
    if unpacked.count > size { throw .wrongSize }
    guard result == Z_STREAM_END, stream.avail_in == 0 else { throw .damaged }
    if unpacked.count != size { throw .wrongSize }
    return unpacked
  }
}
