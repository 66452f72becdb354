// Files of tests: the cases of a folder, what is expected of them, and how expectations are renewed.
//
// `NTM_BLESS=1 swift test --filter GoldenTests` writes what the program says now; the diff is the
// review.

import Glibc
import Runtime
import TestSupport
import Testing

struct GoldenFile: CustomTestStringConvertible, Sendable {
  /// Seen from the folder of all golden tests: `check/dim-mismatch.ntm`.
  let name: String

  static let root = "\(Folders.root)Tests/Golden"

  static var isBlessing: Bool { getenv("NTM_BLESS") != nil }

  var testDescription: String { name }
  var path: String { "\(GoldenFile.root)/\(name)" }
  var stem: String {
    String(name.prefix(through: name.lastIndex(of: ".") ?? name.startIndex).dropLast())
  }

  /// The code that a case is named after: the file, or the folder of a `main.ntm`, up to a `~`.
  var code: String {
    let parts = stem.split(separator: "/")
    let name = parts.last == "main" ? parts.dropLast().last : parts.last
    return name?.split(separator: "~").first.map(String.init) ?? ""
  }

  /// All files of a folder, and of the folders in it, that end so; a folder's name has no dot.
  static func all(_ folder: String, _ suffix: String, except: [String] = []) -> [GoldenFile] {
    Folders.contents("\(root)/\(folder)").flatMap { name in
      if !name.contains(".") { return all("\(folder)/\(name)", suffix, except: except) }
      guard name.hasSuffix(suffix), !except.contains(where: name.hasSuffix) else { return [] }
      return [GoldenFile(name: "\(folder)/\(name)")]
    }
  }

  static func read(_ path: String) -> String? {
    (try? AtomicFile.read(path)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The file beside the case that ends in `suffix`; nil where there is none.
  func read(_ suffix: String) -> String? { GoldenFile.read("\(GoldenFile.root)/\(stem)\(suffix)") }

  /// Compares with the file beside the case that ends in `suffix`, or renews it.
  func expect(_ found: String, _ suffix: String, sourceLocation: SourceLocation = #_sourceLocation)
  {
    if GoldenFile.isBlessing {
      do throws(FileError) {
        try AtomicFile.write(found, to: "\(GoldenFile.root)/\(stem)\(suffix)")
      } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
      }
      return
    }
    #expect(read(suffix) == found, "\(stem)\(suffix)", sourceLocation: sourceLocation)
  }
}
