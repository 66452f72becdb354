// Large tensors on large pages of memory.
//
// A page of 4 KiB costs a fault when it is first written and again when it is given back: a tensor of
// thirty million numbers takes longer to give back, at the end of a run, than a user waits behind
// Ctrl-C. Pages of 2 MiB cost nothing next to what is written on them. It is a wish: where the system
// has none to give, all goes on as without.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

package enum LargePages {
  package static let size = 2 << 20

  /// To be said before the memory is written for the first time.
  package static func prefer<Element>(for memory: UnsafeMutableBufferPointer<Element>) {
    prefer(for: UnsafeRawBufferPointer(memory))
  }

  /// To be said of an array that has room and no elements yet.
  package static func prefer<Element>(forRoomOf array: [Element]) {
    array.withUnsafeBufferPointer { elements in
      prefer(
        for: UnsafeRawBufferPointer(
          start: elements.baseAddress, count: array.capacity * MemoryLayout<Element>.stride))
    }
  }

  private static func prefer(for memory: UnsafeRawBufferPointer) {
    #if canImport(Glibc)
      guard memory.count >= 2 * size, let base = memory.baseAddress else { return }
      // Whole pages of the memory only: what is beside them belongs to others.
      let start = (UInt(bitPattern: base) + UInt(size - 1)) / UInt(size) * UInt(size)
      let end = (UInt(bitPattern: base) + UInt(memory.count)) / UInt(size) * UInt(size)
      guard start < end else { return }
      madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE)
    #endif
  }
}
