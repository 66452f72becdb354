// The library modules inside the binary: `ntm.heads` is `stdlib/heads.ntm`.
//
// Who works on the library sets `NTMSCRIPT_STDLIB` to its folder: the files there are read instead,
// and nothing needs to be built.

import CStdlib
import Native
import Runtime

package enum Stdlib {
  /// The names behind `ntm.`, sorted.
  package static let names: [String] = texts.keys.sorted()

  /// The text of `ntm.<name>`; nil where there is no such module.
  package static func text(of name: String) -> String? { texts[name] }

  private static let texts: [String: String] = {
    guard let folder = processEnvironment("NTMSCRIPT_STDLIB"), !folder.isEmpty else {
      return embedded
    }
    return read(folder)
  }()

  /// What cannot be read is missing: an import of it says so.
  private static func read(_ folder: String) -> [String: String] {
    var texts: [String: String] = [:]
    for entry in (try? Folder.entries(folder)) ?? [] where entry.name.hasSuffix(".ntm") {
      guard let bytes = try? AtomicFile.read("\(folder)/\(entry.name)") else { continue }
      texts[String(entry.name.dropLast(4))] = String(decoding: bytes, as: UTF8.self)
    }
    return texts
  }

  private static var embedded: [String: String] {
    var texts: [String: String] = [:]
    for position in 0..<ntm_module_count() {
      let module = ntm_module_at(position)
      texts[String(cString: module.name)] = String(
        decoding: UnsafeBufferPointer(start: module.text, count: module.count), as: UTF8.self)
    }
    return texts
  }
}
