// What `print`, `log` and `probe` show, delivered in program order while a graph runs.

import Diagnostics
import IR
import Interpreter
import Lowering
import Ops
import Runtime
import Semantics
import Tensors

extension Evaluator {
  /// Called by the interpreter, on the thread of the run.
  func observe(_ observation: Observation) {
    let pieces = ObservationLayout(label: observation.label).pieces
    switch observation.op {
    case Ops.observation.print.name: print(pieces, observation)
    case Ops.observation.logValues.name: log(pieces, observation)
    case Ops.observation.probe.name: probe(pieces, observation)
    case checks.expect.name: expect(observation)
    case checks.boundReached.name: noteBound(observation)
    default: break
    }
  }

  /// An `expect` inside a function or a lifted loop: the first that fails ends the run.
  private func expect(_ observation: Observation) {
    guard observed == nil, let span = observation.origin.span else { return }
    for case .bool(let flags) in observation.operands.map(\.storage) {
      guard let place = flags.firstIndex(of: false) else { continue }
      let steps = observation.indexes.map(String.init).joined(separator: ", ")
      var places: [String] = steps.isEmpty ? [] : ["in step \(steps)"]
      if let entries = observation.entries {
        let entry = entries[place / (flags.count / entries.count)]
        places.append("for " + Evaluator.words([entry]))
      }
      let detail = places.isEmpty ? nil : "false \(places.joined(separator: ", "))"
      observed = DriverMessages.expectationFailed(at: span, detail: detail)
      return
    }
  }

  private func noteBound(_ observation: Observation) {
    guard let span = observation.origin.span else { return }
    for case .bool(let values) in observation.operands.map(\.storage) {
      let hits = values.count { $0 }
      if hits > 0 { reachedBounds[span, default: 0] += hits }
    }
  }

  /// Which `while`s ended at their bounds since this was last asked, and how often.
  func takeReachedBounds() -> [Diagnostic] {
    defer { reachedBounds = [:] }
    return reachedBounds.sorted { $0.key < $1.key }.map { span, count in
      DriverMessages.boundReached(count, at: span)
    }
  }

  func print(_ arguments: [HostArgument]) throws(RunProblem) -> HostValue {
    show(arguments.map { Display.text($0.value) }.joined(separator: " "))
    return .unit
  }

  func log(_ arguments: [HostArgument]) throws(RunProblem) -> HostValue {
    var step: LogRecord.Figure?
    var figures: [LogRecord.Figure] = []
    for (index, argument) in arguments.enumerated() {
      guard let tensor = argument.value.tensor, let value = argument.value.scalar else { continue }
      if let problem = notFinite(argument.label, value, argument.expression.span) {
        throw .reported(problem.explained(by: provenance(of: tensor)))
      }
      let isStep = index == 0 && tensor.dtype == .int
      let figure = LogRecord.Figure(
        name: isStep ? "step" : argument.label, value: ShownNumber(tensor))
      if isStep { step = figure } else { figures.append(figure) }
    }
    log.log(LogRecord(step: step, figures: figures))
    return .unit
  }

  private func notFinite(_ label: String, _ value: Double, _ span: Span) -> Diagnostic? {
    guard !value.isFinite else { return nil }
    let words = value.isNaN ? "not a number" : "infinite"
    return DriverMessages.notFinite(label.isEmpty ? "step" : label, words, at: span)
  }

  /// With JSON, standard output holds events only.
  func show(_ line: String) {
    let event = Json.object([("event", .string("print")), ("text", .string(line))])
    console.write((options.usesJson ? event.text : line) + "\n")
  }

  private func print(_ pieces: [ObservationLayout.Piece], _ observation: Observation) {
    var rest = observation.operands[...]
    let line = pieces.map { piece -> String in
      switch piece {
      case .text(let text): text
      case .value: rest.popFirst().map { TensorText.text($0) } ?? ""
      }
    }
    show(
      ([line.joined()] + (observation.entries.map { ["(\(Evaluator.words($0)))"] } ?? []))
        .joined(separator: " "))
  }

  /// `entry 2`, `entries 0, 2`
  private static func words(_ entries: [[Int]]) -> String {
    (entries.count == 1 ? "entry " : "entries ")
      + entries.map(\.entryWords).joined(separator: ", ")
  }

  /// A record; where entries of a batch come here on their own, one for each.
  private func log(_ pieces: [ObservationLayout.Piece], _ observation: Observation) {
    guard let entries = observation.entries else {
      return log(pieces, observation.operands, observation.origin)
    }
    for row in entries.indices {
      log(pieces, observation.operands.map { $0.rows([row], behind: 1) }, observation.origin)
    }
  }

  private func log(
    _ pieces: [ObservationLayout.Piece], _ operands: [Tensor], _ origin: Origin
  ) {
    var rest = operands[...]
    var step: LogRecord.Figure?
    var figures: [LogRecord.Figure] = []
    for piece in pieces {
      guard case .value(let label) = piece, let tensor = rest.popFirst() else { continue }
      guard tensor.count == 1, let value = tensor.doubles.first else { continue }
      if observed == nil, let span = origin.span {
        observed = notFinite(label, value, span)
      }
      let isStep = step == nil && figures.isEmpty && tensor.dtype == .int
      let figure = LogRecord.Figure(name: isStep ? "step" : label, value: ShownNumber(tensor))
      if isStep { step = figure } else { figures.append(figure) }
    }
    log.log(LogRecord(step: step, figures: figures))
  }

  private func probe(_ pieces: [ObservationLayout.Piece], _ observation: Observation) {
    guard probes != nil else { return }
    var name = ""
    var rest = observation.operands[...]
    for piece in pieces {
      switch piece {
      case .text(let text): name = text
      case .value(let label):
        guard let tensor = rest.popFirst() else { continue }
        let parts = label == name ? [name] : [name, label].filter { !$0.isEmpty }
        probes?.append(
          Probe(
            name: parts.joined(separator: "."), indexes: observation.indexes, tensor: tensor))
      }
    }
  }
}
