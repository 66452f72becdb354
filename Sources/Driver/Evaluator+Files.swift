// `save` and `load`: values by name, in the format that the suffix of the file says.

import Diagnostics
import Lowering
import Runtime
import Semantics
import Tensors

extension Evaluator {
  // MARK: Saving

  func save(_ arguments: [HostArgument], _ expression: TypedExpression) throws(RunProblem)
    -> HostValue
  {
    guard let name = arguments.first?.value.text else { throw fileName(expression.span) }
    if arguments.count == 2, let text = arguments[1].value.text {
      do {
        try AtomicFile.write(text, to: name)
      } catch {
        throw fileProblem(error, expression.span)
      }
      return .unit
    }
    let tensors = arguments.dropFirst().enumerated().flatMap { index, argument in
      named(argument.value, argument.label.isEmpty ? "value\(index)" : argument.label)
    }
    do {
      try ArrayFile(name).write(tensors, metadata: StoredRun.metadata(self, arguments))
    } catch {
      throw fileProblem(error, expression.span)
    }
    return .unit
  }

  /// The tensors of a value by path.
  func named(_ value: HostValue, _ name: String) -> [ArrayFile.Named] {
    value.placed.map { leaf in (StoredRun.path(name, leaf.place), leaf.tensor) }
  }

  // MARK: Loading

  func load(_ arguments: [EffectArgument], _ expression: TypedExpression) throws(RunProblem)
    -> HostValue
  {
    guard let first = arguments.first,
      let name = try at(0, { () throws(RunProblem) in try evaluate(first.value) }).text
    else { throw fileName(expression.span) }
    if case .text = expression.type { return try text(name, expression.span) }
    if case .host(_, _, let unknowns) = expression.form {
      for symbol in unknowns { sizes[symbol] = nil }
    }
    let (path, stored): (String, [ArrayFile.Named])
    do {
      let file = try ArrayFile(name)
      (path, stored) = (file.path, try file.read(options.precision))
    } catch {
      throw fileProblem(error, expression.span)
    }
    let rest = Array(arguments.dropFirst())
    guard let second = rest.first else { return try array(stored, nil, path, expression) }
    if case .text = second.value.type {
      let key = try at(1) { () throws(RunProblem) in try evaluate(second.value) }.text
      return try array(stored, key, path, expression)
    }
    return try restored(rest, stored, path, expression.span)
  }

  /// Values like those given, with the numbers of the file; an error where anything does not fit.
  private func restored(
    _ arguments: [EffectArgument], _ stored: [ArrayFile.Named], _ path: String, _ span: Span
  ) throws(RunProblem) -> HostValue {
    var values: [HostValue] = []
    var differences: [String] = []
    for (index, argument) in arguments.enumerated() {
      let like = try at(index + 1) { () throws(RunProblem) in try evaluate(argument.value) }
      let name = label(of: argument)
      // A file from elsewhere holds one model and does not say whose.
      let isForeign =
        arguments.count == 1 && !stored.contains { StoredRun.isPart($0.path, of: name) }
      let named =
        isForeign ? stored.map { (StoredRun.joined(name, $0.path), $0.tensor) } : stored
      let value = StoredRun.fit(named, like, name, &differences)
      if differences.isEmpty, let tensor = value.tensor {
        try confirm(tensor, name, argument.value.type, span)
      }
      values.append(value)
    }
    guard differences.isEmpty else {
      throw .reported(DriverMessages.checkpointMismatch(path, differences, at: span))
    }
    if values.count == 1 { return values[0] }
    return HostValue(.record(values.map { .init(nil, $0.types) }), values.flatMap(\.tensors))
  }

  private func fileName(_ span: Span) -> RunProblem {
    .reported(DriverMessages.file("a file needs a name", at: span))
  }
}
