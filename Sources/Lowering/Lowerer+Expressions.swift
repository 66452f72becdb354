// Expressions, one form after another. The switch stays thin: a call is written out by recursion,
// and what a case needs is in a function of its own.

import Diagnostics
import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  func evaluate(_ expression: TypedExpression) throws -> Aggregate<Operand> {
    let outer = origin
    origin = Origin(span: expression.span, calls: frame.calls)
    height += 1
    defer {
      origin = outer
      height -= 1
    }
    if height > Self.highest { throw tooDeep() }
    return try dispatch(expression)
  }

  private func dispatch(_ expression: TypedExpression) throws -> Aggregate<Operand> {
    switch expression.form {
    case .real, .integer, .boolean, .text, .size: return try literal(expression)
    case .variable(let variable): return try lookUp(variable)
    case .function(let function, let receiver, let generics):
      return try closure(function, receiver.map(evaluate), generics)
    case .lambda(let lambda): return try closure(lambda, expression.type)
    case .record(let members):
      return .record(try members.map { .init($0.name, try evaluate($0.value)) })
    case .list(let elements): return .list(try elements.map(evaluate))
    case .stack(let elements): return try stack(elements.map(evaluate), expression.type)
    case .field(let base, let name): return try read(name, of: named(base))
    case .rawField(let base, let name): return stored(name, of: try evaluate(base))
    case .position(let base, let index): return try position(index, of: base)
    case .index(let base, let parts): return try index(evaluate(base), parts)
    case .withIndex(let base, let parts, let value):
      return try withIndex(evaluate(base), parts, evaluate(value))
    case .withFields(let base, let fields): return try withFields(base, fields)
    case .construct(let structure, let generics, let rng, let fields, let site):
      return try construct(structure, generics, rng, fields, site)
    case .section(let kind, let owner, let fields): return try section(kind, owner, fields)
    case .project(let projection, let input, let clip):
      return try project(projection, input, clip)
    case .pointwise(let op, let operands, let broadcast):
      return try pointwiseOp(op, operands, broadcast)
    case .reduce(let op, let operand, let axes): return try reduce(op, operand, axes)
    case .along(let op, let operand, let axis):
      return tensor(try emit(op, scalarOrTensor(operand), attributes: ["axis": .axis(axis)]))
    case .primitive(let op, let operands, let attributes):
      return try primitive(op, operands, attributes, expression.type)
    case .concatenate(let parts): return try concatenate(parts.map(evaluate))
    case .einsum(let operands, let output): return try einsum(operands, output)
    case .reshapeDims(let operand): return try reshapeDims(operand, expression.type)
    case .claim(let operand, let claim): return try claimed(operand, claim)
    case .treeArithmetic(let op, let operands): return try treeArithmetic(op, operands)
    case .tree(let function, let mapped, let operands):
      return try tree(function, mapped, operands)
    case .intercepted(let change): return try intercepted(change)
    case .makeRng(let seed): return try makeRng(seed)
    case .labelled(let rng, let label): return try labelled(rng, label)
    case .draw(let op, let rng, let operands, let attributes, let site):
      return try draw(op, rng: rng, operands, attributes, site: site)
    case .call(let function, let receiver, let detail):
      return try call(function, receiver, detail)
    case .method(let function, let receiver, let detail):
      return try method(function, receiver, detail)
    case .apply(let function, let dims, let detail): return try apply(function, dims, detail)
    case .block(let statements, let result): return try block(statements, result)
    case .conditional(let condition, let then, let otherwise):
      return try conditional(condition, then, otherwise)
    case .loop(let loop): return try self.loop(loop, expression.type)
    case .whileLoop(let loop): return try whileLoop(loop)
    case .derivative(let kind, let function, let at, let seed):
      return try derivative(kind, function, at, seed)
    case .remat(let function): return try remat(function)
    case .observe(let op, let arguments): return try observe(op, arguments)
    case .host(let name, _, _):
      preconditionFailure("the host does not walk `\(name)`")
    case .poison:
      // The checker has reported it. Where it has not, this is kinder than a trap.
      throw problem(.typeMismatch, "this cannot be given a type")
    }
  }

  // MARK: Tensors

  /// The value of an expression of tensor type, in the current region.
  func scalarOrTensor(_ expression: TypedExpression) throws -> Value {
    guard case .tensor(let operand) = try evaluate(expression) else {
      preconditionFailure("a value of tensor type is none")
    }
    return use(operand)
  }

  func scalar(_ expression: TypedExpression) throws -> Value { try scalarOrTensor(expression) }

  private func literal(_ expression: TypedExpression) throws -> Aggregate<Operand> {
    switch expression.form {
    case .real(let value): return tensor(try real(value))
    case .integer(let value):
      // A literal adapts to where it stands.
      if case .tensor(.real, _, _) = expression.type { return tensor(try real(Double(value))) }
      return tensor(try integer(value))
    case .boolean(let value): return tensor(try flag(value))
    case .size(let dim): return tensor(try size(frame.dim(dim)))
    case .text(let text): return .text(text)
    default: preconditionFailure("a form without parts is a literal")
    }
  }

  private func pointwiseOp(
    _ op: Op, _ operands: [TypedExpression], _ broadcast: Broadcast
  ) throws -> Aggregate<Operand> {
    var values = try operands.map(scalarOrTensor)
    if case .to(let dims, let places) = broadcast {
      let shape = frame.shape(dims)
      for (index, axes) in places.enumerated() where values.indices.contains(index) {
        guard let axes, axes != Array(shape.indices) else { continue }
        values[index] = try emit(
          movement.broadcast, values[index],
          attributes: ["axes": .axes(axes), "shape": .shape(shape)])
      }
    }
    let result = try emit(op, values)[0]
    learn(result, op, values)
    return tensor(result)
  }

  /// Keeps what is known of sizes and truth values through arithmetic, so that an `if` about sizes
  /// is decided here and `2*n + 1` of a size is a dim.
  private func learn(_ result: Value, _ op: Op, _ operands: [Value]) {
    let flags = operands.map { region.flags[$0] }
    if op == pointwise.not, let flag = flags[0] { region.flags[result] = !flag }
    if op == pointwise.and {
      if flags.contains(false) { region.flags[result] = false }
      if flags == [true, true] { region.flags[result] = true }
    }
    if op == pointwise.or {
      if flags.contains(true) { region.flags[result] = true }
      if flags == [false, false] { region.flags[result] = false }
    }
    let sizes = operands.compactMap { region.sizes[$0] }
    guard sizes.count == operands.count, sizes.count == 2 else { return }
    let (a, b) = (sizes[0], sizes[1])
    // What wraps is an int like any other, and no size.
    func learn(_ size: Dim) { region.sizes[result] = size.isOverflow ? nil : size }
    if op == pointwise.add { learn(a + b) }
    if op == pointwise.sub { learn(a - b) }
    if op == pointwise.mul { learn(a * b) }
    if op == pointwise.floorDiv {
      let quotient = Quotient(dividend: a, divisor: b)
      let exact = b.constant.flatMap { a.divided(by: $0) }
      if let known = exact ?? region.dim(of: quotient) { learn(known) }
      region.quotients[result] = quotient
    }
    let isAtLeast = isNonNegative(a - b)
    if isAtLeast || isNonNegative(b - a) {
      if op == pointwise.maximum { region.sizes[result] = isAtLeast ? a : b }
      if op == pointwise.minimum { region.sizes[result] = isAtLeast ? b : a }
    }
    guard let difference = (a - b).constant else { return }
    if op == pointwise.equal { region.flags[result] = difference == 0 }
    if op == pointwise.notEqual { region.flags[result] = difference != 0 }
    if op == pointwise.less { region.flags[result] = difference < 0 }
    if op == pointwise.lessEqual { region.flags[result] = difference <= 0 }
    if op == pointwise.greater { region.flags[result] = difference > 0 }
    if op == pointwise.greaterEqual { region.flags[result] = difference >= 0 }
  }

  private func reduce(
    _ op: Op, _ operand: TypedExpression, _ axes: [Int]?
  ) throws -> Aggregate<Operand> {
    let value = try scalarOrTensor(operand)
    let axes = axes ?? Array(0..<type(of: value).rank)
    // Over no axes every reduction is its operand.
    if axes.isEmpty { return tensor(value) }
    return tensor(try emit(op, value, attributes: ["axes": .axes(axes)]))
  }

  private func primitive(
    _ op: Op, _ operands: [TypedExpression], _ attributes: Attributes, _ type: Type
  ) throws -> Aggregate<Operand> {
    let values = try operands.map(scalarOrTensor)
    let results = try emit(op, values, attributes.substituting(frame.dims))
    guard case .record(let fields) = type else {
      if results.count == 1 { return tensor(results[0]) }
      return .record(results.map { .init(nil, tensor($0)) })
    }
    return .record(
      results.enumerated().map { index, value in
        .init(fields.indices.contains(index) ? fields[index].name : nil, tensor(value))
      })
  }

  // MARK: Parts

  private func position(
    _ index: Int, of base: TypedExpression
  ) throws -> Aggregate<Operand> {
    guard let part = try evaluate(base).member(at: index) else {
      preconditionFailure("a record lacks part \(index)")
    }
    return part
  }

  private func withFields(
    _ base: TypedExpression, _ fields: [(name: String, value: TypedExpression)]
  ) throws -> Aggregate<Operand> {
    var result = try named(base)
    for (name, value) in fields { result = result.replacing(name, by: try evaluate(value).stored) }
    return result
  }

  /// Values of one structure as one, with an axis in front.
  func stack(_ elements: [Aggregate<Operand>], _ type: Type) throws -> Aggregate<Operand> {
    guard let first = elements.first else { return try zeros(frame.type(type), of: "[]") }
    let size = Dim(elements.count)
    if let other = elements.first(where: { $0.skeleton != first.skeleton }) {
      let difference = types(first).difference(from: types(other))
      throw problem(
        LoweringMessages.shapesDiffer,
        "the elements differ: \(words(types(first))), \(words(types(other)))",
        notes: difference.notes)
    }
    let columns = try elements.map(materialised)
    let leaves = try first.leaves.indices.map { leaf in
      operand(try emit(movement.stack, columns.map { $0[leaf] }, ["axis": .axis(0)])[0])
    }
    return first.rebuilt(leaves).stacked(size)
  }

  private func concatenate(_ parts: [Aggregate<Operand>]) throws -> Aggregate<Operand> {
    guard let first = parts.first else { return .list([]) }
    if case .list = first {
      return .list(
        parts.flatMap { part -> [Aggregate<Operand>] in
          guard case .list(let elements) = part else { return [] }
          return elements
        })
    }
    let elements = parts.compactMap(\.unstacked)
    guard let element = elements.first, elements.count == parts.count,
      elements.allSatisfy({ $0.skeleton == element.skeleton })
    else {
      throw problem(LoweringMessages.shapesDiffer, "these cannot be put one after another")
    }
    let columns = try parts.map(materialised)
    let leaves = try element.leaves.indices.map { leaf in
      operand(try emit(movement.concatenate, columns.map { $0[leaf] }, ["axis": .axis(0)])[0])
    }
    let size = parts.reduce(Dim(0)) { sum, part in sum + leadingDim(part) }
    return element.rebuilt(leaves).stacked(size)
  }

  /// The size of the axis that the elements of a stacked value are along.
  func leadingDim(_ value: Aggregate<Operand>) -> Dim {
    if case .array(let size, _) = value { return size }
    guard let dim = value.leaves.first?.type.shape.first else {
      preconditionFailure("there is no axis to go over")
    }
    return dim
  }

  /// `x as [N]`
  private func reshapeDims(
    _ operand: TypedExpression, _ type: Type
  ) throws -> Aggregate<Operand> {
    try conformed(evaluate(operand), to: frame.type(type))
  }

  /// The value with the dims that `type` has, in dims of the graph: where they are not known to be
  /// equal, that is checked when the program runs.
  func conformed(_ value: Aggregate<Operand>, to type: Type) throws -> Aggregate<Operand> {
    switch (value, type) {
    case (.tensor(let leaf), .tensor(_, let shape, _)):
      if leaf.type.rank != shape.count || leaf.type.shape == shape { return value }
      return tensor(try emit(checks.asShape, use(leaf), attributes: ["shape": .shape(shape)]))
    case (.record(let members), .record(let fields)) where members.count == fields.count:
      return .record(
        try zip(members, fields).map { member, field in
          .init(member.name, try conformed(member.value, to: field.type))
        })
    case (.list(let elements), .list(let element, _)):
      return .list(try elements.map { try conformed($0, to: element) })
    default: return value
    }
  }

  /// `x as simplex`: the same numbers, looked at where they come from.
  private func claimed(_ operand: TypedExpression, _ claim: Claim) throws -> Aggregate<Operand> {
    let value = try scalarOrTensor(operand)
    if !assertsClaims { return tensor(value) }
    let rank = type(of: value).rank
    var attributes: Attributes = [
      "claim": .text(claim.refinement.rawValue), "rank": .integer(rank),
    ]
    if claim.refinement == .simplex { attributes["axis"] = .axis(rank + claim.axis) }
    return tensor(try emit(checks.claimed, [value], attributes)[0])
  }

  // MARK: Blocks

  private func block(
    _ statements: [TypedStatement], _ result: TypedExpression?
  ) throws -> Aggregate<Operand> {
    for statement in statements { try run(statement) }
    return try result.map(evaluate) ?? .unit
  }

  private func run(_ statement: TypedStatement) throws {
    switch statement.kind {
    case .binding(let pattern, let value):
      try bind(pattern, to: evaluate(value))
    case .assignment(let pattern, let value):
      try bind(pattern, to: evaluate(value), isAssignment: true)
    case .expect(let condition): try expect(condition)
    case .expression(let value): _ = try evaluate(value)
    case .sizes(let sizes): try bind(sizes)
    }
  }

  func bind(
    _ pattern: TypedPattern, to value: Aggregate<Operand>, isAssignment: Bool = false
  ) throws {
    switch pattern.kind {
    case .wildcard: break
    case .variable(let variable):
      frame.values[variable] = value
      if let symbol = variable.lengthsOf { try declareRagged(symbol, value) }
      if isAssignment { frame.markAssigned(variable) }
    case .tuple(let parts):
      for (index, part) in parts.enumerated() {
        guard let member = value.member(at: index) else {
          preconditionFailure("a pattern binds part \(index), which is not there")
        }
        try bind(part, to: member, isAssignment: isAssignment)
      }
    }
  }

  private func expect(_ condition: TypedExpression) throws {
    let value = try scalarOrTensor(condition)
    let outer = origin
    origin = Origin(span: condition.span, calls: frame.calls)
    defer { origin = outer }
    _ = try emit(checks.expect, [value], ["label": .text("")])
  }

  /// `print`, `probe`, `log`
  private func observe(_ op: Op, _ arguments: [EffectArgument]) throws -> Aggregate<Operand> {
    var layout = ObservationLayout()
    var operands: [Value] = []
    if op == observation.print {
      for (index, argument) in arguments.enumerated() {
        if index > 0 { layout.pieces.append(.text(" ")) }
        write(try evaluate(argument.value), &layout, &operands)
      }
      _ = try emit(op, operands, ["label": .text(layout.label)])
      return .unit
    }
    for argument in arguments {
      let value = try evaluate(argument.value)
      if case .text(let text) = value {
        layout.pieces.append(.text(text))
        continue
      }
      for (place, leaf) in zip(value.places, value.leaves) where place.role == .number {
        let parts = [argument.label, place.path].filter { !$0.isEmpty }
        layout.pieces.append(.value(label: parts.joined(separator: ".")))
        operands.append(use(leaf))
      }
    }
    _ = try emit(op, operands, ["label": .text(layout.label)])
    return .unit
  }

  /// The pieces of what `print` shows, set end to end: what the host writes for the same value.
  private func write(
    _ value: Aggregate<Operand>, _ layout: inout ObservationLayout, _ operands: inout [Value]
  ) {
    func write(
      _ members: [(name: String?, value: Aggregate<Operand>)], _ open: String, _ close: String
    ) {
      layout.pieces.append(.text(open))
      for (index, member) in members.enumerated() {
        let glue = (index > 0 ? ", " : "") + (member.name.map { "\($0): " } ?? "")
        if !glue.isEmpty { layout.pieces.append(.text(glue)) }
        self.write(member.value, &layout, &operands)
      }
      layout.pieces.append(.text(close))
    }
    switch value {
    case .text(let text): layout.pieces.append(.text(text))
    case .tensor(let leaf):
      layout.pieces.append(.value(label: ""))
      operands.append(use(leaf))
    case .record(let members), .structure(_, _, let members):
      write(members.map { ($0.name, $0.value) }, "(", ")")
    case .list(let elements): write(elements.map { (nil, $0) }, "[", "]")
    case .rng: layout.pieces.append(.text("a random stream"))
    case .closure: layout.pieces.append(.text("a function"))
    case .array, .projection, .block: layout.pieces.append(.text("many numbers"))
    }
  }
}
