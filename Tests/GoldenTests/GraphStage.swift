// The graph of a function at a stage of its way from the typed tree to the interpreter.

import Autodiff
import Driver
import IR
import Lifting
import Lowering
import Optimizer
import Semantics
import Tensors

/// What is done to the graph of a function, each on what the one before it left.
enum GraphStage: String {
  /// Calls and structs are gone, loops are regions; derivatives and lifted calls are written out.
  case lowered
  /// Every input has an axis more in front, `batch`.
  case lifted
  /// A cotangent of every real output comes in, one of every real input goes out.
  case reverse
  /// As it is executed.
  case optimized
}

extension CompiledText {
  /// The graph of a function of this text: its inputs are the parameters that its body reads. Nil
  /// where no function of the name has a body and tensors for parameters.
  /// - Throws: `LoweringProblem`, `LiftingProblem`.
  func graph(of name: String, through stages: [GraphStage]) throws -> Graph? {
    guard let function = module.functions.first(where: { $0.name == name }),
      let body = function.body
    else { return nil }
    // The dims by their names alone, so that the text does not depend on what else was checked.
    let dims = Dictionary(
      (symbols + function.symbols).map { ($0, Dim(DimSymbol($0.name))) },
      uniquingKeysWith: { first, _ in first })
    var environment = Bindings<HeldType>()
    for parameter in function.parameters {
      guard case .tensor(let dtype, let shape, _) = parameter.variable.type else { return nil }
      let type = TensorType(dtype, shape.map { $0.substituting(dims) })
      environment[parameter.variable] = HeldType(.tensor(type))
    }
    let lowered = try lower(body, environment: Environment(environment), dims: dims)
    var graph = lowered.graph
    graph.name = name
    // Inputs come in the order of their first reading; a reader looks for the parameters'.
    let read = Dictionary(uniqueKeysWithValues: zip(lowered.inputs, graph.inputs))
    graph.inputs = function.parameters.compactMap { read[$0.variable] }
    return try stages.reduce(graph) { try $1.graph(from: $0) }
  }

  /// The dims of the top level.
  private var symbols: [DimSymbol] {
    module.items.flatMap { item -> [DimSymbol] in
      if case .dims(let entries) = item { entries.map(\.symbol) } else { [] }
    }
  }
}

extension Function {
  fileprivate var symbols: [DimSymbol] {
    (explicit + implicit).compactMap { parameter in
      if case .dim(let symbol) = parameter { symbol } else { nil }
    }
  }
}

extension GraphStage {
  fileprivate func graph(from graph: Graph) throws -> Graph {
    switch self {
    case .lowered: return graph
    case .lifted:
      let dim = Dim(DimSymbol("batch"))
      return try lift(graph, over: dim, inputs: graph.inputs.map { _ in true }).graph
    case .reverse:
      let outputs = graph.outputs.indices.filter { graph.outputTypes[$0].dtype == .real }
      let inputs = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
      return Autodiff.reverse(graph, outputs: outputs, inputs: inputs)
    case .optimized: return optimize(graph)
    }
  }
}
