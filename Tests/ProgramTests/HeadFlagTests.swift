// A head of another file, named on the command line.

import TestSupport
import Testing

@Suite struct HeadFlagTests {
  /// The file is above the program, and neither beside it nor where the command is given.
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
}
