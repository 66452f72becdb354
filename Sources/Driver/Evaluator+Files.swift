// `save` and `load`: values by name, in the format that the suffix of the file says.

import Diagnostics
import Lowering
import Runtime
import Semantics
import Tensors

extension Evaluator {
  private enum Format { case checkpoint, npz, npy, csv }

  private func format(_ path: String) -> (path: String, format: Format) {
    for (suffix, format) in [
      (".safetensors", Format.checkpoint), (".npz", .npz), (".npy", .npy), (".csv", .csv),
    ] where path.hasSuffix(suffix) {
      return (path, format)
    }
    return ("\(path).safetensors", .checkpoint)
  }

  // MARK: Saving

  func save(_ arguments: [HostArgument], _ expression: TypedExpression) throws(RunProblem)
    -> HostValue
  {
    guard let name = arguments.first?.value.text else {
      throw .reported(DriverMessages.file("`save` needs the name of a file", at: expression.span))
    }
    if arguments.count == 2, let text = arguments[1].value.text {
      do {
        try AtomicFile.write(text, to: name)
      } catch {
        throw fileProblem(error, expression.span)
      }
      return .unit
    }
    let (path, format) = format(name)
    let tensors = arguments.dropFirst().enumerated().flatMap { index, argument in
      named(argument.value, argument.label.isEmpty ? "value\(index)" : argument.label)
    }
    do {
      switch format {
      case .checkpoint:
        let metadata = StoredRun.metadata(self, arguments)
        try Checkpoint(tensors: tensors, metadata: metadata).save(to: path)
      case .npz: try Npz.write(tensors.map { ($0.path, $0.tensor) }, to: path)
      case .npy: try Npy.write(single(tensors, path), to: path)
      case .csv: try Csv.write(single(tensors, path), to: path)
      }
    } catch {
      throw fileProblem(error, expression.span)
    }
    return .unit
  }

  private func single(_ tensors: [(path: String, tensor: Tensor)], _ path: String) throws -> Tensor
  {
    guard tensors.count == 1 else {
      throw DataError(.unsupported, in: path, "the format holds one array, not \(tensors.count)")
    }
    return tensors[0].tensor
  }

  /// The tensors of a value by path.
  func named(_ value: HostValue, _ name: String) -> [(path: String, tensor: Tensor)] {
    value.placed.map { leaf in (StoredRun.path(name, leaf.place), leaf.tensor) }
  }

  // MARK: Loading

  func load(_ arguments: [EffectArgument], _ expression: TypedExpression) throws(RunProblem)
    -> HostValue
  {
    guard let first = arguments.first,
      let name = try at(0, { () throws(RunProblem) in try evaluate(first.value) }).text
    else {
      throw .reported(DriverMessages.file("`load` needs the name of a file", at: expression.span))
    }
    if case .text = expression.type { return try text(name, expression.span) }
    if case .host(_, _, let unknowns) = expression.form {
      for symbol in unknowns { sizes[symbol] = nil }
    }
    let (path, format) = format(name)
    let stored: [(path: String, tensor: Tensor)]
    do {
      switch format {
      case .checkpoint: stored = try Checkpoint.load(path, precision: options.precision).tensors
      case .npz:
        stored = try Npz.read(path, precision: options.precision).map { ($0.name, $0.tensor) }
      case .npy: stored = [("", try Npy.read(path, precision: options.precision))]
      case .csv: stored = [("", try Csv.read(path, precision: options.precision).values)]
      }
    } catch {
      throw fileProblem(error, expression.span)
    }
    // What was read is a part then.
    if interrupt.isRaised { throw .interrupted }
    let rest = Array(arguments.dropFirst())
    if let argument = rest.first, rest.count == 1,
      case .text(let key) = argument.value.form
    {
      return try array(stored, key, path, expression)
    }
    if rest.isEmpty { return try array(stored, "", path, expression) }
    return try restored(rest, stored, path, expression.span)
  }

