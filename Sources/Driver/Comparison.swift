// What a comparison runs: the product of the values of its flags, every variant with every seed.
//
// A run is known by a digest of the program, of what it imports, of its settings and of the flags that
// change numbers, so that results of an earlier comparison are used again where nothing changed.

import Diagnostics
import Runtime
import Syntax

/// One program with several settings.
struct Comparison {
  /// A choice of settings, run with each seed.
  struct Variant {
    /// What tells it from the others: `read=LocationHead`; the program's name where it is alone.
    let label: String
    let runs: [Run]
  }

  struct Run {
    let key: String
    let program: String
    let settings: [(name: String, text: String)]
    /// As in `read=LocationHead, seed 2`.
    let label: String
    /// What goes behind `ntmscript run`.
    let arguments: [String]
  }

  let name: String
  let variants: [Variant]
  let seeds: [String]

  enum Problem: Error {
    case usage(String)
    /// What is wrong has been shown.
    case reported(code: Int32)
  }

  /// Every variant is checked and rehearsed here, so that nothing runs where one of them has a
  /// mistake.
  init(
    _ request: ComparisonRequest, path: String, _ reporter: Reporter, _ interrupt: Interrupt
  ) throws(Problem) {
    let file: SourceFile
    do throws(FileError) {
      file = try SourceLibrary().load(path: path)
    } catch {
      reporter.show(error)
      throw .reported(code: Commands.Exit.reports)
    }
    let flags = ProgramFlag.all(of: parse(file).program, in: file)
    var named: [ComparisonRequest.Choice] = []
    do throws(RunRequest.Problem) {
      for var choice in request.choices {
        var asked = request.run
        asked.values = choice.names.map { ($0, "") }
        choice.names = try asked.values(of: flags, in: path).map(\.name)
        named.append(choice)
      }
    } catch {
      throw .usage(error.message)
    }
    if let empty = named.first(where: { $0.values.isEmpty }) {
      throw .usage("`--\(empty.names.joined(separator: ",--"))` needs a value")
    }
    let seeds = named.first { $0.names == ["seed"] }?.values ?? []
    let others = named.filter { $0.names != ["seed"] }
    let name = FilePath.stem(of: path)
    var variants: [Variant] = []
    for values in Self.product(others.map(\.values)) {
      let chosen = zip(others, values)
      let settings = chosen.flatMap { choice, text in
        choice.names.map { (name: $0, text: text) }
      }
      let label = chosen.filter { $0.0.values.count > 1 }
        .map { "\($0.names.joined(separator: ","))=\($1)" }.joined(separator: " ")
      let first = settings + seeds.prefix(1).map { (name: "seed", text: $0) }
      // What is loaded first is in front in the digest: never by the order of the words.
      let places = first.map { setting in flags.firstIndex { $0.name == setting.name } ?? 0 }
      let ordered = zip(places, first).sorted { $0.0 < $1.0 }.map(\.1)
      let program = try Self.digest(path, ordered, reporter, interrupt)
      let every: [String?] = seeds.isEmpty ? [nil] : seeds.map { $0 }
      let runs = every.map { seed in
        let all = settings + (seed.map { [(name: "seed", text: $0)] } ?? [])
        let words = all.map { "--\($0.name)=\($0.text)" } + request.passedOn
        return Run(
          key: SourceHash.of(([program] + words.sorted()).joined(separator: "\n").utf8),
          program: path, settings: all,
          label: [label, seed.map { "seed \($0)" } ?? ""].filter { !$0.isEmpty }
            .joined(separator: ", "),
          arguments: [path, "--json", "--threads", "1"] + words)
      }
      variants.append(Variant(label: label.isEmpty ? name : label, runs: runs))
    }
    self.name = name
    self.variants = variants
    self.seeds = seeds
  }

  /// All choices of one value from each list, that of the last list varying fastest.
  static func product(_ choices: [[String]]) -> [[String]] {
    choices.reduce([[]]) { rows, values in rows.flatMap { row in values.map { row + [$0] } } }
  }

  /// Of the texts that a program is made of with these settings.
  private static func digest(
    _ path: String, _ settings: [(name: String, text: String)], _ reporter: Reporter,
    _ interrupt: Interrupt
  ) throws(Problem) -> String {
    let compiler = Compiler()
    let text: CompiledText
    do throws(FileError) {
      text = try compiler.compile(path: path, values: settings)
    } catch {
      reporter.show(error)
      throw .reported(code: Commands.Exit.reports)
    }
    var reports = text.diagnostics
    if !text.hasErrors {
      let evaluator = Evaluator(
        console: reporter.console, interrupt: interrupt, options: RunOptions())
      reports += evaluator.rehearse(text)
    }
    if reports.hasErrors {
      reporter.show(reports, compiler.sources)
      throw .reported(code: compiler.exitCode(of: reports))
    }
    let texts = compiler.sources.files.filter { !$0.name.hasPrefix("--") }
    return SourceHash.of(Array(Version.text.utf8) + texts.flatMap { Array($0.utf8) + [0] })
  }
}
