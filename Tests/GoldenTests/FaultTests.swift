// What only a run can show: `Tests/Golden/fault/CODE.ntm` checks without a word, and its run ends in
// the report of `CODE.expected`, whether everything is interpreted or compiled.

import Diagnostics
import Tensors
import Testing

@testable import Driver

@Suite struct FaultTests {
  @Test(arguments: GoldenFile.all("fault", ".ntm"), [false, true])
  func aRunEndsInAReport(_ file: GoldenFile, isCompiled: Bool) throws {
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
    if isCompiled {
      let engine = NativeEngine { _ in }
      engine.compilesEverything = true
      evaluator.native = engine
    }
    var diagnostics: [Diagnostic] = []
    do throws(RunProblem) {
      try evaluator.run(imported: compiled.imported)
      try evaluator.run(compiled.module, onlyDeclarations: false)
    } catch {
      if case .reported(let found) = error { diagnostics = found }
    }
    file.expect(renderer.render(diagnostics), ".expected")
    #expect(diagnostics.contains { $0.code.id == file.code })
  }
}
