// The system's C compiler: which one, what it is told, and one run of it.
//
// Finding it starts no process on a warm start: its version line is kept in the cache, under the
// path, size and time of change of its program.

import CPool
import Glibc

package struct Toolchain: Sendable {
  /// The program and what `CC` gave it besides, for example `["/usr/bin/ccache", "clang"]`.
  package let command: [String]
  /// The first line of `--version`.
  package let version: String
  /// The width of a vector register to emit code for: 64, 32 or 16.
  package let vectorBytes: Int
  package let flags: [String]

  package static let defaultTimeout = Duration.seconds(300)

  /// Finds a compiler. `CC` wins; then the clang beside the Swift toolchain in `PATH`; then `clang`,
  /// `cc` and `gcc` in `PATH`. `NTM_VECTOR_BYTES` (32 or 16) asks for narrower vectors than the
  /// processor has; other values are ignored.
  /// - Parameter folder: where the version line is kept; nil asks the compiler each time.
  package static func find(
    _ variable: @escaping EnvironmentVariables = processEnvironment, notesIn folder: String?,
    timeout: Duration = .seconds(10)
  ) throws(NativeProblem) -> Toolchain {
    try Search(variable, notesIn: folder).result(timeout: timeout).get()
  }

  /// Makes a shared library of objects, or of a text.
  package static let linking = ["-shared"]

  /// Compiles C text to a shared library at `path`. On failure nothing is there and the text is kept
  /// at `path` with `.c` behind it.
  /// - Parameter units: see `Compilation`.
  package func compile(
    source: String, units: Int = 1, to path: String, timeout: Duration = Toolchain.defaultTimeout
  ) throws(NativeProblem) {
    try Compilation(source, units: units, to: path, self).finish(timeout: timeout)
  }
}

// MARK: - The program

extension Toolchain {
  private static func findCommand(
    _ variable: EnvironmentVariables
  ) throws(NativeProblem) -> [String] {
    let folders = (variable("PATH") ?? "").split(separator: ":").map(String.init)
    let wish = (variable("CC") ?? "").split(separator: " ").map(String.init)
    if let name = wish.first {
      guard let program = program(name, in: folders) else {
        throw .noCompiler("CC names `\(name)`, which is not a program that can be run")
      }
      return [program] + wish.dropFirst()
    }
    if let swift = program("swift", in: folders), let real = realpath(swift, nil) {
      defer { free(real) }
      let folder = String(cString: real).split(separator: "/").dropLast().joined(separator: "/")
      if let clang = program("/\(folder)/clang", in: []) { return [clang] }
    }
    for name in ["clang", "cc", "gcc"] {
      if let program = program(name, in: folders) { return [program] }
    }
    throw .noCompiler(
      "there is no C compiler: no clang, cc or gcc in PATH, and CC is not set")
  }

  /// The path of a program by its name, or by its path where `name` is one.
  private static func program(_ name: String, in folders: [String]) -> String? {
    let candidates = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
    return candidates.first { path in
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        && access(path, X_OK) == 0
    }
  }
}

