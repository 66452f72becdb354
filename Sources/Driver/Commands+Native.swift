// What the commands say of compiled code: where it is kept, and what it is made with.

import CPool
import Native
import Runtime

extension Commands {
  /// What the cache holds; or removes it.
  package func cache(isCleared: Bool) -> Int32 {
    guard let folder = LibraryCache.standardFolder() else {
      return fail("there is no cache: NTM_CACHE, XDG_CACHE_HOME or HOME must be an absolute path")
    }
    let cache = LibraryCache(folder: folder)
    let before = cache.summary()
    guard isCleared else {
      let unfinished =
        before.unfinished == 0
        ? [] : [("unfinished", "\(before.unfinished) files, of runs at work or killed")]
      write(
        [("folder", folder), ("libraries", "\(before.entries)")] + unfinished
          + [("size", "\(size(before.bytes)) of at most \(size(cache.limit))")])
      return Exit.success
    }
    cache.clear()
    let after = cache.summary()
    guard after.bytes == 0 else {
      return fail("not everything in \(folder) can be removed")
    }
    console.write(
      "removed \(before.entries) \(before.entries == 1 ? "library" : "libraries"), "
        + (before.unfinished == 0 ? "" : "\(before.unfinished) unfinished files, ")
        + "\(size(before.bytes)), from \(folder)\n")
    return Exit.success
  }

  /// The version, and what programs are compiled with on this machine.
  package func describeVersion() -> Int32 {
    console.write("ntmscript \(Version.text)\n")
    let folder = LibraryCache.standardFolder()
    let rest = [
      ("threads", "\(nt_pool_threads(0))"), ("cache", folder ?? "none"),
    ]
    do {
      let toolchain = try Toolchain.find(notesIn: folder)
      write(
        [
          ("compiler", toolchain.command.joined(separator: " ")),
          ("", toolchain.version),
          ("flags", (toolchain.flags + Toolchain.linking).joined(separator: " ")),
          ("vectors", "\(toolchain.vectorBytes) bytes"),
        ] + rest)
    } catch {
      write([("compiler", "none: \(error)")] + rest)
    }
    return Exit.success
  }

  private func fail(_ message: String) -> Int32 {
    console.writeError("ntmscript: \(message)\n")
    return Exit.failure
  }

  private func size(_ bytes: Int) -> String { NumberText.bytes(bytes) }
}
