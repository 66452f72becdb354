// From the typed tree to a graph: an abstract interpreter that adds nodes where a concrete one
// would compute.
//
// Functions are written out at their calls, specialised on everything static: struct types,
// function values, dims. Closures, interfaces, constructors and lists exist only here. Loops become
// lifted bodies or scans, an `if` a branch, a derivative the reverse of a graph of its own that is
// then inlined. A name that neither a frame nor the program's environment holds is the
// program's own, read before it has a value.
//
// Promise: the graph verifies, every node has the span that asked for it and the calls it came
// through, and lowering one program twice gives one graph.

package import Diagnostics
package import IR
import Ops
package import Semantics
package import Tensors

/// Numbers for fresh dim symbols. A session has one, so that a dim found in one statement is not
/// another one in the next.
package final class SymbolSource {
  private var next: Int

  /// - Parameter first: above every number that the checker gives.
  package init(first: Int = 1_000_000) { next = first }

  package func fresh(_ name: String) -> DimSymbol {
    next += 1
    return DimSymbol(name, next)
  }
}

/// A lowered expression.
package struct Lowered {
  package let graph: Graph
  /// The names read, in order: the graph's inputs are the leaves of each, one name after another.
  package let inputs: [Variable]
  /// Then one int for each of these: the index of the host's loop of that depth, 0 the outermost.
  package let loopIndexes: [Int]
  /// The value; its leaves are indices of the graph's outputs.
  package let output: Aggregate<Int>
  /// What the expression left in `var`s of the environment that it assigned.
  package let assigned: [(variable: Variable, value: Aggregate<Int>)]
  /// The lengths along ragged dims that the expression itself declares, where results have them: to
  /// be held for as long as these are. A name is this expression's for good.
  package let lengths: [(variable: Variable, output: Int)]
  /// Warnings that only the graph shows.
  package let lints: [Diagnostic]
  /// What the user wrote where the graph has the parts of an op, as `softmax` for a maximum, a
  /// difference and so on, or an op of another name.
  package let spellings: [Span: String]
  package var outputTypes: [TensorType] { graph.outputTypes }
}

/// Lowers an expression at the top of a program.
/// - Parameters:
///   - environment: what the names of the top level hold.
///   - dims: replacements for dims of the top level; others stand for themselves and get their
///     numbers when the graph is run.
///   - loopDepth: how many of the host's loops the expression stands in.
///   - assertsClaims: false where numbers are moved off what is claimed of them on purpose.
package func lower(
  _ expression: TypedExpression, environment: Environment = Environment(),
  dims: [DimSymbol: Dim] = [:], loopDepth: Int = 0, symbols: SymbolSource = SymbolSource(),
  assertsClaims: Bool = true
) throws(LoweringProblem) -> Lowered {
  let lowerer = Lowerer(
    environment: environment, dims: dims, loopDepth: loopDepth, symbols: symbols,
    assertsClaims: assertsClaims)
  do {
    return try lowerer.run(expression)
  } catch let problem as LoweringProblem {
    throw problem
  } catch {
    preconditionFailure("lowering threw what is not a problem of the program: \(error)")
  }
}

final class Lowerer {
  let environment: Environment
  let symbols: SymbolSource
  /// Whether `x as simplex` is looked at when the program runs.
  let assertsClaims: Bool
  let root: Region
  /// The scopes of the top level: the program, then one for each loop of the host.
  private var hostScopes: [Scope] = []
  private var inputs: [Variable] = []
  private var held: [Variable: Aggregate<Operand>] = [:]
  private var inputValues: [Value] = []
  private var hostIndexes: [(level: Int, value: Value)] = []
  private let rootFrame: Frame

  var scope: Scope
  var frame: Frame
  var origin = Origin.none
  /// What functions read of the functions they are declared in.
  var freeVariablesOf: [Function: [Variable]] = [:]
  /// The sizes of ragged dims, one for each example, that are declared in what is being lowered;
  /// names of the environment hold those of others.
  var madeLengths: [DimSymbol: Operand] = [:]
  /// The calls that are being written out, one inside another, each with how many sides of branches
  /// are around it.
  var entered: [(name: String, sides: Int)] = []
  /// How many sides of branches are being written out, and how many expressions one inside another.
  var sides = 0
  var height = 0

  /// Warnings found so far.
  var lints: [Diagnostic] = []
  /// See `Lowered.spellings`.
  var spellings: [Span: String] = [:]
  /// How many calls were written out so far.
  var calls = 0

  static let deepest = 200
  /// Above what the parser lets one function nest, below what a stack of 8 MiB holds.
  static let highest = 740
  /// Far above any program that is meant; a function that calls itself twice, 200 deep, is not.
  static let mostCalls = 20_000

