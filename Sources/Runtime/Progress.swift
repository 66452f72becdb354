// The text of a progress line: `copy  ▕██▍         ▏ 412/2,000  21.1 bits  50 step/s  eta 0:32`.
//
// A pure function; whoever owns the terminal decides when to show it. Where the line is too narrow,
// the bar shrinks first, then the last figures go, then the rest is cut.

package enum Progress {
  /// A number with its unit, as `log(step, bits: l)` gives it.
  package struct Figure: Hashable, Sendable {
    package let name: String
    package let value: Double

    package init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  private static let eighths = Array(" ▏▎▍▌▋▊▉█")

  /// - Parameters:
  ///   - total: nil where the end is not known; there is no bar then.
  ///   - start: how much was done before `elapsed` began, in a resumed run.
  ///   - elapsed: seconds.
  ///   - width: columns of the terminal; the text never takes more.
  package static func line(
    name: String, done: Int, total: Int?, figures: [Figure] = [], elapsed: Double,
    start: Int = 0, width: Int = 80
  ) -> String {
    let count =
      NumberText.grouped(done) + (total.map { "/" + NumberText.grouped($0) } ?? "")
    let pace = done > start && elapsed > 0 ? Double(done - start) / elapsed : nil
    var tail: [String] = figures.map { "\(number($0.value)) \($0.name)" }
    if let pace {
      tail.append(rate(pace))
      if let total, total > done { tail.append("eta \(duration(Double(total - done) / pace))") }
      if total == done { tail.append("in \(duration(elapsed))") }
    }
    // Narrower and narrower, until it fits.
    var cells = 12
    while true {
      let drawn = total.map { bar(done, of: $0, cells: cells) }
      let head = [name, drawn.map { "\($0) \(count)" } ?? count].filter { !$0.isEmpty }
      let text = (head + tail).joined(separator: "  ")
      if text.count <= width { return text }
      if cells > 4 && total != nil {
        cells -= 1
      } else if !tail.isEmpty {
        tail.removeLast()
        cells = 12
      } else {
        return String(text.prefix(max(0, width)))
      }
    }
  }

  /// A bar of `cells` cells between two edges, exact to an eighth of a cell.
  package static func bar(_ done: Int, of total: Int, cells: Int) -> String {
    let share = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 1
    let filled = Int(share * Double(cells * 8))
    let whole = String(repeating: "█", count: filled / 8)
    let part = filled / 8 < cells ? String(eighths[filled % 8]) : ""
    let rest = String(repeating: " ", count: max(0, cells - filled / 8 - 1))
    return "▕\(whole)\(part)\(rest)▏"
  }

  /// Seconds as `0:32`, `1:02:03` or `2d 03h`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 8.64e6 else { return "over 100d" }
    let whole = Int(max(0, seconds).rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (minutes, hours) = (whole / 60 % 60, whole / 3600)
    if hours >= 24 { return "\(hours / 24)d \(two(hours % 24))h" }
    return hours > 0
      ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }

  private static func rate(_ pace: Double) -> String {
    if pace >= 1e6 { return "\(NumberText.label(pace, digits: 3)) step/s" }
    if pace >= 9.95 { return "\(NumberText.grouped(Int(pace.rounded()))) step/s" }
    return pace >= 1
      ? "\(NumberText.fixed(pace, 1)) step/s" : "\(NumberText.label(1 / pace, digits: 2)) s/step"
  }

  /// A figure of the run: whole numbers whole, others to about three digits.
  private static func number(_ value: Double) -> String {
    if value.isFinite, value == value.rounded(), abs(value) < 1e6 {
      return NumberText.grouped(Int(value))
    }
    return abs(value) >= 10 && abs(value) < 1000
      ? NumberText.fixed(value, 1) : NumberText.short(value)
  }
}
