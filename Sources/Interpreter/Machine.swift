// The state of one run, and how a node is run.
//
// Tensors live in one flat array, by number; plans that follow from shapes alone (result shapes,
// contractions) are kept from one execution of a node to the next.

import IR
import Tensors

final class Machine {
  let precision: Precision
  let observer: (@Sendable (Observation) -> Void)?
  let isInterrupted: @Sendable () -> Bool
  /// Set where a run is to say where numbers that are not finite come from.
  let check: FiniteCheck?
  /// The indexes of the steps under way, outermost first.
  var steps: [Int] = []
  /// The numbers of the symbols, by slot.
  private(set) var sizes: [Int]

  private let prepared: PreparedGraph
  /// Symbols that inputs or the caller fixed.
  private let fixed: Set<Int>
  private let values: UnsafeMutablePointer<Tensor?>
  /// Result shapes by node, empty until computed; forgotten when a size changes.
  private var shapes: [[[Int]]]
  private var contractions: [Contraction?]
  private var constants: [[Tensor]]
  private let scratch = Scratch()
  private let productScratch = ProductScratch()
  /// The sizes as rows are told them; nil after a change.
  private var named: [DimSymbol: Int]?

  init(
    _ prepared: PreparedGraph, _ sizes: [DimSymbol: Int], precision: Precision,
    observer: (@Sendable (Observation) -> Void)?, check: FiniteCheck? = nil,
    isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.check = check
    self.prepared = prepared
    self.precision = precision
    self.observer = observer
    self.isInterrupted = isInterrupted
    var slots = [Int](repeating: unboundSize, count: prepared.symbols.symbols.count)
    var fixed: Set<Int> = []
    for (symbol, size) in sizes where size >= 0 {
      if let slot = prepared.symbols.existing(symbol) {
        slots[slot] = size
        fixed.insert(slot)
      }
    }
    self.sizes = slots
    self.fixed = fixed
    values = .allocate(capacity: max(prepared.valueCount, 1))
    values.initialize(repeating: nil, count: prepared.valueCount)
    shapes = Array(repeating: [], count: prepared.nodeCount)
    contractions = Array(repeating: nil, count: prepared.nodeCount)
    constants = Array(repeating: [], count: prepared.nodeCount)
  }

  deinit {
    values.deinitialize(count: prepared.valueCount)
    values.deallocate()
  }

  // MARK: Values

  func set(_ value: Int, _ tensor: Tensor) { values[value] = tensor }

  func read(_ value: Int) -> Tensor {
    guard let tensor = values[value] else {
      preconditionFailure("a value is read before it is computed")
    }
    return tensor
  }

  /// The operand, given up by the table where nothing reads it again, so that it may be changed in
  /// place.
  func take(_ node: PreparedNode, _ position: Int) -> Tensor {
    let tensor = read(node.operands[position])
    if node.isLast[position] { values[node.operands[position]] = nil }
    return tensor
  }

  // MARK: Running

  /// Runs the nodes of a body whose inputs are set; returns its outputs and keeps nothing.
  func run(_ body: PreparedBody) throws(ExecutionProblem) -> [Tensor] {
    if isInterrupted() { throw .interrupted }
    for node in body.nodes {
      if let check { try run(node, checkedBy: check) } else { try run(node) }
      // A loop that was given up has left a result that must not be read.
      if isInterrupted() { throw .interrupted }
      for value in node.freed { values[value] = nil }
    }
    let outputs = body.outputs.map(read)
    for value in body.outputs { values[value] = nil }
    for value in body.unused { values[value] = nil }
    return outputs
  }

  func run(_ node: PreparedNode) throws(ExecutionProblem) {
    switch node.action {
    case .branch(let then, let otherwise): try branch(node, then, otherwise)
    case .scan(let scan): try self.scan(node, scan)
    case .call(let body): try call(node, body)
    case .pointwise(let program):
      let operands = node.operands.map(read)
      if operands.contains(where: { $0.count >= Machine.largeCount }) {
        _ = try resultShapes(node)
      }
      set(
        node.results[0],
        try attempt(node) { () throws(EvaluationProblem) in
          try program.run(operands, precision, scratch)
        })
    case .reduce(let reduction, let axes):
      let operand = read(node.operands[0])
      // Of nothing, much can be left.
      if operand.count == 0 { _ = try resultShapes(node) }
      set(
        node.results[0],
        try attempt(node) { () throws(EvaluationProblem) in
          try Reducing.run(reduction, operand, axes: axes)
        })
    case .view(let view): try self.view(node, view)
    case .gather(let batch, let bounds):
      let shape = try resultShapes(node)[0]
      let table = read(node.operands[0])
      let indices = read(node.operands[1])
      let indexing = Indexing(table: table.shape, indices: indices.shape, batch: batch)
      set(
        node.results[0],
        try attempt(node) { () throws(EvaluationProblem) in
          try indexing.gather(table, indices, bounds: bounds, shape: shape)
        })
    case .scatter(let batch, let bounds, let replaces):
      let indices = read(node.operands[1])
      let updates = read(node.operands[2])
      let base = take(node, 0)
      let indexing = Indexing(table: base.shape, indices: indices.shape, batch: batch)
      try scatter(node, indexing, base, indices, updates, bounds, replaces)
    case .contract: try contract(node)
    case .library(let isConstant): try library(node, isConstant)
    case .bindDim(let slot): try bindDim(node, slot)
    case .observe(let label, let isMasked, let written):
      observe(node, label, isMasked: isMasked, written)
    }
  }

