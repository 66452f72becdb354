// The list behind a table of results: a row a system and task, and what is run for it.
//
//     # system | task | figures | parameters | program and flags
//     NTM | copy | wrong_bits.ntm[length 20] | parameters.ntm | ntm/copy.ntm --seeds 1..3
//
// Paths are as seen from the list. `figures` are names as `compare` prints them, between commas;
// `parameters` is one as well, or empty for what the run counts by itself. Rows may share a run.

import Runtime

struct ResultsList {
  struct Row {
    let system: String
    let task: String
    let figures: [String]
    let parameters: String
    let words: [String]

    /// The name of the model that the row is about: `ntm` of `parameters.ntm`.
    var model: String { parameters.split(separator: ".").last.map(String.init) ?? "" }
  }

  let rows: [Row]

  struct Problem: Error { let message: String }

  init(_ text: String, path: String) throws(Problem) {
    var rows: [Row] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = String(line).trimmed
      if line.isEmpty || line.hasPrefix("#") { continue }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { String($0).trimmed }
      guard cells.count == 5, !cells[2].isEmpty, !cells[4].isEmpty else {
        throw Problem(
          message: "`\(path):\(index + 1)`: a row is `system | task | figures | parameters | "
            + "program and flags`")
      }
      var words = cells[4].split(separator: " ").map(String.init)
      words[0] = FilePath.resolve(words[0], besides: path)
      rows.append(
        Row(
          system: cells[0], task: cells[1],
          figures: ComparisonRequest.separated(cells[2]), parameters: cells[3], words: words))
    }
    self.rows = rows
  }

  /// The table as Markdown.
  /// - Parameter tables: one for each row.
  func markdown(_ tables: [ComparisonTable], made: String) -> String {
    var lines: [String] = []
    for (row, table) in zip(rows, tables) {
      for column in table.columns {
        let system =
          table.columns.count == 1 ? row.system : "\(row.system), \(column.label)"
        for figure in row.figures { lines.append(line(row, system, figure, column)) }
      }
    }
    let records = tables.flatMap { $0.columns.flatMap { $0.records.map(\.record) } }
    let machines = Set(records.map(\.machine)).sorted().joined(separator: "; ")
    let dates = Set(records.map(\.date)).sorted()
    let span =
      dates.count > 1 ? "\(dates[0]) to \(dates[dates.count - 1])" : dates.first ?? "no day yet"
    return """
      # Results

      \(made) Runs have one thread each. Measured on: \(machines.isEmpty ? "nothing yet" : machines); \
      \(span). The spread is that between the quartiles over the seeds.

      | system | task | figure | median | quartiles | seeds | parameters | FLOPs a step | seconds a run |
      |---|---|---|---|---|---|---|---|---|
      \(lines.joined(separator: "\n"))

      """
  }

  private func line(
    _ row: Row, _ system: String, _ figure: String, _ column: ComparisonTable.Column
  ) -> String {
    let failed = column.records.count { $0.record.failure != nil }
    var runs = "\(column.finished.count)"
    if column.records.count < column.asked { runs += " of \(column.asked)" }
    if failed > 0 { runs += ", \(failed) failed" }
    let found = column.figure(figure)
    let none = column.finished.isEmpty ? "not run" : "not reported"
    let cells = [
      system, row.task, "`\(figure)`", found.map { NumberText.short($0.median) } ?? none,
      found.map { $0.count > 1 ? $0.spread() : "" } ?? "", runs, parameters(row, column),
      flops(row, column), column.seconds.map { NumberText.short($0.median) } ?? "",
    ]
    return "| \(cells.joined(separator: " | ")) |"
  }

  private func parameters(_ row: Row, _ column: ComparisonTable.Column) -> String {
    let reported = column.figure(row.parameters).flatMap { Int(exactly: $0.median) }
    let counted = column.finished.first.flatMap { record -> Int? in
      row.parameters.isEmpty
        ? record.parameters.first?.count
        : record.parameters.first { $0.name == row.parameters }?.count
    }
    return (reported ?? counted).map(NumberText.grouped) ?? "not counted"
  }

  /// Of the row's own model, or of what is trained with it, by its name; that has no fewer parameters.
  private func flops(_ row: Row, _ column: ComparisonTable.Column) -> String {
    if let own = column.flops(row.model) { return NumberText.counted(own.median) }
    let models = column.finished.first?.flops.map(\.name) ?? []
    guard models.count == 1, let together = column.flops(models[0]) else { return "not counted" }
    let whole = column.finished.first?.parameters.first { $0.name == models[0] }?.count ?? .max
    if let part = column.figure(row.parameters)?.median, part > Double(whole) {
      return "not counted"
    }
    let words = row.model.isEmpty ? "" : " for `\(models[0])`"
    return NumberText.counted(together.median) + words
  }
}
