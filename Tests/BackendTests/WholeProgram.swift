// Programs of the repository, and every graph that they run: recorded while the interpreter runs
// them, to be run again by compiled code.

import Diagnostics
import IR
import Interpreter
import Lowering
import Native
import Runtime
import Semantics
import Tensors
import TestSupport
import Testing

@testable import Driver

struct WholeProgram: Sendable, CustomTestStringConvertible {
  /// Below the root of the repository; or only a name, with a text.
  let path: String
  var text: String?
  /// Flags of the command line, which make a program small.
  var values: [(name: String, text: String)] = []
  var fails = false

  var testDescription: String { path }

  /// The golden programs and the tour.
  static let small: [WholeProgram] =
    (files("Tests/Golden/run") + files("examples/tour")).map { WholeProgram(path: $0) }

  private static let few: [(name: String, text: String)] = [
    ("steps", "2"), ("N", "6"), ("M", "3"), ("H", "5"), ("B", "9"),
  ]

  /// Programs whose runs end in a report.
  static let faulty: [WholeProgram] = files("Tests/Golden/fault").map {
    WholeProgram(path: $0, fails: true)
  }

  /// The examples, trained for two steps.
  static let trained: [WholeProgram] = [
    WholeProgram(path: "examples/copy.ntm", values: few + [("max_len", "3")]),
    WholeProgram(
      path: "examples/copy_baseline.ntm",
      values: [("steps", "2"), ("H", "5"), ("B", "9"), ("max_len", "3")]),
    WholeProgram(
      path: "Benchmarks/heads.ntm",
      values: [("steps", "2"), ("N", "6"), ("M", "3"), ("H", "5"), ("B", "9"), ("len", "2")]),
    WholeProgram(path: "examples/leap.ntm", values: few),
    WholeProgram(
      path: "Benchmarks/encoder.ntm",
      values: [
        ("steps", "2"), ("len", "9"), ("B", "9"), ("H", "10"), ("R", "2"), ("K", "5"), ("F", "17"),
      ]),
    WholeProgram(path: "examples/reverse.ntm", values: few),
  ]

  /// Every graph of all of these, recorded once.
  static let recorded: Result<Recorded, any Error> = Result {
    Recorded(cases: try (small + faulty + trained).flatMap { try $0.cases() })
  }

  /// What nobody changes any more.
  struct Recorded: @unchecked Sendable {
    let cases: [Case]
  }

  private static func files(_ folder: String) -> [String] {
    Folders.contents("\(Folders.root)\(folder)").flatMap { name in
      if !name.contains(".") { return files("\(folder)/\(name)") }
      return name.hasSuffix(".ntm") ? ["\(folder)/\(name)"] : []
    }
  }

  /// What the program runs on the interpreter, from its top to its tests, with probes listened to.
  func cases() throws -> [Case] {
    try Folders.withScratch { folder in
      let compiler = Compiler()
      // What it writes goes to the folder.
      let text = try
        (self.text ?? String(decoding: AtomicFile.read(Folders.root + path), as: UTF8.self))
        .replacing("save(\"", with: "save(\"\(folder)/")
        .replacing("load(\"", with: "load(\"\(folder)/")
      let source = compiler.sources.add(name: Folders.root + path, text: text)
      let compiled = compiler.compile(source, values: values)
      let sources = compiler.sources
      try #require(
        !compiled.hasErrors, "\(Renderer { sources[$0] }.render(compiled.diagnostics))")
      let evaluator = Evaluator(
        console: RecordingConsole(), interrupt: Interrupt(), options: RunOptions())
      let recorder = Recorder(path)
      evaluator.willExecute = { recorder.record($0, $1, $2, evaluator) }
      _ = evaluator.rehearse(compiled)
      do {
        try evaluator.run(imported: compiled.imported)
        try evaluator.run(compiled.module)
        for test in compiled.module.tests { try evaluator.run(test) }
      } catch {
        try #require(fails, "\(error)")
      }
      return recorder.cases
    }
  }
}

extension Case {
  /// The path of the program that a graph was recorded of.
  var program: Substring { label.prefix { $0 != ":" } }
}

/// Collects what an evaluator executes.
private final class Recorder {
  private(set) var cases: [Case] = []
  private var known: [(site: ObjectIdentifier, variant: NativeVariant, place: Int)] = []
  /// Kept alive, so that each has an address of its own.
  private var sites: [PreparedSite] = []
  private let label: String
  private let engine = NativeEngine { _ in }

  init(_ label: String) { self.label = label }

  func record(
    _ site: PreparedSite, _ inputs: [Tensor], _ precision: Precision, _ evaluator: Evaluator
  ) {
    // Where a size has no value, the interpreter says so.
    guard let sizes = evaluator.computedSizes(of: site, inputs, precision) else { return }
    let call = GraphCall(inputs: inputs, sizes: sizes)
    let variant = evaluator.variant(site, precision) { inputs[$0] }
    let identity = ObjectIdentifier(site)
    if let found = known.first(where: { $0.site == identity && $0.variant == variant }) {
      let shapes = inputs.map(\.shape)
      let calls = cases[found.place].calls
      if calls.count < 2 || calls.count < 5 && !calls.contains(where: { $0.shapes == shapes }) {
        cases[found.place].calls.append(call)
      }
      return
    }
    known.append((identity, variant, cases.count))
    sites.append(site)
    let graph = site.lowered.graph
    func specialized(isProbed: Bool, without: Set<String>) -> Graph {
      let variant = NativeVariant(
        precision: variant.precision, lanes: variant.lanes, constants: variant.constants,
        hasProbes: isProbed, flags: variant.flags)
      return engine.specialize(graph, variant, without: without)
    }
    var item = Case(
      "\(label):\(evaluator.place)", graph, native: specialized(isProbed: true, without: []),
      lane: evaluator.lane(of: site), calls: [])
    item.specialized = specialized
    item.lanes = variant.lanes
    item.calls = [call]
    cases.append(item)
  }
}

extension GraphCall {
  fileprivate var shapes: [[Int]] { inputs.map(\.shape) }
}
