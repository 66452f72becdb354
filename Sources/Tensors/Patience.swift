// How a long loop over elements learns that nobody waits for it any more.
//
// Whoever starts the work gives a question around it; the loops spend elements and ask once in a
// while. A loop that is told to end does so at once and leaves the rest of its result unset: whoever
// gave the question throws the result away before anything reads it.
//
// The question belongs to the thread and to the time of the work, so that rows, views and draws need
// not hand it down. (A task local would say the same; its push crashes in release builds.)

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a loop may still spend before it asks again.
package struct Patience {
  private final class Question: Sendable {
    let isOver: @Sendable () -> Bool
    init(_ isOver: @escaping @Sendable () -> Bool) { self.isOver = isOver }
  }

  /// Where a thread keeps its question.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// Runs work that a user may stop.
  /// - Parameter isOver: answers in nanoseconds; once true it stays so until the work ends.
  package static func asking<Result, Problem: Error>(
    _ isOver: @escaping @Sendable () -> Bool, _ work: () throws(Problem) -> Result
  ) throws(Problem) -> Result {
    let question = Question(isOver)
    let before = pthread_getspecific(key)
    pthread_setspecific(key, Unmanaged.passUnretained(question).toOpaque())
    defer {
      pthread_setspecific(key, before)
      withExtendedLifetime(question) {}
    }
    return try work()
  }

  /// Whether the work under way on this thread should end.
  package static func isOver() -> Bool {
    guard let question = pthread_getspecific(key) else { return false }
    return Unmanaged<Question>.fromOpaque(question).takeUnretainedValue().isOver()
  }

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

  /// One value, `count` times.
  package static func repeating<Element: BitwiseCopyable>(
    _ value: Element, _ count: Int
  ) -> [Element] {
    if count <= block { return [Element](repeating: value, count: count) }
    return filled(count) { target, range in
      (target + range.lowerBound).initialize(repeating: value, count: range.count)
    }
  }

  /// 0, 1, … below `count`.
  package static func counting(_ count: Int) -> [Int] {
    filled(count) { target, range in
      for index in range { target[index] = index }
    }
  }

  /// `map` that a user may stop.
  package static func mapped<A: BitwiseCopyable, B: BitwiseCopyable>(
    _ values: [A], _ function: (A) -> B
  ) -> [B] {
    if values.count <= block { return values.map(function) }
    return values.withUnsafeBufferPointer { values in
      filled(values.count) { target, range in
        for index in range { target[index] = function(values[index]) }
      }
    }
  }

  /// `count` elements made block by block; what is unset after a stop is never read.
  package static func filled<Element: BitwiseCopyable>(
    _ count: Int, _ fill: (UnsafeMutablePointer<Element>, Range<Int>) -> Void
  ) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      LargePages.prefer(for: buffer)
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
