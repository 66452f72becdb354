// Many graphs compiled at once: the C text in front of all of them is read by the compiler once, and
// what each defines gets a name of its own.

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

struct Workshop {
  let toolchain: Toolchain
  let folder: String
  var threads = 2

  /// The functions of the sources, in order.
  func functions(_ sources: [NativeSource]) throws -> [NativeFunction] {
    var places: [String: [Int]] = [:]
    let texts = sources.map { Workshop.split($0.text) }
    for (place, text) in texts.enumerated() { places[text.head, default: []].append(place) }
    var functions: [Int: NativeFunction] = [:]
    for (number, head) in places.keys.sorted().enumerated() {
      let group = places[head] ?? []
      let text = Workshop.joined(head: head, group.map { ($0, texts[$0].body) })
      let path = "\(folder)/\(number).so"
      try toolchain.compile(source: text, to: path, timeout: .seconds(600))
      let library = try LoadedLibrary(path: path)
      for place in group {
        functions[place] = NativeFunction(
          sources[place], library, suffix: "_\(place)", threads: threads)
      }
    }
    return sources.indices.compactMap { functions[$0] }
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
    where line.hasPrefix("static ") || line.hasPrefix("NT_SHARED ") {
      guard
        let name = line.split(separator: "(")[0].split(whereSeparator: { " *".contains($0) }).last
      else { continue }
      names.insert(String(name))
    }
    return names.sorted()
  }
}
