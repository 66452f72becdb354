// What nobody should do to the program, and everybody does: each ends with the exit code it should,
// says what is wrong, and neither traps nor hangs.

import Glibc
import Runtime
import TestSupport
import Testing

/// A line for the shell, how it must end, and what it must say.
struct BadInput: CustomTestStringConvertible, Sendable {
  let line: String
  let code: Int32
  let says: [String]

  init(_ line: String, _ code: Int32, _ says: String...) {
    self.line = line
    self.code = code
    self.says = says
  }

  var testDescription: String { line }

  /// A program, written between single quotes.
  static func program(_ text: String, _ code: Int32, _ says: String...) -> BadInput {
    BadInput(text: text, code: code, says: says)
  }

  private init(text: String, code: Int32, says: [String]) {
    line = "printf '%s\\n' '\(text)' > p.ntm; ntm run p.ntm"
    self.code = code
    self.says = says
  }
}

@Suite struct BadInputTests {
  /// Bytes that are no program.
  static let bytes: [BadInput] = [
    BadInput(": > p.ntm; ntm run p.ntm", 0),
    BadInput(": > p.ntm; ntm check p.ntm; ntm test p.ntm; ntm fmt --check p.ntm", 0),
    BadInput(
      "printf 'let x = \\377\\376 1\\n' > p.ntm; ntm run p.ntm", 2, "p.ntm:1:9",
      "bytes that are not UTF-8 text"),
    BadInput(
      "printf '// caf\\351\\nlet x=1\\n' > p.ntm; ntm check p.ntm", 2, "p.ntm:1:7", "not UTF-8"),
    // What cannot be read cannot be rewritten without a loss.
    BadInput(
      "printf '// caf\\351\\nlet x=1\\n' > p.ntm; cp p.ntm q; ntm fmt p.ntm; s=$?; cmp p.ntm q && exit $s",
      2, "not UTF-8"),
    BadInput("printf 'let x = 1\\0\\n' > p.ntm; ntm run p.ntm", 2, "p.ntm:1:10", "U+0000"),
    BadInput("head -c 10000000 /dev/urandom > p.ntm; ntm check p.ntm", 2, "more like these"),
    BadInput("head -c 3000000 /dev/urandom > p.ntm; ntm fmt p.ntm", 2, "p.ntm:1:"),
    BadInput("yes 'let y = q' | head -n 3000 > p.ntm; ntm check p.ntm", 2, "`q`"),
    BadInput("head -c 20000000 /dev/zero > p.ntm; ntm run p.ntm", 2, "more than the limit"),
    BadInput(
      "head -c 100000 /dev/zero | tr '\\0' '(' > p.ntm; ntm run p.ntm", 2, "nesting-too-deep"),
    BadInput("ntm run .", 2, "is a folder"),
    BadInput("ntm check none.ntm", 2, "`none.ntm`: there is no such file"),
    BadInput("ntm fmt none.ntm", 2, "there is no such file"),
    BadInput("ntm test none.ntm", 2, "there is no such file"),
    BadInput("ntm repl none.ntm", 2, "there is no such file"),
    BadInput("ntm doc none.ntm", 2, "`none.ntm`: there is no such file"),
  ]

  static let modules: [BadInput] = [
    .program("import \"gone.ntm\" as g", 2, "p.ntm:1:8", "`gone.ntm`", "there is no such file"),
    .program("import \"/\" as g", 2, "p.ntm:1:8", "is a folder"),
    .program("import ntm.nothing { x }", 2, "p.ntm:1:8", "there is no module `ntm.nothing`"),
    .program("import \"p.ntm\" as p", 2, "import-cycle", "p.ntm:1:8"),
    BadInput(
      "echo 'import \"b.ntm\" as b' > a.ntm; echo 'import \"a.ntm\" as a' > b.ntm; ntm run a.ntm",
      2,
      "import-cycle"),
    BadInput(
      "printf 'let x = \\377' > b.ntm; echo 'import \"b.ntm\" as b' > a.ntm; ntm run a.ntm", 2,
      "b.ntm:1:9"),
  ]

