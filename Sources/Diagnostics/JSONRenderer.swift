// A report as one line of JSON, for editors and scripts.
//
// {"severity":…,"code":…,"message":…,"file":…,"line":…,"column":…,"endLine":…,"endColumn":…,
//  "labels":[{"file":…, …,"text":…}],"notes":[…],"help":[…],
//  "fix":{"title":…,"edits":[{"file":…,"start":…,"end":…,"replacement":…}]}}
//
// Lines and columns are as in the text form, columns counted from 1 in characters; the offsets of
// edits are in bytes of UTF-8. The first label is the primary one. What a report lacks is left out.
// Among the events of a run, "event" takes the place of "severity".

/// Turns reports into lines of JSON.
package struct JSONRenderer {
  private let writesEvents: Bool
  private let source: (SourceID) -> SourceFile?

  package init(writesEvents: Bool = false, source: @escaping (SourceID) -> SourceFile?) {
    self.writesEvents = writesEvents
    self.source = source
  }

  /// One object on one line, without a line feed.
  package func render(_ diagnostic: Diagnostic) -> String {
    var fields = [
      (writesEvents ? "event" : "severity", quoted(diagnostic.severity.rawValue)),
      ("code", quoted(diagnostic.code.id)),
      ("message", quoted(diagnostic.message)),
    ]
    if let primary = diagnostic.primary { fields += place(primary.span) }
    let labels = (diagnostic.primary.map { [$0] } ?? []) + diagnostic.secondary
    fields.append(
      ("labels", array(labels.map { object(place($0.span) + [("text", quoted($0.text))]) })))
    fields.append(("notes", array(diagnostic.notes.map(quoted))))
    fields.append(("help", array(diagnostic.help.map(quoted))))
    if let fix = diagnostic.fix {
      let edits = fix.edits.map { edit in
        object([
          ("file", quoted(source(edit.span.source)?.name ?? "")),
          ("start", String(edit.span.start)), ("end", String(edit.span.end)),
          ("replacement", quoted(edit.replacement)),
        ])
      }
      fields.append(("fix", object([("title", quoted(fix.title)), ("edits", array(edits))])))
    }
    return object(fields)
  }

  private func place(_ span: Span) -> [(String, String)] {
    guard let file = source(span.source) else { return [] }
    let (line, column) = file.position(of: span.start)
    let (endLine, endColumn) = file.position(of: span.end)
    return [
      ("file", quoted(file.name)), ("line", String(line)), ("column", String(column)),
      ("endLine", String(endLine)), ("endColumn", String(endColumn)),
    ]
  }

  private func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }

  private func array(_ elements: [String]) -> String {
    "[" + elements.joined(separator: ",") + "]"
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
