// Tables of numbers as comma-separated values, in and out.
//
// The first row is a header where it has a field that is no number, and none that begins as one, but
// for fields in quotes; unless the caller knows. A problem names the line and the column of the field. Numbers are written so that they read back
// to the same bits.

package import Tensors

/// A table read from text.
package struct Csv: Sendable {
  /// Whether the first row names the columns; `automatic` looks at it.
  package enum Header: Sendable { case automatic, present, absent }

  /// The names of the columns, where there is a header.
  package var columns: [String]?
  /// `real [rows, columns]`.
  package var values: Tensor

  /// The table in the file at `path`.
  /// - Throws: `FileError`, `DataError`.
  package static func read(
    _ path: String, precision: Precision, header: Header = .automatic
  ) throws -> Csv {
    try decode(AtomicFile.read(path), source: path, precision: precision, header: header)
  }

  /// The table that `bytes` are the text of; `source` names them in a report.
  package static func decode(
    _ bytes: [UInt8], source: String, precision: Precision, header: Header = .automatic
  ) throws(DataError) -> Csv {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw DataError(.malformed, in: source, "the text is not UTF-8")
    }
    var scanner = CsvScanner(bytes, source: source)
    var columns: [String]?
    var singles: [Float] = []
    var doubles: [Double] = []
    var width: Int?
    var rows = 0
    while let fields = try scanner.row() {
      if let width, fields.count != width {
        let place = scanner.position(fields.count > width ? fields[width].start : scanner.endOfRow)
        throw DataError(
          .malformed, in: source, at: place,
          "this row has \(count(fields.count)), and the first has \(width)")
      }
      if width == nil {
        width = fields.count
        let isHeader =
          switch header {
          case .present: true
          case .absent: false
          case .automatic: isHeader(fields)
          }
        if isHeader {
          columns = fields.map(\.text)
          continue
        }
      }
      rows += 1
      for field in fields {
        switch precision {
        case .single:
          guard let value: Float = number(field.text) else { throw problem(field, scanner) }
          try requireFit(value, of: field, .single, scanner)
          singles.append(value)
        case .double:
          guard let value: Double = number(field.text) else { throw problem(field, scanner) }
          try requireFit(value, of: field, .double, scanner)
          doubles.append(value)
        }
      }
    }
    return Csv(
      columns: columns,
      values: Tensor(
        shape: [rows, width ?? 0],
        storage: precision == .single ? .single(singles) : .double(doubles)))
  }

  /// The text of a tensor of at most two axes; a vector is a column. Bools are written as 0 and 1.
  package static func encode(
    _ tensor: Tensor, columns: [String]? = nil, source: String
  ) throws(DataError) -> String {
    guard tensor.rank <= 2 else {
      throw DataError(
        .unsupported, in: source,
        "a table has two axes and this tensor \(tensor.rank); save as .npy instead")
    }
    let width = tensor.rank == 2 ? tensor.shape[1] : 1
    if let columns, columns.count != width {
      throw DataError(
        .malformed, in: source, "there are \(columns.count) names for \(count(width))")
    }
    var text = columns.map { $0.map(quoted).joined(separator: ",") + "\n" } ?? ""
    guard width > 0 else { return text }
    var patience = Patience()
    for start in stride(from: 0, to: tensor.count, by: width) {
      for index in start..<(start + width) {
        if patience.isOver(after: costOfNumber) { return text }
        if index > start { text += "," }
        switch tensor.storage {
        case .single(let values): text += "\(values[index])"
        case .double(let values): text += "\(values[index])"
        case .int(let values): text += "\(values[index])"
        case .bool(let values): text += values[index] ? "1" : "0"
        }
      }
      text += "\n"
    }
    return text
  }

  /// Replaces the file at `path`.
  /// - Throws: `FileError`, `DataError`.
  package static func write(
    _ tensor: Tensor, columns: [String]? = nil, to path: String
  ) throws {
    try AtomicFile.write(encode(tensor, columns: columns, source: path), to: path)
  }

  private static func quoted(_ name: String) -> String {
    let isPlain =
      !name.isEmpty && !name.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
      && name.first != " " && name.last != " " && !beginsAsNumber(name)
    return isPlain
      ? name
      : "\""
        + name.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\""
  }

  private static func count(_ columns: Int) -> String {
    columns == 1 ? "1 column" : "\(columns) columns"
  }

  /// Whether a first row is one of names. A field that begins as a number is a number, perhaps a
  /// damaged one, so that no row of numbers is ever taken for names.
  private static func isHeader(_ fields: [CsvScanner.Field]) -> Bool {
    fields.contains { (number($0.text) as Double?) == nil && !$0.text.isEmpty }
      && !fields.contains { !$0.isQuoted && beginsAsNumber($0.text) }
  }

  private static func beginsAsNumber(_ text: String) -> Bool {
    let digits = text.drop { "+-.".contains($0) }
    return digits.first.map { $0.isASCII && $0.isNumber } ?? false
      || (number(text) as Double?) != nil
  }

  private static func problem(_ field: CsvScanner.Field, _ scanner: CsvScanner) -> DataError {
    DataError(
      .malformed, in: scanner.source, at: scanner.position(field.start),
      field.text.isEmpty
        ? "a number is expected, and the field is empty"
        : "a number is expected, and `\(field.text.prefix(40))` found")
  }

  /// What is written in digits is finite.
  private static func requireFit<Value: BinaryFloatingPoint>(
    _ value: Value, of field: CsvScanner.Field, _ precision: Precision, _ scanner: CsvScanner
  ) throws(DataError) {
    guard value.isInfinite, !words.contains(field.text.lowercased()) else { return }
    throw .beyond(
      precision, String(field.text.prefix(40)), in: scanner.source,
      at: scanner.position(field.start))
  }

  private static func number(_ text: String) -> Double? { number(text, Double.init) }
  private static func number(_ text: String) -> Float? { number(text, Float.init) }

  private static let words: Set = ["nan", "inf", "+inf", "-inf", "infinity", "-infinity"]
  /// In elements, as `Patience` counts.
  private static let costOfNumber = 16

  /// Decimal numbers, `nan` and `inf` in any case; not hexadecimal, which a table never means.
  private static func number<Value: BinaryFloatingPoint>(
    _ text: String, _ parse: (String) -> Value?
  ) -> Value? {
    let isDecimal = text.utf8.allSatisfy {
      switch $0 {
      case 48...57, 43, 45, 46, 69, 101: true
      default: false
      }
    }
    return isDecimal || words.contains(text.lowercased()) ? parse(text) : nil
  }
}
