// Scalar expressions as C text over vectors.

import IR
import Tensors

/// A C name and its element type.
struct Operand {
  let name: String
  let dtype: DType
}

struct ScalarText {
  /// Each in two forms: for a whole vector, and for one that is not filled.
  private(set) var lines: [(_ isPartial: Bool) -> String] = []
  private var known: [ScalarExpression: Operand] = [:]
  private let operands: [Operand]
  private let prefix: String
  private let elements: String

  /// - Parameters:
  ///   - prefix: of the names this defines.
  ///   - elements: how many elements count in a vector that is not filled.
  init(operands: [Operand], prefix: String, elements: String) {
    self.operands = operands
    self.prefix = prefix
    self.elements = elements
  }

  mutating func callAsFunction(_ expression: ScalarExpression) -> Operand {
    if let operand = known[expression] { return operand }
    switch text(expression) {
    case .named(let operand):
      known[expression] = operand
      return operand
    case .new(let text, let dtype):
      let operand = Operand(name: "\(prefix)_\(lines.count)", dtype: dtype)
      lines.append { "const \(dtype.vector) \(operand.name) = \(text($0));" }
      known[expression] = operand
      return operand
    }
  }

  private enum Result {
    case named(Operand)
    case new((_ isPartial: Bool) -> String, DType)

    static func new(_ text: String, _ dtype: DType) -> Result { .new({ _ in text }, dtype) }
  }

  /// The operand with a number behind the end that cannot fault.
  private func harmless(_ x: Operand, _ number: Int) -> (Bool) -> String {
    { [elements] isPartial in
      isPartial ? "nt_keep_\(x.dtype.suffix)(\(x.name), \(elements), \(number))" : x.name
    }
  }

  private mutating func text(_ expression: ScalarExpression) -> Result {
    switch expression {
    case .operand(let index): return .named(operands[index])
    case .real(let value): return .new("nt_splat_r(\(CText.real(value)))", .real)
    case .integer(let value): return .new("nt_splat_i(\(CText.integer(value)))", .int)
    case .boolean(let value): return .new("nt_splat_b(\(value ? 1 : 0))", .bool)
    case .unary(let op, let inner):
      let x = self(inner)
      let dtype = op == .isFinite || op == .not ? .bool : x.dtype
      return .new("nt_\(op.rawValue)_\(x.dtype.suffix)(\(x.name))", dtype)
    case .binary(let op, let left, let right):
      let x = self(left)
      let y = self(right)
      let text = "nt_\(op.rawValue)_\(x.dtype.suffix)(\(x.name), \(y.name))"
      switch op {
      case .divide, .floorDivide, .remainder, .power:
        if x.dtype != .int { return .new(text, x.dtype) }
        let second = harmless(y, 1)
        return .new({ "nt_\(op.rawValue)_i(\(x.name), \(second($0)))" }, .int)
      case .equal, .less, .lessOrEqual, .and, .or: return .new(text, .bool)
      default: return .new(text, x.dtype)
      }
    case .select(let condition, let left, let right):
      let c = self(condition)
      let x = self(left)
      let y = self(right)
      return .new("nt_select_\(x.dtype.suffix)(\(c.name), \(x.name), \(y.name))", x.dtype)
    case .convert(let inner, let dtype):
      let x = self(inner)
      if x.dtype == dtype { return .named(x) }
      if x.dtype == .real, dtype == .int {
        let text = harmless(x, 0)
        return .new({ "nt_i_of_r(\(text($0)))" }, .int)
      }
      return .new("nt_\(dtype.suffix)_of_\(x.dtype.suffix)(\(x.name))", dtype)
    }
  }
}

enum CText {
  static func real(_ value: Double) -> String {
    if value.isNaN { return "(real)__builtin_nan(\"\")" }
    if value.isInfinite { return value < 0 ? "(real)-__builtin_inf()" : "(real)__builtin_inf()" }
    return "(real)\(value)"
  }

  static func integer(_ value: Int) -> String {
    value == Int.min ? smallest : "\(value)LL"
  }

  /// Of an int64_t: C has no literal for it.
  private static let smallest = "(-__INT64_MAX__ - 1)"

  /// A tensor of rank 0.
  static func immediate(_ tensor: Tensor) -> String? {
    switch tensor.storage {
    case .single(let values): values.first.map { real(Double($0)) }
    case .double(let values): values.first.map(real)
    case .int(let values): values.first.map(integer)
    case .bool(let values): values.first.map { $0 ? "1" : "0" }
    }
  }

  /// The element that leaves any other as it is.
  static func identity(_ reduction: Reduction, _ dtype: DType) -> String {
    switch (reduction, dtype) {
    case (.sum, .real): "(real)0"
    case (.product, .real): "(real)1"
    case (.minimum, .real): "(real)__builtin_inf()"
    case (.maximum, .real): "(real)-__builtin_inf()"
    case (.sum, _): "0"
    case (.product, _): "1"
    case (.minimum, _): "__INT64_MAX__"
    case (.maximum, _): smallest
    case (.any, _): "0"
    case (.all, _): "1"
    }
  }

  static func join(_ reduction: Reduction, _ dtype: DType, _ x: String, _ y: String) -> String {
    let name =
      switch reduction {
      case .sum: "add"
      case .product: "multiply"
      case .minimum: "minimum"
      case .maximum: "maximum"
      case .any: "or"
      case .all: "and"
      }
    return "nt_\(name)_\(dtype.suffix)(\(x), \(y))"
  }

  /// The part of a function's name: `nt_fold_add_r`.
  static func fold(_ reduction: Reduction) -> String {
    switch reduction {
    case .sum: "add"
    case .product: "mul"
    case .minimum: "min"
    case .maximum: "max"
    case .any: "or"
    case .all: "and"
    }
  }
}
