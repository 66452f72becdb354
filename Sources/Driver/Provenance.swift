// The number to blame for one that is not finite, in the words of a report.

import Diagnostics
import IR
import Interpreter
import Lowering
import Runtime
import Semantics
import Tensors

struct Provenance {
  struct Finding {
    let number: FirstNotFinite
    /// The run that computed it, or that started from it.
    let run: FinishedRun
  }

  /// The first number that is not finite; where that is an infinity, the first NaN too.
  let findings: [Finding]
  /// The dims that hold examples.
  let batches: Set<DimSymbol>
}

extension Provenance.Finding {
  /// The place in the text, and the calls that led there.
  var labels: [Label] {
    switch number.source {
    case .input(let index):
      run.site.source(ofInput: index).map {
        [Label($0.variable.span, "holds \(value) before anything is computed from it")]
      } ?? []
    case .op(_, _, let origin, _, _):
      ([origin.span].compactMap { $0 }.map { Label($0, "first \(value) here, \(pass(origin))") })
        + origin.calls.reversed().prefix(3).map { Label($0, "called from here") }
    }
  }

  func note(batches: Set<DimSymbol>) -> String {
    switch number.source {
    case .input(let index):
      let source = run.site.source(ofInput: index)
      let name = source.map { [$0.variable.name, $0.path].filter { !$0.isEmpty } } ?? ["a value"]
      return sentence(
        "`\(name.joined(separator: "."))` holds \(value) before anything is computed from it",
        run.site.lowered.graph.inputTypes[index], steps: [], batches)
    case .op(let op, let operands, let origin, let steps, let type):
      let given = operands.enumerated().map { position, operand in
        "\(op.operands[min(position, op.operands.count - 1)]) = \(words(operand))"
      }
      let inputs = given.isEmpty ? "" : " of \(given.joined(separator: ", "))"
      return sentence(
        "`\(op.title)`\(inputs) is \(value), \(pass(origin))", type, steps: steps, batches)
    }
  }

  private var value: String { NumberText.label(number.value) }

  private func pass(_ origin: Origin) -> String {
    origin.isBackward ? "on the way back" : "on the way forward"
  }

  /// The number where it stands, where the operand has one for each element of the result.
  private func words(_ operand: Tensor) -> String {
    let numbers = operand.doubles
    if numbers.count == 1 { return NumberText.label(numbers[0]) }
    if case .op(let op, _, _, _, _) = number.source, case .pointwise = op.kernel {
      let strides = Layout.strides(operand.shape)
      return NumberText.label(numbers[zip(number.index, strides).reduce(0) { $0 + $1.0 * $1.1 }])
    }
    guard let least = numbers.min(), let most = numbers.max() else { return "without numbers" }
    return "from \(NumberText.label(least)) to \(NumberText.label(most))"
  }

  /// The words with where the number stands: example, dims, steps of the loops around it.
  private func sentence(
    _ words: String, _ type: TensorType, steps: [Int], _ batches: Set<DimSymbol>
  ) -> String {
    var places = zip(type.shape, number.index).filter { $0.0.constant != 1 }.map { dim, index in
      if let symbol = dim.symbol, batches.contains(symbol) { return "example \(index)" }
      return dim.symbols.isEmpty ? "place \(index)" : "\(dim.written) \(index)"
    }
    if !steps.isEmpty {
      places.append("step \(steps.map(String.init).joined(separator: ", ")) of the loop")
    }
    let place = places.isEmpty ? "" : ": \(places.joined(separator: ", ")), counted from 0"
    return words + place + (run.step.map { "; \($0)" } ?? "")
  }
}

extension Diagnostic {
  /// A report on a number that is not finite, with where it comes from.
  func explained(by provenance: Provenance?) -> Diagnostic {
    guard let provenance else { return self }
    var labels: [Label] = []
    for label in provenance.findings.flatMap(\.labels)
    where label.span != primary?.span && !labels.contains(label) { labels.append(label) }
    return Diagnostic(
      code, message, at: primary, secondary: secondary + labels,
      notes: provenance.findings.map { $0.note(batches: provenance.batches) } + notes, help: help,
      fix: fix, severity: severity)
  }
}
