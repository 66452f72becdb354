// Projections: what a controller's output is turned into the `emits` of heads and memories with.
//
// Each emitted tensor has a weight and a bias of its own, so that checkpoints name them; the
// products are one. The weights are joined where they come from, not inside the loop that uses
// them.

import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  typealias Block = Aggregate<Operand>.Block

  /// One tensor of some `emits`.
  private struct Emitted {
    let shape: [Dim]
    let claim: Claim?
    let via: Aggregate<Operand>.Closure?
    /// As checkpoints name it.
    let path: String
  }

  // MARK: Making

  /// A fresh projection: weights normal with variance 1 / inputs, biases zero.
  func projection(
    _ inputs: Dim, of owner: Aggregate<Operand>, _ key: Value
  ) throws -> Aggregate<Operand> {
    .projection(inputs: inputs, try blocks(of: owner) { try block($0, inputs, key) })
  }

  /// A projection that a struct holds, with the `via` of its owner as that is here: what `via` reads
  /// of `self` may have been trained since the projection was made.
  func activated(
    _ projection: Aggregate<Operand>, for owner: () throws -> Aggregate<Operand>
  ) throws -> Aggregate<Operand> {
    guard case .projection(let inputs, let tree) = projection else { return projection }
    var rest = tree.blocks.makeIterator()
    let blocks = try blocks(of: owner()) { emitted in
      guard var block = rest.next() else {
        throw problem(LoweringMessages.shapesDiffer, "the projection is of other emits")
      }
      block.via = emitted.via
      return block
    }
    return .projection(inputs: inputs, blocks)
  }

  /// A block for each tensor that the owner, or each of its elements, emits.
  private func blocks(
    of owner: Aggregate<Operand>, path: String = "", _ make: (Emitted) throws -> Block
  ) throws -> Aggregate<Operand> {
    switch owner {
    case .list(let elements):
      return .list(
        try elements.enumerated().map { index, element in
          try blocks(of: element, path: "\(path)[\(index)]", make)
        })
    case .structure(let structure, let generics, _):
      let inner = fieldFrame(structure, generics, owner: owner)
      return .record(
        try (structure.emits ?? []).map { field in
          try inFrame(inner) {
            let via = try field.via.map(evaluate)
            let part = path.isEmpty ? field.name : "\(path).\(field.name)"
            return .init(field.name, try blocks(field.type, via, path: part, make))
          }
        })
    default:
      preconditionFailure("\(words(types(owner))) emits nothing")
    }
  }

  /// The blocks for one emitted field; the current frame is the owner's.
  private func blocks(
    _ type: Type, _ via: Aggregate<Operand>?, path: String, _ make: (Emitted) throws -> Block
  ) throws -> Aggregate<Operand> {
    switch type {
    case .tensor(_, let dims, let claim):
      var function: Aggregate<Operand>.Closure?
      if case .closure(let closure)? = via { function = closure }
      return .block(
        try make(Emitted(shape: frame.shape(dims), claim: claim, via: function, path: path)))
    case .record(let fields):
      return .record(
        try fields.enumerated().map { index, field in
          let part = "\(path).\(field.name ?? String(index))"
          return .init(field.name, try blocks(field.type, via, path: part, make))
        })
    case .associated(let owner, _):
      return try blocks(of: value(at: owner), path: path, make)
    case .list(let element, let count):
      return try forEach(element, count: count) { index in
        try blocks(element, via, path: "\(path)[\(index)]", make)
      }
    default: preconditionFailure("`\(path)` is not made of reals")
    }
  }

  private func block(_ emitted: Emitted, _ inputs: Dim, _ key: Value) throws -> Block {
    let own = try emit(random.foldKey, key, integer(Hash.of("weight:\(emitted.path)")))
    let drawn = try emit(
      random.randomNormal, own, attributes: ["shape": .shape([inputs] + emitted.shape)])
    let width = try emit(pointwise.sqrt, emit(pointwise.toReal, size(inputs)))
    let weight = try emit(pointwise.div, drawn, width)
    let bias = try filled(real(0), emitted.shape)
    return Block(
      weight: operand(weight), bias: operand(bias), shape: emitted.shape, claim: emitted.claim)
  }

  // MARK: Using

  func project(
    _ projection: TypedExpression, _ input: TypedExpression, _ clip: TypedExpression?
  ) throws -> Aggregate<Operand> {
    guard case .projection(_, let tree) = try evaluate(projection) else {
      preconditionFailure("a value of projection type is none")
    }
    let input = try scalarOrTensor(input)
    let limit = try clip.map(scalar)
    let blocks = tree.blocks
    let sums = try linear(blocks, input, limit)
    var results: [Aggregate<Operand>] = []
    for (block, sum) in zip(blocks, sums) {
      results.append(try block.via.map { try apply($0, [tensor(sum)]) } ?? tensor(sum))
    }
    var rest = results.makeIterator()
    return tree.replacingBlocks { _ in rest.next() ?? .unit }
  }

  /// What the linear maps of all blocks give for one input.
  private func linear(
    _ blocks: [Block], _ input: Value, _ limit: Value?
  ) throws -> [Value] {
    guard let first = blocks.first else { return [] }
    let region = first.weight.scope.region
    let isJoined =
      blocks.count > 1
      && blocks.allSatisfy {
        $0.weight.scope.region === region && $0.bias.scope.region === region
      }
    if !isJoined {
      return try blocks.map { block in
        try clipped(product(input, use(block.weight), use(block.bias)), limit)
      }
    }
    let sizes = blocks.map { $0.shape.reduce(Dim(1), *) }
    var weights: [Value] = []
    var biases: [Value] = []
    for (block, size) in zip(blocks, sizes) {
      let rows = block.weight.type.shape.prefix(1)
      weights.append(try reshaped(block.weight.value, rows + [size], region))
      biases.append(try reshaped(block.bias.value, [size], region))
    }
    let weight = try emit(movement.concatenate, weights, ["axis": .axis(1)], in: region)[0]
    let bias = try emit(movement.concatenate, biases, ["axis": .axis(0)], in: region)[0]
    let home = first.weight.scope
    let all = try clipped(
      product(input, use(Operand(weight, home)), use(Operand(bias, home))), limit)
    var start: Dim = 0
    return try zip(blocks, sizes).map { block, size in
      let part = try emit(
        movement.slice, all,
        attributes: ["axis": .axis(0), "start": .dim(start), "count": .dim(size)])
      start = start + size
      return try reshaped(part, block.shape, self.region)
    }
  }

  private func clipped(_ value: Value, _ limit: Value?) throws -> Value {
    guard let limit else { return value }
    return try emit(pointwise.clamp, value, emit(pointwise.neg, limit), limit)
  }

  private func product(_ input: Value, _ weight: Value, _ bias: Value) throws -> Value {
    let last = type(of: input).rank - 1
    let sum = try emit(
      contraction.contract, input, weight,
      attributes: contractAttributes(contracted: ([last], [0])))
    return try emit(pointwise.add, sum, bias)
  }

  private func reshaped(
    _ value: Value, _ shape: some Sequence<Dim>, _ region: Region
  ) throws -> Value {
    let shape = Array(shape)
    if region.type(of: value).shape == shape { return value }
    return try emit(movement.reshape, value, attributes: ["shape": .shape(shape)], in: region)
  }
}

extension Aggregate {
  /// The blocks of a projection, in order.
  fileprivate var blocks: [Block] {
    switch self {
    case .block(let block): [block]
    case .record(let members): members.flatMap(\.value.blocks)
    case .list(let elements): elements.flatMap(\.blocks)
    default: []
    }
  }

  /// As a struct holds it: what a projection does to its numbers is read off its owner at each use.
  var stored: Aggregate {
    guard case .projection(let inputs, let tree) = self else { return self }
    return .projection(
      inputs: inputs,
      tree.replacingBlocks { block in
        var block = block
        block.via = nil
        return .block(block)
      })
  }

  fileprivate func replacingBlocks(_ next: (Block) -> Aggregate) -> Aggregate {
    switch self {
    case .block(let block): next(block)
    case .record(let members):
      .record(members.map { Member($0.name, $0.value.replacingBlocks(next)) })
    case .list(let elements): .list(elements.map { $0.replacingBlocks(next) })
    default: self
    }
  }
}
