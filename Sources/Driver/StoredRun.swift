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
  /// What the checkpoint says besides its numbers.
  private let notes: [String: String]
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
    notes = Dictionary(
      checkpoint.metadata.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
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
    let settings = evaluator.program.map(evaluator.settings) ?? []
    return notes + settings.map { (name: $0.key, text: $0.text) }
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
  func restore(into evaluator: Evaluator, _ program: TypedModule) throws(RunProblem) {
    let changed = changedSettings(evaluator.settings(of: program), program)
    var differences = changed.filter(\.isContradiction).map(\.words)
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
    if restored.isEmpty, let (name, _) = names.first {
      throw .reported(
        DriverMessages.otherProgram(
          path, evaluator.options.name, "the program has none of its names, such as `\(name)`"))
    }
    for variable in carried(by: program) where !restored.contains(where: { $0.0 == variable }) {
      differences.append(
        "`\(variable.name)` is changed by the loop but is not in the file: add it to `save`")
    }
    guard differences.isEmpty else {
      let flags = changed.filter(\.isContradiction).compactMap(\.flag)
      throw .reported(
        DriverMessages.checkpointMismatch(path, differences, flags: flags, at: nil))
    }
    for (variable, value) in restored {
      evaluator.held[variable] = Held(value: value, depth: 1)
    }
    if !changed.isEmpty {
      evaluator.warn(
        DriverMessages.changedSettings(path, changed.map(\.words), changed.compactMap(\.flag)))
    }
  }

  // MARK: The program

  /// A setting that was another one when the checkpoint was saved.
  private struct ChangedSetting {
    let now: RunSetting
    let before: String

    /// A dim belongs to the numbers that were saved; the batch may be of any size.
    var isContradiction: Bool { if case .dim(.plain) = now.kind { true } else { false } }
    var flag: String? { now.flag(for: before) }
    var words: String {
      switch now.kind {
      case .config: "`\(now.name)` was \(before), here it is \(now.text)"
      case .dim: "`\(now.name)` is \(before) in the file, \(now.text) here"
      case .precision:
        "the reals were \(before)" + (now.text == "f64" ? ", `--f64` makes them f64" : ", here f32")
      }
    }
  }

  private func changedSettings(
    _ settings: [RunSetting], _ program: TypedModule
  ) -> [ChangedSetting] {
    let free = loop(of: program).map { reach(of: $0, in: program) } ?? []
    return settings.compactMap { setting in
      guard let before = notes[setting.key], before != setting.text else { return nil }
      if case .config(let variable?) = setting.kind, free.contains(variable) { return nil }
      return ChangedSetting(now: setting, before: before)
    }
  }

  /// The settings that say how far the loop goes and nothing else. A run goes on in order to go
  /// farther, so they may be others.
  private func reach(of loop: TypedExpression, in program: TypedModule) -> Set<Variable> {
    guard case .loop(let parts) = loop.form else { return [] }
    var inside: [ObjectIdentifier: Int] = [:]
    var reach: Set<Variable> = []
    let ends = parts.sources.compactMap(\.source.expression) + [parts.count].compactMap { $0 }
    for end in ends {
      end.visit { part in
        guard case .variable(let variable) = part.form else { return }
        reach.insert(variable)
        inside[ObjectIdentifier(variable), default: 0] += 1
      }
    }
    var all: [ObjectIdentifier: Int] = [:]
    program.visit { part in
      guard case .variable(let variable) = part.form else { return }
      all[ObjectIdentifier(variable), default: 0] += 1
    }
    return reach.filter { inside[ObjectIdentifier($0)] == all[ObjectIdentifier($0)] }
  }

  /// The loop that was saved in.
  func loop(of program: TypedModule) -> TypedExpression? {
    guard let item = position.first, program.items.indices.contains(item),
      case .statement(let statement) = program.items[item]
    else { return nil }
    return statement.expressions.first { expression in
      switch expression.form {
      case .loop, .whileLoop: true
      default: false
      }
    }
  }

  /// What the loop that was saved in carries from step to step.
  private func carried(by program: TypedModule) -> [Variable] {
    switch loop(of: program)?.form {
    case .loop(let loop): loop.carried.filter(\.isTopLevel)
    case .whileLoop(let loop): loop.carried.filter(\.isTopLevel)
    default: []
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
