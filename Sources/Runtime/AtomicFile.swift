// Whole files: read within a limit; written completely or not at all.
//
// A write goes to a temporary file in the same folder, is forced to the disk, and then takes the
// name by `rename`, so that whoever looks sees the old content or the new one. Whatever happens,
// a kill, a full disk or an interrupt, the previous file survives. A writer holds a lock on its temporary
// file; one that nobody locks was left by a writer that died, and the next write removes it.

import Glibc
import Tensors

package enum AtomicFile {
  /// What `read` takes unless told otherwise.
  package static let readLimit = 8 << 30

  /// The steps of a write that can fail; a test makes each of them fail.
  enum Step: Hashable, CaseIterable { case create, write, sync, rename, syncFolder }

  /// The whole content of `path`.
  package static func read(
    _ path: String, limit: Int = readLimit
  ) throws(FileError) -> [UInt8] {
    let descriptor = retrying { open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError(.read, path, .init(errno: errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(.read, path, .init(errno: errno))
    }
    if status.st_mode & S_IFMT == S_IFDIR { throw FileError(.read, path, .isDirectory) }
    let expected = Int(status.st_size)
    if expected > limit {
      throw FileError(.read, path, .tooLarge(bytes: expected, limit: limit))
    }
    // The size is a hint only: a pipe has none and a file may grow while it is read.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(expected)
    var chunk = [UInt8](repeating: 0, count: max(4096, min(expected + 1, 1 << 20)))
    while true {
      if Patience.isOver() { throw FileError(.read, path, .interrupted) }
      let count = retrying { Glibc.read(descriptor, &chunk, chunk.count) }
      if count < 0 { throw FileError(.read, path, .init(errno: errno)) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > limit {
        throw FileError(.read, path, .tooLarge(bytes: nil, limit: limit))
      }
    }
  }

  /// Makes `bytes` the content of `path`, completely or not at all. A link is followed; a device
  /// or a pipe is written to directly.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    try write(bytes, to: path) { _ in nil }
  }

  /// Makes `text` the content of `path`, completely or not at all.
  package static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// - Parameter fault: an `errno` value makes that step fail with it.
  static func write(
    _ bytes: [UInt8], to path: String, fault: (Step) -> Int32?
  ) throws(FileError) {
    func check(_ step: Step, _ result: () -> Int) throws(FileError) {
      if let code = fault(step) { throw FileError(.write, path, .init(errno: code)) }
      if result() < 0 { throw FileError(.write, path, .init(errno: errno)) }
    }

    var status = stat()
    let exists = stat(path, &status) == 0
    if exists && status.st_mode & S_IFMT == S_IFDIR { throw FileError(.write, path, .isDirectory) }
    if exists && status.st_mode & S_IFMT != S_IFREG { return try writeDirectly(bytes, to: path) }

    let target = exists ? resolved(path) : path
    let (folder, name) = split(target)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw FileError(.write, path, .isDirectory)
    }
    removeAbandoned(in: folder)
    if let code = fault(.create) { throw FileError(.write, path, .init(errno: code)) }
    let temporary = try createTemporary(in: folder, for: path)
    var kept = false
    defer {
      if !kept { unlink(temporary.path) }
      close(temporary.descriptor)
    }
    if exists { _ = fchmod(temporary.descriptor, status.st_mode & 0o7777) }
    try check(.write) { writeAll(bytes, to: temporary.descriptor) }
    try check(.sync) { Int(retrying { fsync(temporary.descriptor) }) }
    if Patience.isOver() { throw FileError(.write, path, .interrupted) }
    try check(.rename) { Int(rename(temporary.path, target)) }
    kept = true
    try check(.syncFolder) { syncFolder(folder) }
  }

  /// No call into the system takes long, so that an interrupt is obeyed soon.
  private static let part = 4 << 20

  /// Writes all bytes to an open file; negative with `errno` set where that fails, `EINTR` where
  /// nobody waits for it any more.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        if Patience.isOver() {
          errno = EINTR
          return -1
        }
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(part))
        let count = retrying { Glibc.write(descriptor, part.baseAddress, part.count) }
        if count < 0 { return count }
        rest = rest.dropFirst(count)
        // Else all of a large file waits for the one `fsync` at its end. A pipe cannot, and need not.
        if !rest.isEmpty { _ = fdatasync(descriptor) }
      }
      return 0
    }
  }

  private static func writeDirectly(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = retrying { open(path, O_WRONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError(.write, path, .init(errno: errno)) }
    defer { close(descriptor) }
    if writeAll(bytes, to: descriptor) < 0 { throw FileError(.write, path, .init(errno: errno)) }
  }
}

// MARK: - Temporary files

extension AtomicFile {
  private static let prefix = ".ntmscript-"
  private static let suffix = ".partial"

  private static func createTemporary(
    in folder: String, for path: String
  ) throws(FileError) -> (path: String, descriptor: Int32) {
    var number = 0
    while true {
      let candidate = "\(folder)/\(prefix)\(getpid())-\(number)\(suffix)"
      number += 1
      let descriptor = retrying { open(candidate, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      if descriptor < 0 {
        if errno == EEXIST { continue }
        throw FileError(.write, path, .init(errno: errno))
      }
      // Between creation and lock another writer may have taken it for abandoned: try again then.
      var status = stat()
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno == EOPNOTSUPP || errno == ENOLCK,
        fstat(descriptor, &status) == 0, status.st_nlink > 0
      {
        return (candidate, descriptor)
      }
      close(descriptor)
    }
  }

  /// Removes the temporary files of writers that are gone.
  private static func removeAbandoned(in folder: String) {
    for entry in (try? Folder.entries(folder)) ?? []
    where entry.name.hasPrefix(prefix) && entry.name.hasSuffix(suffix) {
      let path = "\(folder)/\(entry.name)"
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(descriptor)
    }
  }

  /// Forces a rename to the disk. Some file systems cannot sync a folder and say so; that is no
  /// failure.
  private static func syncFolder(_ folder: String) -> Int {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A folder one may write to but not read cannot be opened; the rename itself has happened.
    guard descriptor >= 0 else { return errno == EACCES ? 0 : -1 }
    defer { close(descriptor) }
    let result = retrying { fsync(descriptor) }
    return result == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -1
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }

  /// The path with links followed; itself where that cannot be found out.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  /// Calls again while a signal interrupts the call.
  private static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }
}
