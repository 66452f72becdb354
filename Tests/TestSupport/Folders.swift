// The folders of the repository, for tests whose data are files.

import Glibc

package enum Folders {
  /// The root of the repository, ending in a slash.
  package static let root =
    #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/"

  /// The names in a folder below the root that end in `suffix`, sorted.
  package static func files(_ folder: String, _ suffix: String) -> [String] {
    names(root + folder).filter { $0.hasSuffix(suffix) }
  }

  /// The names in a folder, sorted.
  package static func names(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Calls `body` with the path of a new, empty folder, which is removed at the end.
  package static func withScratch<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try makeScratch()
    defer { remove(folder) }
    return try body(folder)
  }

  /// Makes an empty folder and returns its path.
  package static func makeScratch() throws -> String {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    var template = Array("\(base)/ntmscript-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ScratchProblem.noFolder }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes a folder with everything in it.
  package static func remove(_ folder: String) {
    for name in names(folder) where unlink("\(folder)/\(name)") != 0 {
      remove("\(folder)/\(name)")
    }
    rmdir(folder)
  }

  enum ScratchProblem: Error { case noFolder }
}
