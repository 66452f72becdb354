// Values as the prompt and `print` show them: numbers where they are few, a summary where not.

import Lowering
import Runtime
import Semantics
import Tensors

enum Display {
  /// The whole value, as `print` shows it.
  static func text(_ value: HostValue) -> String {
    if let text = value.text { return text }
    if let tensor = value.tensor { return TensorText.text(tensor) }
    if let members = value.members {
      let parts = members.map { member in
        (member.name.map { "\($0): " } ?? "") + text(member.value)
      }
      let opening = isList(value) ? "[" : "("
      return opening + parts.joined(separator: ", ") + (isList(value) ? "]" : ")")
    }
    return brief(value)
  }

  /// On one line and not much of it.
  static func brief(_ value: HostValue) -> String {
    if let text = value.text { return text }
    if let tensor = value.tensor { return Summary.line(tensor) }
    switch value.types {
    case .rng: return "a random stream"
    case .closure: return "a function"
    default:
      let count = parameterCount(value)
      return "\(NumberText.grouped(count)) \(count == 1 ? "number" : "numbers")"
    }
  }

  /// What the prompt says of a name: `mem : [N, M]  128×20  mean 0.01  sd 1.00  ▁▂▅█▅▂▁`; nil for
  /// what needs no words.
  static func binding(_ name: String, _ type: String, _ value: HostValue, isSimplex: Bool)
    -> [String]?
  {
    switch value.types {
    case .rng, .closure: return nil
    case .text(let text): return ["\(name) : text  \(text)"]
    case .tensor:
      guard let tensor = value.tensor else { return nil }
      let sizes = tensor.rank > 0 ? "  \(TensorText.sizes(tensor.shape))" : ""
      return ["\(name) : \(type)\(sizes)  \(Summary.line(tensor, isSimplex: isSimplex))"]
    case .record(let members) where members.isEmpty: return nil
    default: return ["\(name) : \(type)  \(brief(value))"]
    }
  }

  /// How many reals that a derivative sees the value holds.
  static func parameterCount(_ value: HostValue) -> Int {
    value.placed.reduce(0) { sum, leaf in
      sum + (leaf.place.isParameter(leaf.type.dtype) ? leaf.tensor.count : 0)
    }
  }

  private static func isList(_ value: HostValue) -> Bool {
    if case .list = value.types { return true }
    return false
  }
}
