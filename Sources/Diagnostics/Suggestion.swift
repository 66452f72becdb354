// "Did you mean": the known names nearest to one that is not known.
//
// Nearness is the number of letters to insert, drop, change or swap with a neighbour. How many are
// forgiven grows with the length of the name, so that short names are not guessed at.

package enum Suggestion {
  /// The nearest candidates within reach, the best first; ties in the order of the alphabet.
  package static func nearest(
    to name: String, among candidates: some Sequence<String>, limit: Int = 3
  ) -> [String] {
    guard !name.isEmpty else { return [] }
    let wanted = folded(name)
    let reach = reach(of: wanted.count)
    var scored: [(distance: Int, name: String)] = []
    for candidate in Set(candidates) where candidate != name && !candidate.isEmpty {
      let other = folded(candidate)
      guard abs(other.count - wanted.count) <= reach,
        let distance = distance(wanted, other, atMost: reach)
      else { continue }
      scored.append((distance, candidate))
    }
    return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(limit).map(\.name)
  }

  /// The one nearest candidate, if any is within reach.
  package static func closest(to name: String, among candidates: some Sequence<String>) -> String? {
    nearest(to: name, among: candidates, limit: 1).first
  }

  /// The distance of Damerau and Levenshtein, with swaps of neighbours only; nil where it is more
  /// than `bound`. Takes time proportional to the product of the lengths.
  package static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], atMost bound: Int)
    -> Int?
  {
    guard !a.isEmpty, !b.isEmpty else {
      let length = max(a.count, b.count)
      return length <= bound ? length : nil
    }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      row.reserveCapacity(b.count + 1)
      for j in 1...b.count {
        let change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        var best = min(change, last[j] + 1, row[j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          best = min(best, beforeLast[j - 2] + 1)
        }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count] <= bound ? last[b.count] : nil
  }

  /// Case is a slip of the hand, not another name.
  private static func folded(_ name: String) -> [Unicode.Scalar] {
    Array(name.lowercased().unicodeScalars)
  }

  /// How many slips are forgiven in a name of so many letters.
  private static func reach(of length: Int) -> Int {
    switch length {
    case ...2: 0
    case 3...5: 1
    case 6...8: 2
    default: 3
    }
  }
}
