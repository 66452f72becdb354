// The program in every lesson that `ntmscript explain` prints: it makes the mistake that it is there
// to show, and mended it makes none.
//
// The program is what the lesson indents. A line marked `// mistaken` is left out of the mended
// program, one marked `// mended` of the other; `// file: x.ntm` begins another file.

import Diagnostics
import Runtime
import TestSupport
import Testing

@testable import Driver

@Suite struct LessonTests {
  /// Hundreds of brackets, which no page holds; and what is no mistake in a program.
  static let withoutProgram: Set<String> = ["nesting-too-deep", "interrupted"]

  @Test(arguments: Codes.all.filter { !withoutProgram.contains($0.id) }.map(\.id))
  func aLessonTeaches(_ id: String) throws {
    let lesson = try #require(Codes.named(id)).explanation
    let mistaken = try output(of: Self.program(lesson, without: "// mended"))
    #expect(CommandLine.reports(id, in: mistaken), "\(mistaken)")
    let mended = Self.program(lesson, without: "// mistaken")
    #expect(mended != Self.program(lesson, without: "// mended"), "the lesson mends nothing")
    let report = try output(of: mended)
    #expect(!CommandLine.reports(id, in: report) && !report.contains("error["), "\(report)")
  }

  @Test func everyCodeHasOneRow() {
    #expect(Set(Codes.all.map(\.id)).count == Codes.all.count)
  }

  private static func program(_ lesson: String, without marker: String) -> [String] {
    let other = marker == "// mended" ? "// mistaken" : "// mended"
    return lesson.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("    "), !line.contains(marker) else { return nil }
      let kept = line.split(separator: other, omittingEmptySubsequences: false).first ?? ""
      return String(kept.dropFirst(4))
    }
  }

  /// What the program reports in a folder of its own, where it also saves.
  private func output(of lines: [String]) throws -> String {
    try Folders.withScratch { folder in
      var name = "main.ntm"
      var files: [String: String] = [:]
      for line in lines {
        if line.hasPrefix("// file: ") {
          name = line.dropFirst(9).trimmingSuffix(while: \.isWhitespace)
        } else {
          files[name, default: ""] += line + "\n"
        }
      }
      for (name, text) in files {
        var inFolder = text
        for effect in ["save(\"", "load(\""] {
          inFolder = inFolder.split(separator: effect, omittingEmptySubsequences: false)
            .joined(separator: "\(effect)\(folder)/")
        }
        try AtomicFile.write(inFolder, to: "\(folder)/\(name)")
      }
      return CommandLine("\(folder)/main.ntm").output()
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    String(reversed().drop(while: predicate).reversed())
  }
}
