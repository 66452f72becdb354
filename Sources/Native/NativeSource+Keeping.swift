// The C text on disk, for people who want to read it.

import Glibc
package import IR

extension NativeSource {
  /// Writes the text, and the graph it was made from, to a folder that is made where it is missing.
  package func keep(_ graph: Graph, in folder: String, named name: String) throws(NativeProblem) {
    DiskFile.makeFolder(folder)
    for (text, suffix) in [(text, "c"), (graph.description, "ir")] {
      let path = "\(folder)/\(name).\(suffix)"
      if let code = DiskFile.write(Array(text.utf8), to: path) {
        throw .unwritable(path: path, reason: String(cString: strerror(code)))
      }
    }
  }
}
