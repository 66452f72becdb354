// Arrays from elsewhere as values of the types that a program gives them: dims, element types and
// claims are looked at as they enter.

import Diagnostics
import IR
import Lowering
import Ops
import Semantics
import Tensors

extension Evaluator {
  /// - Parameter key: the path of the array; nil for the only one, or for a record by the names of
  ///   its members.
  func array(
    _ stored: [ArrayFile.Named], _ key: String?, _ path: String, _ expression: TypedExpression
  ) throws(RunProblem) -> HostValue {
    let span = expression.span
    func missing(_ name: String?) -> RunProblem {
      let known = stored.map(\.path).filter { !$0.isEmpty }.sorted().prefix(8)
      let has = known.isEmpty ? "" : "; it has \(known.map { "`\($0)`" }.joined(separator: ", "))"
      let what = name.map { "has no array `\($0)`" } ?? "holds several arrays, say which"
      return .reported(DriverMessages.file("`\(path)` \(what)\(has)", at: span))
    }
    guard case .record(let fields) = expression.type else {
      let found = key.map { name in stored.filter { $0.path == name } } ?? stored
      guard found.count == 1 else { throw missing(key) }
      return try fitted(found[0].tensor, to: expression.type, key ?? path, span)
    }
    var values: [(name: String?, value: HostValue)] = []
    for field in fields {
      guard let found = stored.first(where: { $0.path == field.name }) else {
        throw missing(field.name)
      }
      values.append(
        (field.name, try fitted(found.tensor, to: field.type, found.path, span)))
    }
    return HostValue(
      .record(values.map { .init($0.name, $0.value.types) }), values.flatMap(\.value.tensors))
  }

  private func fitted(
    _ stored: Tensor, to type: Type, _ name: String, _ span: Span
  ) throws(RunProblem) -> HostValue {
    guard case .tensor(let dtype, let shape, _) = type else {
      preconditionFailure("the checker lets `load` give arrays only, not \(type.written)")
    }
    func mismatch(_ notes: [String] = []) -> RunProblem {
      let found = Type.tensor(stored.dtype, stored.shape.map { Dim($0) })
      return .reported(
        DriverMessages.arrayMismatch(name, found.written, type.written, notes, at: span))
    }
    guard stored.rank == shape.count else { throw mismatch() }
    for (dim, size) in zip(shape, stored.shape) {
      // A dim that the type leaves open takes the array's size.
      if let symbol = dim.symbol, sizes[symbol] == nil { sizes[symbol] = size }
      let expected = dim.evaluated(sizes)
      if expected == size { continue }
      throw mismatch(dim.constant == nil ? ["`\(dim.written)` is \(expected ?? 0)"] : [])
    }
    let tensor = try converted(stored, to: dtype, name, span)
    try confirm(tensor, name, type, span)
    return HostValue(TensorType(dtype, shape), tensor)
  }

  /// Reals from ints; ints and bools from what holds exactly that.
  private func converted(
    _ tensor: Tensor, to dtype: DType, _ name: String, _ span: Span
  ) throws(RunProblem) -> Tensor {
    if tensor.dtype == dtype { return tensor.converted(to: options.precision) }
    let numbers = tensor.doubles
    func require(_ isKept: (Double) -> Bool) throws(RunProblem) {
      guard let place = numbers.firstIndex(where: { !isKept($0) }) else { return }
      throw .reported(
        DriverMessages.elementMismatch(
          name, tensor, at: place, expected: dtype, span))
    }
    switch dtype {
    case .real: return Tensor(tensor.shape, reals: numbers, precision: options.precision)
    case .int:
      try require { $0 == $0.rounded() && $0.magnitude < 9e15 }
      return Tensor(tensor.shape, ints: numbers.map { Int($0) })
    case .bool:
      try require { $0 == 0 || $0 == 1 }
      return Tensor(tensor.shape, bools: numbers.map { $0 == 1 })
    }
  }

  /// What the type claims of the numbers must be so.
  func confirm(
    _ tensor: Tensor, _ name: String, _ type: Type, _ span: Span
  ) throws(RunProblem) {
    guard case .tensor(_, let shape, let claim?) = type else { return }
    let axis = claim.refinement == .simplex ? shape.count + claim.axis : nil
    guard let broken = Checks.broken(claim.refinement, of: tensor, axis: axis) else { return }
    throw .reported(DriverMessages.arrayClaim(name, broken, at: span))
  }
}
