// Loops: bodies lifted over the trip, scans, loops over fixed lists, `while`; and lifted calls,
// which are loops over a batch.
//
// Every body becomes a graph of its own with the step's index, the elements at hand, what it
// carries, and what it reads from outside as inputs. A map is that graph lifted over the trip.
// Where a step makes a dim out of numbers of its own, lanes cannot go side by side; the map is then
// a scan that carries nothing.

import Diagnostics
import IR
import Lifting
import Ops
import Semantics
import Tensors

extension Lowerer {
  func loop(_ loop: Loop, _ type: Type) throws -> Aggregate<Operand> {
    switch loop.kind {
    case .unrolled: return try unrolled(loop, type)
    case .map, .scan:
      if let count = loop.count, let symbol = loop.trip.symbol {
        try bind([SizeBinding(symbol: symbol, value: count)])
      }
      let trip = frame.dim(loop.trip)
      if trip == 1 { return try once(loop) }
      let sources = try loop.sources.map { try self.source($0.source) }
      return loop.kind == .map
        ? try mapped(loop, trip, sources) : try scanned(loop, trip, sources)
    }
  }

  // MARK: Sources

  private enum Source {
    /// Goes over the leading axis; the structure is that of one element.
    case slices(Aggregate<Operand>)
    /// `start` plus the step's index; nil is 0.
    case count(from: Operand?)
  }

  private func source(_ source: LoopSource) throws -> Source {
    switch source {
    case .dim: return .count(from: nil)
    case .count(let start):
      guard case .tensor(let value) = try evaluate(start) else {
        preconditionFailure("a range starts at what is no int")
      }
      return .count(from: value)
    case .axis(let value), .list(let value):
      guard let element = try evaluate(value).unstacked else {
        preconditionFailure("a loop goes over what has no elements")
      }
      return .slices(element)
    }
  }

  /// The leaves that a loop slices, of all sources in order.
  private func sliced(_ sources: [Source]) throws -> [Value] {
    try sources.flatMap { source -> [Value] in
      guard case .slices(let element) = source else { return [] }
      return try materialised(element)
    }
  }

  /// Binds the patterns of a loop for one step; `slices` are the inputs made for `sliced`.
  private func bind(_ loop: Loop, _ sources: [Source], slices: [Value]) throws {
    var rest = slices[...]
    for (entry, source) in zip(loop.sources, sources) {
      switch source {
      case .slices(let element):
        let count = element.leaves.count
        try bind(entry.pattern, to: element.rebuilt(rest.prefix(count).map(operand)))
        rest = rest.dropFirst(count)
      case .count(let start):
        guard let index = region.index else { preconditionFailure("a loop has an index") }
        let value = try start.map { try emit(pointwise.add, use($0), index) } ?? index
        try bind(entry.pattern, to: tensor(value))
      }
    }
  }

  // MARK: Bodies

  /// A finished body: its graph with the inputs `own` first, and what it reads from outside.
  struct Body {
    let region: Region
    let outputs: [Value]

    func graph(_ own: [Value]) -> Graph {
      region.finish(outputs, inputs: own + region.captures.map(\.inner))
    }

    var captured: [Value] { region.captures.map(\.outer) }
  }

  /// Runs `body` in a region of its own. Afterwards the frame is as before, but for dims that got
  /// their numbers outside of the region, and with `keepsDims` for those bound inside as well: the
  /// region's nodes are going to be inlined.
  func inRegion<T>(
    _ name: String, _ fold: Fold, over trip: Dim? = nil, keepsDims: Bool = false,
    _ body: () throws -> T
  ) throws -> (region: Region, result: T) {
    let (outer, values, dims) = (scope, frame.values, frame.dims)
    let inner = Region(name, parent: outer.region, over: trip)
    scope = Scope(parent: outer, region: inner, fold: fold)
    defer {
      scope = outer
      frame.values = values
      if !keepsDims { forget(inner.bound, before: dims) }
    }
    return (inner, try body())
  }

  private func forget(_ bound: Set<DimSymbol>, before dims: [DimSymbol: Dim]) {
    for (symbol, dim) in frame.dims where !dim.symbols.isDisjoint(with: bound) {
      frame.dims[symbol] = dims[symbol]
    }
  }

  /// Inputs of the current region for one element each of stacked values.
  private func elementInputs(_ stacks: [Value], of outer: Region) -> [Value] {
    stacks.map { value in
      let type = outer.type(of: value)
      return region.builder.input(TensorType(type.dtype, Array(type.shape.dropFirst())))
    }
  }

