// Values as the prompt and `print` show them: numbers where they are few, a summary where not.

import Lowering
import Runtime
import Semantics
import Tensors

enum Display {
  /// The whole value, as `print` shows it.
  /// - Parameter isOneLine: rows of matrices follow one another, not one below the other.
  static func text(_ value: HostValue, isOneLine: Bool = false) -> String {
    if let text = value.text { return text }
    if let tensor = value.tensor {
      return isOneLine ? TensorText.line(tensor) : TensorText.text(tensor)
    }
    if let members = value.members {
      let parts = members.map { member in
        (member.name.map { "\($0): " } ?? "") + text(member.value, isOneLine: isOneLine)
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

  /// What the prompt says of a name: `mem : [N, M]  128×20  mean 0.01  sd 1.00  ▁▂▅█▅▂▁`, and of a
  /// record that does not fit on the line a line a member.
  /// - Parameter isAsked: says something also of what needs no words: streams, functions.
  static func binding(
    _ name: String, _ type: String, _ value: HostValue, isSimplex: Bool, width: Int, isAsked: Bool
  ) -> [String] {
    switch value.types {
    case .rng, .closure: return isAsked ? ["\(name) : \(type)  \(brief(value))"] : []
    case .text(let text): return ["\(name) : text  \(opening(of: text, width: width / 2))"]
    case .tensor:
      guard let tensor = value.tensor else { return [] }
      let sizes = tensor.rank > 0 ? "  \(TensorText.sizes(tensor.shape))" : ""
      return ["\(name) : \(type)\(sizes)  \(Summary.line(tensor, isSimplex: isSimplex))"]
    case .record(let members) where members.isEmpty: return []
    default:
      let head = "\(name) : \(type)"
      if value.tensors.allSatisfy({ $0.count <= 12 }), isPlain(value) {
        let line = "\(head)  \(text(value))"
        if line.count <= width { return [line] }
      }
      guard case .record = value.types, let members = value.members else {
        return ["\(head)  \(brief(value))"]
      }
      return [head]
        + members.enumerated().map { index, member in
          let sizes = member.value.tensor.map {
            $0.rank > 0 ? "  \(TensorText.sizes($0.shape))" : ""
          }
          return "  .\(member.name ?? "\(index)")\(sizes ?? "")  \(brief(member.value))"
        }
    }
  }

  /// A text in quotes, its first letters where it is long.
  private static func opening(of text: String, width: Int) -> String {
    let line = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .joined(separator: "\\n")
    if line.count <= width { return "\"\(line)\"" }
    return "\"\(line.prefix(width))…\"  \(NumberText.grouped(text.count)) letters"
  }

  /// Whether all of it is numbers and texts.
  private static func isPlain(_ value: HostValue) -> Bool {
    if value.tensor != nil || value.text != nil { return true }
    guard let members = value.members, !members.isEmpty else { return false }
    return members.allSatisfy { isPlain($0.value) }
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
