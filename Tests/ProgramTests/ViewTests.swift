// `view` of the library's machines as a user runs it: the panels of the figure and of the page.

import Runtime
import TestSupport
import Testing

@Suite struct ViewTests {
  private func titles(of figure: String) -> [Substring] {
    figure.split(separator: "\n").filter { $0.contains("font-weight=\"600\"") }
      .compactMap { $0.split(separator: ">").dropFirst().first?.prefix { $0 != "<" } }
  }

  @Test(arguments: [
    (
      "NTM[3, 2, N, M](Rng(1), cell: LSTM[H], read: [look, look], write: [look])",
      [
        "adds", "reads", "reads 2", "write.w", "read.w", "read.w 2", "memory", "write: gate, move",
        "write: beta, gamma", "write.key", "read: beta, gate, move", "read: gamma", "read.key",
        "read 2: beta, gate, move", "read 2: gamma", "read.key 2",
      ]
    ),
    (
      "DNC[3, 2, N, M, 1](Rng(1), cell: LSTM[H])",
      [
        "adds", "reads", "write.w", "read.w", "usage", "memory", "write: gate, allocate",
        "write: strength", "read: mode, free", "read: strength",
      ]
    ),
  ])
  func aTraceHasWhatHeadsDoAndAreTold(_ model: String, _ expected: [String]) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        import ntm.cells { LSTM }
        import ntm.dnc { DNC }
        import ntm.heads { Head, LocationHead }
        import ntm.models { NTM }
        config { look: Head = LocationHead }
        dim N = 10, M = 6, H = 4
        let m = \(model)
        view(m, 3.0 * Rng(2).normal[7, 3]())

        """, "traced.ntm")
      let outcome = try program.shell("ntm run traced.ntm")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let figure = String(decoding: try AtomicFile.read("\(folder)/traced.svg"), as: UTF8.self)
      // Before training a key strength may stay below 1, and is drawn with the shares then.
      let found = titles(of: figure).map(String.init)
      #expect(found == ["traced", "input", "output"] + expected, "\(found)")
      let page = String(decoding: try AtomicFile.read("\(folder)/traced.html"), as: UTF8.self)
      #expect(page.contains("memory at this step: 10 rows, 6 columns"))
      #expect(page.ranges(of: "class=\"mark\"").count == found.count - 2)
      #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
      #expect(outcome.output.contains("and in the picture: "))
    }
  }
}
