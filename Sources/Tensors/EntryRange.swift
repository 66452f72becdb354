// A range of entries along an axis, in the words of a report.

package enum EntryRange {
  /// Why the entries from `start` up to `end` are none of an axis of `size`; nil where they are.
  package static func problem(from start: Int, to end: Int, of size: Int) -> String? {
    let entries = size == 1 ? "one entry" : "\(size) entries"
    if start < 0 { return "this range begins at \(start), and entries count from 0" }
    if start > size { return "this range begins at \(start), the dim has \(entries)" }
    if end < start { return "this range ends at \(end), before it begins at \(start)" }
    return end > size ? "this range ends at \(end), the dim has \(entries)" : nil
  }
}