  /// Values like those given, with the numbers of the file; an error where anything does not fit.
  private func restored(
    _ arguments: [EffectArgument], _ stored: [(path: String, tensor: Tensor)], _ path: String,
    _ span: Span
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
      values.append(StoredRun.fit(named, like, name, &differences))
    }
    guard differences.isEmpty else {
      throw .reported(DriverMessages.checkpointMismatch(path, differences, at: span))
    }
    if values.count == 1 { return values[0] }
    return HostValue(.record(values.map { .init(nil, $0.types) }), values.flatMap(\.tensors))
  }

  /// An array from elsewhere as a value of the type that the program gives it.
  private func array(
    _ stored: [(path: String, tensor: Tensor)], _ key: String, _ path: String,
    _ expression: TypedExpression
  ) throws(RunProblem) -> HostValue {
    func missing(_ name: String) -> RunProblem {
      let known = stored.map(\.path).filter { !$0.isEmpty }.sorted().prefix(8)
      let has = known.isEmpty ? "" : "; it has \(known.map { "`\($0)`" }.joined(separator: ", "))"
      let what = name.isEmpty ? "holds several arrays, say which" : "has no array `\(name)`"
      return .reported(DriverMessages.file("`\(path)` \(what)\(has)", at: expression.span))
    }
    func fitted(_ type: Type, _ tensor: Tensor, _ name: String) throws(RunProblem) -> HostValue {
      guard case .tensor(let dtype, let shape, _) = type else { throw missing(name) }
      let tensor = converted(tensor, to: dtype)
      guard let tensor, tensor.rank == shape.count else {
        throw .reported(
          DriverMessages.arrayMismatch(
            name, "[\(TensorText.sizes(tensor?.shape ?? []))]", type.written, at: expression.span))
      }
      for (dim, size) in zip(shape, tensor.shape) {
        // A dim that the type leaves open takes the array's size.
        if let symbol = dim.symbol, sizes[symbol] == nil { sizes[symbol] = size }
        guard dim.evaluated(sizes) == size else {
          throw .reported(
            DriverMessages.arrayMismatch(
              name, "[\(TensorText.sizes(tensor.shape))]",
              "\(type.written), `\(dim.written)` being \(dim.evaluated(sizes) ?? 0)",
              at: expression.span))
        }
      }
      return HostValue(TensorType(dtype, shape), tensor)
    }
    switch expression.type {
    case .record(let fields):
      var values: [(name: String?, value: HostValue)] = []
      for field in fields {
        let name = field.name ?? ""
        guard let found = stored.first(where: { $0.path == name }) else { throw missing(name) }
        values.append((field.name, try fitted(field.type, found.tensor, name)))
      }
      return HostValue(
        .record(values.map { .init($0.name, $0.value.types) }), values.flatMap(\.value.tensors))
    default:
      let found = key.isEmpty ? stored : stored.filter { $0.path == key }
      guard found.count == 1 else { throw missing(key) }
      return try fitted(expression.type, found[0].tensor, key.isEmpty ? path : key)
    }
  }

  /// Reals from ints; ints and bools from what holds exactly that; nil otherwise.
  private func converted(_ tensor: Tensor, to dtype: DType) -> Tensor? {
    if tensor.dtype == dtype { return tensor.converted(to: options.precision) }
    let numbers = tensor.doubles
    switch dtype {
    case .real: return Tensor(tensor.shape, reals: numbers, precision: options.precision)
    case .int:
      guard numbers.allSatisfy({ $0 == $0.rounded() && $0.magnitude < 9e15 }) else { return nil }
      return Tensor(tensor.shape, ints: numbers.map { Int($0) })
    case .bool:
      guard numbers.allSatisfy({ $0 == 0 || $0 == 1 }) else { return nil }
      return Tensor(tensor.shape, bools: numbers.map { $0 == 1 })
    }
  }
}
