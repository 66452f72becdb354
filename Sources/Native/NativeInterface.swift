// What a call of compiled code takes besides the library: what goes in and out, what the host makes
// before, and which sizes are none.
//
// It has a text form, so that a later run can call a library that it did not write the C text of. The
// words are those of graphs, see `Reader`.

import IR
import Tensors

package struct NativeInterface: Sendable {
  let types: [TensorType]
  let outputTypes: [TensorType]
  let constants: [HostConstant]
  let rows: [HostRow]
  let boundSizes: [BoundSize]
  let symbols: [DimSymbol]
  let limits: SizeLimits
  /// The dim of the batch, where the code works in blocks.
  let lane: DimSymbol?
  let precision: Precision
}

// MARK: - As text

extension NativeInterface {
  /// nil where the code calls the host: what it shows there belongs to places of a user's text.
  var text: String? {
    guard rows.isEmpty else { return nil }
    let lines = [
      ("precision", [precision.rawValue]),
      ("inputs", types.map(\.description)),
      ("outputs", outputTypes.map(\.description)),
      ("constants", constants.map(\.description)),
      ("bound", boundSizes.map { "\($0.symbol) \($0.input)" }),
      ("symbols", symbols.map(\.description)),
      ("lane", lane.map { [$0.description] } ?? []),
    ]
    return lines.map { "\($0) [\($1.joined(separator: ", "))]\n" }.joined() + limits.description
  }

  /// Reads what `text` wrote. `op` finds a row by its name.
  init(reading text: String, op: (String) -> Op?) throws(ReadingProblem) {
    var reader = Reader(text)
    let names = try reader.section("precision") { (reader) throws(ReadingProblem) in reader.next() }
    guard let precision = names.first.flatMap(Precision.init(rawValue:)) else {
      throw reader.problem("expected a precision")
    }
    types = try reader.section("inputs") { (reader) throws(ReadingProblem) in try reader.type() }
    outputTypes = try reader.section("outputs") { (reader) throws(ReadingProblem) in
      try reader.type()
    }
    constants = try reader.section("constants") { (reader) throws(ReadingProblem) in
      try HostConstant(from: &reader, op)
    }
    rows = []
    boundSizes = try reader.section("bound") { (reader) throws(ReadingProblem) in
      BoundSize(symbol: try reader.name(), input: try reader.integer())
    }
    symbols = try reader.section("symbols") { (reader) throws(ReadingProblem) in
      try reader.name()
    }
    lane = try reader.section("lane") { (reader) throws(ReadingProblem) in try reader.name() }.first
    limits = try SizeLimits(from: &reader, precision)
    self.precision = precision
    if reader.peek != "" { throw reader.problem("text after the interface: `\(reader.peek)`") }
  }
}

extension HostConstant: CustomStringConvertible {
  /// `places int[2, T]`, `count [T, 3] int[1]`, `row constant() {…} real[]`.
  var description: String {
    switch source {
    case .places: "places \(type)"
    case .count(let dims): "count [\(dims.map(\.description).joined(separator: ", "))] \(type)"
    case .row(let op, let attributes, let operands):
      "row \(op.name)(\(operands.map(String.init).joined(separator: ", "))) \(attributes) \(type)"
    }
  }

  fileprivate init(from reader: inout Reader, _ op: (String) -> Op?) throws(ReadingProblem) {
    let kind = reader.next()
    switch kind {
    case "places": source = .places
    case "count": source = .count(try reader.shape())
    case "row":
      let name = reader.next()
      guard let row = op(name) else { throw reader.problem("there is no op `\(name)`") }
      try reader.expect("(")
      let operands = try reader.list(until: ")") { (reader) throws(ReadingProblem) in
        try reader.integer()
      }
      source = .row(row, try reader.attributes(), operands: operands)
    default: throw reader.problem("expected a kind of constant, found `\(kind)`")
    }
    type = try reader.type()
  }
}

extension Reader {
  /// A line of `NativeInterface.text`.
  mutating func section<Item>(
    _ title: String, _ read: (inout Reader) throws(ReadingProblem) -> Item
  ) throws(ReadingProblem) -> [Item] {
    try expect(title)
    try expect("[")
    return try list(until: "]", read)
  }

  fileprivate mutating func name() throws(ReadingProblem) -> DimSymbol {
    guard let symbol = symbol(next()) else { throw problem("expected a dim symbol") }
    return symbol
  }
}
