// Compiled code in this process.

import Glibc

/// A shared library. It stays loaded until the process ends: pointers into it are handed out.
package final class LoadedLibrary: Sendable {
  nonisolated(unsafe) private let handle: UnsafeMutableRawPointer
  /// Where it was loaded from.
  let path: String

  /// - Parameter path: an absolute path; the file may be removed once this returns.
  package init(path: String) throws(NativeProblem) {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .unloadable(dlerror().map { String(cString: $0) } ?? path)
    }
    self.handle = handle
    self.path = path
  }

  /// The address of a function or a variable, nil where there is none of that name. Functions are
  /// to be cast with `unsafeBitCast` to a `@convention(c)` type that agrees with the C text.
  package func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(handle, name) }
}
