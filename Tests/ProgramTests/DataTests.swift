// Arrays and checkpoints in and out of programs: what was saved is what is loaded, and what does not
// fit is reported whole.

import Glibc
import Runtime
import Semantics
import Tensors
import TestSupport
import Testing

@testable import Driver

@Suite struct DataTests {
  private func run(
    _ text: String, in folder: String, _ flags: String...
  ) throws -> (code: Int32, output: String, errors: String) {
    let path = "\(folder)/p.ntm"
    try AtomicFile.write(text.replacing("@", with: "\(folder)/"), to: path)
    let console = RecordingConsole()
    let code = Commands(console: console, interrupt: Interrupt()).run([path] + flags)
    return (code, console.output, console.errors)
  }

  @Test(arguments: ["m", "m.npz", "m.safetensors"])
  func aModelComesBackByThePathsOfItsParameters(_ file: String) throws {
    try Folders.withScratch { folder in
      let saved = try run(
        """
        dim X = 2, Y = 3
        struct Inner {
          gain: real
          bias: [Y]
        }
        struct Model {
          weight: [X, Y]
          inner: Inner
        }
        let rng = Rng(2)
        let m = Model(
          weight: rng.normal[X, Y], inner: Inner(gain: rng.normal(), bias: rng.normal[Y]))
        save("@\(file)", m)
        let k = load("@\(file)", m: m * 0.0)
        print(norm(m - k) == 0.0, norm(k) > 0.0)

        """, in: folder)
      #expect(saved.code == 0, "\(saved.errors)")
      #expect(saved.output == "true true\n")
      let names =
        file.hasSuffix(".npz")
        ? try Npz.read("\(folder)/m.npz").map(\.name)
        : try Checkpoint.load("\(folder)/m.safetensors").tensors.map(\.path)
      #expect(names == ["m.weight", "m.inner.gain", "m.inner.bias"])
    }
  }

  /// A file from another program names the parameters and not the model.
  @Test func aModelFromElsewhereLoadsByName() throws {
    try Folders.withScratch { folder in
      try Npz.write(
        [
          ("offset", Tensor([2], reals: [1, 2], precision: .double)),
          ("weight", Tensor([3, 2], reals: [1, 2, 3, 4, 5, 6], precision: .double)),
        ], to: "\(folder)/torch.npz")
      let found = try run(
        """
        dim X = 3, Y = 2
        struct Layer {
          weight: [X, Y]
          offset: [Y]
        }
        let m = load("@torch.npz", Layer(weight: zeros[X, Y], offset: zeros[Y]))
        print(m.weight, m.offset)

        """, in: folder)
      #expect(found.code == 0, "\(found.errors)")
      #expect(found.output == "[[1.0, 2.0],\n [3.0, 4.0],\n [5.0, 6.0]] [1.0, 2.0]\n")
    }
  }

  @Test func everythingThatDoesNotFitIsReportedAtOnce() throws {
    try Folders.withScratch { folder in
      try Npz.write(
        [
          ("m.weight", Tensor([2, 3], reals: [1, 2, 3, 4, 5, 6], precision: .double)),
          ("m.count", Tensor(reals: [1], precision: .double)),
          ("m.other", Tensor(reals: [1], precision: .double)),
        ], to: "\(folder)/m.npz")
      let found = try run(
        """
        dim X = 3, Y = 2
        struct Layer {
          weight: [X, Y]
          offset: [Y]
          count: int
        }
        let start = Layer(weight: zeros[X, Y], offset: zeros[Y], count: 1)
        let m = load("@m.npz", m: start)

        """, in: folder)
      #expect(found.code == 1)
      #expect(found.errors.contains("error[checkpoint-mismatch]"))
      #expect(found.errors.contains("p.ntm:8:9"))
      for text in [
        "`m.weight` is [2, 3] in the file, [3, 2] here", "`m.offset` is not in the file",
        "`m.count` holds real in the file, int here", "`m.other` is in the file only",
      ] {
        #expect(found.errors.contains(text), "\(text): \(found.errors)")
      }
    }
  }