  private func observe(
    _ node: PreparedNode, _ label: String, isMasked: Bool, _ written: WrittenSteps
  ) {
    guard let observer, let op = node.op else { return }
    let observation = Observation(
      op, label: label, isMasked: isMasked, operands: node.operands.map(read), origin: node.origin,
      indexes: written.indexes(steps))
    if let observation { observer(observation) }
  }

  private func scatter(
    _ node: PreparedNode, _ indexing: Indexing, _ base: consuming Tensor, _ indices: Tensor,
    _ updates: Tensor, _ bounds: RowBounds, _ replaces: Bool
  ) throws(ExecutionProblem) {
    do throws(EvaluationProblem) {
      set(
        node.results[0],
        try indexing.scatter(
          base, indices, updates, replaces: replaces, bounds: bounds))
    } catch {
      throw fault(node, error)
    }
  }

  private func contract(_ node: PreparedNode) throws(ExecutionProblem) {
    let left = read(node.operands[0])
    let right = read(node.operands[1])
    if let plan = contractions[node.index], plan.matches(left.shape, right.shape) {
      set(node.results[0], plan.run(left, right, productScratch))
      return
    }
    _ = try resultShapes(node)
    let plan = Contraction(left.shape, right.shape, node.attributes)
    contractions[node.index] = plan
    set(node.results[0], plan.run(left, right, productScratch))
  }

  private func library(_ node: PreparedNode, _ isConstant: Bool) throws(ExecutionProblem) {
    if isConstant, !constants[node.index].isEmpty {
      for (value, tensor) in zip(node.results, constants[node.index]) { set(value, tensor) }
      return
    }
    guard let evaluate = node.op?.evaluate else {
      preconditionFailure("a library row without an evaluation")
    }
    let shapes = try resultShapes(node)
    let evaluation = Evaluation(
      operands: node.operands.map(read), attributes: node.attributes, precision: precision,
      sizes: namedSizes())
    let tensors = try attempt(node) { () throws(EvaluationProblem) in try evaluate(evaluation) }
      .map { $0.converted(to: precision) }
    precondition(
      tensors.map(\.shape) == shapes, "a library row returns another shape than its type says")
    if isConstant { constants[node.index] = tensors }
    for (value, tensor) in zip(node.results, tensors) { set(value, tensor) }
  }

  private func bindDim(_ node: PreparedNode, _ slot: Int) throws(ExecutionProblem) {
    let operand = read(node.operands[0])
    guard case .int(let numbers) = operand.storage, let size = numbers.first else {
      preconditionFailure("a size that is not an int")
    }
    let name = prepared.symbols.symbols[slot].name
    if size < 0 {
      throw fault(node, "size-out-of-range", "`\(name)` would be \(size), and a size is 0 or more")
    }
    if fixed.contains(slot), sizes[slot] != size {
      throw fault(node, "size-mismatch", "`\(name)` is \(sizes[slot]) already, and not \(size)")
    }
    if sizes[slot] != size {
      sizes[slot] = size
      named = nil
      for index in shapes.indices { shapes[index] = [] }
    }
    for result in node.results { set(result, operand) }
  }

  // MARK: Shapes and faults

  /// Values of as many elements may not fit into memory: that is asked anew each time.
  static let largeCount = AvailableMemory.largeValue / 8

  func fault(_ node: PreparedNode, _ code: String, _ message: String) -> ExecutionProblem {
    .evaluation(EvaluationProblem(code, message), node.origin, steps: steps)
  }

  func attempt<Result>(
    _ node: PreparedNode, _ body: () throws(EvaluationProblem) -> Result
  ) throws(ExecutionProblem) -> Result {
    do throws(EvaluationProblem) {
      return try body()
    } catch {
      throw fault(node, error)
    }
  }

  /// What a row reports after it was stopped means nothing.
  private func fault(_ node: PreparedNode, _ problem: EvaluationProblem) -> ExecutionProblem {
    isInterrupted() ? .interrupted : .evaluation(problem, node.origin, steps: steps)
  }

  func size(
    _ node: PreparedNode, _ dim: PreparedDim, _ written: Dim
  ) throws(ExecutionProblem) -> Int {
    guard let size = dim.evaluated(sizes) else {
      let problem =
        written.evaluated(namedSizes()).map { "would be \($0), and a size is 0 or more" }
        ?? "is not a number that can be counted"
      throw fault(node, "size-out-of-range", "`\(written.written)` \(problem)")
    }
    return size
  }

  /// The shapes of the results, by their types. Refuses what could not be allocated.
  func resultShapes(_ node: PreparedNode) throws(ExecutionProblem) -> [[Int]] {
    let known = shapes[node.index]
    if !known.isEmpty, !known.contains(where: { Layout.product($0) >= Machine.largeCount }) {
      return known
    }
    var all: [[Int]] = []
    for (type, dims) in zip(node.resultTypes, node.resultShapes) {
      var shape: [Int] = []
      for (dim, written) in zip(dims, type.shape) {
        shape.append(try size(node, dim, written))
      }
      guard AvailableMemory.holds(shape, of: type.dtype, precision) else {
        throw .tooLarge(type, node.origin)
      }
      all.append(shape)
    }
    shapes[node.index] = all
    return all
  }

  func namedSizes() -> [DimSymbol: Int] {
    if let named { return named }
    var all: [DimSymbol: Int] = [:]
    for (slot, size) in sizes.enumerated() where size != unboundSize {
      all[prepared.symbols.symbols[slot]] = size
    }
    named = all
    return all
  }
}
