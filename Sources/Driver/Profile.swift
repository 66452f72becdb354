// Where the time of a run went: by statement, by expression, and by line inside of compiled code.

import Diagnostics
import IR
import Native
import Runtime

final class Profile {
  enum Engine: String { case compiled, interpreted }

  fileprivate struct Entry {
    var seconds = 0.0
    var runs = 0
    var engines: Set<Engine> = []

    mutating func add(_ duration: Duration) {
      seconds += duration / .seconds(1)
      runs += 1
    }
  }

  /// When an expression was begun, and how long the compiler had taken until then.
  struct Mark {
    fileprivate let start = ContinuousClock.now
    fileprivate let compiling: Duration
  }

  private let start = ContinuousClock.now
  private var statements: [Span: Entry] = [:]
  private var expressions: [Span: Entry] = [:]
  private var compiled = 0
  /// What the run waited for the compiler.
  private var compiling = Duration.zero

  /// A statement at the top was run.
  func ran(_ span: Span, in duration: Duration) { statements[span, default: Entry()].add(duration) }

  var mark: Mark { Mark(compiling: compiling) }

  /// A pure expression was run; what it waited for the compiler is not part of it.
  func computed(_ span: Span, _ engine: Engine, since mark: Mark) {
    let waited = compiling - mark.compiling
    expressions[span, default: Entry()].add(.now - mark.start - waited)
    expressions[span, default: Entry()].engines.insert(engine)
  }

  /// The run waited for the compiler, to start it or for what it made.
  func compiled(functions: Int, in duration: Duration) {
    compiled += functions
    compiling += duration
  }

  // MARK: The report

  fileprivate struct Row {
    let seconds: Double
    var runs: Int?
    var engines: [String] = []
    let place: String

    var note: String {
      runs.map { "\(NumberText.grouped($0)) × \(engines.joined(separator: ", "))" } ?? ""
    }

    var json: Json {
      let count = runs.map { [(name: "runs", value: Json.int($0))] } ?? []
      let names = Json.array(engines.map(Json.string))
      return .object(
        [(name: "place", value: .string(place)), (name: "seconds", value: .real(seconds))] + count
          + (engines.isEmpty ? [] : [(name: "engines", value: names)]))
    }
  }

  /// What a run took, ready to be shown.
  struct Report {
    fileprivate let whole: Double
    fileprivate let compiled: Int
    fileprivate let compiling: Double
    fileprivate let statements: [Row]
    fileprivate let expressions: [Row]
    fileprivate let lines: [Row]
  }

  func report(_ evaluator: Evaluator, _ sources: SourceLibrary) -> Report {
    let lines = SourceLines(sources)
    let whole = (ContinuousClock.now - start) / .seconds(1)
    let compiling = compiling / .seconds(1)
    var parts = expressions.map { span, entry in
      Row(
        seconds: entry.seconds, runs: entry.runs,
        engines: entry.engines.map(\.rawValue).sorted(), place: lines.describe(span))
    }
    if compiled > 0 { parts.append(Row(seconds: compiling, place: "the C compiler and its cache")) }
    return Report(
      whole: whole, compiled: compiled, compiling: compiling,
      statements: completed(
        statements.map { Row(seconds: $1.seconds, place: lines.describe($0)) }, whole,
        "around the statements"),
      expressions: completed(parts, whole, "around the expressions: lowering, files, printing"),
      lines: sorted(compiledLines(evaluator, lines)))
  }

  /// Rows that add up to the whole: the last to come is for what none of them covers.
  private func completed(_ rows: [Row], _ whole: Double, _ rest: String) -> [Row] {
    sorted(rows + [Row(seconds: whole - rows.reduce(0) { $0 + $1.seconds }, place: rest)])
  }

  private func sorted(_ rows: [Row]) -> [Row] {
    rows.sorted { ($1.seconds, $0.place) < ($0.seconds, $1.place) }
  }

  private func compiledLines(_ evaluator: Evaluator, _ lines: SourceLines) -> [Row] {
    var seconds: [SourceLines.Place?: Double] = [:]
    for site in evaluator.sites.values.joined() {
      for case .success(let function) in site.compiled.map(\.result) {
        for place in function.profile?.places ?? [] {
          seconds[lines.place(of: place.origin), default: 0] += place.seconds
        }
      }
    }
    return seconds.map { place, seconds in
      Row(
        seconds: seconds,
        place: place.map { lines.describeLine($0) } ?? "what has no place in the text")
    }
  }
}

extension Profile.Report {
  /// One object, every row in it.
  var json: Json {
    func rows(_ rows: [Profile.Row]) -> Json { .array(rows.map(\.json)) }
    return .object([
      ("event", .string("profile")), ("seconds", .real(whole)),
      ("compiling", .real(compiling)), ("functions", .int(compiled)),
      ("statements", rows(statements)), ("expressions", rows(expressions)),
      ("lines", rows(lines)),
    ])
  }

  /// Tables, without the rows that hardly count.
  var text: String {
    var text = "\nprofile: \(Profile.seconds(whole)) from start to end"
    if compiled > 0 {
      text +=
        ", \(Profile.seconds(compiling)) of it for the C compiler and its cache, "
        + "\(compiled) function\(compiled == 1 ? "" : "s")"
    }
    text += "\n\nby statement at the top\n" + Profile.table(statements, whole)
    text += "\nby expression\n" + Profile.table(expressions, whole)
    if lines.isEmpty { return text }
    text += "\nby line inside of compiled code, all threads together\n"
    return text + Profile.table(lines, lines.reduce(0) { $0 + $1.seconds })
  }
}

extension Profile {
  /// Rows below this share of the whole are only counted.
  private static let leastShare = 0.005
  private static let mostRows = 24

  fileprivate static func table(_ rows: [Row], _ whole: Double) -> String {
    let shown = rows.prefix(mostRows).filter { $0.seconds >= leastShare * whole }
    let notes = shown.map(\.note.count).max() ?? 0
    var text = shown.map { row in
      let note = notes == 0 ? "" : padded(row.note, notes) + "  "
      return "  \(share(row.seconds, whole))  \(padded(Profile.seconds(row.seconds), 9))"
        + "  \(note)\(row.place)\n"
    }.joined()
    let rest = rows.dropFirst(shown.count)
    if !rest.isEmpty {
      let seconds = rest.reduce(0) { $0 + $1.seconds }
      text += "  \(share(seconds, whole))  \(padded(Profile.seconds(seconds), 9))"
      text += "  \(rest.count) more\n"
    }
    return text
  }

  private static func share(_ seconds: Double, _ whole: Double) -> String {
    padded(NumberText.fixed(whole > 0 ? 100 * seconds / whole : 0, 1), 5) + " %"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  /// A time in the unit that suits it.
  static func seconds(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.0001: "\(NumberText.fixed(seconds * 1e6, 1)) µs"
    case ..<0.1: "\(NumberText.fixed(seconds * 1000, 2)) ms"
    case ..<1: "\(NumberText.fixed(seconds * 1000, 0)) ms"
    default: "\(NumberText.fixed(seconds, 2)) s"
    }
  }
}
