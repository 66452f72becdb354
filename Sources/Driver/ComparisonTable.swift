// The table of a comparison: a row a figure, a column a variant, medians and quartiles over the seeds.

import Runtime

/// The middle of some numbers and of their halves, between neighbours by their distance.
struct Quartiles {
  let low: Double
  let median: Double
  let high: Double
  let count: Int

  /// - Parameter values: what is not a number counts as the worst, behind all that are.
  /// - Returns: nil without values.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let order = values.sorted { $1.isNaN ? !$0.isNaN : $0 < $1 }
    func at(_ share: Double) -> Double {
      let place = share * Double(order.count - 1)
      let index = Int(place)
      guard index + 1 < order.count, place > Double(index) else { return order[index] }
      return order[index] + (place - Double(index)) * (order[index + 1] - order[index])
    }
    (low, median, high, count) = (at(0.25), at(0.5), at(0.75), order.count)
  }

  /// `0.12 (0.10 – 0.40)`; of numbers that are all one the number.
  func text(_ write: (Double) -> String = NumberText.short) -> String {
    count == 1 ? write(median) : "\(write(median)) (\(spread(write)))"
  }

  /// `0.10 – 0.40`
  func spread(_ write: (Double) -> String = NumberText.short) -> String {
    "\(write(low)) – \(write(high))"
  }
}

struct ComparisonTable {
  /// What is known of one variant.
  struct Column {
    let label: String
    /// Of the runs that ended, with the label of each.
    let records: [(label: String, record: RunRecord)]
    /// How many were asked for.
    let asked: Int

    var finished: [RunRecord] { records.map(\.record).filter { $0.failure == nil } }

    func figure(_ name: String) -> Quartiles? {
      Quartiles(finished.compactMap { $0.figures.first { $0.name == name }?.value })
    }

    func parameters(_ name: String) -> Int? {
      finished.lazy.compactMap { $0.parameters.first { $0.name == name }?.count }.first
    }

    /// Of a step that trains the model; nil where no run counted.
    func flops(_ name: String) -> Quartiles? {
      Quartiles(finished.compactMap { $0.flops.first { $0.name == name }?.value })
    }

    var seconds: Quartiles? { Quartiles(finished.map(\.seconds)) }

    fileprivate var runs: String {
      let failed = records.count - finished.count
      let parts = [
        records.count == asked ? "\(asked)" : "\(records.count) of \(asked)",
        failed > 0 ? "\(failed) failed" : nil,
      ]
      return parts.compactMap { $0 }.joined(separator: ", ")
    }
  }

  let title: String
  let pictureTitle: String
  let columns: [Column]

  init(_ comparison: Comparison, _ records: [String: RunRecord]) {
    let seeds = comparison.seeds
    let name =
      seeds.isEmpty
      ? comparison.name
      : "\(comparison.name), \(seeds.count == 1 ? "seed" : "seeds") \(Self.words(seeds: seeds))"
    title = seeds.isEmpty ? name : "\(name): median (quartiles)"
    pictureTitle = seeds.count > 1 ? "\(name): median, shaded between the quartiles" : name
    columns = comparison.variants.map { variant in
      Column(
        label: variant.label,
        records: variant.runs.compactMap { run in
          records[run.key].map { (label: run.label, record: $0) }
        }, asked: variant.runs.count)
    }
  }

  /// `1..5`, or `1, 2, 7`.
  private static func words(seeds: [String]) -> String {
    let numbers = seeds.compactMap { Int($0) }
    let follows = zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 &+ 1 }
    guard seeds.count > 2, numbers.count == seeds.count, follows else {
      return seeds.joined(separator: ", ")
    }
    return "\(seeds[0])..\(seeds[seeds.count - 1])"
  }

  /// In the order in which the programs gave them.
  var figures: [String] { names { $0.figures.map(\.name) } }
  var models: [String] { names { $0.parameters.map(\.name) } }

  private func names(_ of: (RunRecord) -> [String]) -> [String] {
    var seen: Set<String> = []
    return columns.flatMap { $0.finished.flatMap(of) }.filter { seen.insert($0).inserted }
  }

  /// For people; columns that do not fit stand below the others.
  func text(width: Int) -> String {
    var rows: [(name: String, cell: (Column) -> String)] = [("runs", \.runs)]
    rows += figures.map { name in (name, { $0.figure(name)?.text() ?? "" }) }
    rows += models.map { name in
      ("parameters of \(name)", { $0.parameters(name).map(NumberText.grouped) ?? "" })
    }
    rows += models.map { name in
      ("FLOPs a step of \(name)", { $0.flops(name)?.text(NumberText.counted) ?? "not counted" })
    }
    rows.append(("seconds", { $0.seconds?.text() ?? "" }))
    let first = [""] + rows.map(\.name)
    let cells = columns.map { column in [column.label] + rows.map { $0.cell(column) } }
    var text = "\(title)\n"
    var rest = cells[...]
    while !rest.isEmpty {
      var block: [[String]] = [first]
      while let next = rest.first,
        block.count == 1 || (block + [next]).reduce(0, { $0 + Self.width($1) + 2 }) <= width
      {
        block.append(next)
        rest = rest.dropFirst()
      }
      for row in first.indices {
        let line = block.map { $0[row].padded(to: Self.width($0)) }.joined(separator: "  ")
        text += "  \(line.droppingSpaceAtEnd)\n"
      }
      if !rest.isEmpty { text += "\n" }
    }
    for (label, record) in columns.flatMap(\.records) {
      if let failure = record.failure {
        text += "failed: \(label.isEmpty ? title : label): \(failure)\n"
      }
    }
    return text
  }

  private static func width(_ cells: [String]) -> Int { cells.map(\.count).max() ?? 0 }

  /// One event a variant and figure.
  var json: [Json] {
    columns.flatMap { column in
      let all =
        figures.map { ($0, column.figure($0)) } + [("seconds", column.seconds)]
      return all.compactMap { name, found in
        found.map { found in
          Json.object([
            ("event", .string("figure")), ("variant", .string(column.label)),
            ("name", .string(name)), ("runs", .int(found.count)), ("median", .real(found.median)),
            ("low", .real(found.low)), ("high", .real(found.high)),
          ])
        }
      }
    }
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate var droppingSpaceAtEnd: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