  init(
    environment: Environment, dims: [DimSymbol: Dim], loopDepth: Int, symbols: SymbolSource,
    assertsClaims: Bool
  ) {
    self.environment = environment
    self.symbols = symbols
    self.assertsClaims = assertsClaims
    root = Region("main", parent: nil)
    scope = Scope(parent: nil, region: root, fold: .none)
    hostScopes = [scope]
    for level in 0..<max(0, loopDepth) {
      scope = Scope(parent: scope, region: root, fold: .hostLoop(level))
      hostScopes.append(scope)
    }
    rootFrame = Frame(dims: dims)
    frame = rootFrame
  }

  var region: Region { scope.region }

  func run(_ expression: TypedExpression) throws -> Lowered {
    let result = try evaluate(expression)
    var outputs = try materialised(result).map(withoutPadding)
    var next = outputs.count
    let output = result.rebuilt(0..<next)
    var assigned: [(variable: Variable, value: Aggregate<Int>)] = []
    for variable in frame.assigned where isHeld(variable) {
      guard let value = frame.values[variable] else { continue }
      let leaves = try materialised(value).map(withoutPadding)
      assigned.append((variable, value.rebuilt(next..<next + leaves.count)))
      next += leaves.count
      outputs += leaves
    }
    var lengths: [(variable: Variable, output: Int)] = []
    for (variable, operand) in try escapingLengths(of: outputs, at: expression.span) {
      lengths.append((variable, outputs.count))
      outputs.append(use(operand))
    }
    let indexes = hostIndexes.sorted { $0.level < $1.level }
    let graph = root.finish(outputs, inputs: inputValues + indexes.map(\.value))
    return Lowered(
      graph: graph.verified(after: "lowering"), inputs: inputs,
      loopIndexes: indexes.map(\.level), output: output, assigned: assigned,
      lengths: lengths, lints: lints, spellings: spellings)
  }

  // MARK: Names

  /// What a name holds. A name of the top level becomes inputs of the graph when first read.
  func lookUp(_ variable: Variable) throws -> Aggregate<Operand> {
    if let value = frame.values[variable] { return value }
    if let (structure, owner) = frame.owner,
      let field = structure.fields.first(where: { $0.variable == variable })
    {
      return try read(field.name, of: owner)
    }
    if let value = rootFrame.values[variable] ?? held[variable] { return value }
    guard let entry = environment[variable] else {
      throw LoweringProblem(
        noValue(variable, readAt: origin), missing: ObjectIdentifier(variable))
    }
    let scope = hostScopes[min(max(0, entry.depth), hostScopes.count - 1)]
    let value = entry.value.map { type in
      let input = root.builder.input(type)
      inputValues.append(input)
      return Operand(input, scope)
    }
    inputs.append(variable)
    held[variable] = value
    return value
  }

  /// Whether a name is the session's, so that what is assigned to it outlives the expression.
  func isHeld(_ variable: Variable) -> Bool {
    variable.isTopLevel || environment[variable] != nil
  }

  /// The index of a loop that the host runs.
  func hostIndex(_ level: Int) -> Value {
    if let known = hostIndexes.first(where: { $0.level == level }) { return known.value }
    let value = root.builder.input(TensorType(.int))
    hostIndexes.append((level, value))
    return value
  }

  // MARK: Values and nodes

  func use(_ operand: Operand) -> Value { region.value(operand.value, of: operand.scope.region) }

  func operand(_ value: Value) -> Operand { Operand(value, scope) }

  func tensor(_ value: Value) -> Aggregate<Operand> { .tensor(operand(value)) }

  func types(_ value: Aggregate<Operand>) -> Aggregate<TensorType> { value.map(\.type) }

  func type(of value: Value) -> TensorType { region.type(of: value) }

  /// Every leaf as a value of the current region. A stream that comes from outside becomes the
  /// stream that it is here.
  func materialised(_ value: Aggregate<Operand>) throws -> [Value] {
    var result: [Value] = []
    _ = try value.mapPlaced { place, leaf in
      if case .key(let isLabelled) = place.role {
        result.append(try key(leaf, isLabelled: isLabelled))
      } else {
        result.append(use(leaf))
      }
    }
    return result
  }

  func emit(
    _ op: Op, _ operands: [Value], _ attributes: Attributes = [:], in region: Region? = nil
  ) throws -> [Value] {
    if region == nil, let results = try raggedResults(op, operands, attributes) { return results }
    let builder = (region ?? self.region).builder
    builder.origin = origin
    note(op)
    do {
      return try builder.attempt(op, operands, attributes)
    } catch {
      let found = operands.map { builder.type(of: $0).written }.joined(separator: " and ")
      throw problem(
        .shapeMismatch,
        op.spelling.map { "`\($0)` does not fit \(found)" } ?? "\(found) does not fit",
        notes: ["expected \(error.expected), found \(error.found)"])
    }
  }