  static let sizes: [BadInput] = [
    .program("dim N = 10_000_000_000\nprint(sum(zeros[N]))", 1, "out-of-memory", "[N]", "p.ntm:2:"),
    .program("dim N = 9223372036854775807\nprint(sum(zeros[N, N]))", 1, "p.ntm:2:"),
    .program("dim N = 100_000\nprint(sum(Rng(1).normal[N, N]))", 1, "[N, N]", "p.ntm:2:"),
    BadInput(
      "echo 'dim N = 900_000_000\nlet x = zeros[N]\nlet y = x + 1.0\nprint(sum(y))' > p.ntm\n"
        + "ulimit -v 4000000; ntm run p.ntm", 1, "out-of-memory", "p.ntm:3:"),
    .program("dim N = -3\nprint(zeros[N])", 2, "p.ntm:1:9", "`N` cannot have -3 entries"),
    .program("dim N = 3, K = N - 5\nprint(zeros[K])", 2, "p.ntm:1:16", "`K` cannot have -2"),
    .program("let n = 0 - 3\nprint(zeros[n])", 1, "p.ntm:", "-3"),
    .program(
      "let n = Rng(1).int(5, 9)\nlet x = zeros[4]\nprint(x[n])", 1, "p.ntm:3:7", "out of range"),
    .program("let x = [1.0, 2.0]\nprint(x[9223372036854775807])", 1, "p.ntm:2:7", "out of range"),
    .program(
      "let x = [1.0, 2.0]\nlet i = 2\nprint(x with [i] = 0.0)", 1, "p.ntm:3:", "out of range"),
    .program(
      "let x = [1.0, 2.0, 3.0]\nlet a = 2\nlet b = 1\nprint(x[a .. b])", 1, "p.ntm:4:7",
      "ends at 1, before it begins at 2"),
    .program(
      "dim N = 0\nprint(sum(zeros[N]))\nprint(max(zeros[N]))", 1, "empty-reduction", "p.ntm:3:7"),
    .program("dim N = 0\nprint(mean(zeros[N]))", 1, "empty-reduction", "p.ntm:2:7"),
    .program("for i in 0..2 { print(7 % i) }", 1, "division-by-zero", "p.ntm:1:"),
    .program("print(int(1e30))", 1, "p.ntm:1:7"),
    .program("print(onehot[3](Rng(1).int(3, 5)))", 1, "p.ntm:1:7", "out of range"),
    .program(
      "let x = Rng(1).normal[2]\ndim N = 3\nlet y = x as [N]", 1, "size-mismatch", "p.ntm:3:"),
    .program("fn f(n: int) -> int = f(n + 1)\nprint(f(0))", 2, "recursion-too-deep", "p.ntm:1:"),
    .program("print(Rng(1).int(5, 1))", 1, "p.ntm:1:"),
  ]

  static let numbers: [BadInput] = [
    .program("let y = 0.0 / 0.0\nlog(1, loss: y)", 1, "not-finite", "p.ntm:2:14"),
    .program(
      "fn f(x: real) -> real {\n  log(1, loss: x)\n  x\n}\nprint(f(1.0 / 0.0))", 1, "p.ntm:2:"),
    BadInput(
      "printf '1,nan\\n' > x.csv; echo 'dim N = 2, K = 1\nlet x: [K, N] = load(\"x.csv\")\n"
        + "log(1, loss: sum(x))' > p.ntm; ntm run p.ntm", 1, "not-finite", "p.ntm:3:14",
      "`x` holds NaN before anything is computed from it: K 0, N 1"),
  ]

