// Graphs as text.
//
//     graph loss(%0: real[N], %1: real[]) {
//       %2: real[N] = mul(%0, %1)
//       %3: real[] = sum(%2) {axes: axes [0]}
//       %4: real[], %5: real[T] = scan T constants 1 carries 1 (%1, %3) {
//         graph step(%0: int[], %1: real[], %2: real[]) {
//           …
//           return %3, %2
//         }
//       }
//       return %4
//     }
//
// Values are numbered in the order of definition. Origins are left out.
//
// Promise: the reader gives the same graph back, so that a pass can be tested without a front end.

import Tensors

extension Graph: CustomStringConvertible {
  package var description: String {
    var printer = Printer()
    printer.write(self)
    return printer.text
  }
}

extension Attributes: CustomStringConvertible {
  /// `{axis: axis 1, count: dim 2*T}` in the order of the names; empty where there are none.
  package var description: String {
    if entries.isEmpty { return "" }
    let items = entries.map { "\($0.key): \($0.value.description)" }
    return "{\(items.joined(separator: ", "))}"
  }
}

extension Attributes.Value: CustomStringConvertible {
  package var description: String {
    switch self {
    case .axis(let axis): "axis \(axis)"
    case .axes(let axes): "axes \(axes)"
    case .shape(let dims): "shape [\(dims.map(\.description).joined(separator: ", "))]"
    case .dim(let dim): "dim \(dim)"
    case .integer(let value): "integer \(value)"
    case .real(let value): "real \(value)"
    case .flag(let value): "flag \(value)"
    case .text(let value): "text \(Self.quoted(value))"
    case .dtype(let dtype): "dtype \(dtype.rawValue)"
    case .symbol(let symbol): "symbol \(symbol)"
    }
  }

  fileprivate static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }
}

private struct Printer {
  var text = ""
  private var depth = 0

  private mutating func line(_ content: String) {
    text += String(repeating: "  ", count: depth) + content + "\n"
  }

  mutating func write(_ graph: Graph, label: String = "graph") {
    var names: [Value: Int] = [:]
    func name(_ value: Value) -> String { names[value].map { "%\($0)" } ?? "%?" }
    func define(_ values: [Value]) -> String {
      for value in values where names[value] == nil { names[value] = names.count }
      return values.map { "\(name($0)): \(graph.type(of: $0))" }.joined(separator: ", ")
    }
    func list(_ values: [Value]) -> String { values.map(name).joined(separator: ", ") }

    let isPlain = graph.name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    let title = isPlain ? graph.name : Attributes.Value.quoted(graph.name)
    line("\(label) \(title)(\(define(graph.inputs))) {")
    depth += 1
    for node in graph.nodes {
      let operands = "(\(list(node.operands)))"
      let defined = define(node.results)
      let head = defined.isEmpty ? "" : "\(defined) = "
      switch node.kind {
      case .op(let op, let attributes):
        let tail = attributes.entries.isEmpty ? "" : " \(attributes)"
        line("\(head)\(op.name)\(operands)\(tail)")
      case .branch(let branch):
        line("\(head)branch \(operands) {")
        write(inside: [("graph", branch.then), ("graph", branch.otherwise)])
      case .scan(let scan):
        let flags = (scan.isReversed ? "reversed " : "") + (scan.stopsEarly ? "early " : "")
        let counts = "constants \(scan.constants) carries \(scan.carries)"
        line("\(head)scan \(scan.trip) \(counts) \(flags)\(operands) {")
        write(inside: [("graph", scan.body)])
      case .call(let call):
        line("\(head)call \(call.isRecomputed ? "recomputed " : "")\(operands) {")
        let derivative = call.derivative.map { [("derivative", $0)] } ?? []
        write(inside: [("graph", call.body)] + derivative)
      }
    }
    line("return\(graph.outputs.isEmpty ? "" : " ")\(list(graph.outputs))")
    depth -= 1
    line("}")
  }

  private mutating func write(inside graphs: [(String, Graph)]) {
    depth += 1
    for (label, graph) in graphs { write(graph, label: label) }
    depth -= 1
    line("}")
  }
}
