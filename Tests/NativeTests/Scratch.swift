// What the tests of this target share: folders that go away, scripts that stand in for a compiler,
// and the real compiler where there is one.

import CPool
import Glibc
import IR
import Native
import Tensors
import TestSupport
import Testing

/// A folder that is removed with what is in it.
final class Scratch: Sendable {
  let path: String

  init() throws { path = try Folders.makeScratch() }

  deinit { Folders.remove(path) }

  /// The names inside, or in a folder inside.
  func names(_ folder: String) -> [String] { Folders.contents("\(path)/\(folder)") }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
    let file = "\(path)/\(name)"
    let stream = try #require(fopen(file, "w"))
    fputs(text, stream)
    fclose(stream)
    chmod(file, mode)
    return file
  }

  /// A program that says it is a compiler and otherwise does what `body` says in shell.
  @discardableResult
  func compiler(_ body: String, named name: String = "fake-cc") throws -> String {
    try write(
      """
      #!/bin/sh
      case "$*" in *--version) echo "fake 1.0"; exit 0;; esac
      \(body)
      """, to: name, mode: 0o700)
  }
}

/// The environment of the process with changes. An empty variable counts as none.
func environment(_ changes: [String: String]) -> EnvironmentVariables {
  { name in changes[name] ?? processEnvironment(name) }
}

/// Whether there is a compiler to test with; tests that need one are skipped by trait.
let hasCompiler = (try? Toolchain.find(notesIn: nil)) != nil

extension Graph {
  /// What compiled code gives, on two threads; nil where it leaves the call to the interpreter.
  func runNatively(
    _ inputs: [Tensor], lane: DimSymbol? = nil, lanes: Int = 1, _ precision: Precision = .single,
    observer: @escaping (Observation) -> Void = { _ in }
  ) throws -> [Tensor]? {
    let toolchain = try Toolchain.find(notesIn: nil)
    let source = try NativeSource(
      self, lane: lane, lanes: lanes, bytes: toolchain.vectorBytes, precision: precision)
    let scratch = try Scratch()
    let library = try LibraryCache(folder: scratch.path)
      .library(source: source.text, toolchain: toolchain)
    let function = try #require(NativeFunction(source, library, threads: 2))
    var stop: Int32 = 0
    return function.call(inputs, sizes: [:], stop: &stop, observer: observer)
  }
}

extension LoadedLibrary {
  /// Calls `int NAME(void)`.
  func call(_ name: String) throws -> Int32 {
    let address = try #require(symbol(name))
    return unsafeBitCast(address, to: (@convention(c) () -> Int32).self)()
  }
}

/// What a file holds, also one of `/proc`.
func text(of path: String) throws -> String {
  let stream = try #require(fopen(path, "r"))
  defer { fclose(stream) }
  var bytes: [UInt8] = []
  while case let byte = getc(stream), byte != EOF { bytes.append(UInt8(byte)) }
  return String(decoding: bytes, as: UTF8.self)
}

/// A process that was ended is nobody's now; whoever adopts orphans may take a moment to bury it.
func expectIsGone(_ process: pid_t) {
  func isZombie() -> Bool { (try? text(of: "/proc/\(process)/stat"))?.contains(") Z ") ?? true }
  for _ in 0..<1000 where kill(process, 0) == 0 && !isZombie() { usleep(10_000) }
  #expect(kill(process, 0) != 0 || isZombie())
}

/// A dead child that nobody asks after would hold up whoever waits for any child of this process.
func expectIsBuried(_ process: pid_t) {
  for _ in 0..<1000 where kill(process, 0) == 0 { usleep(10_000) }
  #expect(kill(process, 0) != 0)
}
