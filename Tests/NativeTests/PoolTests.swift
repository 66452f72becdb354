// The pool runs each index once, whoever runs it.

import CPool
import Glibc
import Synchronization
import Testing

private final class Counts: Sendable {
  let runs: Mutex<[Int]>
  let workers = Mutex<Set<Int>>([])
  init(_ count: Int) { runs = Mutex([Int](repeating: 0, count: count)) }
}

/// Runs indexes 0..<count and returns what came.
private func run(_ count: Int, threads: Int) -> Counts {
  let counts = Counts(max(count, 0))
  nt_pool_run(
    { context, index, worker in
      guard let context else { return }
      let counts = Unmanaged<Counts>.fromOpaque(context).takeUnretainedValue()
      counts.runs.withLock { $0[Int(index)] += 1 }
      counts.workers.withLock { _ = $0.insert(Int(worker)) }
    }, Unmanaged.passUnretained(counts).toOpaque(), Int32(count), Int32(threads))
  return counts
}

@Suite struct PoolTests {
  @Test(arguments: 1...4) func runsEachIndexOnce(threads: Int) {
    for count in [-1, 0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 999, 1000] {
      let counts = run(count, threads: threads)
      #expect(counts.runs.withLock { $0 } == [Int](repeating: 1, count: max(count, 0)))
      #expect(counts.workers.withLock { $0.allSatisfy { (0..<threads).contains($0) } })
    }
  }
}
