// Runs a source text through checker, lowering and interpreter, one top-level statement after
// another, and keeps what the names hold. The host's own work (loops with effects, files, reports)
// is the driver's and not done here.

import Diagnostics
import Foundation
import IR
import Interpreter
import Lowering
import Semantics
import Syntax
import Tensors

struct SourceFailure: Error, CustomStringConvertible {
  let description: String
}

final class SourceRunner {
  struct Held {
    var types: Aggregate<TensorType>
    var tensors: [Tensor]
  }
  private(set) var held: [Variable: Held] = [:]
  private var names: [String: Variable] = [:]
  private(set) var sizes: [DimSymbol: Int] = [:]
  /// Every graph that was run, with what it was run on.
  private(set) var runs: [(graph: Graph, inputs: [Tensor])] = []
  var graphs: [Graph] { runs.map(\.graph) }
  /// What `print`, `log`, `probe` and `expect` saw.
  private(set) var observed: [Observation] = []
  private let symbols = SymbolSource()
  private let precision: Precision
  let module: TypedModule

  init(_ text: String, precision: Precision = .double) throws {
    self.precision = precision
    let file = SourceFile(id: SourceID(1), name: "test.ntm", text: text)
    let (program, problems) = parse(file)
    let checker = Checker(loader: ModuleLoader(load: SourceRunner.load))
    let checked = checker.check(program, file, name: "test")
    module = checked.module
    let errors = problems + checked.diagnostics.filter { $0.severity == .error }
    if let first = errors.first {
      let place = first.primary.map { file.text(of: $0.span) } ?? ""
      throw SourceFailure(description: "[\(first.code.id)] \(first.message) at `\(place)`")
    }
    for item in module.items { try run(item) }
  }

  nonisolated(unsafe) private static var nextSource = 100

  private static func load(
    _ request: ModuleLoader.Request
  ) -> Result<SourceFile, ImportProblem> {
    guard case .library(let name) = request else { return .failure(.unreadable("no files here")) }
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = root.appending(path: "stdlib/\(name.dropFirst("ntm.".count)).ntm")
    guard let text = try? String(contentsOf: path, encoding: .utf8) else {
      return .failure(.notFound(suggestions: []))
    }
    nextSource += 1
    return .success(SourceFile(id: SourceID(nextSource), name: name, text: text))
  }

  // MARK: Running

  private func run(_ item: TopLevel) throws {
    switch item {
    case .config(let entries):
      for entry in entries { bind(entry.variable, try evaluate(entry.value)) }
    case .dims(let entries):
      for entry in entries {
        guard let value = entry.value else { continue }
        sizes[entry.symbol] = Int(try evaluate(value).tensors[0].doubles[0])
      }
    case .statement(let statement): try run(statement)
    }
  }

  private func run(_ statement: TypedStatement) throws {
    switch statement.kind {
    case .binding(let pattern, let value), .assignment(let pattern, let value):
      bind(pattern, try evaluate(value))
    case .expression(let value): _ = try evaluate(value)
    case .expect: break
    case .sizes(let bindings):
      for binding in bindings {
        sizes[binding.symbol] = Int(try evaluate(binding.value).tensors[0].doubles[0])
      }
    }
  }

  private func evaluate(_ expression: TypedExpression) throws -> Held {
    let lowered = try lower(
      expression, environment: Environment(Bindings(held)) { HeldType($0.types) }, symbols: symbols)
    let inputs = lowered.inputs.flatMap { held[$0]?.tensors ?? [] }
    runs.append((lowered.graph, inputs))
    nonisolated(unsafe) var seen: [Observation] = []
    let interpreter = Interpreter(precision: precision, observer: { seen.append($0) })
    let outputs = try interpreter.run(lowered.graph, inputs, sizes: sizes).outputs
    observed += seen
    func value(_ structure: Aggregate<Int>) -> Held {
      Held(
        types: structure.map { lowered.outputTypes[$0] },
        tensors: structure.leaves.map { outputs[$0] })
    }
    for (variable, structure) in lowered.assigned { bind(variable, value(structure)) }
    return value(lowered.output)
  }

  private func bind(_ variable: Variable, _ value: Held) {
    held[variable] = value
    names[variable.name] = variable
  }

  private func bind(_ pattern: TypedPattern, _ value: Held) {
    switch pattern.kind {
    case .wildcard: break
    case .variable(let variable): bind(variable, value)
    case .tuple(let parts):
      var rest = value.tensors[...]
      for (index, part) in parts.enumerated() {
        guard let member = value.types.member(at: index) else { continue }
        let count = member.leaves.count
        bind(part, Held(types: member, tensors: Array(rest.prefix(count))))
        rest = rest.dropFirst(count)
      }
    }
  }

  // MARK: Looking

  func value(_ name: String) throws -> Held {
    guard let variable = names[name], let value = held[variable] else {
      throw SourceFailure(description: "`\(name)` was not bound")
    }
    return value
  }

  /// The numbers of a tensor.
  func numbers(_ name: String) throws -> [Double] { try value(name).tensors[0].doubles }

  /// The numbers of a leaf of a struct or record, by path.
  func numbers(_ name: String, _ path: String) throws -> [Double] {
    let value = try value(name)
    guard let index = value.types.places.firstIndex(where: { $0.path == path }) else {
      let found = value.types.places.map(\.path).joined(separator: ", ")
      throw SourceFailure(description: "`\(name)` has no `\(path)` among \(found)")
    }
    return value.tensors[index].doubles
  }
}

/// The largest difference between corresponding numbers; infinite where they do not correspond.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  if a.count != b.count { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}
