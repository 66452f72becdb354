import Diagnostics
import Glibc
import Testing

@testable import Driver

/// The modules in the binary are the files of `stdlib/`, byte for byte.
@Test func everyLibraryModuleIsInTheBinary() throws {
  let folder = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/stdlib"
  let listing = try #require(opendir(folder))
  defer { closedir(listing) }
  var names: [String] = []
  while let entry = readdir(listing) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name.hasSuffix(".ntm") { names.append(String(name.dropLast(4))) }
  }
  #expect(Stdlib.names == names.sorted())
  let sources = SourceLibrary()
  for name in names {
    #expect(Stdlib.text(of: name) == (try sources.load(path: "\(folder)/\(name).ntm").text))
  }
}
