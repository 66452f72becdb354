// What lets a run call a library without writing its C text again: notes in the cache.
//
// A note is named by a digest of what the text is made from: the graph as it was lowered, what it is
// specialised for, the compiler and the processor, and the build of this program, whose passes and
// emitter decide the rest. It holds the key of the library and how it is called. As a library is, a
// note is made under a temporary name and sealed. One that is damaged, or whose library is gone,
// counts for nothing: the text is written then, and the note with it.

import CPool
import Glibc
package import IR

extension LibraryCache {
  /// What names a note; nil where this build of the program cannot be told from others.
  /// - Parameter parts: what the C text is made from, in words.
  package static func noteName(of parts: [String], toolchain: Toolchain) -> String? {
    guard let build else { return nil }
    let machine = [toolchain.version, Toolchain.processor, "\(toolchain.vectorBytes)"]
    let command = ["\(toolchain.command.count)"] + toolchain.command + toolchain.flags
    return String(Digest.hexadecimal(of: [build] + machine + command + parts).prefix(40))
  }

  /// The linker's digest of this program; nil where it made none.
  private static let build: String? = {
    var bytes = [UInt8](repeating: 0, count: Int(NT_BUILD_BYTES))
    let count = Int(nt_build_identity(&bytes))
    return count == 0 ? nil : bytes[..<count].map { String($0, radix: 16) }.joined(separator: " ")
  }()

  private func path(ofNote name: String) -> String? { folder.map { "\($0)/\(name).call" } }

  /// The library that a note speaks of, and how it is called; nil where there is no such note, or it
  /// is of no use. `op` finds a row by its name.
  package func noted(
    _ name: String, op: (String) -> Op?
  ) -> (interface: NativeInterface, library: LoadedLibrary)? {
    guard let path = path(ofNote: name), let bytes = DiskFile.read(path),
      let content = Seal.content(of: bytes), let end = content.firstIndex(of: UInt8(ascii: "\n")),
      let key = String(validating: content[..<end], as: UTF8.self),
      let text = String(validating: content[end...], as: UTF8.self),
      let interface = try? NativeInterface(reading: text, op: op), let library = kept(key)
    else { return nil }
    utimensat(AT_FDCWD, path, nil, 0)
    return (interface, library)
  }

  /// Keeps how a library is called, unless it is not one of this cache. Where the note cannot be
  /// written, or would not be read as the same, there is none.
  package func note(
    _ interface: NativeInterface, of library: LoadedLibrary, named name: String,
    op: (String) -> Op?
  ) {
    guard let folder, let path = path(ofNote: name),
      let file = library.path.split(separator: "/").last, file.hasSuffix(".so"),
      library.path == "\(folder)/\(file)",
      let text = interface.text,
      (try? NativeInterface(reading: text, op: op))?.text == text
    else { return }
    let content = Array("\(file.dropLast(3))\n\(text)".utf8)
    let temporary = LibraryCache.temporaryPath(in: folder, for: name)
    if DiskFile.write(content + Seal.of(content), to: temporary) != nil
      || rename(temporary, path) != 0
    {
      unlink(temporary)
    }
  }
}
