// A source text with its name and a table of line starts.

/// One source text: a file, a library module or an input at the prompt.
package struct SourceFile: Sendable {
  package let id: SourceID
  /// What a report prints before the line number: a path as the user wrote it, or `repl`.
  package let name: String
  package let text: String
  package let utf8: [UInt8]
  /// UTF-8 offset of the first byte of each line.
  package let lineStarts: [Int]
  /// The number of the first line: inputs at the prompt count on from one another.
  package let firstLine: Int

  package init(id: SourceID, name: String, text: String, firstLine: Int = 1) {
    self.init(id: id, name: name, bytes: Array(text.utf8), firstLine: firstLine)
  }

  /// A text from elsewhere: the lexer reports what is not UTF-8, `text` shows it as U+FFFD.
  package init(id: SourceID, name: String, bytes: [UInt8], firstLine: Int = 1) {
    self.id = id
    self.name = name
    self.firstLine = firstLine
    text = String(decoding: bytes, as: UTF8.self)
    utf8 = bytes
    var starts = [0]
    for (offset, byte) in utf8.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    lineStarts = starts
  }

  /// The line (counted from `firstLine`) and column (from 1, in characters) of an offset.
  package func position(of offset: Int) -> (line: Int, column: Int) {
    let index = lineIndex(of: offset)
    let prefix = utf8[lineStarts[index]..<min(max(offset, lineStarts[index]), utf8.count)]
    return (index + firstLine, String(decoding: prefix, as: UTF8.self).count + 1)
  }

  /// The index into `lineStarts` of the line that holds `offset`.
  package func lineIndex(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// The text of a line by index into `lineStarts`, without its newline.
  package func line(at index: Int) -> String {
    let start = lineStarts[index]
    let end = index + 1 < lineStarts.count ? lineStarts[index + 1] - 1 : utf8.count
    return String(decoding: utf8[start..<max(start, end)], as: UTF8.self)
  }

  /// What a span of this text covers, cut off at its end.
  package func text(of span: Span) -> String {
    let start = min(span.start, utf8.count)
    return String(decoding: utf8[start..<min(max(span.end, start), utf8.count)], as: UTF8.self)
  }
}
