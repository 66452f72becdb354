// How reports reach whoever ran a command.

import Diagnostics
import Runtime

/// Shows reports in one form and in one place, whatever they are about.
struct Reporter {
  enum Form {
    /// For people, on standard error.
    case text
    /// One object a line, on standard output.
    case json
    /// The same among the events of a run.
    case events
  }

  let console: any Console
  let form: Form

  func show(_ diagnostics: [Diagnostic], _ sources: SourceLibrary) {
    guard !diagnostics.isEmpty else { return }
    switch form {
    case .text:
      let renderer = Renderer(isColoured: console.usesColour) { sources[$0] }
      console.writeError(renderer.render(diagnostics))
    case .json, .events:
      let renderer = JSONRenderer(writesEvents: form == .events) { sources[$0] }
      for diagnostic in diagnostics { console.write(renderer.render(diagnostic) + "\n") }
    }
  }

  /// A file that could not be read or written.
  func show(_ problem: FileError) {
    show([DriverMessages.file("\(problem)", at: nil)], SourceLibrary())
  }

  func show(_ profile: Profile.Report) {
    switch form {
    case .text: console.writeError(profile.text)
    case .json, .events: console.write(profile.json.text + "\n")
    }
  }

  /// How many parameters the models of a run have and what a step of training computes, for programs
  /// that compare runs.
  func count(_ models: [TrainedModel]) {
    guard form == .events else { return }
    show("parameters", models.map { (name: $0.name, value: .int($0.parameters)) })
    show(
      "flops", models.compactMap { model in model.operations.map { (model.name, .real($0)) } })
  }

  private func show(_ event: String, _ counts: [(name: String, value: Json)]) {
    if counts.isEmpty { return }
    console.write(Json.object([("event", .string(event))] + counts).text + "\n")
  }

  /// What is worth knowing and nobody's mistake.
  func note(_ message: String) {
    switch form {
    case .text: console.writeError("note: \(message)\n")
    case .json, .events:
      let event = Json.object([("event", .string("note")), ("message", .string(message))])
      console.write(event.text + "\n")
    }
  }

  /// The command line does not say what to do.
  func refuse(_ message: String) -> Int32 {
    sayShortly("ntmscript", DriverMessages.usage(message))
    return Commands.Exit.usage
  }

  /// Ctrl-C; `words` say where.
  func showInterrupted(_ words: String) {
    sayShortly("interrupted", DriverMessages.interrupted(words))
  }

  /// What has no place in a text is one line for people.
  private func sayShortly(_ start: String, _ diagnostic: Diagnostic) {
    switch form {
    case .text: console.writeError("\(start): \(diagnostic.message)\n")
    case .json, .events: show([diagnostic], SourceLibrary())
    }
  }
}
