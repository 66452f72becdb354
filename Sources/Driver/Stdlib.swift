// The library modules inside the binary: `ntm.heads` is `stdlib/heads.ntm`.

import CStdlib

package enum Stdlib {
  /// The names behind `ntm.`, sorted.
  package static let names: [String] = (0..<ntm_module_count()).map {
    String(cString: ntm_module_at($0).name)
  }.sorted()

  /// The text of `ntm.<name>`; nil where there is no such module.
  package static func text(of name: String) -> String? {
    for position in 0..<ntm_module_count() {
      let module = ntm_module_at(position)
      guard String(cString: module.name) == name else { continue }
      return String(
        decoding: UnsafeBufferPointer(start: module.text, count: module.count), as: UTF8.self)
    }
    return nil
  }
}
