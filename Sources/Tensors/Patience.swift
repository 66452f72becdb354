// How a long loop over elements learns that nobody waits for it any more.
//
// Whoever starts the work binds `isOver` around it; the loops spend elements and ask once in a while.
// A loop that is told so ends at once and leaves the rest of its result unset: whoever bound
// `isOver` throws the result away before anything reads it.

/// What a loop may still spend before it asks again.
package struct Patience {
  /// Bound around work that a user may stop. Answers in nanoseconds, the same until the work ends.
  @TaskLocal package static var isOver: @Sendable () -> Bool = { false }

  /// Elements between two questions: some milliseconds of the dearest arithmetic.
  package static let block = 1 << 18

  private var left = Patience.block

  package init() {}

  /// Counts work; true where it should end.
  /// - Parameter elements: as many elements as the work just done, or about to be, costs.
  @inline(__always)
  package mutating func isOver(after elements: Int) -> Bool {
    left &-= elements
    return left < 0 && ask()
  }

  @inline(never)
  private mutating func ask() -> Bool {
    left = Patience.block
    return Patience.isOver()
  }

  /// `count` elements made block by block; what is unset after a stop is never read.
  package static func filled<Element: BitwiseCopyable>(
    _ count: Int, _ fill: (UnsafeMutablePointer<Element>, Range<Int>) -> Void
  ) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      guard let base = buffer.baseAddress else { return }
      var start = 0
      while start < count {
        let end = min(start + block, count)
        fill(base, start..<end)
        start = end
        if Patience.isOver() { return }
      }
    }
  }
}
