// The events of a run, `run --json`, gathered into its record.
//
// What is logged counts by its last value. A report of several rows gives a figure for each row, named
// by its first columns: `bit_errors[length 20]`; over one such column the others are curves, too.

import Runtime

struct RunEvents {
  private typealias Row = [(name: String, value: Json)]

  /// How many points are kept of a curve.
  static let points = 200

  private var curves: [RunRecord.Curve] = []
  private var reports: [(name: String, rows: [Row])] = []
  private var parameters: [(name: String, count: Int)] = []
  private var flops: [RunRecord.Figure] = []
  /// The first error that was reported.
  private(set) var problem: String?
  /// Ctrl-C reached the run.
  private(set) var isInterrupted = false
  /// The last line that was no event: what the system says of a crash.
  private var words = ""
  /// The newest `log`, for whoever watches.
  private(set) var latest = ""
  private var lastEvent = ""

  mutating func take(_ line: String) {
    guard let json = try? Json(parsing: line, source: "run"), let members = json.members,
      let event = json["event"]?.string
    else {
      if !line.trimmed.isEmpty { words = line.trimmed }
      return
    }
    defer { lastEvent = event }
    switch event {
    case "log": log(members)
    case "report": report(json["name"]?.string ?? "", Array(members.dropFirst(2)))
    case "parameters":
      parameters = members.dropFirst().map { (name: $0.name, count: $0.value.whole ?? 0) }
    case "flops":
      flops = members.dropFirst().map { (name: $0.name, value: $0.value.number ?? .nan) }
    case "error" where json["code"]?.string == "interrupted": isInterrupted = true
    case "error": problem = problem ?? Self.words(json)
    default: break
    }
  }

  /// What was gathered, into the record of a run that ended.
  func fill(_ record: inout RunRecord, ending: String?) {
    for curve in curves {
      record.curves.append(Self.thinned(curve))
      if let last = curve.points.last { record.put(curve.name, last.y) }
    }
    for (name, rows) in reports { Self.add(rows, of: name, to: &record) }
    (record.parameters, record.flops) = (parameters, flops)
    record.failure = problem ?? ending.map { words.isEmpty ? $0 : "\($0): \(words)" }
  }

  /// `not-finite: the loss is NaN (copy.ntm:40)`
  private static func words(_ json: Json) -> String {
    var text = [json["code"]?.string, json["message"]?.string].compactMap { $0 }
      .joined(separator: ": ")
    if let file = json["file"]?.string, let line = json["line"]?.whole {
      text += " (\(file):\(line))"
    }
    return text
  }

  private mutating func log(_ members: [(name: String, value: Json)]) {
    let figures = members.dropFirst().filter { $0.name != "step" }
    let step = members.first { $0.name == "step" }?.value.number
    for (name, value) in figures {
      let index = curves.firstIndex { $0.name == name } ?? curves.count
      if index == curves.count { curves.append(RunRecord.Curve(name: name)) }
      let x = step ?? Double(curves[index].points.count + 1)
      curves[index].points.append((x: x, y: value.number ?? .nan))
    }
    let shown = figures.map { "\($0.name) \(NumberText.short($0.value.number ?? .nan))" }
    latest = ((step.map { ["step \(NumberText.label($0, digits: 9))"] } ?? []) + shown)
      .joined(separator: "  ")
  }

  private mutating func report(_ name: String, _ row: Row) {
    let columns = row.map(\.name)
    let isLike = { (report: (name: String, rows: [Row])) in
      report.name == name && report.rows.first?.map(\.name) == columns
    }
    if lastEvent == "report", let last = reports.last, isLike(last) {
      reports[reports.count - 1].rows.append(row)
    } else {
      reports.removeAll(where: isLike)
      reports.append((name, [row]))
    }
  }

  private static func add(_ rows: [Row], of report: String, to record: inout RunRecord) {
    let start = report == "result" ? "" : "\(report)."
    let keys = keyColumns(rows)
    for (number, row) in rows.enumerated() {
      let places = row.prefix(keys).map {
        "\($0.name) \(NumberText.label($0.value.number ?? .nan))"
      }
      for column in row.dropFirst(keys) {
        if case .array = column.value { continue }
        let value = column.value.number ?? .nan
        let name = column.name == report ? report : start + column.name
        guard rows.count > 1 else {
          record.put(name, value)
          continue
        }
        let place = places.isEmpty ? "row \(number + 1)" : places.joined(separator: ", ")
        record.put("\(name)[\(place)]", value)
        guard keys == 1, let key = row.first, let x = key.value.number else { continue }
        let curve = "\(name) over \(key.name)"
        let position = record.tables.firstIndex { $0.name == curve } ?? record.tables.count
        if position == record.tables.count { record.tables.append(.init(name: curve)) }
        record.tables[position].points.append((x: x, y: value))
      }
    }
  }

  /// How many leading columns of whole numbers tell the rows apart; 0 where they do not. What was
  /// measured tells nothing: it differs from seed to seed.
  private static func keyColumns(_ rows: [Row]) -> Int {
    guard rows.count > 1, let first = rows.first else { return 0 }
    let whole = first.indices.prefix { column in rows.allSatisfy { $0[column].value.isInt } }
    return (0...min(whole.count, first.count - 1)).first { count in
      Set(rows.map { Json.array($0.prefix(count).map(\.value)).text }).count == rows.count
    } ?? 0
  }

  /// The mean of as many steps as leave `points` of them, at the last of each.
  static func thinned(_ curve: RunRecord.Curve) -> RunRecord.Curve {
    let count = curve.points.count
    guard count > points else { return curve }
    var result = RunRecord.Curve(name: curve.name)
    for index in 0..<points {
      let part = curve.points[(index * count / points)..<((index + 1) * count / points)]
      guard let last = part.last else { continue }
      result.points.append((x: last.x, y: part.reduce(0) { $0 + $1.y } / Double(part.count)))
    }
    return result
  }
}

extension RunRecord {
  /// The last value that a name gets is the one that counts.
  fileprivate mutating func put(_ name: String, _ value: Double) {
    figures.removeAll { $0.name == name }
    figures.append((name, value))
  }
}

extension Json {
  fileprivate var isInt: Bool {
    if case .int = self { true } else { false }
  }
}
