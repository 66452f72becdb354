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
  private var indentation = ""

  mutating func write(_ graph: Graph, label: String = "graph") {
    var names = Names(graph)
    let isPlain = graph.name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    let title = isPlain ? graph.name : Attributes.Value.quoted(graph.name)
    text += "\(indentation)\(label) \(title)("
    define(graph.inputs, of: graph, &names)
    text += ") {\n"
    indentation += "  "
    for node in graph.nodes {
      text += indentation
      let read = names.list(node.operands)
      define(node.results, of: graph, &names)
      if !node.results.isEmpty { text += " = " }
      switch node.kind {
      case .op(let op, let attributes):
        text += "\(op.name)(\(read))"
        if !attributes.entries.isEmpty { text += " \(attributes)" }
        text += "\n"
      case .branch(let branch):
        text += "branch (\(read)) {\n"
        write(inside: [("graph", branch.then), ("graph", branch.otherwise)])
      case .scan(let scan):
        let flags = (scan.isReversed ? "reversed " : "") + (scan.stopsEarly ? "early " : "")
        let counts = "constants \(scan.constants) carries \(scan.carries)"
        text += "scan \(scan.trip) \(counts) \(flags)(\(read)) {\n"
        write(inside: [("graph", scan.body)])
      case .call(let call):
        text += "call \(call.isRecomputed ? "recomputed " : "")(\(read)) {\n"
        let derivative = call.derivative.map { [("derivative", $0)] } ?? []
        write(inside: [("graph", call.body)] + derivative)
      }
    }
    let outputs = names.list(graph.outputs)
    text += "\(indentation)return\(outputs.isEmpty ? "" : " ")\(outputs)\n"
    indentation.removeLast(2)
    text += "\(indentation)}\n"
  }

  private mutating func write(inside graphs: [(String, Graph)]) {
    indentation += "  "
    for (label, graph) in graphs { write(graph, label: label) }
    indentation.removeLast(2)
    text += "\(indentation)}\n"
  }

  /// Writes values with their types.
  private mutating func define(_ values: [Value], of graph: Graph, _ names: inout Names) {
    for (position, value) in values.enumerated() {
      names.add(value)
      if position > 0 { text += ", " }
      text += "\(names[value]): \(graph.type(of: value))"
    }
  }
}

/// The numbers of the values of one graph, in the order of definition.
private struct Names {
  private var numbers: [Int?]
  private var count = 0

  init(_ graph: Graph) { numbers = Array(repeating: nil, count: graph.types.count) }

  mutating func add(_ value: Value) {
    if numbers[value.index] != nil { return }
    numbers[value.index] = count
    count += 1
  }

  /// `%?` for what is read and defined nowhere.
  subscript(value: Value) -> String {
    guard value.index < numbers.count, let number = numbers[value.index] else { return "%?" }
    return "%\(number)"
  }

  func list(_ values: [Value]) -> String { values.map { self[$0] }.joined(separator: ", ") }
}
