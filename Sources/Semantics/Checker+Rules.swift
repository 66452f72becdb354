// The built-ins that the checker types one by one.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  static let rules: [String: BuiltinRule] = [
    "zeros": { $0.filled($1, 0) },
    "ones": { $0.filled($1, 1) },
    "full": { $0.full($1) },
    "uniform": { $0.uniform($1) },
    "eye": { $0.eye($1) },
    "iota": { $0.iota($1) },
    "onehot": { $0.onehot($1) },
    "real": { $0.convert($1, .real, pointwise.toReal) },
    "int": { $0.convert($1, .int, pointwise.toInt) },
    "select": { $0.select($1) },
    "clamp": { $0.clamp($1) },
    "mix": { $0.mix($1) },
    "normalise": { $0.normalise($1) },
    "pad": { $0.pad($1) },
    "roll": { $0.roll($1) },
    "split": { $0.split($1) },
    "merge": { $0.merge($1) },
    "sort": { $0.sort($1) },
    "topk": { $0.topk($1) },
    "gather": { $0.gather($1) },
    "scatter_add": { $0.scatterAdd($1) },
    "Rng": { $0.makeRng($1) },
    "print": { $0.observe($1, observation.print) },
    "log": { $0.logged($1) },
    "probe": { $0.observe($1, observation.probe) },
    "grad": { $0.derivative($1, .grad) },
    "value_and_grad": { $0.derivative($1, .valueAndGrad) },
    "vjp": { $0.derivative($1, .vjp) },
    "jvp": { $0.derivative($1, .jvp) },
    "remat": { $0.remat($1) },
    "intercept": { $0.intercept($1) },
    "raw": { $0.rawField($1) },
    "map": { $0.tree($1, .map) },
    "zip": { $0.tree($1, .zip) },
    "norm": { $0.tree($1, .norm) },
    "count": { $0.tree($1, .count) },
  ]

  // MARK: Making

  /// The bracketed dims, or those of the expected type.
  private func shape(_ call: BuiltinCall) -> [Dim]? {
    if let dims = call.dims {
      var shape: [Dim] = []
      for syntax in dims {
        guard let dim = dim(syntax) else { return nil }
        shape.append(dim)
      }
      return shape
    }
    if case .poison? = call.expected.map(resolve) { return nil }
    if case .tensor(_, let shape, _)? = call.expected.map(resolve),
      !shape.contains(where: { unifier.hasUnknowns($0) })
    {
      return shape
    }
    report(
      .undecidedDim, "the dims of `\(call.name.text)` are not known here", at: call.name.span,
      help: ["write them: `\(call.name.text)[N, M]`"])
    return nil
  }

  func filled(_ call: BuiltinCall, _ value: Double) -> TypedExpression {
    guard expectCount(call, 0...0), let shape = shape(call) else { return poison(call.span) }
    return broadcastScalar(
      TypedExpression(.real(value), .real, call.span), shape,
      claim: value == 1 ? Claim(.aboveOne) : Claim(.nonneg), call.span)
  }

  private func broadcastScalar(
    _ value: TypedExpression, _ shape: [Dim], claim: Claim?, _ span: Span
  ) -> TypedExpression {
    guard case .tensor(let dtype, _, _) = resolve(value.type) else { return poison(span) }
    return TypedExpression(
      .primitive(making.full, [value], ["shape": .shape(shape)]), .tensor(dtype, shape, claim), span
    )
  }

  func full(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1), let values = plainValues(call),
      case .tensor(_, let own, let claim)? = Optional(resolve(values[0].type)), own.isEmpty,
      let shape = shape(call)
    else {
      return poison(call.span)
    }
    return broadcastScalar(values[0], shape, claim: claim, call.span)
  }

  func uniform(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 0...0), let shape = shape(call) else { return poison(call.span) }
    guard shape.count == 1 else {
      report(
        .argumentCount, "`uniform` takes one dim", at: call.name.span, help: ["`uniform[N]`"])
      return poison(call.span)
    }
    let size = TypedExpression(
      .pointwise(
        pointwise.toReal, [TypedExpression(.size(shape[0]), .int, call.span)], .same), .real,
      call.span)
    let share = TypedExpression(
      .pointwise(
        pointwise.div, [TypedExpression(.real(1), .real, call.span), size], .same), .real,
      call.span)
    return broadcastScalar(share, shape, claim: Claim(.simplex), call.span)
  }

  func eye(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 0...0), let shape = shape(call), let dim = shape.first else {
      return poison(call.span)
    }
    return TypedExpression(
      .primitive(making.eye, [], ["dim": .dim(dim)]), .tensor(.real, [dim, dim], Claim(.unit)),
      call.span)
  }

  func iota(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 0...0), let shape = shape(call), shape.count == 1 else {
      return poison(call.span)
    }
    return TypedExpression(
      .primitive(making.iota, [], ["dim": .dim(shape[0])]), .tensor(.int, shape), call.span)
  }

  func onehot(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1), let values = plainValues(call), let shape = shape(call),
      let dim = shape.last, let (dtype, own, _) = tensor(values[0], call)
    else { return poison(call.span) }
    guard dtype == .int else {
      report(
        .typeMismatch, "the index of `onehot` is int", at: values[0].span,
        label: "this is \(values[0].type.written)", help: ["`int(…)` makes one of a real"])
      return poison(call.span)
    }
    if case .integer(let index) = values[0].form, let size = size(dim), index < 0 || index >= size {
      report(
        .indexOutOfRange, "index \(index) is out of range for \(count(size, "entry", "entries"))",
        at: values[0].span)
      return poison(call.span)
    }
    return TypedExpression(
      .primitive(making.onehot, [values[0]], ["dim": .dim(dim)]),
      .tensor(.real, own + [dim], Claim(.simplex)), call.span)
  }

  func convert(_ call: BuiltinCall, _ to: DType, _ op: Op) -> TypedExpression {
    guard expectCount(call, 1...1), let values = plainValues(call),
      let (from, _, _) = tensor(values[0], call)
    else { return poison(call.span) }
    if from == to { return values[0] }
    if case .integer(let value) = values[0].form, to == .real {
      return TypedExpression(.real(Double(value)), .real, call.span)
    }
    return elementwise(op, values, call.span, at: call.name.span)
  }

  // MARK: Elementwise with more to say

  func select(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 3...3), let values = plainValues(call) else { return poison(call.span) }
    var (a, b) = (values[1], values[2])
    if case .tensor(.real, _, _) = resolve(a.type), let literal = b.adapted { b = literal }
    if case .tensor(.real, _, _) = resolve(b.type), let literal = a.adapted { a = literal }
    return elementwise(pointwise.select, [values[0], a, b], call.span, at: call.name.span)
  }

  func clamp(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 3...3), let values = plainValues(call) else { return poison(call.span) }
    guard case .tensor(.real, _, _) = resolve(values[0].type) else {
      return elementwise(pointwise.clamp, values, call.span, at: call.name.span)
    }
    return elementwise(
      pointwise.clamp, values.map { $0.adapted ?? $0 }, call.span, at: call.name.span)
  }

  /// `gate * a + (1 - gate) * b`, which keeps what both are.
  func mix(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 3...3), let values = plainValues(call) else { return poison(call.span) }
    let gate = coerce(
      values[0].adapted ?? values[0], to: gateType(values[0]), Place("the gate of `mix`"))
    if case .poison = gate.type { return gate }
    let rest = elementwise(
      pointwise.sub, [TypedExpression(.real(1), .real, call.span), gate], call.span,
      at: call.name.span)
    let first = elementwise(
      pointwise.mul, [gate, values[1].adapted ?? values[1]], call.span, at: call.name.span)
    let second = elementwise(
      pointwise.mul, [rest, values[2].adapted ?? values[2]], call.span, at: call.name.span)
    let sum = elementwise(pointwise.add, [first, second], call.span, at: call.name.span)
    let kept = simplexOfMix(gate, values[1], values[2]) ?? commonOfEntries(values[1], values[2])
    return kept.map { TypedExpression(sum.form, sum.type.claiming($0), call.span) } ?? sum
  }

  /// Two simplexes along one dim stay one where the gate is the same for all entries along it.
  private func simplexOfMix(
    _ gate: TypedExpression, _ a: TypedExpression, _ b: TypedExpression
  ) -> Claim? {
    guard case .tensor(_, let gates, _) = resolve(gate.type),
      case .tensor(_, let x, let claim?) = resolve(a.type),
      case .tensor(_, let y, let other?) = resolve(b.type), claim.refinement == .simplex,
      claim == other, x[x.count + claim.axis] == y[y.count + claim.axis],
      !gates.contains(x[x.count + claim.axis])
    else { return nil }
    return claim
  }

  private func commonOfEntries(_ a: TypedExpression, _ b: TypedExpression) -> Claim? {
    let common = knownOfEntries(a).flatMap { x in
      knownOfEntries(b).compactMap { Claims.common(x, $0) }
    }
    return Refinement.allCases.first { common.contains($0) }.map { Claim($0) }
  }

  private func gateType(_ value: TypedExpression) -> Type {
    if case .tensor(_, let shape, _) = resolve(value.type) {
      return .tensor(.real, shape, Claim(.unit))
    }
    return .tensor(.real, [], Claim(.unit))
  }

  /// `normalise(x)` divides by the sum over the last dim, or over the dim named.
  func normalise(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1), let values = plainValues(call),
      let (dtype, shape, _) = tensor(values[0], call)
    else { return poison(call.span) }
    var axis = shape.count - 1
    if let dims = call.dims {
      guard dims.count == 1, let chosen = self.axis(dims[0], in: shape, of: values[0]) else {
        return poison(call.span)
      }
      axis = chosen
    }
    guard dtype == .real, axis >= 0 else {
      report(
        .typeMismatch, "`normalise` works on a tensor of reals", at: values[0].span,
        label: describe(values[0].type))
      return poison(call.span)
    }
    let entries = coerce(
      values[0], to: .tensor(.real, shape, Claim(.nonneg)), Place("what `normalise` divides"))
    if case .poison = entries.type { return entries }
    let kept = shape.indices.filter { $0 != axis }
    let sum = TypedExpression(
      .reduce(reductions.sum, entries, axes: [axis]), .tensor(.real, kept.map { shape[$0] }),
      call.span)
    return TypedExpression(
      .pointwise(
        pointwise.div, [entries, sum],
        .to(shape, [Array(shape.indices), kept.isEmpty ? nil : kept])),
      .tensor(.real, shape, Claim(.simplex, axis: axis - shape.count)), call.span)
  }

  // MARK: Trees

  func tree(_ call: BuiltinCall, _ function: TreeFunction) -> TypedExpression {
    switch function {
    case .norm, .count:
      guard expectCount(call, 1...1), let values = plainValues(call) else {
        return poison(call.span)
      }
      let type: Type = function == .norm ? .tensor(.real, [], Claim(.nonneg)) : .int
      return TypedExpression(.tree(function, function: nil, values), type, call.span)
    case .map, .zip:
      let arity = function == .map ? 1 : 2
      guard expectCount(call, (arity + 1)...(arity + 1)) else { return poison(call.span) }
      let trees = call.arguments.dropFirst().map { expression($0.value) }
      guard let first = trees.first,
        !trees.contains(where: \.type.isPoison)
      else { return poison(call.span) }
      for other in trees.dropFirst() where !unifier.unify(first.type, other.type) {
        mismatch(
          found: resolve(other.type), wanted: resolve(first.type), other.span,
          Place("the second value of `zip`"))
        return poison(call.span)
      }
      // Each leaf has a shape of its own: one symbol stands for any of them.
      let leaf = Type.tensor(.real, [Dim(freshSymbol("_"))])
      let wanted = Type.function(
        FunctionType(parameters: [Type](repeating: leaf, count: arity), result: leaf))
      let body = expression(call.arguments[0].value, expecting: wanted)
      var place = Place("the function given to `\(call.name.text)`")
      place.help = ["leave the types of its parameters out: each part has a shape of its own"]
      let fitted = coerce(body, to: wanted, place)
      if case .poison = fitted.type { return fitted }
      return TypedExpression(
        .tree(function, function: fitted, trees), resolve(first.type).withoutClaims, call.span)
    }
  }

  func rawField(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1) else { return poison(call.span) }
    let value = expression(call.arguments[0].value)
    guard case .field(let base, let name) = value.form else {
      if case .poison = value.type { return value }
      report(
        .notAValue, "`raw` takes a field", at: call.span, help: ["for example `raw(self.gain)`"])
      return poison(call.span)
    }
    return TypedExpression(.rawField(base, name), value.type.withoutClaim, call.span)
  }

  // MARK: Random streams

  func makeRng(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 1...1), refuseDims(call) else { return poison(call.span) }
    let seed = checked(call.arguments[0].value, as: .int, what: "a seed")
    return TypedExpression(.makeRng(seed: seed), .rng, call.span)
  }

  func draw(
    _ rng: TypedExpression, _ name: Name, _ dims: [Expression], _ arguments: [Argument],
    _ span: Span
  ) -> TypedExpression {
    let call = BuiltinCall(
      name: name, dims: dims, arguments: arguments, span: span, expected: nil)
    var shape: [Dim] = []
    for syntax in dims {
      guard let dim = dim(syntax) else { return poison(span) }
      shape.append(dim)
    }
    func drawn(
      _ op: Op, _ operands: [TypedExpression], _ dtype: DType, _ claim: Claim?
    ) -> TypedExpression {
      TypedExpression(
        .draw(
          op, rng: rng, operands,
          op == random.randomPermutation
            ? ["dim": .dim(shape.first ?? 0)] : ["shape": .shape(shape)],
          site: context.nextSite()), .tensor(dtype, shape, claim), span)
    }
    func scalars(_ type: Type, _ range: ClosedRange<Int>) -> [TypedExpression]? {
      guard expectCount(call, range),
        let values = plainValues(call, hints: [type, type])
      else { return nil }
      let fitted = values.map { coerce($0, to: type, Place("an argument of `\(name.text)`")) }
      return fitted.contains(where: \.type.isPoison) ? nil : fitted
    }
    switch name.text {
    case "uniform":
      guard let ends = scalars(.real, 0...2) else { return poison(span) }
      let unit = drawn(random.randomUniform, [], .real, Claim(.unit))
      if ends.isEmpty { return unit }
      guard ends.count == 2 else {
        report(
          .argumentCount, "`uniform` takes both ends, or none for 0 to 1", at: name.span)
        return poison(span)
      }
      let width = elementwise(pointwise.sub, [ends[1], ends[0]], span, at: name.span)
      let scaled = elementwise(pointwise.mul, [width, unit], span, at: name.span)
      return elementwise(pointwise.add, [ends[0], scaled], span, at: name.span)
    case "normal":
      guard arguments.isEmpty else {
        report(
          .argumentCount, "`normal` takes no arguments: its mean is 0, its standard deviation 1",
          at: arguments[0].value.span,
          help: ["`mean + deviation * \(text(of: rng.span)).normal[…]`"])
        return poison(span)
      }
      return drawn(random.randomNormal, [], .real, nil)
    case "bernoulli":
      guard let p = scalars(.tensor(.real, [], Claim(.unit)), 1...1) else { return poison(span) }
      return drawn(random.randomBernoulli, p, .real, Claim(.unit))
    case "int":
      guard let ends = scalars(.int, 2...2) else { return poison(span) }
      return drawn(random.randomInt, ends, .int, nil)
    case "permutation":
      guard scalars(.int, 0...0) != nil else { return poison(span) }
      guard shape.count == 1 else {
        report(.argumentCount, "`permutation` takes one dim", at: name.span)
        return poison(span)
      }
      return drawn(random.randomPermutation, [], .int, nil)
    default:
      let near = suggestion(name.text, among: Checker.draws)
      report(
        .unknownField, "`Rng` has no `\(name.text)`", at: name.span,
        help: near.isEmpty ? ["it draws `\(Checker.draws.joined(separator: "`, `"))`"] : near)
      return poison(span)
    }
  }

  static let draws = ["uniform", "normal", "bernoulli", "int", "permutation"]
}
