// What `log` and `report` show: a progress line for a person, plain lines for a pipe, JSON for a
// program.
//
// On a terminal a `log` draws one line again and again, ten times a second at most, and leaves the
// last one standing when its loop ends. Elsewhere the first, the last and a round number of lines
// between are printed, without times or rates, so that two runs of one program give the same bytes.
// With JSON every `log` is a line.

import Runtime

/// One `log` call: the step and the figures, in order.
struct LogRecord {
  struct Figure {
    let name: String
    let value: ShownNumber
  }

  /// The figure without a label, where there is one: what the others are plotted against.
  let step: Figure?
  let figures: [Figure]

  private var all: [Figure] { [step].compactMap { $0 } + figures }

  var json: Json {
    .object([("event", .string("log"))] + all.map { ($0.name, $0.value.json) })
  }

  var line: String { all.map { "\($0.name) \($0.value.text)" }.joined(separator: "  ") }
}

package final class LogWriter {
  private let console: any Console
  private let usesJson: Bool
  /// The name in front of the progress line: the program's.
  package var name: String

  private var last: LogRecord?
  private var lastIsPrinted = true
  private var count = 0
  private var total: Int?
  /// Where the loop began: the clock and the step of the first record.
  private var start: (clock: ContinuousClock.Instant, step: Int)?
  private var drawn: ContinuousClock.Instant?

  package init(console: any Console, usesJson: Bool, name: String) {
    self.console = console
    self.usesJson = usesJson
    self.name = name
  }

  /// A loop of `total` steps begins.
  package func beginLoop(total: Int?) {
    finish()
    self.total = total
    count = 0
    start = nil
    drawn = nil
  }

  func log(_ record: LogRecord) {
    count += 1
    if usesJson {
      console.write(record.json.text + "\n")
      return
    }
    last = record
    lastIsPrinted = false
    if start == nil { start = (ContinuousClock.now, step(of: record) - 1) }
    if console.isLive {
      draw(record)
    } else if count == 1 || count % interval == 0 {
      console.write(record.line + "\n")
      lastIsPrinted = true
    }
  }

  /// The loop is over, or was stopped: the last record stays on the screen.
  package func finish() {
    defer {
      last = nil
      lastIsPrinted = true
      total = nil
      count = 0
      start = nil
    }
    guard !usesJson, let last, !lastIsPrinted || console.isLive else { return }
    console.showStatus(nil)
    if console.isLive {
      console.writeError(progress(last) + "\n")
    } else {
      console.write(last.line + "\n")
    }
  }

  /// About twenty lines a loop, at round numbers.
  private var interval: Int {
    guard let total, total > 20 else { return total == nil ? 100 : 1 }
    var unit = 1
    while true {
      for factor in [1, 2, 5] where total / (unit * factor) <= 20 { return unit * factor }
      unit *= 10
    }
  }

  private func step(of record: LogRecord) -> Int {
    guard case .int(let step)? = record.step?.value else { return count }
    return step
  }

  private func draw(_ record: LogRecord) {
    let now = ContinuousClock.now
    if let drawn, now - drawn < .milliseconds(100) { return }
    drawn = now
    console.showStatus(progress(record))
  }

  private func progress(_ record: LogRecord) -> String {
    let elapsed = start.map { ContinuousClock.now - $0.clock } ?? .zero
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    return Progress.line(
      name: name, done: step(of: record), total: total,
      figures: record.figures.map { Progress.Figure($0.name, $0.value.number) },
      elapsed: seconds, start: start?.step ?? 0, width: max(console.width - 1, 20))
  }
}
