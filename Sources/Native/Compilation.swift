// Compilers at work on one text.
//
// A text of several units is given to as many compilers, each told the number of its unit, and what
// they made is linked. All are started at once, before anybody waits, so that the texts of a loop
// are compiled side by side, too.

import Glibc

final class Compilation {
  private let toolchain: Toolchain
  private let path: String
  private let source: String
  private let objects: [String]
  /// Empty once they have ended.
  private var compilers: [Subprocess.Running] = []

  /// Writes the text behind `path`, with `.c`, and starts the compilers.
  init(
    _ text: String, units: Int, to path: String, _ toolchain: Toolchain
  ) throws(NativeProblem) {
    self.toolchain = toolchain
    self.path = path
    source = "\(path).c"
    objects = units == 1 ? [] : (0..<units).map { "\(path).\($0).o" }
    if let code = DiskFile.write(Array(text.utf8), to: source) {
      unlink(source)
      throw .unwritable(path: source, reason: String(cString: strerror(code)))
    }
    let command = toolchain.command + toolchain.flags
    let commands =
      units == 1
      ? [command + Toolchain.linking + ["-o", path, source]]
      : objects.enumerated().map { unit, object in
        command + ["-c", "-DNT_UNIT=\(unit)", "-o", object, source]
      }
    compilers = commands.map { Subprocess.start($0, capturing: .errors) }
  }

  deinit {
    if compilers.isEmpty { return }
    // Nobody waited: nothing stays.
    stop()
    compilers = []
    removeObjects()
    for file in [path, source] { unlink(file) }
  }

  /// Ends the compilers, side by side.
  func stop() {
    for compiler in compilers { compiler.stop() }
  }

  /// Also what compilers that were ended had under way, under names of their own.
  private func removeObjects() {
    if objects.isEmpty { return }
    let folder = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    for file in DiskFile.names(in: folder).map({ "\(folder)/\($0)" })
    where file.hasPrefix("\(path).") && file != source {
      unlink(file)
    }
  }

  /// Waits until the library is at `path`. On failure nothing is there and the text is kept.
  func finish(timeout: Duration) throws(NativeProblem) {
    let deadline = ContinuousClock.now + timeout
    defer {
      compilers = []
      removeObjects()
    }
    for compiler in compilers {
      try check(compiler.finish(timeout: deadline - .now), made: objects.isEmpty ? path : nil)
    }
    if !objects.isEmpty {
      let linker = Subprocess.start(
        toolchain.command + Toolchain.linking + ["-o", path] + objects, capturing: .errors)
      try check(linker.finish(timeout: deadline - .now), made: path)
    }
    unlink(source)
  }

  private func check(_ run: Subprocess, made path: String?) throws(NativeProblem) {
    if run.ending == .exited(0), path.map({ access($0, R_OK) == 0 }) ?? true { return }
    unlink(self.path)
    switch run.ending {
    case .timedOut: throw .timedOut(source: source)
    case .interrupted:
      stop()
      unlink(source)
      throw .interrupted
    case .exited, .killed, .notStarted:
      throw .failed(log: run.ending.note(besides: run.text), source: source)
    }
  }
}
