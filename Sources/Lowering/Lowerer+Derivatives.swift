// Derivatives: the function becomes a graph of its own, is differentiated as a graph, and the
// result is inlined. Rules that users give, and bodies that are to be run again instead of kept,
// become `call` regions.

import Autodiff
import Diagnostics
import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  func derivative(
    _ kind: DerivativeKind, _ function: TypedExpression, _ at: [TypedExpression],
    _ seed: TypedExpression?
  ) throws -> Aggregate<Operand> {
    let closure = try functionValue(function)
    let parts = try at.map(evaluate)
    let seed = try seed.map(evaluate)
    let body = try differentiated(closure, parts)
    func lint(_ outputs: [Int]) {
      let unreached = body.graph.unreached(
        outputs: outputs, inputs: Array(0..<body.parameters))
      lintUnreached(of: function, at: at, parts, Set(unreached))
    }
    switch kind {
    case .grad, .valueAndGrad:
      guard let output = body.reals.first, body.graph.outputTypes[output].rank == 0 else {
        preconditionFailure("a gradient of \(words(body.resultTypes)), not of one number")
      }
      lint([output])
      let (outputs, cotangents) = try reversed(body, [output], [real(1)])
      let gradient = try self.gradient(parts, cotangents)
      if kind == .grad { return gradient }
      return pair(body.result.rebuilt(outputs.map(operand)), gradient)
    case .vjp:
      lint(body.reals)
      let given = try realLeaves(of: seed, like: body)
      let (outputs, cotangents) = reversed(body, body.reals, given)
      return pair(
        body.result.rebuilt(outputs.map(operand)), try self.gradient(parts, cotangents))
    case .jvp: return try pushedForward(body, parts, seed)
    }
  }

  private func pair(
    _ first: Aggregate<Operand>, _ second: Aggregate<Operand>
  ) -> Aggregate<Operand> {
    .record([.init(nil, first), .init(nil, second)])
  }

  // MARK: The function as a graph

  /// A function with the parameters of its arguments as its first inputs.
  private struct Differentiated {
    let graph: Graph
    /// Outer values for the graph's inputs.
    let arguments: [Value]
    /// How many of the inputs are parameters.
    let parameters: Int
    /// The outputs that a derivative can be of.
    let reals: [Int]
    let result: Aggregate<Operand>

    var resultTypes: Aggregate<TensorType> { result.rebuilt(graph.outputTypes) }
  }

  private func differentiated(
    _ closure: Aggregate<Operand>.Closure, _ parts: [Aggregate<Operand>]
  ) throws -> Differentiated {
    let outerRegion = region
    let parameters = parts.flatMap(parameterLeaves).map(use)
    var inputs: [Value] = []
    let (inner, (result, outputs)) = try inRegion("differentiated", .none, keepsDims: true) {
      let given = parts.map { part in
        part.mapPlaced { place, leaf in
          guard place.isParameter(leaf.type.dtype) else { return leaf }
          let input = region.builder.input(leaf.type)
          inputs.append(input)
          return operand(input)
        }
      }
      let result = try apply(closure, given)
      return (result, try materialised(result))
    }
    outerRegion.bound.formUnion(inner.bound)
    let body = Body(region: inner, outputs: outputs)
    let places = result.places
    let reals = outputs.indices.filter { index in
      places[index].role == .number && inner.type(of: outputs[index]).dtype == .real
    }
    return Differentiated(
      graph: body.graph(inputs), arguments: parameters + body.captured,
      parameters: parameters.count, reals: reals, result: result)
  }

  func parameterLeaves(_ value: Aggregate<Operand>) -> [Operand] {
    zip(value.places, value.leaves).filter { $0.isParameter($1.type.dtype) }.map(\.1)
  }

  /// Values of the function's outputs and cotangents of its parameters.
  private func reversed(
    _ body: Differentiated, _ outputs: [Int], _ cotangents: [Value]
  ) -> (outputs: [Value], cotangents: [Value]) {
    let graph = reverse(body.graph, outputs: outputs, inputs: Array(0..<body.parameters))
    let results = inline(graph, body.arguments + cotangents)
    let count = body.graph.outputs.count
    return (Array(results.prefix(count)), Array(results.dropFirst(count)))
  }

  private func pushedForward(
    _ body: Differentiated, _ parts: [Aggregate<Operand>], _ seed: Aggregate<Operand>?
  ) throws -> Aggregate<Operand> {
    let seeds = parts.count == 1 ? [seed] : parts.indices.map { seed?.member(at: $0) }
    let tangents = seeds.compactMap { $0 }.flatMap(parameterLeaves).map(use)
    guard tangents.map(type(of:)) == Array(body.graph.inputTypes.prefix(body.parameters)) else {
      throw problem(LoweringMessages.shapesDiffer, "the tangent does not fit what it belongs to")
    }
    let graph = forward(body.graph, inputs: Array(0..<body.parameters), outputs: body.reals)
    let results = inline(graph, body.arguments + tangents)
    let count = body.graph.outputs.count
    let value = body.result.rebuilt(results.prefix(count).map(operand))
    var leaves = Array(results.prefix(count))
    for (output, tangent) in zip(body.reals, results.dropFirst(count)) {
      leaves[output] = tangent
    }
    return pair(value, body.result.rebuilt(leaves.map(operand)))
  }

  /// Cotangents in the structure of what they belong to; what is no parameter keeps its value,
  /// frozen numbers are zero.
  private func gradient(
    _ parts: [Aggregate<Operand>], _ cotangents: [Value]
  ) throws -> Aggregate<Operand> {
    var rest = cotangents.makeIterator()
    let gradients = try parts.map { part in
      try part.mapPlaced { place, leaf in
        if place.isParameter(leaf.type.dtype), let cotangent = rest.next() {
          return operand(cotangent)
        }
        guard place.role == .number, leaf.type.dtype == .real else { return leaf }
        return operand(try filled(real(0), leaf.type.shape))
      }
    }
    return gradients.count == 1 ? gradients[0] : .record(gradients.map { .init(nil, $0) })
  }

  private func realLeaves(
    of seed: Aggregate<Operand>?, like body: Differentiated
  ) throws -> [Value] {
    let leaves = try seed.map(materialised) ?? []
    let expected = body.graph.outputTypes
    guard leaves.count == expected.count,
      body.reals.allSatisfy({ type(of: leaves[$0]) == expected[$0] })
    else {
      throw problem(LoweringMessages.shapesDiffer, "the cotangent does not fit the value")
    }
    return body.reals.map { leaves[$0] }
  }

  // MARK: Rules that users give

  /// A call with a derivative of its own; the frame is the callee's, parameters bound.
  func withRule(
    _ function: Function, _ body: TypedExpression, _ rule: CustomDerivative
  ) throws -> Aggregate<Operand> {
    let arguments = try function.parameters.map { try lookUp($0.variable) }
    let operands = try arguments.flatMap(materialised)
    let types = operands.map(type(of:))

    /// Arguments that are inputs of the current region.
    func inputs() -> (values: [Aggregate<Operand>], inputs: [Value]) {
      let inputs = types.map { region.builder.input($0) }
      var rest = inputs[...]
      return (
        arguments.map { argument in
          let count = argument.leaves.count
          defer { rest = rest.dropFirst(count) }
          return argument.rebuilt(rest.prefix(count).map(operand))
        }, inputs
      )
    }

    let (forward, (result, outputs, own)) = try inRegion("body", .none) {
      let (values, own) = inputs()
      for (parameter, value) in zip(function.parameters, values) {
        frame.values[parameter.variable] = value
      }
      let result = try evaluate(body)
      return (result, try materialised(result), own)
    }
    try requireSteady(Body(region: forward, outputs: outputs), carries: 0)
    let resultTypes = outputs.map { forward.type(of: $0) }
    let realResults = resultTypes.indices.filter { resultTypes[$0].dtype == .real }

    let (backward, (cotangents, ruleInputs)) = try inRegion("derivative", .none) {
      let (values, own) = inputs()
      let results = resultTypes.map { region.builder.input($0) }
      let given = realResults.map { region.builder.input(resultTypes[$0]) }
      var leaves = results
      for (index, cotangent) in zip(realResults, given) { leaves[index] = cotangent }
      let inner = Frame(dims: frame.dims, types: frame.types, calls: frame.calls)
      for (parameter, value) in zip(rule.parameters, values) { inner.values[parameter] = value }
      inner.values[rule.cotangent] = result.rebuilt(leaves.map(operand))
      if let output = rule.output { inner.values[output] = result.rebuilt(results.map(operand)) }
      let value = try inFrame(inner) { try evaluate(rule.body) }
      return (try ruleCotangents(value, arguments), (own, results + given))
    }

    var shared = forward.captures.map(\.outer)
    for (outer, _) in backward.captures where !shared.contains(outer) { shared.append(outer) }
    func capturedInputs(_ region: Region) -> [Value] {
      let inner = Dictionary(
        region.captures.map { ($0.outer, $0.inner) }, uniquingKeysWith: { first, _ in first })
      return shared.map { inner[$0] ?? region.builder.input(type(of: $0)) }
    }
    let unmoved = try shared.map(type(of:)).filter { $0.dtype == .real }.map { type in
      try emit(making.zeros, [], ["shape": .shape(type.shape)], in: backward)[0]
    }
    let call = Call(
      body: forward.finish(outputs, inputs: own + capturedInputs(forward)),
      derivative: backward.finish(
        cotangents + unmoved, inputs: ruleInputs.0 + capturedInputs(backward) + ruleInputs.1))
    region.builder.origin = origin
    let results = region.builder.call(call, operands + shared)
    return result.rebuilt(results.map(operand))
  }

  /// The cotangents that a rule gives, one for each real leaf of the arguments.
  private func ruleCotangents(
    _ value: Aggregate<Operand>, _ arguments: [Aggregate<Operand>]
  ) throws -> [Value] {
    func isReal(_ place: LeafPlace, _ leaf: Operand) -> Bool {
      place.role == .number && leaf.type.dtype == .real
    }
    let concerned = arguments.indices.filter { index in
      zip(arguments[index].places, arguments[index].leaves).contains { isReal($0, $1) }
    }
    var parts: [Aggregate<Operand>] = [value]
    if concerned.count != 1, case .record(let members) = value { parts = members.map(\.value) }
    guard parts.count == concerned.count else {
      throw problem(
        LoweringMessages.shapesDiffer,
        "the rule gives \(parts.count) cotangents for \(concerned.count) real parameters")
    }
    var result: [Value] = []
    var rest = parts.makeIterator()
    for (index, argument) in arguments.enumerated() {
      var given: [Value] = []
      if concerned.contains(index), let part = rest.next() {
        let leaves = zip(part.places, part.leaves).filter { isReal($0, $1) }
        given = leaves.map { use($0.1) }
      }
      var next = given.makeIterator()
      for (place, leaf) in zip(argument.places, argument.leaves) where leaf.type.dtype == .real {
        let shape = leaf.type.shape
        guard place.role == .number else {
          result.append(try filled(real(0), shape))
          continue
        }
        guard let cotangent = next.next() else {
          throw problem(LoweringMessages.shapesDiffer, "the rule gives too few cotangents")
        }
        result.append(try fitting(cotangent, shape))
      }
    }
    return result
  }

  /// A cotangent of the shape it must have; a scalar stands for every element.
  private func fitting(_ value: Value, _ shape: [Dim]) throws -> Value {
    let found = type(of: value).shape
    if found == shape { return value }
    if found.isEmpty { return try filled(value, shape) }
    return try emit(checks.asShape, value, attributes: ["shape": .shape(shape)])
  }

  // MARK: Running again

  func remat(_ function: TypedExpression) throws -> Aggregate<Operand> {
    let closure = try functionValue(function)
    let (inner, (result, outputs)) = try inRegion("recomputed", .none) {
      let result = try apply(closure, [])
      return (result, try materialised(result))
    }
    let body = Body(region: inner, outputs: outputs)
    try requireSteady(body, carries: 0)
    region.builder.origin = origin
    let results = region.builder.call(
      Call(body: body.graph([]), isRecomputed: true), body.captured)
    return result.rebuilt(results.map(operand))
  }
}
