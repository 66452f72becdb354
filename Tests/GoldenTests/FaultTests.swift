// What only a run can show: `Tests/Golden/fault/CODE.ntm` checks without a word, and its run ends in
// the report of `CODE.expected`. And: every code there is has a case somewhere.

import Diagnostics
import Tensors
import Testing

@testable import Driver

@Suite struct FaultTests {
  /// Reports that no program alone can give; other tests cover them.
  static let elsewhere: [String: String] = [
    "bound-reached": "a warning at the end of a run: DriverTests",
    "checkpoint-mismatch": "needs a checkpoint",
    "config-flag": "needs a command line",
    "expectation-text": "needs the test runner",
    "import-cycle": "needs files that import one another",
    "interrupted": "needs a signal",
    "usage": "needs a command line",
    // Second lines of defence: the checker reports first, by another code.
    "branches-differ": "type-mismatch",
    "loop-carry-changes": "dim-mismatch",
    "no-default": "missing-argument",
    "no-derivative": "no row of the table asks for it",
    "not-in-functions": "effect-inside",
    "shapes-differ": "broadcast-mismatch",
    "too-deep": "recursion-too-deep",
    "unknown-method": "unknown-field",
    "unsolved-dim": "undecided-dim",
    "unsupported": "missing-annotation",
  ]

  @Test(arguments: GoldenFile.all("fault", ".ntm"))
  func aRunEndsInAReport(_ file: GoldenFile) throws {
    let compiler = Compiler()
    let text = try #require(GoldenFile.read(file.path))
    let name = file.name.split(separator: "/").last.map(String.init) ?? file.name
    let compiled = compiler.compile(compiler.sources.add(name: name, text: text))
    let sources = compiler.sources
    let renderer = Renderer { sources[$0] }
    #expect(compiled.diagnostics.isEmpty, "\(renderer.render(compiled.diagnostics))")
    let evaluator = Evaluator(
      console: RecordingConsole(), interrupt: Interrupt(),
      options: RunOptions(precision: .single, name: FilePath.stem(of: name)))
    var diagnostics: [Diagnostic] = []
    do throws(RunProblem) {
      try evaluator.run(imported: compiled.imported)
      try evaluator.run(compiled.module, onlyDeclarations: false)
    } catch {
      if case .reported(let found) = error { diagnostics = found }
    }
    file.expect(renderer.render(diagnostics), ".expected")
    let code = file.stem.split(separator: "/").last.map(String.init) ?? ""
    #expect(diagnostics.contains { code.hasPrefix($0.code.id) })
  }

  @Test func everyCodeHasACase() {
    let stems =
      (GoldenFile.all("check", ".ntm", except: [".fixed.ntm"]) + GoldenFile.all("fault", ".ntm"))
      .compactMap { $0.stem.split(separator: "/").last.map(String.init) }
    let known = Set(Codes.all.map(\.id))
    let covered = Set(stems.compactMap { $0.split(separator: "~").first.map(String.init) })
    #expect(known.subtracting(covered).subtracting(Self.elsewhere.keys).sorted() == [])
    #expect(covered.subtracting(known).sorted() == [], "cases of codes that do not exist")
    #expect(covered.intersection(Self.elsewhere.keys).sorted() == [], "listed as covered elsewhere")
  }
}
