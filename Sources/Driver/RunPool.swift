// The runs of comparisons as processes of this program, a few at a time.
//
// Each writes its events into a pipe that is read while it runs. A run that Ctrl-C or a kill of this
// program ended leaves nothing behind; one that ended by itself is handed over at once. A run whose
// reader is gone ends with the next line that it writes.

import Glibc
import Native
import Runtime

struct RunPool {
  let jobs: Int
  let interrupt: Interrupt
  /// This program.
  private let path: String

  /// How the runs stand, for whoever watches.
  struct Watch {
    /// The runs that are running, with the newest that each logged.
    var running: [(run: Comparison.Run, latest: String)] = []
  }

  init(jobs: Int, interrupt: Interrupt) {
    let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    self.jobs = jobs > 0 ? jobs : max(1, processors)
    self.interrupt = interrupt
    let real = realpath("/proc/self/exe", nil)
    defer { free(real) }
    path = real.map { String(cString: $0) } ?? "/proc/self/exe"
  }

  /// Runs all, in order, until they have ended or somebody wishes to stop.
  /// - Parameters:
  ///   - ended: called with each record; what it throws ends the rest.
  ///   - watch: called ten times a second.
  /// - Returns: false where it was stopped before the end.
  func run(
    _ runs: [Comparison.Run], ended: (Comparison.Run, RunRecord) throws -> Void,
    watch: (Watch) -> Void
  ) throws -> Bool {
    var waiting = runs[...]
    var children: [Child] = []
    var watched = ContinuousClock.now
    defer { for child in children { child.stop() } }
    while !interrupt.isRaised {
      while children.count < jobs, let run = waiting.popFirst() {
        let child = Child(run, path: path)
        if let record = child.failedStart { try ended(run, record) } else { children.append(child) }
      }
      if children.isEmpty, waiting.isEmpty { return true }
      wait(for: children)
      for child in children { child.read() }
      if ContinuousClock.now - watched > .milliseconds(100) {
        watch(Watch(running: children.map { ($0.run, $0.events.latest) }))
        watched = .now
      }
      for index in children.indices.reversed() where children[index].hasEnded {
        let child = children.remove(at: index)
        if child.events.isInterrupted || interrupt.isRaised { continue }
        try ended(child.run, child.record())
      }
    }
    return false
  }

  /// Until somebody writes, for a tenth of a second at most.
  private func wait(for children: [Child]) {
    var wishes = children.filter { $0.pipe >= 0 }
      .map { pollfd(fd: $0.pipe, events: Int16(POLLIN), revents: 0) }
    poll(&wishes, nfds_t(wishes.count), 100)
  }
}

/// One run that was started.
private final class Child {
  let run: Comparison.Run
  private(set) var events = RunEvents()
  private(set) var pipe: Int32 = -1
  /// Set where there is no process.
  private(set) var failedStart: RunRecord?
  private(set) var hasEnded = false
  private var process: pid_t = 0
  private var status: Int32 = 0
  private var line: [UInt8] = []
  private let start = ContinuousClock.now
  private var seconds = 0.0

  init(_ run: Comparison.Run, path: String) {
    self.run = run
    var ends: [Int32] = [-1, -1]
    var problem = Glibc.pipe(&ends) == 0 ? nil : errno
    if problem == nil {
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      let words = [path, "run"] + run.arguments
      switch Subprocess.spawn(words, output: ends[1], errors: ends[1]) {
      case .success(let started): process = started
      case .failure(let found): problem = found.code
      }
      close(ends[1])
      pipe = ends[0]
      _ = fcntl(pipe, F_SETFL, O_NONBLOCK)
    }
    if let problem {
      failedStart = RunRecord(run)
      failedStart?.failure = "it could not be started: \(String(cString: strerror(problem)))"
    }
  }

  deinit { if pipe >= 0 { close(pipe) } }

  /// Takes some of what was written, so that no run keeps the others waiting, and note of the end.
  func read() {
    _ = readSome()
    guard !hasEnded, process > 0, waitpid(process, &status, WNOHANG) != 0 else { return }
    hasEnded = true
    let time = (ContinuousClock.now - start).components
    seconds = Double(time.seconds) + Double(time.attoseconds) * 1e-18
    while readSome() {}
    if !line.isEmpty { take([10]) }
  }

  /// - Returns: whether there may be more.
  private func readSome() -> Bool {
    guard pipe >= 0 else { return false }
    var chunk = [UInt8](repeating: 0, count: 1 << 15)
    let count = Glibc.read(pipe, &chunk, chunk.count)
    if count > 0 {
      take(chunk[..<count])
    } else if count == 0 {
      close(pipe)
      pipe = -1
    }
    return count > 0 || (count < 0 && errno == EINTR)
  }

  private func take(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte != 10 {
        line.append(byte)
        continue
      }
      events.take(String(decoding: line, as: UTF8.self))
      line.removeAll(keepingCapacity: true)
    }
  }

  func record() -> RunRecord {
    var record = RunRecord(run)
    let signal = status & 0x7F
    let code = status >> 8 & 0xFF
    let ending =
      signal != 0
      ? "it was ended by signal \(signal)" : code != 0 ? "it ended with code \(code)" : nil
    events.fill(&record, ending: ending)
    record.isWorthKeeping = signal == 0
    record.seconds = (seconds * 1000).rounded() / 1000
    record.machine = Machine.name
    record.date = Machine.date
    return record
  }

  /// Ends the process and what it started.
  func stop() {
    guard !hasEnded, process > 0 else { return }
    kill(-process, SIGKILL)
    waitpid(process, &status, 0)
  }
}

/// Where and when a run was measured.
enum Machine {
  /// The processor and how many there are.
  static let name: String = {
    let bytes = (try? AtomicFile.read("/proc/cpuinfo", limit: 1 << 24)) ?? []
    let model = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("model name") }?
      .split(separator: ":", maxSplits: 1).last.map { String($0).trimmed }
    let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return "\(model ?? "unknown processor"), \(count) \(count == 1 ? "core" : "cores")"
  }()

  /// Today, in the universal time zone: `2026-11-21`.
  static var date: String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}
