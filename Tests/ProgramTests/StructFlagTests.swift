// A head of another file, and a cell of the library, named on the command line.

import TestSupport
import Testing

@Suite struct StructFlagTests {
  /// The file is beside the program or above it, and not where the command is given.
  @Test(arguments: [
    "ntm/copy", "ntm/repeat_copy", "ntm/recall", "ntm/ngrams", "ntm/sort", "ntm/vector_recall",
    "dnc/copy", "dnc/recycle", "uses/characters", "uses/languages", "uses/maze", "copy",
  ])
  func anExampleTakesAHead(_ name: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      let line = "ntm run examples/\(name).ntm --plan --read leap.LeapHead --write ContentHead"
      let outcome = try program.shell("ln -s '\(Folders.root)examples' . && \(line)")
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
  }

  /// A cell without dims takes those of the one that it is in place of. Parameters: three inputs and the
  /// units by four gates, or three of a GRU, with a bias each; then two outputs.
  @Test(arguments: [("", "138\n"), ("--cell GRU", "106\n"), ("--cell 'GRU[2]'", "42\n")])
  func aCellTakesTheDimsOfTheDefault(_ flag: String, _ count: String) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      try program.write(
        """
        import ntm.cells { Cell, LSTM }
        import ntm.models { plain }
        config { cell: Cell = LSTM[H] }
        dim H = 4
        print(count(plain[3, 2](Rng(1), cell: cell)))
        """, "main.ntm")
      let outcome = try program.shell("ntm run main.ntm \(flag)")
      #expect(outcome.output == count, "\(outcome.errors)")
    }
  }
}
