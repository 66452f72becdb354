// Text to graphs: what the printer writes, and the same with result types left out.
//
// A hand-written recursive descent over a list of words; see Reader+Words. Types that are missing are
// computed by the rows' type rules; types that are there are believed, and the verifier judges them.

package import Tensors

/// Text that is not a graph.
package struct ReadingProblem: Error, CustomStringConvertible {
  package let line: Int
  package let message: String
  package var description: String { "line \(line): \(message)" }
}

extension Graph {
  /// Reads one graph. `op` finds a row by its name.
  package init(reading text: String, op: (String) -> Op?) throws(ReadingProblem) {
    var reader = Reader(text)
    self = try reader.graph("graph", op)
    if reader.peek != "" { throw reader.problem("text after the graph: `\(reader.peek)`") }
  }
}

extension Reader {
  // MARK: Dims and types

  package func symbol(_ word: String) -> DimSymbol? {
    guard let first = word.first, first.isLetter || first == "_" else { return nil }
    guard let dot = word.lastIndex(of: "."), let number = Int(word[word.index(after: dot)...])
    else { return DimSymbol(word) }
    return DimSymbol(String(word[..<dot]), number)
  }

  package mutating func dim() throws(ReadingProblem) -> Dim {
    var total = skip("-") ? -(try product()) : try product()
    while true {
      if skip("+") {
        total = total + (try product())
      } else if skip("-") {
        total = total - (try product())
      } else {
        return total
      }
    }
  }

  private mutating func product() throws(ReadingProblem) -> Dim {
    var result: Dim = 1
    repeat {
      let word = peek
      if let number = Int(word) {
        result = result * Dim(number)
      } else if let symbol = symbol(word) {
        result = result * Dim(symbol)
      } else {
        throw problem("expected a dim, found `\(word)`")
      }
      _ = next()
    } while skip("*")
    return result
  }

  package mutating func shape() throws(ReadingProblem) -> [Dim] {
    try expect("[")
    return try list(until: "]") { (reader) throws(ReadingProblem) in try reader.dim() }
  }

  package mutating func type() throws(ReadingProblem) -> TensorType {
    TensorType(try dtype(), try shape())
  }

  private mutating func dtype() throws(ReadingProblem) -> DType {
    guard let dtype = DType(rawValue: peek) else {
      throw problem("expected an element type, found `\(peek)`")
    }
    _ = next()
    return dtype
  }

  // MARK: Attributes

  package mutating func attributes() throws(ReadingProblem) -> Attributes {
    var result: Attributes = [:]
    guard skip("{") else { return result }
    let entries = try list(until: "}") { (reader) throws(ReadingProblem) in
      let key = reader.next()
      try reader.expect(":")
      return (key, try reader.attribute())
    }
    for (key, value) in entries { result[key] = value }
    return result
  }

  private mutating func attribute() throws(ReadingProblem) -> Attributes.Value {
    let kind = next()
    switch kind {
    case "axis": return .axis(try integer())
    case "axes":
      try expect("[")
      return .axes(
        try list(until: "]") { (reader) throws(ReadingProblem) in try reader.integer() })
    case "shape": return .shape(try shape())
    case "dim": return .dim(try dim())
    case "integer": return .integer(try integer())
    case "real":
      let isNegative = skip("-")
      guard let value = Double(next()) else { throw problem("expected a number") }
      return .real(isNegative ? -value : value)
    case "flag": return .flag(next() == "true")
    case "text": return .text(String(next().dropFirst()))
    case "dtype": return .dtype(try dtype())
    case "symbol":
      guard let symbol = symbol(next()) else { throw problem("expected a dim symbol") }
      return .symbol(symbol)
    default: throw problem("expected a kind of attribute, found `\(kind)`")
    }
  }

  // MARK: Graphs

  /// The values of the graph being read, by their names in the text.
  private struct Names {
    var graph: Graph
    var values: [String: Value] = [:]

    mutating func define(_ name: String, _ type: TensorType) -> Value {
      graph.types.append(type)
      let value = Value(graph.types.count - 1)
      values[name] = value
      return value
    }
  }

