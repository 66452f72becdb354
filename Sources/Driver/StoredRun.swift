// A checkpoint as a place to go on from: values by name, and where in the program they were saved.
//
// The position is that of the step behind the one that saved. Names that the loops around carry are
// kept although the program did not name them, so that going on equals never having stopped.

import Diagnostics
import Lowering
import Runtime
import Semantics
import Tensors

struct StoredRun {
  let path: String
  let position: [Int]
  let sourceHash: String
  private let tensors: [(path: String, tensor: Tensor)]
  /// The names that the values were saved under, and the variables they came from.
  private let names: [(name: String, variable: String)]

  /// - Throws: `FileError` or `DataError`, or `Problem` where the checkpoint is not one of a run.
  init(reading path: String, precision: Precision) throws {
    let checkpoint = try Checkpoint.load(path, precision: precision)
    guard let text = checkpoint.note("position"),
      case .array(let parts)? = try? Json(parsing: text, source: path), !parts.isEmpty
    else { throw Problem(description: "`\(path)` does not say where its run was") }
    position = parts.compactMap { if case .int(let value) = $0 { value } else { nil } }
    guard position.count == parts.count, position.allSatisfy({ $0 >= 0 }) else {
      throw Problem(description: "`\(path)` does not say where its run was")
    }
    self.path = path
    tensors = checkpoint.tensors
    sourceHash = checkpoint.note("source") ?? ""
    names = checkpoint.metadata.compactMap { name, value in
      name.hasPrefix("name.") ? (String(name.dropFirst(5)), value) : nil
    }
  }

  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  // MARK: Writing

  /// The notes of a checkpoint that is saved now.
  static func metadata(
    _ evaluator: Evaluator, _ arguments: [HostArgument]
  ) -> [(name: String, text: String)] {
    var notes = [
      (name: "format", text: "ntmscript 1"), (name: "source", text: evaluator.options.sourceHash),
    ]
    if !evaluator.loops.isEmpty, let position = evaluator.positionOfNextStep {
      notes.append(("position", Json.array(position.map { .int($0) }).text))
    }
    for argument in arguments.dropFirst() {
      guard case .variable(let variable) = argument.expression.form else { continue }
      let name = argument.label.isEmpty ? variable.name : argument.label
      notes.append(("name.\(name)", variable.name))
      if let value = argument.value.integer { notes.append((name, "\(value)")) }
    }
    for (symbol, size) in evaluator.sizes.sorted(by: { $0.key < $1.key }) {
      notes.append(("dim.\(symbol)", "\(size)"))
    }
    return notes
  }

  /// The name of a leaf in a checkpoint. A random stream is the int behind it.
  static func path(_ name: String, _ place: LeafPlace) -> String { joined(name, place.path) }

  static func joined(_ name: String, _ path: String) -> String {
    path.isEmpty ? name : path.hasPrefix("[") ? name + path : "\(name).\(path)"
  }

  /// Whether a path is that of a value, or of a part of it.
  static func isPart(_ path: String, of name: String) -> Bool {
    path == name || path.hasPrefix("\(name).") || path.hasPrefix("\(name)[")
  }

  // MARK: Reading

  /// The value with stored tensors in place of its own; every difference is added to the list.
  static func fit(
    _ stored: [(path: String, tensor: Tensor)], _ value: HostValue, _ name: String,
    _ differences: inout [String]
  ) -> HostValue {
    let byPath = Dictionary(stored.map { ($0.path, $0.tensor) }, uniquingKeysWith: { $1 })
    var expected: Set<String> = []
    let tensors = value.placed.map { leaf -> Tensor in
      let path = path(name, leaf.place)
      expected.insert(path)
      guard let found = byPath[path] else {
        differences.append("`\(path)` is not in the file")
        return leaf.tensor
      }
      if found.dtype != leaf.tensor.dtype {
        differences.append(
          "`\(path)` holds \(found.dtype.rawValue) in the file, \(leaf.tensor.dtype.rawValue) here")
      } else if found.shape != leaf.tensor.shape {
        differences.append("`\(path)` is \(found.shape) in the file, \(leaf.tensor.shape) here")
      }
      return found
    }
    for other in stored where !expected.contains(other.path) {
      if isPart(other.path, of: name) { differences.append("`\(other.path)` is in the file only") }
    }
    return HostValue(value.types, tensors)
  }

  /// Puts the stored values into the names they came from.
  func restore(into evaluator: Evaluator, _ module: TypedModule) throws(RunProblem) {
    var differences: [String] = []
    var restored: [(Variable, HostValue)] = []
    for (name, variable) in names {
      // Of a loop's variable there is no value yet; the loop itself makes it.
      guard
        let target = evaluator.held.entries.keys.first(where: {
          $0.name == variable && $0.isTopLevel
        }),
        let entry = evaluator.held[target]
      else { continue }
      restored.append((target, StoredRun.fit(tensors, entry.value, name, &differences)))
    }
    for variable in carried(by: module) where !restored.contains(where: { $0.0 == variable }) {
      differences.append(
        "`\(variable.name)` is changed by the loop but is not in the file: add it to `save`")
    }
    guard differences.isEmpty else {
      throw .reported(DriverMessages.checkpointMismatch(path, differences, at: nil))
    }
    for (variable, value) in restored {
      evaluator.held[variable] = Held(value: value, depth: 1)
    }
  }

  /// What the loop that was saved in carries from step to step.
  private func carried(by module: TypedModule) -> [Variable] {
    guard let item = position.first, module.items.indices.contains(item),
      case .statement(let statement) = module.items[item]
    else { return [] }
    switch statement.kind {
    case .expression(let expression), .binding(_, let expression), .assignment(_, let expression):
      switch expression.form {
      case .loop(let loop): return loop.carried.filter(\.isTopLevel)
      case .whileLoop(let loop): return loop.carried.filter(\.isTopLevel)
      default: return []
      }
    case .expect, .sizes: return []
    }
  }
}

extension Evaluator {
  /// The position of the step behind the one at hand in the innermost loop.
  var positionOfNextStep: [Int]? {
    guard let step = stepPositions.last else { return nil }
    var next = Array(position.prefix(step))
    guard let last = next.popLast() else { return nil }
    return next + [last + 1]
  }
}
