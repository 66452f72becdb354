// The built program, run as a user runs it: by a line for the shell, in a folder of its own.

import Glibc
import Runtime
import Testing

struct Program {
  /// How a line ended.
  struct Outcome {
    /// The exit code; from 128 on, a signal and 128. Nil where the line had to be stopped.
    let code: Int32?
    let output: String
    let errors: String
    /// The most memory that was resident at once, in KiB.
    let peak: Int
  }

  enum Problem: Error { case noProgram, noStart }

  /// The folder the lines are run in.
  let folder: String
  let path: String

  init(in folder: String) throws {
    self.folder = folder
    path = try Program.find()
  }

  func write(_ text: String, _ name: String) throws {
    try AtomicFile.write(text, to: "\(folder)/\(name)")
  }

  /// Runs a line in which `ntm` is the program.
  /// - Parameter seconds: after these it counts as hanging.
  func shell(_ line: String, seconds: Int = 60) throws -> Outcome {
    let process = try start(line)
    return try outcome(of: process, seconds: seconds)
  }

  /// Waits for what `start` started.
  /// - Parameter seconds: after these it counts as hanging.
  func outcome(of process: pid_t, seconds: Int = 60) throws -> Outcome {
    var status: Int32 = 0
    var usage = rusage()
    for _ in 0..<(seconds * 200) {
      if wait4(process, &status, WNOHANG, &usage) == process {
        let signal = status & 0x7F
        return try outcome(signal == 0 ? (status >> 8) & 0xFF : 128 + signal, usage)
      }
      usleep(5_000)
    }
    kill(-process, SIGKILL)
    wait4(process, &status, 0, &usage)
    return try outcome(nil, usage)
  }

  /// Starts a line in a process group of its own and leaves it running. `exec "$program" …` makes
  /// the process the program itself, for signals.
  func start(_ line: String) throws -> pid_t {
    let script = """
      cd '\(folder)' || exit 99
      program='\(path)'
      ntm() { "$program" "$@"; }
      { \(line)
      } > .output 2> .errors < /dev/null
      """
    return try spawn(["/bin/sh", "-c", script], Int16(POSIX_SPAWN_SETPGROUP))
  }

  /// Starts a process with the environment of a user who has nothing but a home.
  /// - Parameter terminal: what becomes its terminal and its three streams.
  func spawn(_ words: [String], _ flags: Int16, terminal: String? = nil) throws -> pid_t {
    var arguments = Program.words(words)
    // A trap would spend seconds on a backtrace that nobody reads.
    var environment = Program.words([
      "SWIFT_BACKTRACE=enable=no", "PATH=/usr/bin:/bin", "HOME=\(folder)", "TERM=xterm",
    ])
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // Threads of the tests hold signals back; a user's shell does not.
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, flags | Int16(POSIX_SPAWN_SETSIGMASK))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    if let terminal {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, terminal, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
      posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
    }
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
      for word in arguments + environment { free(word) }
    }
    var process = pid_t()
    guard posix_spawn(&process, words[0], &actions, &attributes, &arguments, &environment) == 0
    else { throw Problem.noStart }
    return process
  }

  private static func words(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { strdup($0) } + [nil]
  }

  private func outcome(_ code: Int32?, _ usage: rusage) throws -> Outcome {
    func text(_ name: String) throws -> String {
      String(decoding: try AtomicFile.read("\(folder)/\(name)"), as: UTF8.self)
    }
    return Outcome(
      code: code, output: try text(".output"), errors: try text(".errors"), peak: usage.ru_maxrss)
  }

  /// The program lies beside the test program.
  private static func find() throws -> String {
    var places = CommandLine.arguments
    if let own = realpath("/proc/self/exe", nil) {
      places.insert(String(cString: own), at: 0)
      free(own)
    }
    for place in places {
      guard let slash = place.lastIndex(of: "/") else { continue }
      for folder in [String(place[..<slash]), "\(place[..<slash])/../../.."] {
        let program = "\(folder)/ntmscript"
        if access(program, X_OK) == 0 { return program }
      }
    }
    throw Problem.noProgram
  }
}
