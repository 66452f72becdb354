// Many graphs compiled at once: the C text in front of all of them is read by the compiler once, and
// what each defines gets a name of its own.

import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Native

extension Toolchain {
  /// As the engine calls a compiler, with another one, narrower vectors or other flags.
  static func testing(
    _ compiler: String? = nil, bytes: Int? = nil, optimization: String = "-O1"
  ) throws -> Toolchain {
    let found = try Toolchain.find(
      { name in
        switch name {
        case "CC": compiler ?? processEnvironment(name)
        case "NTM_VECTOR_BYTES": bytes.map(String.init) ?? processEnvironment(name)
        default: processEnvironment(name)
        }
      }, notesIn: nil)
    return Toolchain(
      command: found.command, version: found.version, vectorBytes: found.vectorBytes,
      flags: found.flags.map { $0 == "-O2" ? optimization : $0 })
  }

  static func has(_ compiler: String?) -> Bool { (try? testing(compiler)) != nil }
}

struct CompiledSource {
  let source: NativeSource
  let library: LoadedLibrary
  /// What the names of its functions end in.
  let suffix: String

  func function(threads: Int = 2) throws -> NativeFunction {
    try #require(NativeFunction(source, library, suffix: suffix, threads: threads))
  }
}

struct Workshop {
  let toolchain: Toolchain
  let folder: String

  /// Files that are compiled at the same time.
  private static let compilers = 2

  /// The sources compiled, in order.
  func compile(_ sources: [NativeSource]) throws -> [CompiledSource] {
    // Equal texts are compiled once.
    var places: [String: Int] = [:]
    var distinct: [String] = []
    let owners = sources.map { source in
      if let known = places[source.text] { return known }
      places[source.text] = distinct.count
      distinct.append(source.text)
      return distinct.count - 1
    }
    let texts = distinct.map(Workshop.split)
    let files = Workshop.files(texts)
    let problems = Mutex<[NativeProblem]>([])
    DispatchQueue.concurrentPerform(iterations: files.count) { number in
      let places = files[number]
      let text = Workshop.joined(
        head: texts[places[0]].head, places.map { ($0, texts[$0].body) })
      do throws(NativeProblem) {
        try toolchain.compile(source: text, to: path(number), timeout: .seconds(600))
      } catch {
        problems.withLock { $0.append(error) }
      }
    }
    if let problem = problems.withLock({ $0.first }) { throw problem }
    var libraries: [Int: LoadedLibrary] = [:]
    for (number, places) in files.enumerated() {
      let library = try LoadedLibrary(path: path(number))
      for place in places { libraries[place] = library }
    }
    return try zip(sources, owners).map { source, owner in
      let library = try #require(libraries[owner])
      return CompiledSource(source: source, library: library, suffix: "_\(owner)")
    }
  }

  /// What clang says against the texts; nil where it takes them.
  static func syntaxProblem(_ sources: [NativeSource], _ flags: [String]) throws -> String? {
    let clang = try Toolchain.testing("clang").command
    let texts = sources.map { split($0.text) }
    return try Folders.withScratch { folder in
      for places in files(texts) {
        let path = "\(folder)/text.c"
        let text = joined(head: texts[places[0]].head, places.map { ($0, texts[$0].body) })
        try #require(DiskFile.write(Array(text.utf8), to: path) == nil)
        let run = Subprocess.run(
          clang + flags + ["-fsyntax-only", "-Werror", "-Wno-psabi", path], capturing: .errors,
          timeout: .seconds(60))
        if run.ending != .exited(0) { return "\(run.ending): \(run.text)" }
      }
      return nil
    }
  }

  private func path(_ number: Int) -> String { "\(folder)/\(number).so" }

  /// The places of texts with the same head, in files of about the same size.
  static func files(_ texts: [(head: String, body: String)]) -> [[Int]] {
    Dictionary(grouping: texts.indices) { texts[$0].head }.sorted { $0.key < $1.key }
      .flatMap { _, places in
        var files = [[Int]](repeating: [], count: compilers)
        var lengths = [Int](repeating: 0, count: compilers)
        for place in places.sorted(by: { texts[$0].body.utf8.count > texts[$1].body.utf8.count }) {
          let shortest = lengths.indices.min { lengths[$0] < lengths[$1] } ?? 0
          files[shortest].append(place)
          lengths[shortest] += texts[place].body.utf8.count
        }
        return files.filter { !$0.isEmpty }
      }
  }

  /// What is the same for all graphs of a form, and the rest.
  static func split(_ text: String) -> (head: String, body: String) {
    guard let start = text.firstRange(of: "static inline long nt_blocks")?.lowerBound else {
      return ("", text)
    }
    return (String(text[..<start]), String(text[start...]))
  }

  static func joined(head: String, _ bodies: [(Int, String)]) -> String {
    var parts = [head]
    for (place, body) in bodies {
      let names = definitions(body)
      parts += names.map { "#define \($0) \($0)_\(place)" }
      parts.append(body)
      parts += names.map { "#undef \($0)" }
    }
    return parts.joined(separator: "\n")
  }

  /// The names of the functions that a body defines.
  private static func definitions(_ body: String) -> [String] {
    var names: Set<String> = ["nt_layout", "nt_run", "nt_slots"]
    for line in body.split(separator: "\n")
    where ["static ", "NT_SHARED ", "NT_FUNCTION "].contains(where: line.hasPrefix) {
      guard
        let name = line.split(separator: "(")[0].split(whereSeparator: { " *".contains($0) }).last
      else { continue }
      names.insert(String(name))
    }
    return names.sorted()
  }
}