  @Test func namedArraysOfAnArchive() throws {
    try Folders.withScratch { folder in
      let found = try run(
        """
        dim K = 2, N = 3
        let x = for i in K { for j in N { real(10 * i + j) } }
        save("@two.npz", x, y: sum[K](x), n: 7, b: true)
        let y: [N] = load("@two.npz", "y")
        let both: (x: [K, N], n: int, b: bool) = load("@two.npz")
        print(y, sum(both.x - x), both.n, both.b)
        let z: [N] = load("@two.npz", "z")

        """, in: folder)
      #expect(found.output == "[10.0, 12.0, 14.0] 0.0 7 true\n")
      #expect(found.code == 1)
      #expect(
        found.errors.contains("has no array `z`; it has `b`, `n`, `x`, `y`"), "\(found.errors)")
      #expect(found.errors.contains("p.ntm:7:14"))
    }
  }

  @Test(arguments: [
    ("let a: [N, K] = load(\"@x.npy\")", "is [2, 3], expected [N, K]\n"),
    ("let a: [N, K] = load(\"@x.npy\")", "note: `N` is 3"),
    ("let a: [K] = load(\"@x.npy\")", "is [2, 3], expected [K]\n"),
    ("let a: [K, N + 1] = load(\"@x.npy\")", "note: `N + 1` is 4"),
    ("let a: [3, 2] = load(\"@x.npy\")", "is [2, 3], expected [3, 2]\n --> "),
  ])
  func sizesAreCheckedOnEntry(_ line: String, _ says: String) throws {
    try Folders.withScratch { folder in
      try Npy.write(
        Tensor([2, 3], reals: [1.5, 2, 3, 4, 5, 6], precision: .double), to: "\(folder)/x.npy")
      let found = try run("dim K = 2, N = 3\n\(line)\n", in: folder)
      #expect(found.code == 1)
      #expect(
        found.errors.contains("error[size-mismatch]") && found.errors.contains(says),
        "\(found.errors)")
      #expect(found.errors.contains("p.ntm:2:"))
    }
  }

  /// An array that is of another element type, or not what is claimed, says which number it is.
  @Test(arguments: [
    (
      "let a: int [2, 3] = load(\"@x.npy\")", "type-mismatch", "holds 1.5, which is no int",
      "at 0, 0, counted from 0; the array is of reals"
    ),
    (
      "let a: bool [3] = load(\"@n.npy\")", "type-mismatch", "holds 3, which is no bool",
      "help: load it as ints, then say what is meant: `x > 0`"
    ),
    (
      "let a: simplex [3] = load(\"@n.npy\")", "claim-failed", "`simplex` is claimed of 3.0",
      "help: load it without the claim"
    ),
    (
      "let a: (x: nonneg [3]) = load(\"@m.npz\")", "claim-failed", "in the array `x`, `nonneg`",
      "claimed of -1.0"
    ),
    (
      "let w = [0.5, 0.25, 0.25] as simplex\nlet a = load(\"@m.npz\", x: w)", "claim-failed",
      "`simplex` is claimed of -1.0", "loaded here"
    ),
  ])
  func numbersAreLookedAtOnEntry(
    _ line: String, _ code: String, _ says: String, _ also: String
  ) throws {
    try Folders.withScratch { folder in
      try Npy.write(
        Tensor([2, 3], reals: [1.5, 2, 3, 4, 5, 6], precision: .double), to: "\(folder)/x.npy")
      try Npy.write(Tensor([3], ints: [0, 1, 3]), to: "\(folder)/n.npy")
      try Npz.write(
        [("x", Tensor([3], reals: [0, -1, 3], precision: .single))], to: "\(folder)/m.npz")
      let found = try run("\(line)\n", in: folder)
      #expect(found.code == 1)
      for text in ["error[\(code)]", says, also, "p.ntm:"] {
        #expect(found.errors.contains(text), "\(text): \(found.errors)")
      }
    }
  }

  /// What a file holds may be given to whoever asks for just that.
  @Test func whatAFileHoldsIsWhatItsTypeClaims() throws {
    try Folders.withScratch { folder in
      let found = try run(
        """
        fn twice(w: simplex [_]) -> real = 2.0 * sum(w)
        save("@w.npy", [0.25, 0.75])
        let w: simplex [2] = load("@w.npy")
        save("@b.npy", [1.0, 0.0])
        let b: bool [2] = load("@b.npy")
        print(twice(w), b)

        """, in: folder)
      #expect(found.code == 0 && found.output == "2.0 [true, false]\n", "\(found.errors)")
    }
  }

  /// A point in a name need not begin a suffix.
  @Test func aNameWithoutASuffixIsThatOfACheckpoint() throws {
    try Folders.withScratch { folder in
      let saved = try run("save(\"@copy-0.5\", x: [1.0])\n", in: folder)
      #expect(saved.code == 0)
      #expect(access("\(folder)/copy-0.5.safetensors", F_OK) == 0)
    }
  }

  /// Any damage is a report at the line that loads, never a trap; a damaged checkpoint never loads.
  @Test func damagedFilesAreReported() throws {
    try Folders.withScratch { folder in
      let names = ["x.npy", "x.npz", "x.csv", "x.safetensors"]
      for name in names {
        let saved = try run("let x = [[1.5, 2.0], [3.0, 4.0]]\nsave(\"@\(name)\", x)\n", in: folder)
        #expect(saved.code == 0)
        let whole = try AtomicFile.read("\(folder)/\(name)")
        var random = SeededRandom(seed: 17)
        for round in 0..<120 {
          var bytes = whole
          if round % 2 == 0 {
            bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
          } else {
            for _ in 0...(round % 5) {
              bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
            }
          }
          try AtomicFile.write(bytes, to: "\(folder)/\(name)")
          let argument = name.hasSuffix("npy") || name.hasSuffix("csv") ? "" : ", \"x\""
          let found = try run(
            "dim N = 2\nlet x: [N, N] = load(\"@\(name)\"\(argument))\nlet s = sum(x)\n", in: folder
          )
          #expect(found.code == 0 || found.code == 1)
          if found.code == 1 {
            #expect(found.errors.contains("p.ntm:2:"), "\(found.errors)")
          } else if name == "x.safetensors" {
            #expect(bytes == whole)
          }
        }
      }
    }
  }

  /// The name of a text comes from a flag as the shell gives it; its size from the file.
  @Test func anyFileIsAText() throws {
    try Folders.withScratch { folder in
      let program = """
        config { file: text = "none" }
        let book: text = load(file)
        let corpus = codes(book)
        fn counted(x: int [N]) -> int = N
        print(counted(corpus), letters(corpus))

        """
      try AtomicFile.write("déjà vu\n", to: "\(folder)/a.book")
      for flag in ["\(folder)/a.book", "\"\(folder)/a.book\""] {
        let found = try run(program, in: folder, "--file", flag)
        #expect(found.output == "10 déjà vu\n\n", "\(found.errors)")
      }
      try AtomicFile.write([0x64, 0xe9], to: "\(folder)/a.book")
      let found = try run(program, in: folder, "--file", "\(folder)/a.book")
      #expect(found.code == 1 && found.errors.contains("a.book` is no text"), "\(found.errors)")
      #expect(found.errors.contains("p.ntm:2:"))
      #expect(try run(program, in: folder).errors.contains("error[file-problem]"))
    }
  }

  /// A step of a loop may load what is longer than what the one before did.
  @Test func eachStepHasItsOwnSizes() throws {
    try Folders.withScratch { folder in
      let found = try run(
        """
        fn counted(x: [N]) -> int = N
        save("@x.npy", [1.0, 2.0])
        for i in 0 .. 2 {
          let x: [_] = load("@x.npy")
          print(counted(x), sum(x))
          save("@x.npy", x ++ x)
        }

        """, in: folder)
      #expect(found.output == "2 3.0\n4 6.0\n", "\(found.errors)")
    }
  }

  @Test func everyHostNameHasARow() {
    let observing: Set<String> = ["print", "log"]
    #expect(Set(HostFunction.all.map(\.name)).subtracting(observing) == hostNames)
  }
}
