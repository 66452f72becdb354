// What a user is told about a mistake: a code, spans with labels, notes, and edits that mend it.

package enum Severity: String, Sendable {
  case error, warning
}

/// A span and what is to be said of it, usually a type.
package struct Label: Hashable, Sendable {
  package let span: Span
  package let text: String

  package init(_ span: Span, _ text: String) {
    self.span = span
    self.text = text
  }
}

/// A replacement of some text, offered only where it is certain to be what was meant.
package struct Edit: Hashable, Sendable {
  package let span: Span
  package let replacement: String

  package init(_ span: Span, _ replacement: String) {
    self.span = span
    self.replacement = replacement
  }
}

/// A certain mend: what it does in words, and the edits that do it.
package struct Fix: Hashable, Sendable {
  package let title: String
  package let edits: [Edit]

  package init(_ title: String, _ edits: [Edit]) {
    self.title = title
    self.edits = edits
  }
}

/// One report. Its wording lives in a factory beside the code it carries.
package struct Diagnostic: Hashable, Sendable {
  package let severity: Severity
  package let code: Code
  package let message: String
  /// The culprit: an operator or a name, never a line. Absent only where there is no source.
  package let primary: Label?
  package let secondary: [Label]
  package let notes: [String]
  package let help: [String]
  package let fix: Fix?

  package init(
    _ code: Code, _ message: String, at primary: Label?, secondary: [Label] = [],
    notes: [String] = [], help: [String] = [], fix: Fix? = nil, severity: Severity = .error
  ) {
    self.code = code
    self.message = message
    self.primary = primary
    self.secondary = secondary
    self.notes = notes
    self.help = help
    self.fix = fix
    self.severity = severity
  }
}

extension [Diagnostic] {
  package var hasErrors: Bool { contains { $0.severity == .error } }
}

/// Gathers reports; sorts them by place and drops repetitions when asked for them.
package struct DiagnosticBag: Sendable {
  /// More mistakes than this in one text say that it is not a program; the rest are not kept. Of
  /// warnings as many, so that they never crowd out an error.
  package static let limit = 1000

  private var gathered: [Diagnostic] = []
  private var errorCount = 0

  package init() {}

  package mutating func add(_ diagnostic: Diagnostic) {
    let isError = diagnostic.severity == .error
    guard (isError ? errorCount : gathered.count - errorCount) < DiagnosticBag.limit else { return }
    if isError { errorCount += 1 }
    gathered.append(diagnostic)
  }

  package mutating func add(contentsOf others: [Diagnostic]) {
    for diagnostic in others { add(diagnostic) }
  }

  package var hasErrors: Bool { gathered.contains { $0.severity == .error } }
  package var isEmpty: Bool { gathered.isEmpty }

  /// All reports in source order, each once.
  package var sorted: [Diagnostic] {
    var seen: Set<Diagnostic> = []
    return gathered.filter { seen.insert($0).inserted }.enumerated().sorted { a, b in
      switch (a.element.primary?.span, b.element.primary?.span) {
      case let (x?, y?) where x != y: x < y
      case (nil, .some): true
      case (.some, nil): false
      default: a.offset < b.offset
      }
    }.map(\.element)
  }
}
