// The pool runs each index once, whoever runs it.

import CPool
import Glibc
import Synchronization
import Testing

private final class Counts: Sendable {
  let runs: Mutex<[Int]>
  let workers = Mutex<Set<Int>>([])
  let pause: UInt32
  init(_ count: Int, pause: UInt32) {
    runs = Mutex([Int](repeating: 0, count: count))
    self.pause = pause
  }
}

private final class Total: Sendable {
  let value = Atomic<Int>(0)
}

/// Runs indexes 0..<count and returns what came.
/// - Parameter pause: microseconds that each index takes.
private func run(_ count: Int, threads: Int, pause: UInt32 = 0) -> Counts {
  let counts = Counts(max(count, 0), pause: pause)
  nt_pool_run(
    { context, index, worker in
      guard let context else { return }
      let counts = Unmanaged<Counts>.fromOpaque(context).takeUnretainedValue()
      counts.runs.withLock { $0[Int(index)] += 1 }
      counts.workers.withLock { _ = $0.insert(Int(worker)) }
      if counts.pause > 0 { usleep(counts.pause) }
    }, Unmanaged.passUnretained(counts).toOpaque(), Int32(count), Int32(threads))
  return counts
}

@Suite struct PoolTests {
  @Test(arguments: 1...4) func runsEachIndexOnce(threads: Int) {
    for count in -1...1000 {
      let counts = run(count, threads: threads)
      #expect(counts.runs.withLock { $0 } == [Int](repeating: 1, count: max(count, 0)))
      #expect(counts.workers.withLock { $0.allSatisfy { (0..<threads).contains($0) } })
    }
  }

  /// Workers that spin, that fall asleep, that are late: the pauses are around the time they spin.
  @Test func losesNothingUnderStress() {
    for round in 0..<3000 {
      let count = 2 + round % 7
      let counts = run(count, threads: 2 + round % 3)
      #expect(counts.runs.withLock { $0 } == [Int](repeating: 1, count: count))
      if round % 10 == 0 { usleep(UInt32(round % 97)) }
    }
  }

  /// Only one caller gets the workers; the others do their work themselves.
  @Test func servesCallersAtTheSameTime() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<500).allSatisfy { _ in
            run(16, threads: 4).runs.withLock { $0.allSatisfy { $0 == 1 } }
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func runsInsideATask() {
    let total = Total()
    nt_pool_run(
      { context, _, _ in
        nt_pool_run(
          { context, _, _ in
            guard let context else { return }
            let total = Unmanaged<Total>.fromOpaque(context).takeUnretainedValue()
            total.value.add(1, ordering: .relaxed)
          }, context, 10, 4)
      }, Unmanaged.passUnretained(total).toOpaque(), 10, 4)
    #expect(total.value.load(ordering: .relaxed) == 100)
  }

  @Test func choosesAsManyThreadsAsProcessors() async {
    let most = nt_pool_threads(1 << 20)
    #expect(most >= 1)
    #expect(nt_pool_threads(1) == 1)
    await #expect(processExitsWith: .success) { [most = most as Int32] in
      let cases: [(String, Int32)] = [("1", 1), ("1000000", most), ("0", most), ("few", most)]
      for (text, threads) in cases {
        setenv("NTM_THREADS", text, 1)
        #expect(nt_pool_threads(0) == threads)
        #expect(nt_pool_threads(1) == 1)
      }
      unsetenv("NTM_THREADS")
      #expect(nt_pool_threads(0) == most)
    }
  }

  /// The workers stay with the parent; a child starts its own.
  @Test func survivesAFork() async {
    await #expect(processExitsWith: .success) {
      _ = run(100, threads: 3)
      let fork = try #require(dlsym(nil, "fork"))
      let child = unsafeBitCast(fork, to: (@convention(c) () -> pid_t).self)()
      if child == 0 {
        // Long enough for a thread to get its turn on a busy machine.
        let counts = run(300, threads: 3, pause: 10_000)
        let isRight = counts.runs.withLock { $0.allSatisfy { $0 == 1 } }
        _exit(isRight && counts.workers.withLock { $0.count > 1 } ? 0 : 1)
      }
      var status: Int32 = -1
      waitpid(child, &status, 0)
      #expect(status == 0)
    }
  }
}
