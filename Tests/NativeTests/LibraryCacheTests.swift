// A library is compiled once and found again, whatever happens to the files.

import Glibc
import Testing

@testable import Native

@Suite(.enabled(if: hasCompiler)) struct LibraryCacheTests {
  let scratch: Scratch
  let folder: String
  /// Compiles like the real one and leaves a line in `calls`.
  let counting: Toolchain

  init() throws {
    scratch = try Scratch()
    folder = "\(scratch.path)/cache"
    let real = try Toolchain.find(notesIn: nil)
    let compiler = try scratch.compiler(
      "echo call >> \(scratch.path)/calls\nexec \(real.command.joined(separator: " ")) \"$@\"")
    counting = try Toolchain.find(environment(["CC": compiler]), notesIn: nil)
  }

  private var calls: Int {
    DiskFile.read("\(scratch.path)/calls")?.count { $0 == UInt8(ascii: "\n") } ?? 0
  }

  /// What a new process would see: nothing is remembered outside the folder.
  private func number(
    _ number: Int, folder: String? = nil, limit: Int = 512 << 20
  ) throws -> Int32 {
    let cache = LibraryCache(folder: folder ?? self.folder, limit: limit)
    let source = "int number(void) { return \(number); }"
    return try cache.library(source: source, toolchain: counting).call("number")
  }

  private var entries: [String] { scratch.names("cache").filter { $0.hasSuffix(".so") } }

  @Test func compilesOnce() throws {
    #expect(try number(1) == 1)
    #expect(try number(1) == 1)
    #expect(calls == 1)
    #expect(try number(2) == 2)
    #expect(calls == 2)
    #expect(scratch.names("cache") == entries && entries.count == 2)
  }

  @Test func remembersWhatItLoaded() throws {
    let cache = LibraryCache(folder: folder)
    let source = "int number(void) { return 3; }"
    let first = try cache.library(source: source, toolchain: counting)
    cache.clear()
    #expect(try cache.library(source: source, toolchain: counting) === first)
    #expect(calls == 1)
  }

  @Test func startsBeforeAnybodyWaits() throws {
    let cache = LibraryCache(folder: folder)
    func start(_ number: Int) throws -> LibraryCache.Pending {
      try cache.start(
        source: """
          #if NT_UNIT == \(number % 2)
          int number(void) { return \(number); }
          #endif
          """, units: 2, toolchain: counting)
    }
    let pending = try (1...3).map(start)
    for (number, pending) in zip(1...3, pending).reversed() {
      #expect(try cache.finish(pending).call("number") == Int32(number))
    }
    // Two units and the linker for each.
    #expect(calls == 9)
    #expect(scratch.names("cache") == entries && entries.count == 3)
    guard case .loaded = try start(2) else {
      Issue.record("a library that is loaded is made again")
      return
    }
  }

  @Test(.serialized, arguments: [1, 2]) func givesUpWhatNobodyWaitsFor(units: Int) throws {
    let path = scratch.path
    try scratch.write("", to: "children")
    let slow = try Toolchain.find(
      environment([
        "CC": try scratch.compiler(
          "sleep 100 & echo $$ $! >> \(path)/children; wait", named: "slow")
      ]), notesIn: nil)
    // A compiler and what it started.
    func children() throws -> [(compiler: pid_t, child: pid_t)] {
      try text(of: "\(path)/children").split(separator: "\n").compactMap { line in
        let numbers = line.split(separator: " ").compactMap { pid_t($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
      }
    }
    do {
      let pending = try LibraryCache(folder: folder).start(
        source: "", units: units, toolchain: slow)
      for _ in 0..<2000 where try children().count < units { usleep(10_000) }
      #expect(try children().count == units && !scratch.names("cache").isEmpty)
      withExtendedLifetime(pending) {}
    }
    #expect(scratch.names("cache").isEmpty)
    for (compiler, child) in try children() {
      expectIsGone(child)
      expectIsBuried(compiler)
    }
  }

  @Test func keepsApartWhatDiffers() throws {
    let narrow = try Toolchain.find(
      environment(["CC": counting.command[0], "NTM_VECTOR_BYTES": "16"]), notesIn: nil)
    let key = LibraryCache.key(source: "a", toolchain: counting)
    #expect(key.count == 40)
    #expect(LibraryCache.key(source: "b", toolchain: counting) != key)
    #expect(
      (LibraryCache.key(source: "a", toolchain: narrow) == key) == (narrow.flags == counting.flags))
  }

  @Test(arguments: ["empty", "short", "bit", "text"])
  func makesADamagedEntryAgain(damage: String) throws {
    // Compiled but not loaded: a library in use is not damaged under its user.
    let source = "int number(void) { return 4; }"
    let key = LibraryCache.key(source: source, toolchain: counting)
    let entry = "\(folder)/\(key).so"
    DiskFile.makeFolder(folder)
    try counting.compile(source: source, to: entry)
    var bytes = try #require(DiskFile.read(entry))
    bytes += Seal.of(bytes)
    switch damage {
    case "empty": bytes = []
    case "short": bytes.removeLast(bytes.count / 3)
    case "bit": bytes[bytes.count / 2] ^= 4
    default: bytes = Array("no library\n".utf8)
    }
    #expect(DiskFile.write(bytes, to: entry) == nil)
    #expect(try number(4) == 4)
    #expect(calls == 2)
    #expect(Seal.isWhole(try #require(DiskFile.read(entry))))
  }

  @Test func makesAnEntryAgainThatCannotBeLoaded() throws {
    let source = "int number(void) { return 5; }"
    let key = LibraryCache.key(source: source, toolchain: counting)
    let bytes = Array("whole, but no library".utf8)
    DiskFile.makeFolder(folder)
    #expect(DiskFile.write(bytes + Seal.of(bytes), to: "\(folder)/\(key).so") == nil)
    #expect(try number(5) == 5)
    #expect(calls == 1)
  }

  @Test func goesOnWhereTheFolderCannotBeWritten() throws {
    mkdir("\(scratch.path)/private", 0o700)
    // Below a file there is no folder, not even for the administrator.
    let file = try scratch.write("a file", to: "file")
    for folder in [nil, "\(file)/cache", "/proc/none"] {
      let cache = LibraryCache(folder: folder, temporaryFolder: "\(scratch.path)/private")
      let library = try cache.library(
        source: "int number(void) { return 6; }", toolchain: counting)
      #expect(try library.call("number") == 6)
      #expect(cache.summary() == .init())
      #expect(scratch.names("private").isEmpty)
    }
    #expect(calls == 3)
  }

  @Test func saysThatNothingCanBeWritten() throws {
    let cache = LibraryCache(folder: "/proc/none", temporaryFolder: "/proc")
    let problem = #expect(throws: NativeProblem.self) {
      _ = try cache.library(source: "", toolchain: counting)
    }
    guard case .unwritable("/proc", _) = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
  }

  @Test func keepsWhatTheCompilerRefused() throws {
    let cache = LibraryCache(folder: folder)
    let source = "int broken(void) { return 1 }"
    let key = LibraryCache.key(source: source, toolchain: counting)
    let problem = #expect(throws: NativeProblem.self) {
      _ = try cache.library(source: source, toolchain: counting)
    }
    guard case .failed(let log, "\(folder)/\(key).c") = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(log.contains("error"))
    #expect(scratch.names("cache") == ["\(key).c"])
    cache.clear()
    #expect(scratch.names("cache").isEmpty)
  }

  @Test func removesWhatWasNotUsedForLongest() throws {
    for n in 1...3 { #expect(try number(n) == Int32(n)) }
    let size = LibraryCache(folder: folder).summary().bytes / 3
    func age(_ number: Int, seconds: Int) {
      let key = LibraryCache.key(
        source: "int number(void) { return \(number); }", toolchain: counting)
      let moment = timespec(tv_sec: time(nil) - seconds, tv_nsec: 0)
      utimensat(AT_FDCWD, "\(folder)/\(key).so", [moment, moment], 0)
    }
    age(1, seconds: 300)
    age(2, seconds: 200)
    age(3, seconds: 100)
    // A hit makes 1 the youngest.
    #expect(try number(1) == 1)
    let limit = size * 5 / 2
    #expect(try number(4, limit: limit) == 4)
    #expect(entries.count == 2)
    #expect(calls == 4)
    #expect(try number(1, limit: limit) == 1)
    #expect(calls == 4)
    #expect(try number(3, limit: limit) == 3)
    #expect(calls == 5)
    // What was just made stays, whatever the limit.
    #expect(try number(5, limit: 1) == 5)
    #expect(entries.count == 1)
  }

  @Test func leavesOtherFilesAlone() throws {
    #expect(try number(1) == 1)
    try scratch.write("mine", to: "cache/thesis.so")
    let abandoned = "\(String(repeating: "a", count: 40)).1f.partial"
    let file = try scratch.write("half", to: "cache/\(abandoned)")
    let moment = timespec(tv_sec: time(nil) - 7200, tv_nsec: 0)
    utimensat(AT_FDCWD, file, [moment, moment], 0)
    #expect(try number(2) == 2)
    #expect(!scratch.names("cache").contains(abandoned))
    #expect(LibraryCache(folder: folder).summary().entries == 2)
    LibraryCache(folder: folder).clear()
    #expect(scratch.names("cache") == ["thesis.so"])
  }

  @Test func findsItsFolder() {
    func folder(_ variables: [String: String]) -> String? {
      LibraryCache.standardFolder { variables[$0] }
    }
    #expect(folder(["NTM_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"]) == "/a")
    #expect(folder(["XDG_CACHE_HOME": "/b", "HOME": "/c"]) == "/b/ntmscript")
    #expect(folder(["XDG_CACHE_HOME": "b", "HOME": "/c"]) == "/c/.cache/ntmscript")
    #expect(folder(["HOME": ""]) == nil)
  }

  /// Each process makes the same libraries in the same folder.
  @Test func servesProcessesAtTheSameTime() async throws {
    let folder = folder
    async let first: Void = work(in: folder)
    async let second: Void = work(in: folder)
    _ = await (first, second)
    #expect(scratch.names("cache").count { $0.hasSuffix(".so") } == 4)
    #expect(!scratch.names("cache").contains { $0.contains("partial") })
  }

  private func work(in folder: String) async {
    await #expect(processExitsWith: .success) { [folder] in
      let toolchain = try Toolchain.find(notesIn: folder)
      for number in 1...4 {
        let source = "#if NT_UNIT == 1\nint number(void) { return \(number); }\n#endif\n"
        let library = try LibraryCache(folder: folder).library(
          source: source, units: 2, toolchain: toolchain)
        #expect(try library.call("number") == Int32(number))
      }
    }
  }
}

@Suite struct DigestTests {
  /// The vectors of FIPS 180-4 and one that fills a block less the room for its length.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000),
      "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
    ),
  ])
  func agreesWithTheStandard(text: String, expected: String) {
    var digest = Digest()
    digest.add(Array(text.utf8))
    #expect(digest.finished() == expected)
  }

  @Test func tellsWhereTextsEnd() {
    #expect(Digest.hexadecimal(of: ["ab", "c"]) != Digest.hexadecimal(of: ["a", "bc"]))
  }

  @Test func aSealShowsEveryChange() {
    let library = (0..<100).map { UInt8($0) }
    let sealed = library + Seal.of(library)
    #expect(Seal.isWhole(sealed))
    for position in sealed.indices {
      var changed = sealed
      changed[position] ^= 1
      #expect(!Seal.isWhole(changed))
      #expect(!Seal.isWhole(Array(sealed[..<position])))
    }
  }
}
