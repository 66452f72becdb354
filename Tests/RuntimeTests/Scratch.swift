// A folder of its own for each test that writes files, removed at the end.

import Glibc

/// Calls `body` with the path of a new, empty folder.
func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let base = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
  var template = Array("\(base)/ntmscript-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw ScratchProblem.noFolder }
  let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer {
    for name in contents(folder) { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }
  return try body(folder)
}

/// The names in a folder, sorted.
func contents(_ folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
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

enum ScratchProblem: Error { case noFolder, noHelper }
