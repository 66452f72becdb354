// The suite of `ntm.conformance`, asked of the heads, memories and cells that a file declares.
//
// For each a small program is written that imports the file and puts the struct on trial; its tests
// run like those of any program. That is done from the smallest sizes upwards, and the first
// property that does not hold is reported with what showed it. What the language cannot say itself,
// that f32 stays near f64, compares two runs of the program.
//
// Promise: a file that declares none of them costs nothing, and nothing of it is run.

import Diagnostics
import Semantics
import Tensors

struct Conformance {
  let sources: SourceLibrary
  let interrupt: Interrupt

  struct Findings {
    var reports: [Diagnostic] = []
    /// What was not looked at, and why.
    var notes: [String] = []
  }

  /// The sizes of the dims of a struct in their order, and how many steps it makes.
  private static let rounds: [(sizes: [Int], steps: Int)] = [
    ([2, 1], 1), ([3, 2, 1], 2), ([5, 3, 2], 4),
  ]

  func findings(in text: CompiledText) -> Findings {
    var findings = Findings()
    for structure in text.module.structures {
      for claim in structure.claims {
        guard let trial = Trial(of: structure, as: claim, in: text.file) else { continue }
        run(trial, &findings)
      }
    }
    return findings
  }

  private func run(_ trial: Trial, _ findings: inout Findings) {
    var declaresGradients = false
    for round in Self.rounds where !interrupt.isRaised {
      let program = trial.program(sizes: round.sizes, steps: round.steps)
      let compiler = Compiler(sources: sources)
      let text = compiler.compile(sources.add(name: "the trial of \(trial.name)", text: program))
      if let problem = text.diagnostics.first(where: { $0.severity == .error }) {
        findings.notes.append("`\(trial.name)` was not put on trial: \(problem.message)")
        return
      }
      let round = TrialRound(text, sources, interrupt)
      // What fails next is likely to follow from what failed first.
      if let defect = round.firstDefect() {
        findings.reports.append(trial.report(defect))
        return
      }
      declaresGradients = declaresGradients || round.declaresGradients
    }
    if declaresGradients {
      findings.notes.append(
        "the gradients of `\(trial.name)` were not compared with differences: it has some of its own"
      )
    }
  }
}

/// One struct, as one of the interfaces.
struct Trial {
  let name: String
  private let dims: [String]
  private let path: String
  private let claim: InterfaceUse
  private let kind: Kind
  /// Where the struct says what it does.
  private let place: Span
  private let source: SourceID

  private struct Kind {
    let module: String
    /// Of the suite, over the dims of the interface and the numbers told.
    let trial: String
    let field: String
    let method: String
    /// Tests of its own.
    var tests = ""

    /// What it makes of some numbers that it is told.
    func heard(_ numbers: String) -> String {
      field == "cell" ? numbers : "trial.told(\(numbers))"
    }
  }

  /// How loud it is spoken to, and the name of what it hears in the first step.
  static let scales = [
    (property: "it gives numbers and slopes", factor: "1.0", name: "told_x"),
    (property: "it gives numbers and slopes when told nothing", factor: "0.0", name: "told_zero"),
    (
      property: "it gives numbers and slopes when told 1e4 times as much", factor: "1e4",
      name: "told_much"
    ),
  ]

  private static let kinds: [String: Kind] = [
    "Head": Kind(
      module: "ntm/heads.ntm", trial: "HeadTrial", field: "head", method: "address",
      tests: """
        test "it gives numbers and slopes for a memory of zeros" {
          expect is_finite(trial with (mem: 0.0 * trial.mem), x)
        }
        test "it gives numbers and slopes for a memory of numbers around 1e4" {
          expect is_finite(trial with (mem: 1e4 * trial.mem), x)
        }
        test "its weightings are nowhere negative and sum to one" {
          expect off_simplex(seen) < 1e-3
        }
        """),
    "Memory": Kind(
      module: "ntm/memories.ntm", trial: "MemoryTrial", field: "memory", method: "step"),
    "Cell": Kind(
      module: "ntm/cells.ntm", trial: "CellTrial", field: "cell", method: "step"),
  ]

  init?(of structure: Structure, as claim: InterfaceUse, in file: SourceFile) {
    guard let kind = Self.kinds[claim.interface.name], claim.interface.module == kind.module else {
      return nil
    }
    self.kind = kind
    self.claim = claim
    name = structure.name
    dims = structure.generics.map { parameter in
      switch parameter {
      case .dim(let symbol): symbol.name
      case .type(let symbol): symbol.name
      }
    }
    path = file.name
    source = file.id
    place = structure.methods[kind.method]?.span ?? structure.span
  }

  func program(sizes: [Int], steps: Int) -> String {
    let arguments = claim.arguments.map(\.written)
    // A cell is told its input as it is, the others what a projection makes of four numbers.
    let isCell = kind.field == "cell"
    let width = isCell ? arguments.first ?? "1" : "4"
    let dimensions = (isCell ? arguments : arguments + [width]).joined(separator: ", ")
    let declared = dims.enumerated().map { index, dim in
      "dim \(dim) = \(sizes[min(index, sizes.count - 1)])\n"
    }
    let written = path.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    let own = dims.isEmpty ? "" : "[\(dims.joined(separator: ", "))]"
    let extremes = Self.scales.map { scale in
      """
      let \(scale.name) = \(kind.heard("\(scale.factor) * x[0]"))
      test "\(scale.property)" { expect is_finite(trial, \(scale.factor) * x) }
      """
    }
    return """
      import ntm.conformance { \(kind.trial), is_finite, off_simplex, outcome }
      import "\(written)" as subject
      \(declared.joined())
      batch dim Examples = 3
      let rng = Rng(1)
      let trial = \(kind.trial)[\(dimensions)](
        rng["trial"], \(kind.field): subject.\(name)\(own))
      let x = rng["x"].normal[\(steps), \(width)]
      let seen = trial.run(x)
      \(extremes.joined(separator: "\n"))
      \(kind.tests)
      test "\(TrialRound.slopes)" {
        gradcheck(|trial, x| outcome(trial, x), at: (trial, x))
      }
      test "an example of a batch gives what it gives alone" {
        let some = rng["some"].normal[Examples, \(steps), \(width)]
        let together = trial.run(some)
        expect max(abs(for i in Examples { together[i] - trial.run(some[i]) })) < 1e-4
      }

      """
  }

  func report(_ defect: Defect) -> Diagnostic {
    // What ended the run in the text of the user is shown there.
    let cause = defect.cause.lazy.compactMap(\.primary).first { $0.span.source == source }
    var secondary: [Label] = []
    if let cause, cause.span != place { secondary.append(cause) }
    let words = defect.cause.flatMap { found($0) + $0.notes }
    return DriverMessages.conformance(
      name, defect.property, at: place, secondary: secondary, notes: words + defect.notes)
  }

  /// An `expect` of the suite stands in no text that the user has, so only its sides are of use.
  private func found(_ diagnostic: Diagnostic) -> [String] {
    if diagnostic.code.id != DriverMessages.expectationFailed.id { return [diagnostic.message] }
    guard let sides = diagnostic.primary?.text, sides != "false" else { return [] }
    return ["found: \(sides)"]
  }
}
