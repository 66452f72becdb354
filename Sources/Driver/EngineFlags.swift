// What the command line says of the engine that runs a program: the flags, one row each.

import Diagnostics
import Native
import Optimizer

/// How compiled code is made and run.
package struct EngineRequest: Hashable, Sendable {
  package var isInterpreted = false
  /// 0 for one a processor.
  package var threads = 0
  /// Names of passes to leave out.
  package var without: Set<String> = []
  package var wantsPlan = false
  package var isProfiled = false
  /// A folder for the C text of everything that is compiled.
  package var keptTexts: String?

  package init() {}

  /// Every pass that can be left out, in the order they run.
  static let passes: [String] = {
    var names: [String] = []
    for name in Pass.native.map(\.name) + NativePass.allCases.map(\.rawValue)
    where !names.contains(name) {
      names.append(name)
    }
    return names
  }()
}

/// A flag of `ntmscript run` that speaks of the engine.
struct EngineFlag: Sendable {
  typealias Problem = RunRequest.Problem

  let name: String
  /// As help writes the value; empty where there is none.
  let value: String
  let doc: String
  let take: @Sendable (inout EngineRequest, String) throws(Problem) -> Void

  init(
    _ name: String, _ value: String, _ doc: String,
    _ take: @escaping @Sendable (inout EngineRequest, String) throws(Problem) -> Void
  ) {
    self.name = name
    self.value = value
    self.doc = doc
    self.take = take
  }

  /// In the order of help.
  static let all: [EngineFlag] = [
    EngineFlag("interpret", "", "compile nothing: everything runs on the interpreter") {
      request, _ in request.isInterpreted = true
    },
    EngineFlag("threads", "<count>", "threads of compiled code (default: one a processor)") {
      (request, text) throws(Problem) in
      guard let count = Int(text), count > 0, count <= 4096 else {
        throw Problem("`--threads \(text)`: the number of threads is a whole number from 1")
      }
      request.threads = count
    },
    EngineFlag("without", "<pass>", "compile without a pass; may be given several times") {
      (request, text) throws(Problem) in
      let name = String(text.map { $0 == "-" || $0 == "_" ? " " : $0 })
      guard EngineRequest.passes.contains(name) else {
        let near = Suggestion.closest(to: name, among: EngineRequest.passes)
        let rest =
          near.map { "did you mean `\(hyphenated($0))`?" }
          ?? "there are \(EngineRequest.passes.map(hyphenated).joined(separator: ", "))"
        throw Problem("there is no pass `\(text)`; \(rest)")
      }
      request.without.insert(name)
    },
    EngineFlag("plan", "", "show what the program's loops are compiled to, and run nothing") {
      request, _ in request.wantsPlan = true
    },
    EngineFlag("profile", "", "show at the end which lines the time went to") { request, _ in
      request.isProfiled = true
    },
    EngineFlag("keep-c", "<folder>", "leave the C text of all compiled code in a folder") {
      request, text in request.keptTexts = text
    },
  ]

  /// Words of the command line hold no spaces.
  static func hyphenated(_ name: String) -> String {
    String(name.map { $0 == " " ? "-" : $0 })
  }
}
