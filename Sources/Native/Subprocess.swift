// One program, run to its end within a time. Several may be started before the first is waited for.
//
// It gets a process group of its own: Ctrl-C at the terminal reaches this program alone, which asks
// whether anybody still waits for the work (see `Patience`) and then ends the whole group, so that
// no child of a compiler stays behind.

package import Glibc
import Tensors

package struct Subprocess {
  enum Ending: Equatable {
    case exited(Int32)
    case killed(signal: Int32)
    case timedOut
    case interrupted
    /// It could not be started, with `errno`.
    case notStarted(Int32)
  }

  enum Stream { case output, errors }

  let ending: Ending
  /// What it wrote to the stream that was asked for, up to `textLimit` bytes.
  let text: String

  static let textLimit = 64 << 10
  private static let busyTries = 20

  /// Runs the program at path `arguments[0]`.
  static func run(_ arguments: [String], capturing: Stream, timeout: Duration) -> Subprocess {
    start(arguments, capturing: capturing).finish(timeout: timeout)
  }

  /// Starts the program at path `arguments[0]`.
  static func start(_ arguments: [String], capturing: Stream) -> Running {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return Running(.failure(SpawnProblem(code: errno)), nil) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let started =
      switch capturing {
      case .output: spawn(arguments, output: ends[1])
      case .errors: spawn(arguments, errors: ends[1])
      }
    close(ends[1])
    return Running(started, Reader(descriptor: ends[0]))
  }

  /// A program that was started. It is ended when nobody holds this any longer.
  final class Running {
    private let started: Result<pid_t, SpawnProblem>
    private var reader: Reader?
    private var isOver = false

    fileprivate init(_ started: Result<pid_t, SpawnProblem>, _ reader: Reader?) {
      self.started = started
      self.reader = reader
    }

    deinit {
      if case .success(let process) = started, !isOver { Subprocess.end(process) }
      reader?.close()
    }

    /// Tells the program and what it started to end, and does not wait until it has.
    func stop() {
      if case .success(let process) = started, !isOver { kill(-process, SIGKILL) }
    }

    /// Waits for the end. To be called once.
    func finish(timeout: Duration) -> Subprocess {
      guard case .success(let process) = started, var reader else {
        if case .failure(let problem) = started {
          return Subprocess(ending: .notStarted(problem.code), text: "")
        }
        preconditionFailure("a program without a pipe")
      }
      let ending = Subprocess.wait(for: process, until: .now + timeout, &reader)
      isOver = true
      self.reader = reader
      return Subprocess(ending: ending, text: String(decoding: reader.bytes, as: UTF8.self))
    }
  }

  /// The program could not be started, with `errno`.
  package struct SpawnProblem: Error { package let code: Int32 }

  /// Starts the program at path `arguments[0]` in a process group of its own and with nothing to
  /// read. Whoever calls waits for its end.
  /// - Parameters:
  ///   - output: a descriptor for its standard output; nil for nowhere.
  ///   - errors: the same for its standard error.
  package static func spawn(
    _ arguments: [String], output: Int32? = nil, errors: Int32? = nil
  ) -> Result<pid_t, SpawnProblem> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (stream, target) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
      if let target {
        posix_spawn_file_actions_adddup2(&actions, target, stream)
      } else {
        posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
      }
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))

    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var process = pid_t()
    var code = posix_spawn(&process, arguments[0], &actions, &attributes, words, environ)
    // A program that was written just now may still be open in a process that is about to start.
    for _ in 0..<busyTries where code == ETXTBSY {
      usleep(10_000)
      code = posix_spawn(&process, arguments[0], &actions, &attributes, words, environ)
    }
    return code == 0 ? .success(process) : .failure(SpawnProblem(code: code))
  }

  private static func wait(
    for process: pid_t, until deadline: ContinuousClock.Instant, _ reader: inout Reader
  ) -> Ending {
    while true {
      // A closed pipe is waited for as well: the wait is then a sleep.
      reader.read(waitingMilliseconds: 2)
      var status: Int32 = 0
      let result = waitpid(process, &status, WNOHANG)
      if result != 0, !(result < 0 && errno == EINTR) {
        reader.read(waitingMilliseconds: 0)
        // Where someone had SIGCHLD ignored, the status is lost: what it made has to tell.
        if result < 0 { return .exited(0) }
        let signal = status & 0x7f
        return signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)
      }
      let isOver = Patience.isOver()
      guard isOver || ContinuousClock.now >= deadline else { continue }
      end(process)
      return isOver ? .interrupted : .timedOut
    }
  }

  /// Ends a program and what it started. The system takes its time to tear down a large one, and
  /// whoever wished to stop does not wait for that: a thread does, so that no dead child is left to
  /// those who wait for any child of this process.
  private static func end(_ process: pid_t) {
    kill(-process, SIGKILL)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { process in
        var status: Int32 = 0
        while waitpid(pid_t(Int(bitPattern: process)), &status, 0) < 0, errno == EINTR {}
        return nil
      }, UnsafeMutableRawPointer(bitPattern: Int(process)))
    if code == 0 { pthread_detach(thread) }
  }

  /// The reading end of a pipe.
  fileprivate struct Reader {
    var descriptor: Int32
    var bytes: [UInt8] = []

    init(descriptor: Int32) {
      self.descriptor = descriptor
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    /// Takes what is there; what exceeds the limit is thrown away.
    mutating func read(waitingMilliseconds: Int32) {
      var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wish, 1, waitingMilliseconds) > 0 else { return }
      var chunk = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count == 0 { return close() }
        if count < 0 { return }
        bytes += chunk[..<min(count, textLimit - bytes.count)]
      }
    }

    mutating func close() {
      guard descriptor >= 0 else { return }
      Glibc.close(descriptor)
      descriptor = -1
    }
  }
}
