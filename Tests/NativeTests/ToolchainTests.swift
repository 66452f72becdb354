// The compiler is found, told what to do, and survived.

import CPool
import Glibc
import Native
import Tensors
import Testing

@Suite struct ToolchainTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func toolchain(_ compiler: String) throws -> Toolchain {
    try Toolchain.find(environment(["CC": compiler]), notesIn: nil)
  }

  private func problem(_ work: () throws -> Void) -> NativeProblem? {
    #expect(throws: NativeProblem.self) { try work() }
  }

  // MARK: Finding

  @Test func saysThatThereIsNoCompiler() {
    let problem = problem {
      _ = try Toolchain.find(environment(["PATH": "", "CC": ""]), notesIn: nil)
    }
    #expect("\(String(describing: problem))".contains("no clang, cc or gcc in PATH"))
  }

  @Test(arguments: ["/nonexistent", "no-such-compiler", "/tmp"])
  func saysThatCCIsNoProgram(name: String) {
    let problem = problem { _ = try toolchain(name) }
    #expect(
      problem == .noCompiler("CC names `\(name)`, which is not a program that can be run"))
  }

  @Test func saysThatCCIsNoCompiler() throws {
    let mute = try scratch.write("#!/bin/sh\nexit 3\n", to: "mute", mode: 0o700)
    #expect(
      problem { _ = try toolchain(mute) }
        == .noCompiler("`\(mute) --version` ended with code 3"))
    let text = try scratch.write("no program\n", to: "text", mode: 0o700)
    guard case .noCompiler = problem({ _ = try toolchain(text) }) else {
      Issue.record("a file that cannot be run was taken")
      return
    }
  }

  @Test func prefersTheClangBesideSwift() throws {
    for name in ["swift", "clang", "gcc"] {
      try scratch.compiler("exit 1", named: name)
    }
    mkdir("\(scratch.path)/other", 0o700)
    try scratch.compiler("exit 1", named: "other/clang")
    let path = "\(scratch.path)/other:\(scratch.path)"
    let beside = try Toolchain.find(environment(["PATH": path, "CC": ""]), notesIn: nil)
    #expect(beside.command == ["\(scratch.path)/clang"])
    unlink("\(scratch.path)/swift")
    let first = try Toolchain.find(environment(["PATH": path, "CC": ""]), notesIn: nil)
    #expect(first.command == ["\(scratch.path)/other/clang"])
    let wished = try Toolchain.find(environment(["PATH": path, "CC": "gcc -m64"]), notesIn: nil)
    #expect(wished.command == ["\(scratch.path)/gcc", "-m64"])
  }

  @Test func asksForTheVersionOnce() throws {
    let log = "\(scratch.path)/calls"
    let compiler = try scratch.write(
      "#!/bin/sh\necho call >> \(log)\necho counted 1\necho more\n", to: "counted", mode: 0o700)
    func find() throws -> Toolchain {
      try Toolchain.find(environment(["CC": compiler]), notesIn: "\(scratch.path)/notes")
    }
    for _ in 1...3 { #expect(try find().version == "counted 1") }
    #expect(try text(of: log) == "call\n")
    // Another program at that path is asked again.
    try scratch.write("#!/bin/sh\necho counted 2, longer\n", to: "counted", mode: 0o700)
    #expect(try find().version == "counted 2, longer")
  }

  @Test func forcesNarrowerVectorsOnly() throws {
    let compiler = try scratch.compiler("exit 1")
    func find(_ width: String) throws -> Toolchain {
      try Toolchain.find(
        environment(["CC": compiler, "NTM_VECTOR_BYTES": width]), notesIn: nil)
    }
    let widest = Int(nt_processor_vector_bytes())
    for ignored in ["7", "128", "wide", ""] {
      #expect(try find(ignored).vectorBytes == widest)
    }
    for width in [64, 32, 16] {
      let found = try find("\(width)")
      #expect(found.vectorBytes == min(width, widest))
      #expect(found.flags.contains { $0.hasPrefix("-mno-") } == (width < widest))
    }
  }

  // MARK: Compiling

  @Test(.enabled(if: hasCompiler), arguments: ["64", "32", "16"])
  func compilesForEveryWidth(width: String) throws {
    let toolchain = try Toolchain.find(
      environment(["NTM_VECTOR_BYTES": width]), notesIn: nil)
    let library = "\(scratch.path)/answer.so"
    try toolchain.compile(
      source: """
        typedef float vector __attribute__((vector_size(\(toolchain.vectorBytes))));
        int answer(void) {
          vector v = {0};
          v = v * v + 42.0f;
          int lanes = sizeof v / sizeof(float);
          return (int)v[lanes - 1];
        }
        """, to: library)
    #expect(scratch.names("") == ["answer.so"])
    let loaded = try LoadedLibrary(path: library)
    #expect(try loaded.call("answer") == 42)
    #expect(loaded.symbol("question") == nil)
  }

  /// `answer` is in the second unit and asks the first.
  private static let twoUnits = """
    #ifdef NT_UNIT
    #define SHARED __attribute__((visibility("hidden")))
    #else
    #define SHARED static
    #endif
    SHARED int half(void);
    #if !defined NT_UNIT || NT_UNIT == 0
    SHARED int half(void) { return 21; }
    #endif
    #if !defined NT_UNIT || NT_UNIT == 1
    int answer(void) { return 2 * half(); }
    #endif

    """

  @Test(.enabled(if: hasCompiler), arguments: [1, 2]) func compilesInUnits(units: Int) throws {
    let library = "\(scratch.path)/answer.so"
    try Toolchain.find(notesIn: nil).compile(source: Self.twoUnits, units: units, to: library)
    #expect(scratch.names("") == ["answer.so"])
    let loaded = try LoadedLibrary(path: library)
    #expect(try loaded.call("answer") == 42)
    #expect(loaded.symbol("half") == nil)
  }

  @Test(.enabled(if: hasCompiler), arguments: ["NT_UNIT == 0", "NT_UNIT == 1"])
  func reportsAUnitThatFails(condition: String) throws {
    let source = "\(Self.twoUnits)#if \(condition)\n#error no such unit\n#endif\n"
    let problem = problem {
      try Toolchain.find(notesIn: nil).compile(
        source: source, units: 2, to: "\(scratch.path)/l.so")
    }
    guard case .failed(let log, let kept) = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(log.contains("no such unit"))
    #expect(try text(of: kept) == source)
    #expect(scratch.names("") == ["l.so.c"])
  }

  @Test(.enabled(if: hasCompiler)) func reportsUnitsThatDoNotFit() throws {
    let problem = problem {
      // Both units define it.
      try Toolchain.find(notesIn: nil).compile(
        source: "int answer(void) { return 42; }", units: 2,
        to: "\(scratch.path)/l.so")
    }
    guard case .failed(let log, _) = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(log.contains("answer"))
    #expect(scratch.names("") == ["l.so.c"])
  }

  @Test(.enabled(if: hasCompiler)) func reportsWhatTheCompilerSays() throws {
    let toolchain = try Toolchain.find(notesIn: nil)
    let problem = problem {
      try toolchain.compile(source: "int broken(void) { return 1 }", to: "\(scratch.path)/l.so")
    }
    guard case .failed(let log, let source) = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(log.contains("error"))
    #expect(try text(of: source) == "int broken(void) { return 1 }")
    #expect(scratch.names("") == ["l.so.c"])
  }

  @Test(arguments: [
    ("exit 1", "ended with code 1"), ("exit 0", "made nothing"),
    ("echo no room >&2; exit 4", "no room\n"), ("kill -SEGV $$", "killed by signal 11"),
  ])
  func survivesABadCompiler(body: String, log: String) throws {
    let toolchain = try toolchain(scratch.compiler(body))
    let library = "\(scratch.path)/l.so"
    #expect(
      problem { try toolchain.compile(source: "text", to: library) }
        == .failed(log: log, source: "\(library).c"))
  }

  @Test func boundsWhatACompilerSays() throws {
    let toolchain = try toolchain(scratch.compiler("head -c 1000000 /dev/zero >&2; exit 1"))
    let problem = problem { try toolchain.compile(source: "", to: "\(scratch.path)/l.so") }
    guard case .failed(let log, _) = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(log.utf8.count == 64 << 10)
  }

  /// The child writes its number down, so that the test can see that the whole group is gone.
  private static let hanging =
    "cd $(dirname $0); sleep 100 & echo $! > number; mv number child; wait"

  @Test func endsACompilerThatHangs() throws {
    let toolchain = try toolchain(scratch.compiler(Self.hanging))
    let library = "\(scratch.path)/l.so"
    let started = ContinuousClock.now
    #expect(
      problem { try toolchain.compile(source: "", to: library, timeout: .seconds(2)) }
        == .timedOut(source: "\(library).c"))
    #expect(.now - started < .seconds(20))
    try expectChildIsGone()
  }

  @Test func endsACompilerThatNobodyWaitsFor() throws {
    let toolchain = try toolchain(scratch.compiler(Self.hanging))
    let child = "\(scratch.path)/child"
    #expect(
      problem {
        try Patience.asking({ access(child, F_OK) == 0 }) { () throws -> Void in
          try toolchain.compile(source: "", to: "\(scratch.path)/l.so")
        }
      } == .interrupted)
    try expectChildIsGone()
    #expect(scratch.names("") == ["child", "fake-cc"])
  }

  private func expectChildIsGone() throws {
    try expectIsGone(#require(pid_t(text(of: "\(scratch.path)/child").dropLast())))
  }
}