  // MARK: Maps

  private func mapped(
    _ loop: Loop, _ trip: Dim, _ sources: [Source]
  ) throws -> Aggregate<Operand> {
    try lanes(over: trip, try sliced(sources)) { slices in
      try bind(loop, sources, slices: slices)
      return try evaluate(loop.body)
    }
  }

  /// What `body` gives for each lane, stacked. `stacks` are values with the lanes in front.
  func lanes(
    over trip: Dim, _ stacks: [Value], _ body: ([Value]) throws -> Aggregate<Operand>
  ) throws -> Aggregate<Operand> {
    let (outer, dims) = (region, frame.dims)
    var slices: [Value] = []
    let (inner, (result, outputs)) = try inRegion(
      "lane", .index, over: trip, keepsDims: true
    ) {
      slices = elementInputs(stacks, of: outer)
      let result = try body(slices)
      return (result, try materialised(result))
    }
    guard let index = inner.index else { preconditionFailure("a lane has an index") }
    let body = Body(region: inner, outputs: outputs)
    let shaped = result.stacked(trip)
    let usesIndex = inner.reads(index, outputs: outputs)
    let lengths = try lengths(of: inner.builder.finish(outputs).freeSymbols, along: trip)
    let own = slices + lengths.map { _ in inner.builder.input(TensorType(.int)) }
    let stacks = stacks + lengths.map { use($0.1) }
    let graph = body.graph((usesIndex ? [index] : []) + own)
    let flags = graph.inputs.map { $0 == index || own.contains($0) }
    let places = (usesIndex ? 1 : 0) + slices.count
    let ragged = Dictionary(
      uniqueKeysWithValues: lengths.enumerated().map { ($0.element.0, places + $0.offset) })
    let values: [Value]
    do {
      let (lifted, isLifted) = try lift(graph, over: trip, inputs: flags, ragged: ragged)
      let lanes = usesIndex ? [try emit(making.iota, [], ["dim": .dim(trip)])[0]] : []
      let raw = inline(lifted, lanes + stacks + body.captured)
      outer.bound.formUnion(inner.bound)
      values = try zip(raw, isLifted).map { value, isLifted in
        isLifted ? value : try repeated(value, trip)
      }
    } catch let problem as LiftingProblem {
      if !ragged.isEmpty {
        throw self.problem(LoweringMessages.sizeVaries, problem.message, at: problem.origin.span)
      }
      forget(inner.bound, before: dims)
      values = try oneByOne(body, index, slices, stacks, trip)
    }
    return shaped.rebuilt(values.map(operand))
  }

  /// As many times the same value, along a new axis in front.
  func repeated(_ value: Value, _ trip: Dim) throws -> Value {
    let shape = type(of: value).shape
    return try emit(
      movement.broadcast, value,
      attributes: ["axes": .axes(Array(1..<shape.count + 1)), "shape": .shape([trip] + shape)])
  }

  private func oneByOne(
    _ body: Body, _ index: Value, _ slices: [Value], _ stacks: [Value], _ trip: Dim
  ) throws -> [Value] {
    try requireSteady(body, carries: 0)
    let captures = body.region.captures
    let graph = body.region.finish(
      body.outputs, inputs: [index] + captures.map(\.inner) + slices)
    let scan = Scan(body: graph, trip: trip, constants: captures.count, carries: 0)
    region.builder.origin = origin
    return region.builder.scan(scan, captures.map(\.outer) + stacks)
  }

  /// Stacked results must not have a size that each step finds for itself.
  func requireSteady(_ body: Body, carries: Int) throws {
    for value in body.outputs.dropFirst(carries) {
      let type = body.region.type(of: value)
      if type.shape.contains(where: { !$0.symbols.isDisjoint(with: body.region.bound) }) {
        throw problem(
          LoweringMessages.sizeVaries, "each step gives \(type.written) of its own size")
      }
    }
  }

  // MARK: Scans

