// What a person sees while a comparison runs: a table that is drawn anew on a terminal, a line for
// each run that ends elsewhere.

import Runtime

struct ComparisonProgress {
  /// Lines of the live table; the variants beyond are counted.
  private static let lines = 16

  let comparisons: [Comparison]
  let total: Int
  private(set) var records: [String: RunRecord]
  private(set) var ended: Int

  /// - Parameter total: how many different runs there are.
  init(_ comparisons: [Comparison], _ records: [String: RunRecord], total: Int, ended: Int) {
    self.comparisons = comparisons
    self.records = records
    self.total = total
    self.ended = ended
  }

  mutating func note(_ record: RunRecord) {
    records[record.key] = record
    ended += 1
  }

  /// `[3/10] read=LocationHead, seed 2: bits 0.01, in 0:06`
  func line(_ run: Comparison.Run, _ record: RunRecord) -> String {
    let name = run.label.isEmpty ? FilePath.stem(of: run.program) : run.label
    let figures = record.figures.prefix(4).map { "\($0.name) \(NumberText.short($0.value))" }
    let words = record.failure.map { ["failed: \($0)"] } ?? figures
    let parts = words + ["in \(Progress.duration(record.seconds))"]
    return "[\(ended)/\(total)] \(name): \(parts.joined(separator: ", "))\n"
  }

  /// A line a variant that has not ended, below one for all.
  func status(_ watch: RunPool.Watch) -> String {
    let head = "\(Progress.bar(ended, of: total, cells: 12)) \(ended)/\(total) runs"
    var rows: [String] = []
    let labels = comparisons.flatMap { $0.variants.map(\.label.count) }.max() ?? 0
    for variant in comparisons.flatMap(\.variants) {
      let done = variant.runs.count { records[$0.key] != nil }
      let running = watch.running.filter { row in variant.runs.contains { $0.key == row.run.key } }
      guard !running.isEmpty || done < variant.runs.count else { continue }
      let now = running.map { row in
        let seed = row.run.settings.first { $0.name == "seed" }.map { "seed \($0.text): " } ?? ""
        return seed + (row.latest.isEmpty ? "started" : row.latest)
      }
      let words = now.isEmpty ? "waiting" : now.joined(separator: "  │  ")
      rows.append(
        "\(variant.label.padded(to: labels))  \(done)/\(variant.runs.count)  \(words)")
    }
    let rest = rows.count - Self.lines
    if rest > 0 { rows = rows.prefix(Self.lines) + ["and \(rest) more"] }
    return ([head] + rows).joined(separator: "\n")
  }
}
