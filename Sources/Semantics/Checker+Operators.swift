// Operators and elementwise functions: who broadcasts against whom, and what is known of the result.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension BinaryOperator {
  /// The row an elementwise operator stands for; nil for `++` and `@`.
  var row: Op? {
    switch self {
    case .or: pointwise.or
    case .and: pointwise.and
    case .equal: pointwise.equal
    case .notEqual: pointwise.notEqual
    case .less: pointwise.less
    case .lessOrEqual: pointwise.lessEqual
    case .greater: pointwise.greater
    case .greaterOrEqual: pointwise.greaterEqual
    case .add: pointwise.add
    case .subtract: pointwise.sub
    case .multiply: pointwise.mul
    case .divide: pointwise.div
    case .floorDivide: pointwise.floorDiv
    case .remainder: pointwise.mod
    case .power: pointwise.pow
    case .concatenate, .contract: nil
    }
  }

  var isArithmetic: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide: true
    default: false
    }
  }
}

extension Checker {
  func unary(
    _ operation: UnaryOperator, _ inner: Expression, _ place: Span, _ span: Span
  ) -> TypedExpression {
    let value = expression(inner)
    if operation == .negate {
      switch value.form {
      case .integer(let number):
        return TypedExpression(.integer(0 &- number), .int, span)
      case .real(let number): return TypedExpression(.real(-number), .real, span)
      default: break
      }
      if isTree(value.type) {
        return TypedExpression(.treeArithmetic(pointwise.neg, [value]), value.type, span)
      }
    }
    return elementwise(
      operation == .negate ? pointwise.neg : pointwise.not, [value], span, at: place)
  }

