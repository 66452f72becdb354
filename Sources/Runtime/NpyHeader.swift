// The header of an npy file: a Python dictionary with three entries, read strictly.

/// What the header says: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NpyHeader {
  let format: ElementFormat
  let fortranOrder: Bool
  let shape: [Int]

  /// More axes than NumPy itself allows are a lie.
  private static let largestRank = 64

  init(_ bytes: ArraySlice<UInt8>, source: String) throws(DataError) {
    var parser = Parser(rest: bytes, source: source)
    var format: ElementFormat?
    var fortranOrder: Bool?
    var shape: [Int]?
    try parser.expect("{")
    while !parser.accept("}") {
      let key = try parser.string()
      try parser.expect(":")
      switch key {
      case "descr" where format == nil: format = try parser.descriptor()
      case "fortran_order" where fortranOrder == nil: fortranOrder = try parser.truth()
      case "shape" where shape == nil: shape = try parser.sizes()
      default: throw parser.problem("the entry `\(key)` is not expected there")
      }
      if !parser.accept(",") {
        try parser.expect("}")
        break
      }
    }
    try parser.finish()
    guard let format, let fortranOrder, let shape else {
      throw parser.problem("one of `descr`, `fortran_order` and `shape` is not there")
    }
    guard shape.count <= Self.largestRank else {
      throw parser.problem("the array has \(shape.count) axes, more than \(Self.largestRank)")
    }
    self.format = format
    self.fortranOrder = fortranOrder
    self.shape = shape
  }
}

/// Just enough of Python's literals.
private struct Parser {
  var rest: ArraySlice<UInt8>
  let source: String

  func problem(_ detail: String) -> DataError {
    DataError(.corrupted, in: source, "in the npy header: \(detail)")
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == 32 || (9...13).contains($0) }
  }

  mutating func accept(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard let first = rest.first, UInt32(first) == mark.value else { return false }
    rest.removeFirst()
    return true
  }

  mutating func expect(_ mark: Unicode.Scalar) throws(DataError) {
    if !accept(mark) { throw problem("`\(mark)` is expected\(found)") }
  }

  mutating func finish() throws(DataError) {
    skipSpace()
    if !rest.isEmpty { throw problem("the dictionary has ended\(found)") }
  }

  private var found: String {
    rest.first.map { ", and the byte \($0) found" } ?? ", and the header ends"
  }

  mutating func string() throws(DataError) -> String {
    skipSpace()
    guard let quote = rest.first, quote == 39 || quote == 34 else {
      throw problem("a quoted name is expected\(found)")
    }
    rest.removeFirst()
    guard let end = rest.firstIndex(of: quote) else { throw problem("a quoted name does not end") }
    let body = rest[..<end]
    rest = rest[(end + 1)...]
    guard body.allSatisfy({ (32..<127).contains($0) && $0 != 92 }) else {
      throw problem("a quoted name holds an unusual character")
    }
    return String(decoding: body, as: UTF8.self)
  }

  private mutating func word() -> String {
    skipSpace()
    let body = rest.prefix { ($0 | 32) >= 97 && ($0 | 32) <= 122 || (48...57).contains($0) }
    rest = rest[body.endIndex...]
    return String(decoding: body, as: UTF8.self)
  }

  mutating func truth() throws(DataError) -> Bool {
    switch word() {
    case "True": return true
    case "False": return false
    default: throw problem("`fortran_order` is neither True nor False")
    }
  }

  mutating func sizes() throws(DataError) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !accept(")") {
      guard let size = Int(word()), size >= 0 else { throw problem("a size is not a number") }
      sizes.append(size)
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }

  mutating func descriptor() throws(DataError) -> ElementFormat {
    if accept("[") {
      throw DataError(
        .unsupported, in: source, "arrays of records are not read; save each field by itself")
    }
    let text = try string()
    let width = Int(text.dropFirst(2))
    let kind: ElementFormat.Kind? =
      switch (text.dropFirst().first, width) {
      case ("f", 4), ("f", 8): .float
      case ("i", 1), ("i", 2), ("i", 4), ("i", 8): .signed
      case ("u", 1), ("u", 2), ("u", 4), ("u", 8): .unsigned
      case ("b", 1): .bool
      default: nil
      }
    guard let kind, let width, let order = text.first, "<>|=".contains(order) else {
      throw DataError(
        .unsupported, in: source,
        "elements of type `\(text)` are not read; convert to f4, f8, i8 or b1 first")
    }
    return ElementFormat(kind, width, bigEndian: order == ">")
  }
}
