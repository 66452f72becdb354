// What may be wrong with the content of a file, and how that is worded.

import Tensors

/// The content of a file, or of a value to be written, is not what its format asks for.
package struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// The content ends before what it announces.
    case truncated
    /// Parts contradict each other, or a checksum does.
    case corrupted
    /// A legitimate content that is not read or written here.
    case unsupported
    /// More than a stated limit.
    case tooLarge
    /// A number that the precision of the run does not hold.
    case beyondPrecision
    /// Text that does not follow its grammar.
    case malformed
  }

  /// A place in a text, counted from 1; the column counts characters.
  package struct Position: Hashable, Sendable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  /// The path, or a path with the entry inside it.
  package var source: String
  package let kind: Kind
  package let detail: String
  package let position: Position?

  package init(
    _ kind: Kind, in source: String, at position: Position? = nil, _ detail: String
  ) {
    self.source = source
    self.kind = kind
    self.detail = detail
    self.position = position
  }

  /// - Parameter number: as the file has it.
  static func beyond(
    _ precision: Precision, _ number: String, in source: String, at position: Position? = nil
  ) -> DataError {
    DataError(
      .beyondPrecision, in: source, at: position,
      "the number \(number) does not fit in \(precision == .single ? "f32" : "f64")")
  }

  package var description: String {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    let opening =
      switch kind {
      case .truncated: "the file is cut short: "
      case .corrupted: "the file is damaged: "
      case .unsupported, .tooLarge, .beyondPrecision, .malformed: ""
      }
    return "`\(source)\(place)`: \(opening)\(detail)"
  }
}
