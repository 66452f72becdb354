// Pure expressions: lowered once for each structure of the names they read, then run.
//
// A graph is symbolic in every size, so the key of the cache is the place of the expression and the
// structures of its inputs. A training loop is lowered in its first step, whatever lengths follow.

import Diagnostics
import IR
import Interpreter
import Lowering
import Optimizer
import Semantics
import Tensors

/// A graph that is ready to run, and what it was lowered for.
struct PreparedSite {
  let lowered: Lowered
  let graph: PreparedGraph
  let inputs: [Aggregate<TensorType>]
  let depths: [Int]
  let loopDepth: Int
  let outputTypes: Aggregate<TensorType>
}

extension Evaluator {
  /// The value of an expression without effects on the world.
  /// - Parameter precision: another one than the run's, for `gradcheck`.
  func compute(
    _ expression: TypedExpression, precision: Precision? = nil
  ) throws(RunProblem) -> HostValue {
    if let value = plain(expression) { return value }
    let site = try preparedSite(expression)
    var inputs: [Tensor] = []
    for variable in site.lowered.inputs {
      inputs += held[variable]?.value.tensors ?? []
    }
    for level in site.lowered.loopIndexes {
      inputs.append(Tensor(ints: [loops.indices.contains(level) ? loops[level].index : 0]))
    }
    let outputs = try execute(site, inputs, precision ?? options.precision, expression.span)
    if let problem = observed {
      observed = nil
      throw .reported(problem)
    }
    return HostValue(site.outputTypes, site.lowered.output.leaves.map { outputs[$0] })
  }

  /// Constants and names, which need no graph.
  private func plain(_ expression: TypedExpression) -> HostValue? {
    switch expression.form {
    case .variable(let variable): held[variable]?.value
    case .text(let text): HostValue(.text(text), [])
    case .integer(let value): HostValue(TensorType(.int), Tensor(ints: [value]))
    case .boolean(let value): HostValue(TensorType(.bool), Tensor(bools: [value]))
    case .real(let value):
      HostValue(TensorType(.real), Tensor(reals: [value], precision: options.precision))
    default: nil
    }
  }

  private func execute(
    _ site: PreparedSite, _ inputs: [Tensor], _ precision: Precision, _ span: Span
  ) throws(RunProblem) -> [Tensor] {
    // The interpreter calls back on this thread, within this call.
    nonisolated(unsafe) let evaluator = self
    let interrupt = self.interrupt
    let interpreter = Interpreter(
      precision: precision,
      observer: { evaluator.observe($0) },
      isInterrupted: { interrupt.isRaised })
    do {
      return try interpreter.run(site.graph, inputs, sizes: sizes).outputs
    } catch {
      let names = site.lowered.inputs.flatMap { variable in
        Array(repeating: variable.name, count: held[variable]?.value.tensors.count ?? 0)
      }
      throw .from(error, inputs: names, span: span)
    }
  }

  private func preparedSite(_ expression: TypedExpression) throws(RunProblem) -> PreparedSite {
    if let site = sites[place]?.first(where: fits) { return site }
    let lowered: Lowered
    do {
      lowered = try lower(
        expression,
        environment: held.mapValues { HeldType($0.value.types, depth: $0.depth) },
        loopDepth: loops.count, symbols: symbols)
    } catch {
      throw .reported(error.diagnostic)
    }
    let site = PreparedSite(
      lowered: lowered,
      graph: PreparedGraph(optimize(lowered.graph)),
      inputs: lowered.inputs.map { held[$0]?.value.types ?? .unit },
      depths: lowered.inputs.map { held[$0]?.depth ?? 0 },
      loopDepth: loops.count,
      outputTypes: lowered.output.map { lowered.outputTypes[$0] })
    // A place that keeps seeing new structures keeps the latest few.
    sites[place] = [site] + (sites[place] ?? []).prefix(7)
    return site
  }

  private func fits(_ site: PreparedSite) -> Bool {
    guard site.loopDepth == loops.count else { return false }
    for (index, variable) in site.lowered.inputs.enumerated() {
      guard let entry = held[variable], entry.depth == site.depths[index],
        entry.value.types == site.inputs[index]
      else { return false }
    }
    return true
  }
}
