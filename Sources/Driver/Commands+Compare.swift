// `ntmscript compare`: variants of a program, each with several seeds, side by side.

import Diagnostics
import Runtime

extension Commands {
  package static let compareDiscussion = """
    Any `config` field and any `dim` with a value may be given several values; every choice of them \
    runs with every seed. Runs are processes of one thread each. What ended is kept in a file, and a \
    comparison that was stopped or killed goes on behind it: a run is repeated where the program, \
    what it imports or its flags changed. Files that a program loads do not count as changes, and \
    files that it writes are those of the run that wrote last.
    """

  private static let compareUsage: String = {
    let rows = [
      ("  --seeds <seeds>", "values of the field `seed`: `1..5`, both ends included, or `1,2,7`"),
      ("  --<field> <value>,<value>", "values of a `config` field or a `dim`, as behind `run`"),
      ("  --<field>,--<field> <value>,…", "one value for both in a run: pairs, not all choices"),
      ("  --jobs <count>", "runs at a time (default: one a processor)"),
      ("  --results <file>", "where results are kept (default: <program>.compare.jsonl)"),
      ("  --plot <file>", "the picture, .svg or .png (default: <program>.compare.svg)"),
      ("  --json", "one JSON object a line for each run and figure"),
      ("  --f64, --interpret", "as behind `run`, for all runs"),
      ("  --list <file>", "in place of a program: rows of systems, tasks and what to run"),
      ("  --table <file>", "with --list: where to write the table of results"),
      ("  --help", "show this"),
    ]
    return """
      usage: ntmscript compare <file> [--seeds <seeds>] [--<field> <value>,<value> …]

      \(RunRequest.columns(rows))
      The table has medians and quartiles over the seeds of everything that the program reports and
      of the last that it logged, parameters of its models, FLOPs and seconds.

      FLOPs are the floating-point operations of a step of the loop that trains a model, on average:
      of the step's expressions that read the model, so of loss, gradient and update and of the whole
      batch, not of drawing the batch. They are counted, not measured, from what the program says
      less what is computed twice: one for + - * /, the greater of two and every function of reals,
      so 2*a*b*c for [a, b] @ [b, c]; a loop as often as its steps, a `while` inside of a function
      as often as its bound, the dearer side of a branch, nothing for comparing, ordering, moving and
      drawing numbers.

      examples:
        ntmscript compare copy.ntm --read LocationHead,leap.LeapHead --seeds 1..5
        ntmscript compare copy.ntm --read,--write LocationHead,leap.LeapHead --seeds 1..5
        ntmscript compare copy.ntm --lr 1e-3,3e-3 --N 32,128 --seeds 1,2,3 --jobs 2
        ntmscript compare copy.ntm --seeds 1..3 --json > figures.jsonl
        ntmscript compare --list results.list --table RESULTS.md

      """
  }()

  package func compare(_ words: [String]) -> Int32 {
    let reporter = Reporter(console: console, form: words.contains("--json") ? .events : .text)
    let request: ComparisonRequest
    do throws(RunRequest.Problem) {
      request = try ComparisonRequest(parsing: words)
    } catch {
      return reporter.refuse(error.message)
    }
    if request.wantsHelp {
      console.write(Commands.compareUsage)
      return Exit.success
    }
    do throws(Comparison.Problem) {
      if let list = request.list { return try compare(list: list, request, reporter) }
      guard let path = request.run.file else {
        return reporter.refuse("`compare` needs a file; `ntmscript compare --help` says more")
      }
      return try compare(path: path, request, reporter)
    } catch {
      switch error {
      case .usage(let message): return reporter.refuse(message)
      case .reported(let code): return code
      }
    }
  }

  private func compare(
    path: String, _ request: ComparisonRequest, _ reporter: Reporter
  ) throws(Comparison.Problem) -> Int32 {
    let comparison = try Comparison(request, path: path, reporter, interrupt)
    let results = request.results ?? "\(comparison.name).compare.jsonl"
    return try keeping(reporter) { () throws in
      let (records, code) = try run([comparison], results, request, reporter)
      let table = ComparisonTable(comparison, records)
      if request.usesJson {
        for event in table.json { console.write(event.text + "\n") }
      } else {
        console.write(table.text(width: max(console.width, 40)))
      }
      if let figure = ComparisonPlot(table).figure {
        let plot = request.plot ?? "\(comparison.name).compare.svg"
        try AtomicFile.write(figure.bytes(for: plot), to: plot)
        if !request.usesJson { console.write("written to \(plot)\n") }
      }
      return code
    }
  }