extension Toolchain {
  /// A compiler that was found, and is asked its version meanwhile.
  package final class Search {
    private let variable: EnvironmentVariables
    private let folder: String?
    private let found: Result<Asked, NativeProblem>

    private struct Asked {
      let command: [String]
      /// Where the version line is kept.
      let note: String?
      let version: Version
    }

    private enum Version {
      case known(String)
      case asked(Subprocess.Running)
    }

    /// See `find`.
    package init(
      _ variable: @escaping EnvironmentVariables = processEnvironment, notesIn folder: String?
    ) {
      self.variable = variable
      self.folder = folder
      do throws(NativeProblem) {
        found = .success(Search.ask(try findCommand(variable), notesIn: folder))
      } catch {
        found = .failure(error)
      }
    }

    private static func ask(_ command: [String], notesIn folder: String?) -> Asked {
      var status = stat()
      stat(command[0], &status)
      let identity =
        command + [
          "\(status.st_size)", "\(status.st_mtim.tv_sec)", "\(status.st_mtim.tv_nsec)",
        ]
      let note = folder.map { "\($0)/\(Digest.hexadecimal(of: identity).prefix(40)).version" }
      // A note cut short has no newline at its end and does not count.
      if let note, let bytes = DiskFile.read(note),
        let line = String(validating: bytes, as: UTF8.self), line.last == "\n"
      {
        return Asked(command: command, note: note, version: .known(String(line.dropLast())))
      }
      let asking = Subprocess.start(command + ["--version"], capturing: .output)
      return Asked(command: command, note: note, version: .asked(asking))
    }

    /// The compiler. To be asked once.
    package func result(timeout: Duration = .seconds(10)) -> Result<Toolchain, NativeProblem> {
      found.flatMap { asked in
        do throws(NativeProblem) {
          let version = try version(asked, timeout)
          return .success(Toolchain(asked.command, version: version, variable))
        } catch {
          return .failure(error)
        }
      }
    }

    private func version(_ asked: Asked, _ timeout: Duration) throws(NativeProblem) -> String {
      let run: Subprocess
      switch asked.version {
      case .known(let line): return line
      case .asked(let asking): run = asking.finish(timeout: timeout)
      }
      guard run.ending == .exited(0), let line = run.text.split(separator: "\n").first else {
        throw .noCompiler(
          "`\(asked.command.joined(separator: " ")) --version` \(run.ending.note(besides: ""))")
      }
      if let note = asked.note, let folder {
        DiskFile.makeFolder(folder)
        _ = DiskFile.write(Array("\(line)\n".utf8), to: note)
      }
      return String(line)
    }
  }

  private init(_ command: [String], version: String, _ variable: EnvironmentVariables) {
    let widest = Int(nt_processor_vector_bytes())
    let wished = variable("NTM_VECTOR_BYTES").flatMap { Int($0) } ?? widest
    let vectorBytes = [32, 16].contains(wished) ? min(wished, widest) : widest
    self.init(
      command: command, version: version, vectorBytes: vectorBytes,
      flags: Toolchain.flags(
        vectorBytes: vectorBytes, widest: widest, isClang: version.contains("clang")))
  }
}

// MARK: - Flags

extension Toolchain {
  /// Never `-ffast-math`: it folds rounding away, defeats checks for NaN, and with gcc changes the
  /// floating-point environment of the process that loads the library.
  private static func flags(vectorBytes: Int, widest: Int, isClang: Bool) -> [String] {
    // The text is made of vectors and says which loops to unroll: what compilers add to that takes
    // them half of their time and gains nothing.
    var flags = [
      "-O2", "-std=gnu11", "-fno-unroll-loops", "-fno-tree-vectorize", "-fno-tree-slp-vectorize",
    ]
    // A twelfth of clang's time, for addresses that are simple already.
    if isClang { flags += ["-mllvm", "-disable-lsr"] }
    #if arch(x86_64)
      flags.append("-march=native")
      // Without it compilers halve wide vectors on processors that are tuned for narrow ones.
      if vectorBytes == 64 { flags.append("-mprefer-vector-width=512") }
      if vectorBytes < widest {
        if widest == 64 { flags.append("-mno-avx512f") }
        if vectorBytes < 32 { flags += ["-mno-avx2", "-mno-avx", "-mno-fma"] }
      }
    #else
      flags.append("-mcpu=native")
    #endif
    return flags + ["-ffp-contract=fast", "-fno-math-errno", "-fPIC"]
  }

  /// Words for what `-march=native` stands for on this processor.
  static var processor: String {
    var words = [UInt64](repeating: 0, count: Int(NT_PROCESSOR_WORDS))
    nt_processor_words(&words)
    return words.map { String($0, radix: 16) }.joined(separator: " ")
  }
}

extension Subprocess.Ending {
  /// How it ended, where its own words do not say it.
  func note(besides text: String) -> String {
    switch self {
    case .exited(0): text.isEmpty ? "made nothing" : text
    case .exited(let code): text.isEmpty ? "ended with code \(code)" : text
    case .killed(let signal): text + "killed by signal \(signal)"
    case .timedOut: "did not end in time"
    case .interrupted: "was interrupted"
    case .notStarted(let code): "cannot be started: \(String(cString: strerror(code)))"
    }
  }
}
