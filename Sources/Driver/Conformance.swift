// The suite of `ntm.conformance`, asked of the heads, memories and cells that a file declares.
//
// For each a small program is written that imports the file and puts the struct on trial; its tests
// run like those of any program. That is done from the smallest sizes upwards, and the first
// property that does not hold is reported, with the plainest input found that shows it. What the
// language cannot say itself, that f32 stays near f64, compares two runs of the program.
//
// Promise: a file that declares none of them costs nothing, and nothing of it is run.

import Diagnostics
import Semantics

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
    ([2, 1], 1), ([3, 2, 1], 2), ([6, 5, 2], 4),
  ]

  func findings(in text: CompiledText) -> Findings {
    var findings = Findings()
    for structure in text.module.structures {
      for claim in structure.claims {
        guard let trial = Trial(of: structure, as: claim, in: text.file) else { continue }
        run(trial, &findings)
      }
      findings.notes += RowOrder.misplaced(on: structure)
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
