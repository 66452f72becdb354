// The few things that the cache does with files.

import Glibc

enum DiskFile {
  /// The whole content; nil where it cannot be read.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let size = Int(status.st_size)
    var complete = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let part = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), size - count)
        if part < 0 && errno == EINTR { continue }
        if part <= 0 { return }
        count += part
      }
      complete = true
    }
    return complete ? bytes : nil
  }

  /// Writes a file, or adds to the end of one.
  /// - Returns: `errno` of a failure, nil after success.
  static func write(_ bytes: [UInt8], to path: String, appending: Bool = false) -> Int32? {
    let mode = appending ? O_APPEND : O_CREAT | O_TRUNC
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | mode, 0o600)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    return bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let rest = buffer.count - offset
        let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), rest)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return errno }
        offset += count
      }
      return nil
    }
  }

  /// Makes a folder and those around it. Whether it can be used shows when it is.
  static func makeFolder(_ path: String) {
    var part = path.hasPrefix("/") ? "/" : ""
    for name in path.split(separator: "/") {
      part += name
      mkdir(part, 0o700)
      part += "/"
    }
  }

  /// The names in a folder; none where it cannot be read.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }
}
