// What is kept of one run of a comparison: its figures, and how it ended. One line of JSON.

import Runtime

struct RunRecord {
  typealias Figure = (name: String, value: Double)
  /// A logged figure over the steps.
  struct Curve {
    var name: String
    var points: [(x: Double, y: Double)] = []
  }

  var key: String
  var program: String
  var settings: [(name: String, text: String)]
  /// Why the run did not come to its end; nil where it did.
  var failure: String?
  var seconds = 0.0
  /// In the order in which the program gave them: the last of what it logged, then its reports.
  var figures: [Figure] = []
  /// What has a column of its own to be drawn over: `bit_errors` over `length`.
  var tables: [Curve] = []
  var curves: [Curve] = []
  var parameters: [(name: String, count: Int)] = []
  /// Floating-point operations of a step that trains, by model.
  var flops: [Figure] = []
  var machine = ""
  var date = ""
  /// False where something else than the program ended the run: the next comparison tries again.
  var isWorthKeeping = true

  init(_ run: Comparison.Run) {
    (key, program, settings) = (run.key, run.program, run.settings)
  }
}

extension RunRecord {
  var json: Json {
    .object([
      ("key", .string(key)), ("program", .string(program)),
      ("settings", .object(settings.map { ($0.name, .string($0.text)) })),
      ("failure", failure.map { .string($0) } ?? .null), ("seconds", .real(seconds)),
      ("figures", .object(figures.map { ($0.name, .real($0.value)) })),
      ("parameters", .object(parameters.map { ($0.name, .int($0.count)) })),
      ("flops", .object(flops.map { ($0.name, .real($0.value)) })),
      ("tables", Self.json(tables)), ("curves", Self.json(curves)),
      ("machine", .string(machine)), ("date", .string(date)),
    ])
  }

  private static func json(_ curves: [Curve]) -> Json {
    .object(
      curves.map { curve in
        (curve.name, .array(curve.points.map { .array([.real($0.x), .real($0.y)]) }))
      })
  }

  /// - Returns: nil where a member is missing or of another kind.
  init?(_ json: Json) {
    guard case .string(let key)? = json["key"], case .string(let program)? = json["program"],
      let settings = json["settings"]?.members, let figures = json["figures"]?.members,
      let parameters = json["parameters"]?.members, let seconds = json["seconds"]?.number,
      let tables = json["tables"].flatMap(Self.curves),
      let curves = json["curves"].flatMap(Self.curves)
    else { return nil }
    (self.key, self.program, self.seconds) = (key, program, seconds)
    (self.tables, self.curves) = (tables, curves)
    self.settings = settings.map { (name: $0.name, text: $0.value.string ?? "") }
    failure = json["failure"]?.string
    self.figures = Self.figures(figures)
    // Older files lack it.
    flops = Self.figures(json["flops"]?.members ?? [])
    self.parameters = parameters.map { (name: $0.name, count: $0.value.whole ?? 0) }
    machine = json["machine"]?.string ?? ""
    date = json["date"]?.string ?? ""
  }

  private static func figures(_ members: [(name: String, value: Json)]) -> [Figure] {
    members.map { (name: $0.name, value: $0.value.number ?? .nan) }
  }

  private static func curves(_ json: Json) -> [Curve]? {
    json.members?.map { name, value in
      guard case .array(let points) = value else { return Curve(name: name) }
      return Curve(
        name: name,
        points: points.compactMap { point in
          guard case .array(let pair) = point, pair.count == 2 else { return nil }
          return (x: pair[0].number ?? .nan, y: pair[1].number ?? .nan)
        })
    }
  }
}

extension Json {
  var members: [(name: String, value: Json)]? {
    if case .object(let members) = self { members } else { nil }
  }

  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var whole: Int? { number.flatMap { Int(exactly: $0) } }

  /// Truth as 1 and 0; null, as which NaN is written, is none.
  var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .real(let value): value
    case .bool(let value): value ? 1 : 0
    case .null, .string, .array, .object: nil
    }
  }
}