  private func compare(
    list path: String, _ request: ComparisonRequest, _ reporter: Reporter
  ) throws(Comparison.Problem) -> Int32 {
    guard request.choices.isEmpty, request.passedOn.isEmpty else {
      throw .usage("with `--list`, the flags of programs stand in the list")
    }
    let list: ResultsList
    do {
      let text = String(decoding: try AtomicFile.read(path, limit: 1 << 20), as: UTF8.self)
      list = try ResultsList(text, path: path)
    } catch let problem as ResultsList.Problem {
      throw .usage(problem.message)
    } catch {
      show(error, reporter)
      throw .reported(code: Exit.reports)
    }
    var comparisons: [Comparison] = []
    for row in list.rows {
      let asked: ComparisonRequest
      do throws(RunRequest.Problem) {
        asked = try ComparisonRequest(parsing: row.words)
      } catch {
        throw .usage("\(path), \(row.system): \(error.message)")
      }
      comparisons.append(
        try Comparison(asked, path: row.words[0], reporter, interrupt))
    }
    return try keeping(reporter) { () throws in
      let results = request.results ?? "\(path).jsonl"
      let (records, code) = try run(comparisons, results, request, reporter)
      let text = list.markdown(
        comparisons.map { ComparisonTable($0, records) },
        made: "Made from `\(FilePath.stem(of: path))` by `ntmscript compare --list`.")
      if let table = request.table {
        try AtomicFile.write(text, to: table)
      } else {
        console.write(text)
      }
      return code
    }
  }

  /// What a file could not take or give, as a report.
  private func keeping(
    _ reporter: Reporter, _ body: () throws -> Int32
  ) throws(Comparison.Problem) -> Int32 {
    do {
      return try body()
    } catch {
      show(error, reporter)
      throw .reported(code: Exit.reports)
    }
  }

  private func show(_ problem: any Error, _ reporter: Reporter) {
    reporter.show([DriverMessages.file("\(problem)", at: nil)], SourceLibrary())
  }

  /// Runs what has not been run.
  /// - Returns: all records, and the exit code.
  private func run(
    _ comparisons: [Comparison], _ results: String, _ request: ComparisonRequest,
    _ reporter: Reporter
  ) throws -> ([String: RunRecord], Int32) {
    var store = try RunStore(path: results)
    var keys: Set<String> = []
    let all = comparisons.flatMap { $0.variants.flatMap(\.runs) }
      .filter { keys.insert($0.key).inserted }
    let waiting = all.filter { store.records[$0.key] == nil }
    let kept = all.count - waiting.count
    if kept > 0 { reporter.note("\(kept) of \(all.count) runs were in \(results) already") }
    var progress = ComparisonProgress(
      comparisons, store.records, total: all.count, ended: kept)
    if request.usesJson {
      for run in all { store.records[run.key].map { console.write(event($0)) } }
    }
    let pool = RunPool(jobs: request.jobs, interrupt: interrupt)
    let isComplete = try pool.run(waiting) { run, record in
      if record.isWorthKeeping { try store.add(record) }
      progress.note(record)
      if request.usesJson {
        console.write(event(record))
      } else {
        console.writeError(progress.line(run, record))
      }
    } watch: { watch in
      console.showStatus(progress.status(watch))
    }
    console.showStatus(nil)
    if !isComplete {
      reporter.showInterrupted(
        "\(progress.ended) of \(all.count) runs are kept in \(results); the same command goes on")
    }
    let isGood = isComplete && all.allSatisfy { progress.records[$0.key]?.failure == nil }
    return (progress.records, isGood ? Exit.success : Exit.failure)
  }

  private func event(_ record: RunRecord) -> String {
    let members = record.json.members ?? []
    return Json.object([("event", .string("run"))] + members).text + "\n"
  }
}
