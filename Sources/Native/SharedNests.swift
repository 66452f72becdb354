// Nests that are the same but for what they read and write become one function.
//
// Layers of one kind and steps that are written out give the same loops over other buffers, and a
// compiler takes as long for each as for the first. Until all functions are there, a nest is one
// line that stands for it; then those that a unit has more than once are called. What runs once in
// a call, as an optimizer's step does, is told its length, too: parameters of all sizes are updated
// by one function.
//
// Promise: the same operations on the same numbers in the same order, so no bit changes.

import Tensors

struct SharedNests {
  /// In lines; a shorter nest costs a compiler no more than the call.
  private static let leastLines = 12
  private static let mark = "\u{1}"

  private struct Entry {
    let lines: [String]
    /// What a function for it is made of.
    let shared: [String]
    /// What is declared of the pointers that it names.
    let pointers: [String: String]
  }

  private var nests: [Entry] = []

  /// The line that stands for a nest.
  /// - Parameter isOpen: whether it may be told its length.
  mutating func line(for nest: Nest, pointers: [String: String], isOpen: Bool) -> String {
    let shared = isOpen ? nest.open ?? nest.lines : nest.lines
    nests.append(Entry(lines: nest.lines, shared: shared, pointers: pointers))
    return "\(SharedNests.mark)\(nests.count - 1)"
  }

  /// How many lines a line stands for.
  func count(of line: String) -> Int { nest(line).map { nests[$0].lines.count } ?? 1 }

  private func nest(_ line: String) -> Int? {
    line.utf8.first == SharedNests.mark.utf8.first ? Int(line.dropFirst()) : nil
  }

  /// The functions of all units as text, those for shared nests first.
  func text(
    of functions: [(unit: Int, lines: [String])], isSharing: Bool
  ) -> [(unit: Int, text: String)] {
    var calls: [Int: String] = [:]
    var shared: [(unit: Int, text: String)] = []
    for unit in isSharing ? Set(functions.map(\.unit)).sorted() : [] {
      let own = functions.filter { $0.unit == unit }.flatMap { $0.lines.compactMap(nest) }
      for uses in repeated(own) {
        let name = "nest\(shared.count)"
        for (nest, signature) in uses { calls[nest] = signature.call(name) }
        shared.append((unit, uses[0].signature.function(name)))
      }
    }
    return shared
      + functions.map { unit, lines in
        let written = lines.map { line in
          nest(line).map { calls[$0] ?? nests[$0].lines.joined(separator: "\n") } ?? line
        }
        return (unit, written.joined(separator: "\n"))
      }
  }

  /// Those of some nests that are there more than once, together, in the order of the first.
  private func repeated(_ own: [Int]) -> [[(nest: Int, signature: Signature)]] {
    // Nests of different lengths are different: most are never looked at letter by letter.
    let byLength = Dictionary(grouping: own) { nests[$0].shared.count }
    var groups: [[UInt8]: [(nest: Int, signature: Signature)]] = [:]
    for (length, alike) in byLength where length >= SharedNests.leastLines && alike.count > 1 {
      for nest in alike {
        guard let signature = Signature(nests[nest].shared, nests[nest].pointers) else { continue }
        groups[signature.key, default: []].append((nest, signature))
      }
    }
    return groups.values.filter { $0.count > 1 }.map { $0.sorted { $0.nest < $1.nest } }
      .sorted { $0[0].nest < $1[0].nest }
  }
}

/// A nest with what it names numbered in order of appearance.
private struct Signature {
  private var parameters: [String] = []
  private var arguments: [String] = []
  private var body: [UInt8] = []

  /// Equal for nests that differ in names only.
  var key: [UInt8] { Array(parameters.joined(separator: ", ").utf8) + body }

  func call(_ name: String) -> String { "\(name)(\((["c"] + arguments).joined(separator: ", ")));" }

  func function(_ name: String) -> String {
    let list = ["nt_call *c __attribute__((unused))"] + parameters
    return """
      NT_FUNCTION void \(name)(\(list.joined(separator: ", "))) {
      \(String(decoding: body, as: UTF8.self))
      }
      """
  }

  /// nil where it names what could not be handed to a function.
  init?(_ lines: [String], _ pointers: [String: String]) {
    var names: [[UInt8]: [UInt8]] = [:]
    var word: [UInt8] = []
    var values = 0
    var isFine = true
    func isLetter(_ byte: UInt8) -> Bool {
      switch byte {
      case 65...90, 97...122, 95: true
      default: false
      }
    }

    func named(_ word: [UInt8]) -> [UInt8] {
      let stem = word.prefix { isLetter($0) }
      let text = String(decoding: stem, as: UTF8.self)
      let number = word.dropFirst(stem.count)
      if number.isEmpty || ["x", "i"].contains(text) { return word }
      if let known = names[word] { return known }
      switch text {
      case "v", "a":
        // A member's number, and behind it those of its parts.
        let own = number.prefix { $0 != 95 }
        let root = Array(stem + own)
        let name = names[root] ?? Array("\(text)\(values)".utf8)
        if names[root] == nil { values += 1 }
        names[root] = name
        return name + number.dropFirst(own.count)
      case "d", "s", "q":
        return parameter(word, "const long")
      case Nest.length:
        return parameter(word, "const long", of: Array(number))
      default:
        if text.hasPrefix("nt_") || text.hasPrefix("NT_") || text.hasPrefix("int") { return word }
        guard let type = pointers[String(decoding: word, as: UTF8.self)] else {
          isFine = false
          return word
        }
        return parameter(word, type)
      }
    }

    func parameter(_ word: [UInt8], _ type: String, of value: [UInt8]? = nil) -> [UInt8] {
      let name = "p\(arguments.count)"
      parameters.append("\(type)\(type.hasSuffix(" ") ? "" : " ")\(name)")
      arguments.append(String(decoding: value ?? word, as: UTF8.self))
      names[word] = Array(name.utf8)
      return Array(name.utf8)
    }

    func close() {
      if word.isEmpty { return }
      body += isLetter(word[0]) ? named(word) : word
      word = []
    }

    for (index, line) in lines.enumerated() {
      if index > 0 { body.append(10) }
      for byte in line.utf8 {
        if isLetter(byte) || (48...57).contains(byte) {
          word.append(byte)
        } else {
          close()
          body.append(byte)
        }
      }
      close()
    }
    if !isFine { return nil }
  }
}
