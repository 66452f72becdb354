// Tests written in the language, of what spans modules: the built-ins against their readable twins,
// and a machine whose parameters are set by hand.

import Driver
import Runtime
import TestSupport
import Testing

@Suite struct LanguageTests {
  @Test(arguments: [false, true])
  func builtInsAndTheirTwinsAgree(_ usesDouble: Bool) throws {
    let path = "\(Folders.root)Tests/Language/twins.ntm"
    var text = String(decoding: try AtomicFile.read(path), as: UTF8.self)
    if usesDouble {
      for bound in ["1e-4", "1e-5", "1e-6"] { text = text.replacing("< \(bound)", with: "< 1e-11") }
      #expect(text.contains("< 1e-11"))
    }
    try Folders.withScratch { folder in
      try AtomicFile.write(text, to: "\(folder)/twins.ntm")
      let console = RecordingConsole()
      let commands = Commands(console: console, interrupt: Interrupt())
      let code = commands.test(["\(folder)/twins.ntm"], usesDouble: usesDouble)
      #expect(code == 0 && console.output == "4 passed, 0 failed\n", "\(console.text)")
    }
  }

  /// Models and memories against numbers of an implementation in Python, in f64. A file there reads
  /// `Tests/Fixtures/NAME.npz`, which `Tests/Fixtures/NAME.py` wrote.
  @Test(arguments: Folders.files("Tests/Language/reference", ".ntm"))
  func agreesWithItsReference(_ name: String) throws {
    let path = "\(Folders.root)Tests/Language/reference/\(name)"
    let text = String(decoding: try AtomicFile.read(path), as: UTF8.self)
      .replacing("Tests/Fixtures/", with: "\(Folders.root)Tests/Fixtures/")
    try Folders.withScratch { folder in
      try AtomicFile.write(text, to: "\(folder)/\(name)")
      let console = RecordingConsole()
      let code = Commands(console: console, interrupt: Interrupt())
        .test(["\(folder)/\(name)"], usesDouble: true)
      #expect(code == 0 && !console.output.hasPrefix("0 passed"), "\(console.text)")
    }
  }

  /// Symbols are stored one row on from the last, and read back the same way: exact for every length
  /// up to the number of rows, and not beyond.
  @Test(arguments: [4, 9])
  func aMachineSetByHandCopies(rows: Int) throws {
    try Folders.withScratch { folder in
      try AtomicFile.write(
        """
        import ntm.cells { LSTM }
        import ntm.heads { LocationHead }
        import ntm.models { NTM }
        import ntm.tasks { Copy }

        dim W = 3, N = 8
        var m = NTM[W + 1, W, N, W](
          Rng(0), cell: LSTM[W + 2], read: [LocationHead], write: [LocationHead])
        m = load("\(Folders.root)Tests/Fixtures/ideal_copy.npz", m)
        let rng = Rng(1)
        for length in 1..=N {
          let n = length
          for _ in 0..5 {
            let task = Copy[W, n]()
            let e = task.sample(rng)
            expect task.errors(m.run(e.x), e) == 0.0
          }
        }
        let more = N + 2
        let task = Copy[W, more]()
        let e = task.sample(rng)
        expect task.errors(m.run(e.x), e) > 0.0
        print("copied")
        """, to: "\(folder)/ideal.ntm")
      let console = RecordingConsole()
      let code = Commands(console: console, interrupt: Interrupt())
        .run(["\(folder)/ideal.ntm", "--N", "\(rows)"])
      #expect(code == 0 && console.text == "copied\n", "\(console.text)")
    }
  }
}