  private mutating func valueName() throws(ReadingProblem) -> String {
    try expect("%")
    return next()
  }

  private mutating func operand(_ names: Names) throws(ReadingProblem) -> Value {
    let name = try valueName()
    guard let value = names.values[name] else { throw problem("%\(name) is not defined") }
    return value
  }

  private mutating func operands(_ names: Names) throws(ReadingProblem) -> [Value] {
    try expect("(")
    return try list(until: ")") { (reader) throws(ReadingProblem) in try reader.operand(names) }
  }

  mutating func graph(_ label: String, _ op: (String) -> Op?) throws(ReadingProblem) -> Graph {
    try expect(label)
    let title = peek == "(" ? "" : next()
    let name = title.hasPrefix("\"") ? String(title.dropFirst()) : title
    var names = Names(graph: Graph(name: name))
    try expect("(")
    let inputs = try list(until: ")") { (reader) throws(ReadingProblem) in
      let name = try reader.valueName()
      try reader.expect(":")
      return (name, try reader.type())
    }
    for (name, type) in inputs { names.graph.inputs.append(names.define(name, type)) }
    try expect("{")
    while !skip("return") { try node(&names, op) }
    while peek != "}" {
      names.graph.outputs.append(try operand(names))
      if peek != "}" { try expect(",") }
    }
    try expect("}")
    return names.graph
  }

  private mutating func node(_ names: inout Names, _ op: (String) -> Op?) throws(ReadingProblem) {
    var results: [(name: String, type: TensorType?)] = []
    if peek == "%" {
      repeat {
        results.append((try valueName(), skip(":") ? try type() : nil))
      } while skip(",")
      try expect("=")
    }
    let word = next()
    let (kind, operands, types) = try applied(word, names, op)
    guard types.count == results.count else {
      throw problem("`\(word)` has \(types.count) results")
    }
    let values = zip(results, types).map { names.define($0.name, $0.type ?? $1) }
    names.graph.nodes.append(Node(kind, operands: operands, results: values, origin: .none))
  }

  private typealias Applied = (kind: Node.Kind, operands: [Value], types: [TensorType])

  /// What follows the `=` and the name of an op or of a kind of region.
  private mutating func applied(
    _ word: String, _ names: Names, _ op: (String) -> Op?
  ) throws(ReadingProblem) -> Applied {
    switch word {
    case "branch":
      let operands = try operands(names)
      try expect("{")
      let branch = Branch(then: try graph("graph", op), otherwise: try graph("graph", op))
      try expect("}")
      return (.branch(branch), operands, branch.then.outputTypes)
    case "scan": return try scan(names, op)
    case "call":
      let isRecomputed = skip("recomputed")
      let operands = try operands(names)
      try expect("{")
      var call = Call(body: try graph("graph", op), isRecomputed: isRecomputed)
      if peek == "derivative" { call.derivative = try graph("derivative", op) }
      try expect("}")
      return (.call(call), operands, call.body.outputTypes)
    default:
      let operands = try operands(names)
      guard let row = op(word) else { throw problem("there is no op `\(word)`") }
      let attributes = try attributes()
      do throws(TypeProblem) {
        let types = try row.type(operands.map(names.graph.type(of:)), attributes)
        return (.op(row, attributes), operands, types)
      } catch {
        throw problem("`\(word)`: expected \(error.expected), found \(error.found)")
      }
    }
  }

  private mutating func scan(
    _ names: Names, _ op: (String) -> Op?
  ) throws(ReadingProblem) -> Applied {
    let trip = try dim()
    try expect("constants")
    let constants = try integer()
    try expect("carries")
    let carries = try integer()
    let isReversed = skip("reversed")
    let stopsEarly = skip("early")
    let operands = try operands(names)
    try expect("{")
    let scan = Scan(
      body: try graph("graph", op), trip: trip, constants: constants, carries: carries,
      isReversed: isReversed, stopsEarly: stopsEarly)
    try expect("}")
    let outputs = scan.body.outputTypes
    let stacks = outputs.dropFirst(carries).map { $0.stacked(by: trip) }
    return (.scan(scan), operands, outputs.prefix(carries) + stacks)
  }
}
