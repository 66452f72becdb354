// The words behind `ntmscript compare`: one program, several values of some of its flags.
//
// What `compare` itself does not know is a flag of the program, as behind `run`; its value may be
// several, between commas. Commas inside of brackets and quotes belong to a value. Flags between
// commas, `--read,--write A,B`, have the same value in each run.

package struct ComparisonRequest: Sendable {
  typealias Problem = RunRequest.Problem

  package var run = RunRequest()
  package var usesJson = false
  package var wantsHelp = false
  /// Runs at a time; 0 for one a processor.
  package var jobs = 0
  package var results: String?
  package var plot: String?
  /// A file of comparisons in place of a program, and the table that is made of them.
  package var list: String?
  package var table: String?
  /// Flags of the program with their values, in order.
  package var choices: [Choice] = []

  package struct Choice: Sendable {
    /// Several for flags that have the same value in every run: `--read,--write`.
    package var names: [String]
    package var values: [String]
  }

  /// - Throws: `Problem` for a flag without a value, an unknown flag of `run` and the like.
  package init(parsing words: [String]) throws(RunRequest.Problem) {
    var rest: [String] = []
    var seeds: String?
    var position = 0
    while position < words.count {
      let parts = words[position].split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = parts.first.map(String.init) ?? ""
      guard ["--seeds", "--jobs", "--results", "--plot", "--list", "--table"].contains(flag) else {
        rest.append(words[position])
        position += 1
        continue
      }
      position += parts.count > 1 ? 1 : 2
      guard parts.count > 1 || position <= words.count else {
        throw Problem("`\(flag)` needs a value")
      }
      let value = parts.count > 1 ? String(parts[1]) : words[position - 1]
      switch flag {
      case "--seeds": seeds = value
      case "--jobs": jobs = try Self.jobs(value)
      case "--results": results = value
      case "--plot": plot = value
      case "--list": list = value
      default: table = value
      }
    }
    run = try RunRequest(parsing: rest)
    usesJson = run.usesJson
    wantsHelp = run.wantsHelp
    try refuseOtherFlags()
    for (flag, text) in run.values {
      try add(Choice(names: RunRequest.names(flag), values: Self.separated(text)))
    }
    if let seeds {
      choices.removeAll { $0.names == ["seed"] }
      choices.append(Choice(names: ["seed"], values: try Self.seeds(seeds)))
    }
  }

  /// The last values that the same flags get count.
  private mutating func add(_ choice: Choice) throws(Problem) {
    choices.removeAll { $0.names == choice.names }
    let taken = choices.flatMap(\.names) + (choice.names.count > 1 ? ["seed"] : [])
    for (place, name) in choice.names.enumerated()
    where taken.contains(name) || choice.names[..<place].contains(name) {
      throw Problem("`--\(name)` has values of its own; `--a,--b x,y` gives both x, then both y")
    }
    choices.append(choice)
  }

  /// Flags of `run` that every run gets.
  var passedOn: [String] {
    (run.usesDouble ? ["--f64"] : []) + (run.engine.isInterpreted ? ["--interpret"] : [])
  }

  private func refuseOtherFlags() throws(Problem) {
    var engine = run.engine
    engine.isInterpreted = false
    guard engine == EngineRequest(), run.resume == nil else {
      throw Problem("of the flags of `run`, `compare` takes --json, --f64 and --interpret")
    }
    if list != nil, let file = run.file { throw Problem("either `--list` or `\(file)`, not both") }
    if table != nil, list == nil { throw Problem("`--table` goes with `--list`") }
  }

  private static func jobs(_ text: String) throws(Problem) -> Int {
    guard let count = Int(text), count > 0, count <= 1024 else {
      throw Problem("`--jobs \(text)`: the number of runs at a time is a whole number from 1")
    }
    return count
  }

  /// `1..5`, both ends included, or `1,2,7`.
  static func seeds(_ text: String) throws(Problem) -> [String] {
    var seeds: [String] = []
    for part in separated(text) {
      guard let dots = part.firstIndex(of: ".") else {
        guard Int(part) != nil else { throw seedProblem(text) }
        seeds.append(part)
        continue
      }
      let tail = part[dots...].drop { $0 == "." }
      guard let first = Int(part[..<dots]), let last = Int(tail),
        part[dots...].prefix(while: { $0 == "." }).count == 2, first <= last, last - first < 10_000
      else { throw seedProblem(text) }
      seeds += (first...last).map(String.init)
    }
    return seeds
  }

  private static func seedProblem(_ text: String) -> Problem {
    Problem("`--seeds \(text)`: seeds are whole numbers, as `1..5` or `1,2,7`")
  }

  /// The parts between the commas that stand in no brackets and no quotes, each value once.
  static func separated(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    var isQuoted = false
    for character in text {
      if character == "\"" { isQuoted.toggle() }
      if !isQuoted {
        if "([{".contains(character) { depth += 1 }
        if ")]}".contains(character) { depth -= 1 }
        if character == ",", depth <= 0 {
          parts.append("")
          continue
        }
      }
      parts[parts.count - 1].append(character)
    }
    var seen: Set<String> = []
    return parts.map(\.trimmed).filter { !$0.isEmpty && seen.insert($0).inserted }
  }
}