  /// Only what reduces can find nothing to work on, by itself or as a part.
  private func note(_ op: Op) {
    switch op.kernel {
    case .composite, .reduce:
      if let span = origin.span, let word = op.spelling, spellings[span] == nil {
        spellings[span] = word
      }
    default: break
    }
  }

  /// A node of an op with one result.
  func emit(
    _ op: Op, _ operands: Value..., attributes: Attributes = [:], in region: Region? = nil
  ) throws -> Value {
    try emit(op, operands, attributes, in: region)[0]
  }

  /// Adds the nodes of a finished region's graph, whose nodes know their origins.
  func inline(_ graph: Graph, _ arguments: [Value]) -> [Value] {
    region.builder.origin = .none
    return region.builder.inline(graph, arguments)
  }

  // MARK: Constants

  func integer(_ value: Int, in other: Region? = nil) throws -> Value {
    let result = try constant(.integer(value), .int, in: other)
    (other ?? region).sizes[result] = Dim(value)
    return result
  }

  func real(_ value: Double) throws -> Value { try constant(.real(value), .real) }

  func flag(_ value: Bool) throws -> Value {
    let result = try constant(.flag(value), .bool)
    region.flags[result] = value
    return result
  }

  private func constant(
    _ value: Attributes.Value, _ dtype: DType, in other: Region? = nil
  ) throws -> Value {
    let region = other ?? region
    let attributes: Attributes = ["value": value, "dtype": .dtype(dtype)]
    let result = try emit(making.constant, [], attributes, in: region)[0]
    region.constants[result] = (making.constant, attributes)
    return result
  }

  /// The size of a dim of the graph.
  func size(_ dim: Dim) throws -> Value {
    if let constant = dim.constant { return try integer(constant) }
    let attributes: Attributes = ["dim": .dim(dim)]
    let result = try emit(making.size, [], attributes)[0]
    region.constants[result] = (making.size, attributes)
    region.sizes[result] = dim
    return result
  }

  // MARK: Dims from ints

  /// The dim whose size an int of rank 0 is: the one that is known of it, or a fresh one that
  /// gets its number there.
  ///
  /// An int that comes from outside of the region is bound where it was made, so that what a loop
  /// makes of that size has one size in all of its steps.
  func dim(of size: Operand, named name: String) throws -> Dim {
    let region = size.scope.region
    if let known = region.sizes[size.value] { return known }
    let symbol = symbols.fresh(name)
    _ = try emit(making.bindDim, [size.value], ["symbol": .symbol(symbol)], in: region)
    region.bound.insert(symbol)
    region.sizes[size.value] = Dim(symbol)
    if let quotient = region.quotients[size.value] { region.quotientDims[quotient] = Dim(symbol) }
    return Dim(symbol)
  }

  func bind(_ sizes: [SizeBinding]) throws {
    for binding in sizes {
      guard case .tensor(let size) = try evaluate(binding.value) else {
        preconditionFailure("the size `\(binding.symbol.name)` is no int")
      }
      frame.dims[binding.symbol] = try dim(of: size, named: binding.symbol.name)
    }
  }

  // MARK: Scopes

  /// Runs `body` in a scope of the current region; what it gives is the caller's afterwards.
  func scoped(
    _ fold: Fold, _ body: () throws -> Aggregate<Operand>
  ) throws -> Aggregate<Operand> {
    let outer = scope
    scope = Scope(parent: outer, region: outer.region, fold: fold)
    defer { scope = outer }
    let inner = scope
    return try body().map { $0.scope === inner ? Operand($0.value, outer) : $0 }
  }

  /// Runs `body` with `frame` as the meaning of names.
  func inFrame<T>(_ inner: Frame, _ body: () throws -> T) throws -> T {
    let outer = frame
    frame = inner
    defer { frame = outer }
    return try body()
  }

  // MARK: Problems

  func problem(
    _ code: Code, _ message: String, at span: Span? = nil, notes: [String] = [],
    help: [String] = []
  ) -> LoweringProblem {
    let place = span ?? origin.span
    let calls = origin.calls.reversed().prefix(3).filter { $0 != place }
    return LoweringProblem(
      Diagnostic(
        code, message, at: place.map { Label($0, "") },
        secondary: calls.map { Label($0, "called from here") }, notes: notes,
        help: help))
  }
}
