// Where the time of a run went: by statement, by expression, and by line inside of compiled code.

import Diagnostics
import IR
import Native
import Runtime

final class Profile {
  enum Engine: String { case compiled, interpreted }

  private struct Entry {
    var seconds = 0.0
    var runs = 0
    var engines: Set<Engine> = []

    mutating func add(_ duration: Duration) {
      seconds += duration / .seconds(1)
      runs += 1
    }
  }

  private let start = ContinuousClock.now
  private var statements: [Span: Entry] = [:]
  private var expressions: [Span: Entry] = [:]
  private var compiling = Entry()
  /// For the compiler, since the last expression.
  private var waited = Duration.zero

  /// A statement at the top was run.
  func ran(_ span: Span, in duration: Duration) { statements[span, default: Entry()].add(duration) }

  /// A pure expression was run; the time of its compilation is not part of it.
  func computed(_ span: Span, _ engine: Engine, in duration: Duration) {
    expressions[span, default: Entry()].add(duration - waited)
    waited = .zero
    expressions[span, default: Entry()].engines.insert(engine)
  }

  func compiled(in duration: Duration) {
    compiling.add(duration)
    waited += duration
  }

  // MARK: The report

  /// Rows below this share of the whole are only counted.
  private static let leastShare = 0.005
  private static let mostRows = 24

  private struct Row {
    let seconds: Double
    let note: String
    let place: String
  }

  func report(_ evaluator: Evaluator, _ sources: SourceLibrary) -> String {
    let whole = (ContinuousClock.now - start) / .seconds(1)
    let lines = SourceLines(sources)
    var text = "\nprofile: \(Profile.seconds(whole)) from start to end"
    if compiling.runs > 0 {
      text +=
        ", \(Profile.seconds(compiling.seconds)) of it for the C compiler and its cache, "
        + "\(compiling.runs) function\(compiling.runs == 1 ? "" : "s")"
    }
    text += "\n\nby statement at the top\n"
    text += Profile.table(
      statements.map { span, entry in
        Row(seconds: entry.seconds, note: "", place: lines.describe(span))
      }, whole)
    text += "\nby expression\n"
    text += Profile.table(
      expressions.map { span, entry in
        let engines = entry.engines.map(\.rawValue).sorted().joined(separator: ", ")
        return Row(
          seconds: entry.seconds, note: "\(NumberText.grouped(entry.runs)) × \(engines)",
          place: lines.describe(span))
      }, whole)
    let inside = compiledLines(evaluator, lines)
    guard !inside.isEmpty else { return text }
    text += "\nby line inside of compiled code, all threads together\n"
    return text + Profile.table(inside, inside.reduce(0) { $0 + $1.seconds })
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
        seconds: seconds, note: "",
        place: place.map { lines.describeLine($0) } ?? "what has no place in the text")
    }
  }

  private static func table(_ rows: [Row], _ whole: Double) -> String {
    let sorted = rows.sorted { ($1.seconds, $0.place) < ($0.seconds, $1.place) }
    let shown = sorted.prefix(mostRows).filter { $0.seconds >= leastShare * whole }
    let notes = shown.map(\.note.count).max() ?? 0
    var text = shown.map { row in
      let note = notes == 0 ? "" : padded(row.note, notes) + "  "
      return "  \(share(row.seconds, whole))  \(padded(Profile.seconds(row.seconds), 9))"
        + "  \(note)\(row.place)\n"
    }.joined()
    let rest = sorted.dropFirst(shown.count)
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