  static let flags: [BadInput] = {
    let program =
      "echo 'config {\n  lr: positive = 0.1\n  max_len: int = 3\n}\ndim N = 4\nprint(lr, max_len, N)' > p.ntm;"
    return [
      BadInput("\(program) ntm run p.ntm --max-len 5 --N=2 | grep -q '0.1 5 2'", 0),
      BadInput("\(program) ntm run p.ntm --max_len 5 | grep -q '0.1 5 4'", 0),
      BadInput("\(program) ntm run p.ntm --N -3", 64, "--N:1:1", "`N` cannot have -3 entries"),
      BadInput("\(program) ntm run p.ntm --N 1e9", 64, "--N:1:1"),
      BadInput("\(program) ntm run p.ntm --N 99999999999999999999", 64, "--N:1:1"),
      BadInput("\(program) ntm run p.ntm --N ''", 64, "--N"),
      BadInput("\(program) ntm run p.ntm --lr abc", 64, "--lr:1:1", "`abc`"),
      BadInput("\(program) ntm run p.ntm --lr -1", 64, "--lr:1:1", "must be positive"),
      BadInput("\(program) ntm run p.ntm --lr 0.0", 64, "--lr:1:1", "must be positive"),
      BadInput("\(program) ntm run p.ntm --lr '1.0 print(1)'", 64, "--lr"),
      BadInput("\(program) ntm run p.ntm --lr", 64, "`--lr` needs a value"),
      BadInput(
        "\(program) ntm run p.ntm --max_leng 1", 64, "no flag `--max_leng`",
        "did you mean `--max_len`?"),
      BadInput("\(program) ntm run p.ntm -x", 64, "`-x`"),
      BadInput("\(program) ntm run p.ntm p.ntm", 64, "one file at a time"),
      BadInput("ntm run", 64, "needs a file"),
      BadInput("ntm check", 64, "files"),
      BadInput("ntm check --nope p.ntm", 64, "--nope"),
      BadInput("ntm --nope", 64, "--nope"),
      BadInput("ntm frobnicate", 64, "no command `frobnicate`"),
      BadInput("ntm chek p.ntm", 64, "no command `chek`; did you mean `check`?"),
      BadInput("ntm chek 2>&1 | grep -c Usage", 1),
      BadInput("ntm a.ntm b.ntm", 64, "one file at a time: `a.ntm` or `b.ntm`"),
      BadInput("ntm explain nothing", 64, "no code `nothing`"),
    ]
  }()

  static let files: [BadInput] = [
    .program("save(\"no/where.npy\", [1.0])", 1, "p.ntm:1:1", "its folder does not exist"),
    .program("let x: [2] = load(\"gone.npy\")", 1, "p.ntm:1:14", "there is no such file"),
    .program("let x: [2] = load(\"/\")", 2, "p.ntm:1:19", "names a folder"),
    .program("let x: text = load(\"/\")", 1, "p.ntm:1:15", "is a folder"),
    BadInput(
      "ln -s /dev/full x.npy; echo 'save(\"x.npy\", [1.0])' > p.ntm; ntm run p.ntm", 1,
      "the disk is full", "p.ntm:1:1"),
    BadInput("echo 'print(1)' > p.ntm; ntm run p.ntm > /dev/full", 1, "cannot write the output"),
    BadInput("echo 'for i in 0..100000 { print(i) }' > p.ntm; ntm run p.ntm | head -n 1", 0),
    BadInput("echo 'print(1)' > p.ntm; ntm run p.ntm <&-", 0),
    BadInput("ntm <&-", 0),
    BadInput("echo 'print(1)' > p.ntm; ntm run p.ntm >&-", 1),
    BadInput("echo 'print(1)' > p.ntm; ntm run p.ntm 2>&-", 0),
    BadInput(
      "echo nothing > x.safetensors; echo 'print(1)' > p.ntm; ntm run p.ntm --resume x.safetensors",
      1, "x.safetensors"),
    BadInput("echo 'print(1)' > p.ntm; ntm run p.ntm --resume gone", 1, "there is no such file"),
    // A history that is damaged or cannot be written costs the history only.
    BadInput("head -c 5000 /dev/urandom > .ntmscript_history; echo 'print(1)' | ntm", 0),
    BadInput("mkdir .ntmscript_history; echo 'print(1)' | ntm", 0),
  ]

  @Test(arguments: bytes + modules + sizes + numbers + flags + files)
  func endsAsItShould(_ input: BadInput) throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      let found = try program.shell(input.line)
      #expect(found.code == input.code, "\(found.output.prefix(300))\(found.errors.prefix(1500))")
      for text in input.says {
        #expect(found.errors.contains(text), "\(text): \(found.errors.prefix(1500))")
      }
      _ = try program.shell("chmod -R u+w . ; rm -rf ./* .ntmscript* .local .config")
      unlink("\(folder)/.output")
      unlink("\(folder)/.errors")
    }
  }

  /// The superuser may write everywhere; a user may not.
  @Test(.enabled(if: getuid() != 0))
  func aFolderThatIsReadOnly() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      let found = try program.shell(
        "mkdir r; chmod 500 r; echo 'save(\"r/x.npy\", [1.0])' > p.ntm; ntm run p.ntm; s=$?; rmdir r; exit $s"
      )
      #expect(found.code == 1)
      #expect(found.errors.contains("permission denied"))
    }
  }
}
