// What the prompt says of speed: `:time` and `:plan`.

import Diagnostics
import Lowering
import Runtime
import Semantics

extension Session {
  /// Runs an input and says how long it took. A pure expression is run again, as a loop would run
  /// it, until the times say something.
  func time(_ text: String) -> Outcome {
    let start = ContinuousClock.now
    guard evaluate(text) else { return .carryOn }
    let elapsed = ContinuousClock.now - start
    guard let expression = checked(text).onlyExpression, !expression.isEffect,
      !evaluator.needsWalk(expression, isStatement: true)
    else {
      return say(Profile.seconds(elapsed / .seconds(1)))
    }
    guard let times = repeated(expression) else { return .carryOn }
    let sorted = times.sorted()
    let median = Profile.seconds(sorted[sorted.count / 2])
    return say("\(median) median, \(Profile.seconds(sorted[0])) least of \(times.count) runs")
  }

  /// Seconds of each run; nil after a run that ended early.
  private func repeated(_ expression: TypedExpression) -> [Double]? {
    evaluator.isRepeating = true
    defer { evaluator.isRepeating = false }
    var times: [Double] = []
    let start = ContinuousClock.now
    // The first one compiles.
    for run in 0...Session.mostRuns {
      let before = ContinuousClock.now
      do throws(RunProblem) {
        _ = try evaluator.compute(expression)
      } catch {
        stopped(error, nil)
        return nil
      }
      if run > 0 { times.append((ContinuousClock.now - before) / .seconds(1)) }
      if run > 0, ContinuousClock.now - start > .seconds(2) { break }
    }
    return times
  }

  private static let mostRuns = 100

  /// What an expression is compiled to where a loop runs it.
  func plan(_ text: String) -> Outcome {
    let compiled = checked(text)
    if compiled.hasErrors {
      show(compiled.diagnostics)
      hadErrors = true
      return .carryOn
    }
    guard let expression = compiled.onlyExpression else {
      return refuse("`:plan` needs an expression, such as a call")
    }
    if let effect = evaluator.hostEffect(in: expression) {
      return refuse("`\(effect.name)` is done by the host: `:plan` needs an expression without it")
    }
    do throws(LoweringProblem) {
      let environment = evaluator.environment
      let lowered = try lower(
        expression, environment: environment, loopDepth: 0, symbols: evaluator.symbols)
      if lowered.output.leaves.isEmpty {
        return refuse("`\(text)` makes no numbers: `:plan` needs an expression, such as a call")
      }
      let site = PreparedSite(
        lowered, span: expression.span,
        inputs: lowered.inputs.map { environment[$0] ?? HeldType(.unit) }, loopDepth: 0)
      let engine = evaluator.native ?? NativeEngine { _ in }
      let inputs = evaluator.knownInputs(of: site)
      return say(PlanText(compiler.sources).describe(site, evaluator, engine, inputs))
    } catch {
      show([error.diagnostic])
      hadErrors = true
      return .carryOn
    }
  }

  /// A text in the scope of the session, which stays as it is.
  private func checked(_ text: String) -> CompiledText {
    let mark = compiler.checker.sessionMark
    defer { compiler.checker.takeBack(to: mark) }
    return compiler.compile(input: compiler.sources.add(name: "repl", text: text))
  }
}

extension CompiledText {
  /// The expression that the text is, or that it binds.
  fileprivate var onlyExpression: TypedExpression? {
    guard !hasErrors, module.items.count == 1, case .statement(let statement)? = module.items.last
    else { return nil }
    switch statement.kind {
    case .expression(let expression), .binding(_, let expression): return expression
    case .assignment, .expect, .sizes: return nil
    }
  }
}
