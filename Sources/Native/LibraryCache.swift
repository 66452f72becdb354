// Compiled libraries on disk, by content.
//
// The name of an entry is a digest of everything that decides what it holds: text, flags, compiler,
// processor. A library is made under a temporary name and then takes its own by `rename`, so two
// processes that make the same one both succeed. Behind the library stands a seal, its length and
// checksum; an entry whose seal is wrong, or that the system refuses to load, is made again. A cache
// that cannot be written to is no failure: the library is made in a private folder that is removed
// once it is loaded.
//
// A hit sets the time of change, and what was not used for longest goes first when all entries
// together exceed the limit.

import Glibc
import Synchronization

package final class LibraryCache: Sendable {
  /// nil where there is no place to keep anything.
  package let folder: String?
  /// Bytes.
  package let limit: Int
  /// Where private folders are made.
  private let temporaryFolder: String
  private let loaded = Mutex<[String: LoadedLibrary]>([:])

  /// To be raised when the same C text is to be called in another way.
  package static let interfaceVersion = 2

  package init(folder: String?, limit: Int = 512 << 20, temporaryFolder: String? = nil) {
    self.folder = folder
    self.limit = limit
    self.temporaryFolder = temporaryFolder ?? processEnvironment("TMPDIR") ?? "/tmp"
  }

  /// `$NTM_CACHE`, `$XDG_CACHE_HOME/ntmscript` or `~/.cache/ntmscript`; relative paths do not count.
  package static func standardFolder(
    _ variable: EnvironmentVariables = processEnvironment
  ) -> String? {
    func absolute(_ name: String) -> String? {
      variable(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    return absolute("NTM_CACHE")
      ?? absolute("XDG_CACHE_HOME").map { "\($0)/ntmscript" }
      ?? absolute("HOME").map { "\($0)/.cache/ntmscript" }
  }

  /// What names the library of a C text.
  package static func key(source: String, toolchain: Toolchain) -> String {
    let parts =
      [source, "\(interfaceVersion)", toolchain.version, Toolchain.processor]
      + toolchain.command + toolchain.flags
    return String(Digest.hexadecimal(of: parts).prefix(40))
  }

  /// The library of a C text: loaded before, from the disk, or compiled now.
  package func library(
    source: String, units: Int = 1, toolchain: Toolchain,
    timeout: Duration = Toolchain.defaultTimeout
  ) throws(NativeProblem) -> LoadedLibrary {
    try finish(try start(source: source, units: units, toolchain: toolchain), timeout: timeout)
  }

  /// What becomes a library.
  package enum Pending {
    case loaded(LoadedLibrary)
    case compiled(Building)
  }

  /// A library that compilers are at work on. They are ended when nobody holds this any longer.
  package final class Building {
    fileprivate let job: Job
    // Ends before its folder goes.
    fileprivate let compilation: Compilation
    fileprivate let place: Place

    /// Tells the compilers to end, and does not wait until they have.
    package func stop() { compilation.stop() }

    fileprivate init(_ job: Job, at place: Place) throws(NativeProblem) {
      self.job = job
      self.place = place
      compilation = try Compilation(
        job.source, units: job.units, to: place.temporary, job.toolchain)
    }
  }

  fileprivate struct Job {
    let source: String
    let units: Int
    let toolchain: Toolchain
    let key: String
  }

  /// Finds the library of a C text, or starts the compilers that make it.
  /// - Parameter units: how many parts the text has that are compiled side by side.
  package func start(
    source: String, units: Int = 1, toolchain: Toolchain
  ) throws(NativeProblem) -> Pending {
    let key = LibraryCache.key(source: source, toolchain: toolchain)
    if let known = kept(key) { return .loaded(known) }
    let job = Job(source: source, units: units, toolchain: toolchain, key: key)
    guard let folder else { return .compiled(try startPrivately(job)) }
    DiskFile.makeFolder(folder)
    do throws(NativeProblem) {
      return .compiled(try Building(job, at: Place(in: folder, key)))
    } catch {
      guard case .unwritable = error else { throw error }
      return .compiled(try startPrivately(job))
    }
  }

  /// A library that was loaded before, or that is on the disk.
  func kept(_ key: String) -> LoadedLibrary? {
    if let known = loaded.withLock({ $0[key] }) { return known }
    guard let entry = folder.map({ "\($0)/\(key).so" }), let library = LibraryCache.open(entry)
    else { return nil }
    utimensat(AT_FDCWD, entry, nil, 0)
    return remember(library, key)
  }

  /// Waits for the compilers.
  package func finish(
    _ pending: Pending, timeout: Duration = Toolchain.defaultTimeout
  ) throws(NativeProblem) -> LoadedLibrary {
    switch pending {
    case .loaded(let library): return library
    case .compiled(let building):
      return remember(try load(building, timeout), building.job.key)
    }
  }

  private func remember(_ library: LoadedLibrary, _ key: String) -> LoadedLibrary {
    loaded.withLock { table in
      if let known = table[key] { return known }
      table[key] = library
      return library
    }
  }

  private func load(
    _ building: Building, _ timeout: Duration
  ) throws(NativeProblem) -> LoadedLibrary {
    let entry = building.place.entry
    do throws(NativeProblem) {
      try complete(building, timeout)
      if building.place.isPrivate { return try LoadedLibrary(path: entry) }
    } catch {
      guard case .unwritable = error, !building.place.isPrivate else { throw error }
      return try load(try startPrivately(building.job), timeout)
    }
    evict(except: entry)
    if let library = LibraryCache.open(entry) { return library }
    // A file system may refuse to run what is on it.
    return try load(try startPrivately(building.job), timeout)
  }

  /// An entry of the disk, if it is there and whole.
  private static func open(_ entry: String) -> LoadedLibrary? {
    guard let bytes = DiskFile.read(entry), Seal.isWhole(bytes) else { return nil }
    return try? LoadedLibrary(path: entry)
  }

  /// Where a library is made, and what it is called then.
  fileprivate final class Place {
    let entry: String
    let temporary: String
    /// A folder that goes with this.
    private let own: String?
    var isPrivate: Bool { own != nil }

    init(in folder: String, _ key: String, isPrivate: Bool = false) {
      entry = "\(folder)/\(key).so"
      temporary = LibraryCache.temporaryPath(in: folder, for: key)
      own = isPrivate ? folder : nil
    }

    deinit {
      unlink(temporary)
      guard let own else { return }
      unlink(entry)
      // Stays where it holds a text that the compiler refused.
      rmdir(own)
    }
  }

  /// A name that nobody else makes anything under.
  static func temporaryPath(in folder: String, for key: String) -> String {
    let number = String(UInt64.random(in: .min ... .max), radix: 16)
    return "\(folder)/\(key).\(number)\(LibraryCache.temporarySuffix)"
  }

  /// Waits for the compilers, and gives what they made its name.
  private func complete(_ building: Building, _ timeout: Duration) throws(NativeProblem) {
    let (temporary, entry) = (building.place.temporary, building.place.entry)
    do throws(NativeProblem) {
      try building.compilation.finish(timeout: timeout)
    } catch {
      throw error.keepingSource(at: "\(entry.dropLast(3)).c")
    }
    let bytes = DiskFile.read(temporary) ?? []
    if let code = DiskFile.write(Seal.of(bytes), to: temporary, appending: true) {
      throw .unwritable(path: temporary, reason: String(cString: strerror(code)))
    }
    guard rename(temporary, entry) == 0 else {
      throw .unwritable(path: entry, reason: String(cString: strerror(errno)))
    }
  }

  private func startPrivately(_ job: Job) throws(NativeProblem) -> Building {
    let name = strdup("\(temporaryFolder)/ntmscript-XXXXXX")
    defer { free(name) }
    guard let name, mkdtemp(name) != nil else {
      throw .unwritable(path: temporaryFolder, reason: String(cString: strerror(errno)))
    }
    return try Building(job, at: Place(in: String(cString: name), job.key, isPrivate: true))
  }
}

// MARK: - Size

extension LibraryCache {
  package struct Summary: Equatable {
    package var entries = 0
    /// Files of libraries under way, or left by runs that were killed.
    package var unfinished = 0
    package var bytes = 0
  }

  fileprivate static let temporarySuffix = ".partial"
  /// Seconds after which what a compiler has not finished was left by one that died.
  private static let abandonedAge = 3600

  private struct File {
    let path: String
    let bytes: Int
    let used: (seconds: Int, nanoseconds: Int)
    var isEntry: Bool { path.hasSuffix(".so") }
    /// A library under way, or its text or an object of it.
    var isTemporary: Bool {
      path.split(separator: "/").last?.contains(LibraryCache.temporarySuffix) ?? false
    }
  }

  /// What the folder holds.
  package func summary() -> Summary {
    files().reduce(into: Summary()) { summary, file in
      summary.entries += file.isEntry ? 1 : 0
      summary.unfinished += file.isTemporary ? 1 : 0
      summary.bytes += file.bytes
    }
  }

  /// Removes everything that a cache put into the folder. Libraries that are loaded stay usable.
  package func clear() {
    for file in files() { unlink(file.path) }
  }

  /// Only files named as a cache names them: a folder given by mistake keeps its own.
  private func files() -> [File] {
    guard let folder else { return [] }
    return DiskFile.names(in: folder).compactMap { name in
      let parts = name.split(separator: ".")
      guard parts.count > 1, parts[0].count == 40, parts[0].allSatisfy(\.isHexDigit) else {
        return nil
      }
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return File(
        path: path, bytes: Int(status.st_size),
        used: (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)))
    }
  }

  private func evict(except entry: String) {
    var rest = files()
    let now = time(nil)
    for file in rest where file.isTemporary && now - file.used.seconds > LibraryCache.abandonedAge {
      unlink(file.path)
    }
    rest.removeAll { $0.isTemporary || $0.path == entry }
    var entryStatus = stat()
    stat(entry, &entryStatus)
    var bytes = rest.reduce(Int(entryStatus.st_size)) { $0 + $1.bytes }
    for file in rest.sorted(by: { $0.used < $1.used }) {
      guard bytes > limit else { return }
      unlink(file.path)
      bytes -= file.bytes
    }
  }
}
