// Which values fit where the cursor is in a call: by the signature of the function, as written.
//
// Dims are left aside, since most of them are solved from the arguments; element type and rank, or
// the name of a struct, decide.

import Semantics
import Tensors

struct ExpectedArgument {
  /// The type of the parameter, as the signature writes it.
  private let type: String
  /// Labels that may still be written.
  let labels: [String]

  /// - Parameters:
  ///   - signature: `content(memory: [N, M], key: [M], beta: positive) -> simplex [N]`
  ///   - arguments: what stands between the parenthesis and the word at the cursor.
  init?(signature: String, arguments: String) {
    guard let open = signature.firstIndex(of: "(") else { return nil }
    let parameters = ExpectedArgument.parts(signature[signature.index(after: open)...]).map {
      part -> (name: String, type: String) in
      let pieces = part.split(separator: ":", maxSplits: 1).map { String($0).trimmed }
      return (pieces[0], pieces.count > 1 ? pieces[1] : "")
    }
    let written = ExpectedArgument.parts(arguments[...], keepsLast: true)
    let current = written.last ?? ""
    let position = max(written.count - 1, 0)
    let label = current.split(separator: ":", omittingEmptySubsequences: false)
    if label.count > 1, let named = parameters.first(where: { $0.name == String(label[0]).trimmed })
    {
      (type, labels) = (named.type, [])
    } else if current.trimmed.isEmpty, position < parameters.count {
      type = parameters[position].type
      labels = parameters[position...].map { "\($0.name): " }
    } else {
      return nil
    }
    if type.isEmpty { return nil }
  }

  /// Whether a value of a type may stand there.
  func accepts(_ found: Type) -> Bool {
    guard case .tensor(let dtype, let shape, _) = found else {
      let name = found.written.prefix { $0 != "[" && $0 != "(" }
      return !name.isEmpty && type.hasPrefix(name)
    }
    let brackets = type.firstIndex(of: "[").map { type[$0...] }
    let rank = brackets.map { ExpectedArgument.parts($0.dropFirst()).count } ?? 0
    let word = type.prefix { $0 != "[" && $0 != " " && $0 != "=" }
    let isNumeric = [
      "", "real", "int", "bool", "simplex", "unit", "positive", "nonneg", "above_one",
    ]
    .contains(String(word))
    let element: DType = word == "int" ? .int : word == "bool" ? .bool : .real
    return isNumeric && rank == shape.count && element == dtype
  }

  /// The parts between commas, up to the bracket that closes.
  private static func parts(_ text: Substring, keepsLast: Bool = false) -> [String] {
    var parts: [String] = []
    var part = ""
    var depth = 0
    scan: for character in text {
      switch character {
      case "(", "[", "{": depth += 1
      case ")", "]", "}":
        depth -= 1
        if depth < 0 { break scan }
      case "," where depth == 0:
        parts.append(part)
        part = ""
        continue
      default: break
      }
      part.append(character)
    }
    if keepsLast || !part.trimmed.isEmpty { parts.append(part) }
    return parts
  }
}
