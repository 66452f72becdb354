// Files of tests: the cases of a folder, what is expected of them, and how expectations are renewed.
//
// `NTM_BLESS=1 swift test --filter GoldenTests` writes what the program says now; the diff is the
// review.

import Glibc
import Testing

@testable import Driver

struct GoldenFile: CustomTestStringConvertible, Sendable {
  /// Seen from the folder of all golden tests: `check/dim-mismatch.ntm`.
  let name: String

  static let root: String =
    #filePath.split(separator: "/").dropLast(2).map { "/\($0)" }.joined() + "/Golden"

  static var isBlessing: Bool { getenv("NTM_BLESS") != nil }

  var testDescription: String { name }
  var path: String { "\(GoldenFile.root)/\(name)" }
  var stem: String {
    String(name.prefix(through: name.lastIndex(of: ".") ?? name.startIndex).dropLast())
  }

  /// All files of a folder, and of the folders in it, that end so.
  static func all(_ folder: String, _ suffix: String, except: [String] = []) -> [GoldenFile] {
    var result: [GoldenFile] = []
    guard let listing = opendir("\(root)/\(folder)") else { return [] }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      if entry.pointee.d_type == UInt8(DT_DIR) {
        result += all("\(folder)/\(name)", suffix, except: except)
      } else if name.hasSuffix(suffix), !except.contains(where: name.hasSuffix) {
        result.append(GoldenFile(name: "\(folder)/\(name)"))
      }
    }
    return result.sorted { $0.name < $1.name }
  }

  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else {
      Issue.record("cannot write \(path)")
      return
    }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
  }

  /// The file beside the case that ends in `suffix`; nil where there is none.
  func read(_ suffix: String) -> String? { GoldenFile.read("\(GoldenFile.root)/\(stem)\(suffix)") }

  /// Compares with the file beside the case that ends in `suffix`, or renews it.
  func expect(_ found: String, _ suffix: String, sourceLocation: SourceLocation = #_sourceLocation)
  {
    if GoldenFile.isBlessing {
      GoldenFile.write(found, to: "\(GoldenFile.root)/\(stem)\(suffix)")
      return
    }
    #expect(read(suffix) == found, "\(stem)\(suffix)", sourceLocation: sourceLocation)
  }
}
