// Why a logged number is not finite: the runs that led to it are run again on the interpreter, which
// looks at every result, until the first number is found that is to blame.
//
// From the run that gave the logged number the search goes back: where an input of a run is to
// blame, on to the run that made it. Compiled code may have rounded differently; where the
// interpreter ends in finite numbers nothing is named.

import Diagnostics
import IR
import Interpreter
import Lowering
import Ops
import Tensors

extension Evaluator {
  /// What a run is asked to end in.
  private enum Target {
    case output(Int)
    /// What a `log` inside of the graph shows, by its place.
    case logged(Span)
    /// A claim that does not hold.
    case claim(Origin)
  }

  /// Where a logged value comes from, if it can still be told.
  func provenance(of tensor: Tensor) -> Provenance? {
    guard let found = history.producer(of: tensor) else { return nil }
    return provenance(of: .output(found.output), in: found.run)
  }

  /// A report that was made inside of a run, with where the number comes from that it is about.
  func explained(_ problem: Diagnostic, in run: FinishedRun) -> Diagnostic {
    guard problem.code.id == DriverMessages.notFinite.id, let span = problem.primary?.span else {
      return problem
    }
    return problem.explained(by: provenance(of: .logged(span), in: run))
  }

  /// A run that ended early, where a claim met a number that is not finite.
  func explained(_ problem: RunProblem, after cause: ExecutionProblem, in run: FinishedRun)
    -> RunProblem
  {
    guard case .reported(let reports) = problem, case .evaluation(let fault, let origin, _) = cause,
      fault.code == DriverMessages.claimFailed.id
    else { return problem }
    let provenance = provenance(of: .claim(origin), in: run)
    return .reported(reports.map { $0.explained(by: provenance) })
  }

  /// Where the runs that are kept do not reach back to an operation, the first NaN may.
  private func provenance(of target: Target, in run: FinishedRun) -> Provenance? {
    let found = search(from: target, in: run)
    guard case .input? = found?.findings.first?.number.source, let suspect = history.suspect,
      suspect.run.number < run.number
    else { return found }
    return search(from: .output(suspect.output), in: suspect.run) ?? found
  }

  private func search(from target: Target, in run: FinishedRun) -> Provenance? {
    console.showStatus("looking for the first number that is not finite")
    defer { console.showStatus(nil) }
    guard let first = finding(.notFinite, for: target, in: run) else { return nil }
    var findings = [first]
    // Infinity is often meant, and then what it is put into is the mistake.
    if first.number.value.isInfinite, let second = finding(.notANumber, for: target, in: run) {
      findings.append(second)
    }
    return Provenance(findings: findings, batches: Set(nativeSizes.batches))
  }

  /// Where it began, in this run or in one before.
  private func finding(
    _ unwanted: Unwanted, for target: Target, in run: FinishedRun
  ) -> Provenance.Finding? {
    var (target, run) = (target, run)
    while let first = firstToBlame(unwanted, for: target, in: run) {
      guard case .input(let index) = first.source,
        let earlier = history.producer(of: run.inputs[index], before: run.number)
      else { return Provenance.Finding(number: first, run: run) }
      (target, run) = (.output(earlier.output), earlier.run)
    }
    return nil
  }

  /// The smallest number of them that must be let be for the target to be not finite; see FiniteCheck.
  private func firstToBlame(
    _ unwanted: Unwanted, for target: Target, in run: FinishedRun
  ) -> FirstNotFinite? {
    func replay(keeping kept: Int) -> FiniteCheck? {
      self.replay(run, to: target, FiniteCheck(for: unwanted, keeping: kept), unwanted)
    }
    guard let all = replay(keeping: .max) else { return nil }
    var (low, high) = (0, 1)
    var found: FiniteCheck?
    while found == nil {
      found = replay(keeping: high)
      if found != nil { break }
      guard high < all.count else { return nil }
      (low, high) = (high, min(high * 4, all.count))
    }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if let check = replay(keeping: middle) {
        (high, found) = (middle, check)
      } else {
        low = middle
      }
    }
    return found?.last
  }

  /// The check, if the target is still what is unwanted.
  private func replay(
    _ run: FinishedRun, to target: Target, _ check: FiniteCheck, _ unwanted: Unwanted
  ) -> FiniteCheck? {
    let interrupt = self.interrupt
    nonisolated(unsafe) var isLogged = false
    let interpreter = Interpreter(
      precision: run.precision,
      observer: { observation in
        guard case .logged(let span) = target, observation.origin.span == span,
          observation.op == Ops.observation.logValues.name
        else { return }
        if observation.operands.contains(where: { $0.holds(unwanted) }) { isLogged = true }
      },
      isInterrupted: { interrupt.isRaised })
    guard
      let outputs = try? interpreter.run(
        run.site.graph, run.inputs, sizes: run.sizes, check: check
      ).outputs
    else { return nil }
    switch target {
    case .output(let output): return outputs[output].holds(unwanted) ? check : nil
    case .logged: return isLogged ? check : nil
    case .claim(let origin): return check.brokenClaims.contains(origin) ? check : nil
    }
  }
}