  private func scanned(
    _ loop: Loop, _ trip: Dim, _ sources: [Source]
  ) throws -> Aggregate<Operand> {
    let outer = region
    let stacks = try sliced(sources)
    let starts = try loop.carried.map(lookUp)
    let startValues = try starts.map(materialised)
    var carries: [Value] = []
    var slices: [Value] = []
    let (inner, (finals, result, outputs)) = try inRegion("step", .index, over: trip) {
      carries = try carryInputs(loop.carried, starts)
      slices = elementInputs(stacks, of: outer)
      try bind(loop, sources, slices: slices)
      let result = try evaluate(loop.body)
      let (finals, values) = try carried(loop.carried, starts)
      return (finals, result, values + (try materialised(result)))
    }
    guard let index = inner.index else { preconditionFailure("a step has an index") }
    let body = Body(region: inner, outputs: outputs)
    try requireSteady(body, carries: carries.count)
    if let (symbol, _) = try lengths(of: inner.builder.finish(outputs).freeSymbols, along: trip)
      .first
    {
      throw problem(
        LoweringMessages.sizeVaries,
        "`\(symbol.name)` differs from example to example, and this loop carries something along them",
        notes: ["a `for` over the batch that assigns no `var` of the outside gives each its own"])
    }
    let captures = inner.captures
    let graph = inner.finish(
      outputs, inputs: [index] + captures.map(\.inner) + carries + slices)
    let scan = Scan(
      body: graph, trip: trip, constants: captures.count, carries: carries.count)
    region.builder.origin = origin
    let results = region.builder.scan(
      scan, captures.map(\.outer) + startValues.joined() + stacks)
    assign(loop.carried, finals, results.prefix(carries.count))
    return result.stacked(trip).rebuilt(results.dropFirst(carries.count).map(operand))
  }

  /// Inputs of the current region for what a loop carries, bound to its variables.
  private func carryInputs(
    _ variables: [Variable], _ starts: [Aggregate<Operand>]
  ) throws -> [Value] {
    var inputs: [Value] = []
    for (variable, start) in zip(variables, starts) {
      frame.values[variable] = start.map { leaf in
        let input = region.builder.input(leaf.type)
        inputs.append(input)
        return operand(input)
      }
    }
    return inputs
  }

  /// What a step leaves in the carried variables; an error where it is not what it began with.
  private func carried(
    _ variables: [Variable], _ starts: [Aggregate<Operand>]
  ) throws -> (finals: [Aggregate<Operand>], values: [Value]) {
    var finals: [Aggregate<Operand>] = []
    var values: [Value] = []
    for (variable, start) in zip(variables, starts) {
      let final = try lookUp(variable)
      let leaves = try materialised(final)
      let same =
        final.skeleton == start.skeleton
        && zip(leaves, start.leaves).allSatisfy { type(of: $0) == $1.type }
      if !same {
        let difference = types(start).difference(from: types(final))
        let (before, after) =
          difference.path.isEmpty
          ? (difference.first, difference.second) : (words(types(start)), words(types(final)))
        throw problem(
          LoweringMessages.loopCarryChanges,
          "`\(variable.name)` is \(before) before a step and \(after) after it",
          at: variable.span, notes: difference.notes)
      }
      finals.append(final)
      values += leaves
    }
    return (finals, values)
  }

  /// Gives variables the values that a region left in them.
  func assign(
    _ variables: [Variable], _ values: [Aggregate<Operand>], _ leaves: some Sequence<Value>
  ) {
    var rest = leaves.makeIterator()
    for (variable, value) in zip(variables, values) {
      frame.values[variable] = value.map { _ in
        guard let leaf = rest.next() else {
          preconditionFailure("a region gives fewer values than it carries")
        }
        return operand(leaf)
      }
      frame.markAssigned(variable)
    }
  }

  // MARK: While

  /// A scan that stops early. Its first carry says whether the next step is to run; the step itself
  /// is a branch on it, so that nothing is computed in vain.
  func whileLoop(_ loop: WhileLoop) throws -> Aggregate<Operand> {
    if let symbol = loop.trip.symbol {
      try bind([SizeBinding(symbol: symbol, value: loop.bound)])
    }
    let trip = frame.dim(loop.trip)
    let starts = try loop.carried.map(lookUp)
    let first = try scalar(loop.condition)
    let startValues = try starts.map(materialised).joined()
    var carries: [Value] = []
    let (inner, (finals, outputs)) = try inRegion("step", .index, over: trip) {
      let flag = region.builder.input(TensorType(.bool))
      carries = [flag] + (try carryInputs(loop.carried, starts))
      var finals: [Aggregate<Operand>] = []
      let (then, (thenValues, _)) = try inRegion("run", .none) {
        _ = try evaluate(loop.body)
        let (left, values) = try carried(loop.carried, starts)
        finals = left
        return ([try scalar(loop.condition)] + values, ())
      }
      // The other side gives back what it was given.
      let (other, (otherValues, _)) = try inRegion("rest", .none) {
        (carries.map { region.capture($0) }, ())
      }
      let outputs = branch(flag, (then, thenValues), (other, otherValues))
      return (finals, outputs)
    }
    guard let index = inner.index else { preconditionFailure("a step has an index") }
    let captures = inner.captures
    let graph = inner.finish(outputs, inputs: [index] + captures.map(\.inner) + carries)
    let scan = Scan(
      body: graph, trip: trip, constants: captures.count, carries: carries.count,
      stopsEarly: true)
    region.builder.origin = origin
    let results = region.builder.scan(scan, captures.map(\.outer) + [first] + startValues)
    assign(loop.carried, finals, results.dropFirst())
    _ = try emit(checks.boundReached, [results[0]], ["label": .text("")])
    return .unit
  }

