// What can go wrong between C text and running code. The interpreter needs none of it, so whoever
// catches one of these may go on there.

import Glibc

package enum NativeProblem: Error, Equatable, CustomStringConvertible {
  /// No C compiler was found; the text says where it was looked for.
  case noCompiler(String)
  /// The compiler refused the text, which is kept at `source`.
  case failed(log: String, source: String)
  /// The compiler took too long; the text is kept at `source`.
  case timedOut(source: String)
  /// The user does not wait any longer.
  case interrupted
  /// Neither the cache nor the folder for temporary files can be written to.
  case unwritable(path: String, reason: String)
  /// The system refused to load what the compiler made.
  case unloadable(String)

  package var description: String {
    switch self {
    case .noCompiler(let reason): reason
    case .failed(let log, let source):
      "the C compiler failed on \(source)\(log.isEmpty ? "" : ":\n\(log)")"
    case .timedOut(let source): "the C compiler did not finish in time on \(source)"
    case .interrupted: "interrupted"
    case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
    case .unloadable(let reason): "cannot load compiled code: \(reason)"
    }
  }

  /// The same problem after moving the text that it kept.
  func keepingSource(at path: String) -> NativeProblem {
    switch self {
    case .failed(let log, let source) where rename(source, path) == 0:
      .failed(log: log, source: path)
    case .timedOut(let source) where rename(source, path) == 0: .timedOut(source: path)
    case .noCompiler, .failed, .timedOut, .interrupted, .unwritable, .unloadable: self
    }
  }
}
