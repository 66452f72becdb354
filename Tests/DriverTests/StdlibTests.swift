import Diagnostics
import TestSupport
import Testing

@testable import Driver

/// The modules in the binary are the files of `stdlib/`, byte for byte.
@Test func everyLibraryModuleIsInTheBinary() throws {
  let names = Folders.files("stdlib", ".ntm").map { String($0.dropLast(4)) }
  #expect(!names.isEmpty && Stdlib.names == names)
  let sources = SourceLibrary()
  for name in names {
    let file = try sources.load(path: "\(Folders.root)stdlib/\(name).ntm")
    #expect(Stdlib.text(of: name) == file.text)
  }
}