  // MARK: Fixed lists

  /// A loop of one step needs no region. Streams are the same as in any other first step.
  private func once(_ loop: Loop) throws -> Aggregate<Operand> {
    let columns = try loop.sources.map { source -> Aggregate<Operand>? in
      switch source.source {
      case .axis(let value), .list(let value): try entry(of: evaluate(value), at: 0)
      case .dim, .count: nil
      }
    }
    let starts = try loop.carried.map(lookUp)
    let result = try step(0, loop, columns) {
      let result = try evaluate(loop.body)
      _ = try carried(loop.carried, starts)
      return result
    }
    let leaves = try materialised(result).map { leaf in
      operand(
        try emit(
          movement.reshape, leaf, attributes: ["shape": .shape([1] + type(of: leaf).shape)]))
    }
    return result.stacked(1).rebuilt(leaves)
  }

  /// Runs one step of a loop in place. Afterwards names are as before, but for what it carries.
  private func step(
    _ index: Int, _ loop: Loop, _ elements: [Aggregate<Operand>?],
    _ body: () throws -> Aggregate<Operand>
  ) throws -> Aggregate<Operand> {
    let outer = scope
    let values = frame.values
    let result = try scoped(.step(index)) {
      for (entry, element) in zip(loop.sources, elements) {
        try bind(entry.pattern, to: element ?? counted(entry.source, index))
      }
      let result = try body()
      let inner = scope
      for variable in loop.carried {
        frame.values[variable] = try lookUp(variable).map {
          $0.scope === inner ? Operand($0.value, outer) : $0
        }
      }
      return result
    }
    let left = frame.values
    frame.values = values
    for variable in loop.carried { frame.values[variable] = left[variable] }
    return result
  }

  private func unrolled(_ loop: Loop, _ type: Type) throws -> Aggregate<Operand> {
    var columns: [[Aggregate<Operand>]?] = []
    for (_, source) in loop.sources { columns.append(try elements(source)) }
    let count = columns.compactMap { $0?.count }.min() ?? frame.dim(loop.trip).constant ?? 0
    var results: [Aggregate<Operand>] = []
    for index in 0..<count {
      results.append(
        try step(index, loop, columns.map { $0?[index] }) { try evaluate(loop.body) })
    }
    return try gathered(results, type)
  }

  /// The values of a loop over fixed lists: tensors are stacked, also inside records; what may
  /// differ from element to element stays a list.
  private func gathered(
    _ results: [Aggregate<Operand>], _ type: Type
  ) throws -> Aggregate<Operand> {
    switch type {
    case .list: return .list(results)
    case .record(let fields):
      return .record(
        try fields.enumerated().map { index, field in
          let column = results.map { result in
            let named = field.name.flatMap { result.member($0) }
            guard let member = named ?? result.member(at: index) else {
              preconditionFailure("a step's record lacks part \(index)")
            }
            return member
          }
          return .init(field.name, try gathered(column, field.type))
        })
    default: return try stack(results, type)
    }
  }

  /// The elements of a source that has a known number of them; nil for a count.
  private func elements(_ source: LoopSource) throws -> [Aggregate<Operand>]? {
    switch source {
    case .dim, .count: return nil
    case .axis(let expression), .list(let expression):
      let value = try evaluate(expression)
      if case .list(let elements) = value { return elements }
      guard let size = leadingDim(value).constant else {
        preconditionFailure("what goes beside a list has no fixed length")
      }
      return try (0..<size).map { index in try entry(of: value, at: index) }
    }
  }

  private func counted(_ source: LoopSource, _ step: Int) throws -> Aggregate<Operand> {
    guard case .count(let start) = source else { return tensor(try integer(step)) }
    return tensor(try emit(pointwise.add, scalar(start), integer(step)))
  }
}
