// How many floating-point operations a step of training takes, by model: what the expressions of a
// step that read the model compute, its gradient and its update. Drawing examples is not among it.
//
// The count is that of `Graph.floatingOperations` with the sizes of each step, of graphs without
// probes and with nothing in them twice: the same whoever runs them.

import Diagnostics
import IR
import Interpreter
import Lowering
import Optimizer
import Semantics
import Tensors

/// Steps of loops that assign a model, and what they computed of it.
struct OperationTally {
  struct Training {
    var operations = 0.0
    var steps = 0
  }

  /// By loop; a model may be trained by several.
  private(set) var trainings: [Variable: [Span: Training]] = [:]

  mutating func add(step: [Variable: Double], of loop: Span) {
    for (model, operations) in step {
      trainings[model, default: [:]][loop, default: Training()].operations += operations
      trainings[model, default: [:]][loop, default: Training()].steps += 1
    }
  }

  /// Of one step on average, in the loop that computed most; nil for what no loop trained, or where
  /// nobody can count.
  func operations(of model: Variable) -> Double? {
    let most = trainings[model]?.values.max { $0.operations < $1.operations }
    return most.map { $0.operations / Double($0.steps) }.flatMap { $0 > 0 ? $0 : nil }
  }
}

extension PreparedSite {
  /// Of one run.
  fileprivate func operations(_ sizes: [DimSymbol: Int], _ inputs: [Tensor]) -> Double {
    let count = floatingOperations
    let missing = count.symbols.contains { sizes[$0] == nil }
    let known = missing ? Interpreter.sizes(of: lowered.graph, inputs, sizes) : sizes
    return known.flatMap(count.evaluated).map(Double.init) ?? .nan
  }
}

extension Evaluator {
  /// The names at the top that hold models and that a loop assigns.
  func models(assigned: [Variable]) -> [Variable] {
    options.usesJson ? assigned.filter { $0.isTopLevel && $0.type.isTrained } : []
  }

  /// The step of the innermost loop is over.
  func noteStep() {
    guard let loop = loops.last, !loop.operations.isEmpty else { return }
    tally.add(step: loops[loops.count - 1].takeOperations(), of: loop.span)
  }

  /// Adds what an expression computed to the steps of the loops around it.
  func count(_ run: FinishedRun) {
    var sizes: [DimSymbol: Int]?
    for model in run.site.lowered.inputs {
      guard let loop = loops.lastIndex(where: { $0.operations[model] != nil }) else { continue }
      let known =
        sizes ?? computedSizes(of: run.site, run.inputs, run.precision) ?? self.sizes
      sizes = known
      loops[loop].operations[model, default: 0] += run.site.operations(known, run.inputs)
    }
  }
}
