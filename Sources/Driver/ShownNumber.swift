// A number as `log` and `report` show it: grouped or short for people, exact for programs.

import Runtime
import Tensors

enum ShownNumber {
  case real(Double)
  case int(Int)
  case bool(Bool)

  /// One element of a tensor.
  init(_ tensor: Tensor, at index: Int = 0) {
    switch tensor.storage {
    case .single(let values): self = .real(ShownNumber.shortest(values[index]))
    case .double(let values): self = .real(values[index])
    case .int(let values): self = .int(values[index])
    case .bool(let values): self = .bool(values[index])
    }
  }

  /// The double that is written with as few digits as the float: 0.1, not 0.10000000149011612.
  private static func shortest(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }

  var json: Json {
    switch self {
    case .real(let value): .real(value)
    case .int(let value): .int(value)
    case .bool(let value): .bool(value)
    }
  }

  var text: String {
    switch self {
    case .real(let value): NumberText.short(value)
    case .int(let value): NumberText.grouped(value)
    case .bool(let value): "\(value)"
    }
  }

  /// For a progress line, which has room for a number; a truth value is 0 or 1 there.
  var number: Double {
    switch self {
    case .real(let value): value
    case .int(let value): Double(value)
    case .bool(let value): value ? 1 : 0
    }
  }
}
