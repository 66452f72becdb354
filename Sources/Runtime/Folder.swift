// What is in a folder.

import Glibc

package enum Folder {
  package struct Entry: Hashable, Sendable {
    package let name: String
    /// Of the entry itself: a link to a folder is none.
    package let isFolder: Bool
  }

  /// The entries of a folder, sorted by name, without the folder itself and the one above.
  package static func entries(_ path: String) throws(FileError) -> [Entry] {
    guard let stream = opendir(path) else { throw FileError(.read, path, .init(errno: errno)) }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      let kind = Int(entry.pointee.d_type)
      let isFolder =
        kind == Int(DT_UNKNOWN)
        ? isFolder("\(path)/\(name)", followsLinks: false) : kind == Int(DT_DIR)
      entries.append(Entry(name: name, isFolder: isFolder))
    }
    return entries.sorted { $0.name < $1.name }
  }

  package static func isFolder(_ path: String, followsLinks: Bool = true) -> Bool {
    var status = stat()
    let result = followsLinks ? stat(path, &status) : lstat(path, &status)
    return result == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
