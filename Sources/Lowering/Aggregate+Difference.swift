// Where two values that must have one structure part ways, for reports.

import Tensors

/// The first part in which two values differ.
struct Difference {
  /// `cell.weight`; empty where the values differ as wholes.
  let path: String
  /// What the part is in each of the two.
  let first: String
  let second: String

  /// Says what a report names only as a whole: `A` and `A` look alike.
  var notes: [String] {
    path.isEmpty ? [] : ["they differ in `\(path)`: \(first) and \(second)"]
  }
}

extension Aggregate<TensorType> {
  func difference(from other: Aggregate, at path: String = "") -> Difference {
    func inside(_ mine: [Member], _ theirs: [Member]) -> Difference? {
      guard mine.map(\.name) == theirs.map(\.name) else { return nil }
      for (index, (a, b)) in zip(mine, theirs).enumerated() where a.value != b.value {
        let part = a.name ?? String(index)
        return a.value.difference(from: b.value, at: path.isEmpty ? part : "\(path).\(part)")
      }
      return nil
    }
    let inner: Difference? =
      switch (self, other) {
      case (.record(let mine), .record(let theirs)): inside(mine, theirs)
      case (.structure(let a, _, let mine), .structure(let b, _, let theirs)) where a == b:
        inside(mine, theirs)
      case (.array(let size, let mine), .array(let other, let theirs)) where size == other:
        mine.difference(from: theirs, at: path)
      default: nil
      }
    if let inner { return inner }
    let (first, second) = (words(self), words(other))
    return Difference(
      path: path, first: first, second: first == second ? "another one" : second)
  }
}
