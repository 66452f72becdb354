// One parameterised test a folder of `Tests/Golden`.

import Diagnostics
import Glibc
import IR
import Ops
import Syntax
import Tensors
import Testing

@testable import Driver

@Suite struct GoldenTests {
  /// A program prints what its `//>` comments say, its tests hold, and it has the one layout.
  @Test(arguments: GoldenFile.all("run", ".ntm"))
  func run(_ file: GoldenFile) throws {
    let compiler = Compiler()
    let text = try #require(GoldenFile.read(file.path))
    let source = compiler.sources.add(name: file.path, text: text)
    let renewed = SourceFile(
      id: SourceID(0), name: file.name, text: try PrintedText.renewed(source, compiler))
    // Where lines break is what some are about; they say so.
    let keepsLayout = text.contains("layout kept")
    file.expect(keepsLayout ? renewed.text : try Syntax.format(renewed).get(), ".ntm")
    for precision in [Precision.single, .double] {
      // Numbers are printed for f32; a program that says so runs in f32 only.
      let compiler = Compiler()
      // Under its path: what it imports is beside it.
      let text = try #require(GoldenFile.read(file.path))
      let source = compiler.sources.add(name: file.path, text: text)
      if precision == .double, source.text.contains("// f32 only") { continue }
      let runner = TestRunner(
        console: RecordingConsole(), interrupt: Interrupt(), precision: precision)
      let outcome = runner.run(source, compiler)
      let sources = compiler.sources
      let report = Renderer { sources[$0] }.render(outcome.diagnostics)
      #expect(outcome.count.failed == 0 && !outcome.didNotCheck, "\(report)")
      #expect(outcome.count.passed > 0, "nothing is expected of \(file.name)")
    }
  }

  /// The reports of a program, to the letter; and the program mended, where a fix is certain.
  @Test(arguments: GoldenFile.all("check", ".ntm", except: [".fixed.ntm"]))
  func check(_ file: GoldenFile) throws {
    let compiler = Compiler()
    let source = try named(file, compiler)
    let compiled = compiler.compile(source)
    var diagnostics = compiled.diagnostics
    if !compiled.hasErrors {
      let evaluator = Evaluator(
        console: RecordingConsole(), interrupt: Interrupt(), options: RunOptions())
      diagnostics += evaluator.rehearse(compiled)
    }
    let sources = compiler.sources
    #expect(!diagnostics.isEmpty, "the file is there to be reported")
    file.expect(Renderer { sources[$0] }.render(diagnostics), ".expected")
    // A file is named after a code it shows.
    #expect(diagnostics.contains { $0.code.id == file.code })
    let edits = compiled.diagnostics.compactMap(\.fix).flatMap(\.edits)
    if edits.isEmpty {
      #expect(file.read(".fixed.ntm") == nil, "there is a mended program, and no fix")
      return
    }
    let fixed = source.text(with: edits)
    file.expect(fixed, ".fixed.ntm")
    let again = Compiler()
    let mended = again.compile(again.sources.add(name: source.name, text: fixed))
    #expect(!mended.hasErrors, "the mended program has no errors")
  }

  @Test(arguments: GoldenFile.all("fmt", ".ntm"))
  func format(_ file: GoldenFile) throws {
    let source = try named(file, Compiler())
    let once = try Syntax.format(source).get()
    file.expect(once, ".expected")
    let again = SourceFile(id: SourceID(0), name: file.name, text: once)
    #expect(try Syntax.format(again).get() == once, "canonical text stays as it is")
  }

  /// A session: prompts and replies, as a person would have seen them.
  @Test(arguments: GoldenFile.all("repl", ".transcript"))
  func session(_ file: GoldenFile) throws {
    let text = try #require(GoldenFile.read(file.path))
    file.expect(Transcript.replay(text), ".transcript")
  }

  /// What the loops of a program are compiled to.
  @Test(arguments: GoldenFile.all("plan", ".ntm"))
  func plan(_ file: GoldenFile) {
    file.expect(CommandLine(file.path).output(), ".expected")
  }

  /// The graph of a function at the stages that the first line names: `// stage: lowered reverse of
  /// loss`. What is printed reads back as the same graph.
  @Test(arguments: GoldenFile.all("ir", ".ntm"))
  func graph(_ file: GoldenFile) throws {
    let compiler = Compiler()
    let source = try named(file, compiler)
    let head = try #require(source.text.split(separator: "\n").first).split(separator: " ")
    try #require(head.count > 4 && head.starts(with: ["//", "stage:"]), "the first line")
    try #require(head[head.count - 2] == "of", "the first line")
    let stages = try head[2..<head.count - 2].map { try #require(GraphStage(rawValue: String($0))) }
    let compiled = compiler.compile(source)
    let sources = compiler.sources
    try #require(
      !compiled.hasErrors, "\(Renderer { sources[$0] }.render(compiled.diagnostics))")
    let graph = try #require(try compiled.graph(of: String(head[head.count - 1]), through: stages))
    let text = graph.description
    file.expect(text, ".expected")
    #expect(try Graph(reading: text) { opTable[$0] }.description == text)
  }

  @Test(arguments: ["run", "check", "fault", "fmt", "ir", "plan"])
  func aFolderHasCasesAndNothingElse(_ folder: String) {
    let cases = GoldenFile.all(folder, ".ntm", except: [".fixed.ntm"])
    #expect(!cases.isEmpty)
    let stems = Set(cases.map(\.stem))
    for suffix in [".expected", ".fixed.ntm"] {
      for file in GoldenFile.all(folder, suffix) {
        #expect(stems.contains(String(file.name.dropLast(suffix.count))), "\(file.name)")
      }
    }
  }

  @Test func thereAreTranscripts() {
    #expect(!GoldenFile.all("repl", ".transcript").isEmpty)
  }

  /// The text under its name in the folder, so that no report holds a path of this machine.
  private func named(_ file: GoldenFile, _ compiler: Compiler) throws -> SourceFile {
    let text = try #require(GoldenFile.read(file.path))
    let name = file.name.split(separator: "/").last.map(String.init) ?? file.name
    return compiler.sources.add(name: name, text: text)
  }
}

enum Transcript {
  /// The transcript with the replies that the session gives now. Lines behind `ntm> ` and `...> `
  /// are typed; all others are replies.
  static func replay(_ transcript: String) -> String {
    let console = RecordingConsole()
    let session = Session(console: console, interrupt: Interrupt())
    var result = ""
    var pending: [String] = []
    func submit() {
      guard !pending.isEmpty else { return }
      _ = session.submit(pending.joined(separator: "\n"))
      result += console.take()
      pending = []
    }
    for line in transcript.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("ntm> ") {
        submit()
        pending = [String(line.dropFirst(5))]
        result += "\(line)\n"
      } else if line.hasPrefix("...> ") {
        pending.append(String(line.dropFirst(5)))
        result += "\(line)\n"
      } else {
        submit()
      }
    }
    submit()
    return result
  }
}
