// The results file of comparisons: a line of JSON for each run that came to its end.
//
// It is written anew, whole or not at all, whenever a run ends: a kill loses what was running and
// nothing else. A later line of a key counts more than an earlier one.

import Runtime

struct RunStore {
  let path: String
  private(set) var records: [String: RunRecord] = [:]

  struct Problem: Error, CustomStringConvertible { let description: String }

  /// - Throws: `FileError`, or `Problem` for a file that no comparison wrote.
  init(path: String) throws {
    self.path = path
    for record in try Self.lines(path).map(Self.record) { records[record.key] = record }
  }

  /// Reads the file again, since another comparison may have written to it.
  mutating func add(_ record: RunRecord) throws {
    records[record.key] = record
    let lines = try Self.lines(path).map(\.text) + [record.json.text]
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
  }

  private typealias Line = (text: String, place: String)

  private static func lines(_ path: String) throws(FileError) -> [Line] {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try AtomicFile.read(path, limit: 1 << 30)
    } catch {
      if error.cause == .missing { return [] }
      throw error
    }
    return bytes.split(separator: 10).enumerated().map {
      (String(decoding: $0.element, as: UTF8.self), "\(path):\($0.offset + 1)")
    }
  }

  private static func record(_ line: Line) throws(Problem) -> RunRecord {
    guard let json = try? Json(parsing: line.text, source: line.place),
      let record = RunRecord(json)
    else {
      throw Problem(
        description: "`\(line.place)` is no result of a comparison; name another file by --results")
    }
    return record
  }
}
