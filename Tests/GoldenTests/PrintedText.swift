// A program with what it prints now in the `//>` comments below the statements that print it, or
// behind them where one stands there.

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
    let comments = ExpectedText(source).lines.map(\.span.start)
    var result = ""
    for index in source.lineStarts.indices {
      var line = source.line(at: index)
      var lines = printed[index]?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
      if !lines.isEmpty { lines.removeLast() }
      if let comment = comments.first(where: { source.lineIndex(of: $0) == index }) {
        let code = String(decoding: source.utf8[source.lineStarts[index]..<comment], as: UTF8.self)
        if code.allSatisfy(\.isWhitespace) { continue }
        line = String(code.reversed().drop(while: \.isWhitespace).reversed())
        if !lines.isEmpty { line += "  //> \(lines.removeFirst())" }
      }
      let isLast = index == source.lineStarts.count - 1
      if !isLast || !line.isEmpty { result += line + "\n" }
      for line in lines { result += line.isEmpty ? "//>\n" : "//> \(line)\n" }
    }
    return result
  }
}
