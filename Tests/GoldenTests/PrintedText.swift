// A program with what it prints now in the `//>` comments below the statements that print it.

import Diagnostics
import Semantics

@testable import Driver

enum PrintedText {
  static func renewed(_ source: SourceFile, _ compiler: Compiler) throws -> String {
    let text = compiler.compile(source)
    let console = RecordingConsole()
    let evaluator = Evaluator(
      console: console, interrupt: Interrupt(),
      options: RunOptions(name: FilePath.stem(of: source.name)))
    var printed: [Int: String] = [:]
    try evaluator.run(imported: text.imported)
    _ = console.take()
    evaluator.didRun = { statement, _ in
      printed[source.lineIndex(of: statement.span.end - 1)] = console.take()
    }
    try evaluator.run(text.module)
    var result = ""
    for index in source.lineStarts.indices {
      let line = source.line(at: index)
      if line.drop(while: \.isWhitespace).hasPrefix("//>") { continue }
      let isLast = index == source.lineStarts.count - 1
      if !isLast || !line.isEmpty { result += line + "\n" }
      let lines = printed[index]?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
      for line in lines.dropLast() { result += line.isEmpty ? "//>\n" : "//> \(line)\n" }
    }
    return result
  }
}