  func binary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ place: Span,
    _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    switch operation {
    case .concatenate: return concatenation(left, right, place, span, expected)
    case .contract: return contraction(expression(left), expression(right), place, span)
    default: break
    }
    guard let op = operation.row else { return poison(span) }
    var a = expression(left, expecting: literalHint(left, expected))
    var b = expression(right, expecting: literalHint(right, expected))
    (a, b) = adapted(a, b)
    if operation.isArithmetic, isTree(a.type) || isTree(b.type) {
      return treeArithmetic(op, a, b, place, span)
    }
    if operation == .equal || operation == .notEqual {
      lintRealEquality(a, b, place, isNegated: operation == .notEqual)
    }
    if let folded = fold(operation, a, b, span) { return folded }
    if reportsOverflow(op, [a, b], span) { return poison(span) }
    return elementwise(op, [a, b], span, at: place)
  }

  /// Arithmetic of literals is a literal: `1.0 / 3.0` has a claim, `2 * 3` may be a real.
  private func fold(
    _ operation: BinaryOperator, _ a: TypedExpression, _ b: TypedExpression, _ span: Span
  ) -> TypedExpression? {
    guard case .real(let x) = a.form, case .real(let y) = b.form else { return nil }
    switch operation {
    case .add: return TypedExpression(.real(x + y), .real, span)
    case .subtract: return TypedExpression(.real(x - y), .real, span)
    case .multiply: return TypedExpression(.real(x * y), .real, span)
    case .divide where y != 0: return TypedExpression(.real(x / y), .real, span)
    default: return nil
    }
  }

  /// `0.5 * 3` in a real place: the 3 is real too.
  private func literalHint(_ syntax: Expression, _ expected: Type?) -> Type? {
    guard case .integer = syntax.kind, case .tensor(.real, let shape, _)? = expected.map(resolve),
      shape.isEmpty
    else { return nil }
    return .real
  }

  /// An int literal beside a real is real.
  private func adapted(
    _ a: TypedExpression, _ b: TypedExpression
  ) -> (TypedExpression, TypedExpression) {
    func isReal(_ type: Type) -> Bool {
      switch resolve(type) {
      case .tensor(.real, _, _): true
      case let other: isTree(other)
      }
    }
    if let literal = a.adapted, isReal(b.type) { return (literal, b) }
    if let literal = b.adapted, isReal(a.type) { return (a, literal) }
    return (a, b)
  }

  // MARK: Elementwise

  /// An elementwise row on operands that broadcast by the identity of their dims.
  func elementwise(
    _ op: Op, _ operands: [TypedExpression], _ span: Span, at place: Span
  ) -> TypedExpression {
    if op.operands.count != operands.count {
      report(
        .argumentCount,
        "`\(op.name)` takes \(count(op.operands.count, "argument")), here it has \(operands.count)",
        at: place)
      return poison(span)
    }
    var shapes: [[Dim]] = []
    var dtypes: [DType] = []
    for operand in operands {
      switch resolve(operand.type) {
      case .poison: return poison(span)
      case .tensor(let dtype, let shape, _):
        shapes.append(shape)
        dtypes.append(dtype)
      case let other:
        report(
          .typeMismatch, "`\(op.title)` works on numbers", at: operand.span,
          label: "this is \(other.written)")
        return poison(span)
      }
    }
    guard let (shape, broadcast) = broadcast(shapes, operands, op, at: place) else {
      return poison(span)
    }
    // The row decides about element types; shapes were settled above.
    let types: [TensorType]
    do throws(TypeProblem) {
      types = try op.type(dtypes.map { TensorType($0) }, [:])
    } catch {
      reportElements(op, operands, error, at: place)
      return poison(span)
    }
    // `stop(w)` is `w`, of which whatever holds is true.
    let kept = op == pointwise.stop ? resolve(operands[0].type).claim : nil
    let claim = kept ?? claim(op, operands).map { Claim($0) }
    return TypedExpression(
      .pointwise(op, operands, broadcast), .tensor(types[0].dtype, shape, claim), span)
  }

  private func reportElements(
    _ op: Op, _ operands: [TypedExpression], _ problem: TypeProblem, at place: Span
  ) {
    let culprit = problem.operand.flatMap { $0 < operands.count ? operands[$0] : nil }
    var help: [String] = []
    let dtypes = operands.map { operand in
      if case .tensor(let dtype, _, _) = resolve(operand.type) { return dtype }
      return DType.real
    }
    if Set(dtypes) == [.real, .int], let index = dtypes.firstIndex(of: .int) {
      help = ["`real(\(text(of: operands[index].span)))` makes a real of it"]
    } else if op == pointwise.div, dtypes == [.int, .int] {
      help = ["`div` divides ints and rounds down; `real(…)` makes a real of one"]
    }
    report(
      .typeMismatch,
      "`\(op.title)` needs \(problem.expected), here it has \(problem.found)",
      at: place,
      secondary: (culprit.map { [$0] } ?? operands).map {
        Label($0.span, "this is \(resolve($0.type).written)")
      }, help: help)
  }

  /// What is known of the result, from what is known of the operands and from literals.
  func claim(_ op: Op, _ operands: [TypedExpression]) -> Refinement? {
    var choices: [[Refinement?]] = [[]]
    for operand in operands {
      let known: [Refinement?] = knownOfEntries(operand)
      choices = choices.flatMap { choice in (known.isEmpty ? [nil] : known).map { choice + [$0] } }
    }
    if op == pointwise.sub, operands[0].everyEntry == 1, choices.contains(where: { $0[1] == .unit })
    {
      return .unit
    }
    let results = choices.compactMap { op.refinement($0) }
    let strongest = Refinement.allCases.filter { results.contains($0) }
    return strongest.first
  }

  /// What holds of each entry by itself, from the type or of a number that is written.
  func knownOfEntries(_ operand: TypedExpression) -> [Refinement] {
    if let number = operand.everyEntry { return Refinement.all(of: number) }
    guard case .tensor(_, _, let claim?) = resolve(operand.type) else { return [] }
    // One by one the entries of a simplex lie between 0 and 1.
    return [claim.refinement == .simplex ? .unit : claim.refinement]
  }

  /// The shape in which operands meet: a scalar with anything; otherwise one operand's dims must be
  /// an ordered subset of the other's.
  func broadcast(
    _ shapes: [[Dim]], _ operands: [TypedExpression], _ op: Op, at place: Span
  ) -> ([Dim], Broadcast)? {
    let resolved = shapes.map { $0.map(resolve) }
    guard let widest = resolved.enumerated().max(by: { $0.element.count < $1.element.count }) else {
      return ([], .same)
    }
    var maps: [[Int]?] = []
    var isSame = true
    for (index, shape) in resolved.enumerated() {
      if shape.isEmpty {
        maps.append(nil)
        continue
      }
      if shape.count == widest.element.count {
        guard shape == widest.element || unifier.unify(shape, widest.element) else {
          reportBroadcast(operands, index, widest.offset, op, at: place)
          return nil
        }
        maps.append(Array(shape.indices))
        continue
      }
      isSame = false
      let places = embeddings(of: shape, into: widest.element)
      guard places.count == 1 else {
        reportBroadcast(
          operands, index, widest.offset, op, at: place, isAmbiguous: places.count > 1)
        return nil
      }
      maps.append(places[0])
    }
    return (widest.element, isSame ? .same : .to(widest.element, maps))
  }

  /// The ways in which a shape is an ordered subset of another (at most two are looked for).
  private func embeddings(of shape: [Dim], into wide: [Dim]) -> [[Int]] {
    var found: [[Int]] = []
    func extend(_ chosen: [Int], _ next: Int) {
      if found.count > 1 { return }
      if chosen.count == shape.count {
        found.append(chosen)
        return
      }
      for axis in next..<max(next, wide.count) where wide[axis] == shape[chosen.count] {
        extend(chosen + [axis], axis + 1)
      }
    }
    extend([], 0)
    return found
  }

  private func reportBroadcast(
    _ operands: [TypedExpression], _ a: Int, _ b: Int, _ op: Op, at place: Span,
    isAmbiguous: Bool = false
  ) {
    let labels = operands.map { Label($0.span, describe(resolve($0.type))) }
    let first = text(of: operands[min(a, b)].span)
    let second = text(of: operands[max(a, b)].span)
    if isAmbiguous {
      report(
        .broadcastAmbiguous, "`\(op.title)` could line these up in two ways", at: place,
        secondary: labels,
        help: ["say which with a `for` over one dim, or with `einsum`"])
      return
    }
    var help: [String] = []
    if case .tensor(_, let x, _) = resolve(operands[a].type),
      case .tensor(_, let y, _) = resolve(operands[b].type), x.count == 1, y.count == 1
    {
      let (left, right) = a < b ? (x[0], y[0]) : (y[0], x[0])
      help = ["`outer(\(first), \(second))` makes [\(left.written), \(right.written)] of them"]
    } else {
      help = ["only a scalar, or dims that the other operand has too, in its order, can broadcast"]
    }
    report(
      .broadcastMismatch, "`\(op.title)` cannot line up these dims", at: place, secondary: labels,
      notes: ["dims meet by name, not by size"] + namesakes(operands[a], operands[b]), help: help)
  }

  private func namesakes(_ a: TypedExpression, _ b: TypedExpression) -> [String] {
    guard case .tensor(_, let x, _) = resolve(a.type), case .tensor(_, let y, _) = resolve(b.type)
    else { return [] }
    for one in x {
      if let other = y.first(where: { $0 != one && $0.written == one.written }) {
        return [namesakes(one, other)]
      }
    }
    return []
  }

  // MARK: Structs and records

  /// Whether a value is a tree of tensors that arithmetic works on part by part.
  func isTree(_ type: Type) -> Bool {
    switch resolve(type) {
    case .structure, .record, .parameter, .interface, .projection, .list, .array: true
    default: false
    }
  }

  private func treeArithmetic(
    _ op: Op, _ a: TypedExpression, _ b: TypedExpression, _ place: Span, _ span: Span
  ) -> TypedExpression {
    func isScalar(_ value: TypedExpression) -> Bool {
      if case .tensor(.real, let shape, _) = resolve(value.type) { return shape.isEmpty }
      return false
    }
    let tree = isTree(a.type) ? a : b
    if case .poison = resolve(a.type) { return a }
    if case .poison = resolve(b.type) { return b }
    let other = isTree(a.type) ? b : a
    let fits = isScalar(other) || (isTree(other.type) && unifier.unify(a.type, b.type))
    guard fits else {
      report(
        .typeMismatch, "`\(op.title)` joins two values of one type, or one and a number",
        at: place,
        secondary: [a, b].map { Label($0.span, "this is \(resolve($0.type).written)") })
      return poison(span)
    }
    return TypedExpression(
      .treeArithmetic(op, [a, b]), resolve(tree.type).withoutClaims, span)
  }

  // MARK: ++ and @

  private func concatenation(
    _ left: Expression, _ right: Expression, _ place: Span, _ span: Span, _ expected: Type?
  ) -> TypedExpression {
    let a = expression(left)
    let b = expression(right)
    switch (resolve(a.type), resolve(b.type)) {
    case (.poison, _), (_, .poison): return poison(span)
    case (.tensor(let s, let x, _), .tensor(let t, let y, _))
    where s == t && x.count == y.count && !x.isEmpty:
      guard unifier.unify(Array(x.dropFirst()), Array(y.dropFirst())) else { break }
      var parts: [TypedExpression] = []
      if case .concatenate(let inner) = a.form { parts = inner } else { parts = [a] }
      return TypedExpression(
        .concatenate(parts + [b]), .tensor(s, [resolve(x[0] + y[0])] + x.dropFirst().map(resolve)),
        span)
    case (.tensor(let s, _, _), .tensor(let t, _, _)) where s != t:
      report(
        .typeMismatch, "`++` joins two tensors of one type, and these are \(s) and \(t)", at: place,
        secondary: [a, b].map { Label($0.span, "this is \(resolve($0.type).written)") },
        help: s == .real
          ? conversion(t, s, b.span) : t == .real ? conversion(s, t, a.span) : [])
      return poison(span)
    default: break
    }
    report(
      .shapeMismatch, "`++` joins two tensors that differ only in the first dim", at: place,
      secondary: [a, b].map { Label($0.span, describe(resolve($0.type))) })
    return poison(span)
  }

  /// The last dim of the left with the first of the right.
  private func contraction(
    _ a: TypedExpression, _ b: TypedExpression, _ place: Span, _ span: Span
  ) -> TypedExpression {
    switch (resolve(a.type), resolve(b.type)) {
    case (.poison, _), (_, .poison): return poison(span)
    case (.tensor(.real, let x, _), .tensor(.real, let y, _)) where !x.isEmpty && !y.isEmpty:
      guard unifier.unify(x[x.count - 1], y[0]) else {
        var help: [String] = []
        if y[y.count - 1] == x[0] {
          help = ["turn it round: `\(text(of: b.span)) @ \(text(of: a.span))`"]
        }
        report(
          .shapeMismatch, "`@` needs matching inner dims", at: place,
          secondary: [a, b].map { Label($0.span, describe(resolve($0.type))) },
          notes: ["the inner dims are `\(x[x.count - 1].written)` and `\(y[0].written)`"],
          help: help)
        return poison(span)
      }
      return TypedExpression(
        .primitive(Ops.contraction.matmul, [a, b], [:]),
        .tensor(.real, (x.dropLast() + y.dropFirst()).map(resolve)), span)
    default:
      report(
        .typeMismatch, "`@` joins two tensors of reals", at: place,
        secondary: [a, b].map { Label($0.span, "this is \(resolve($0.type).written)") })
      return poison(span)
    }
  }
}
