// Random graphs that are well typed by construction: views, sums, contractions, rows by index, loops
// and branches over a few small sizes, so that they meet in many ways.
//
// Promise: the same seed gives the same graph and inputs.

import IR
import Ops
import Tensors
import TestSupport

struct RandomProgram {
  private var random: SeededRandom
  private static let dims = ["N", "M", "T", "K"].map { Dim(DimSymbol($0)) } + [1]

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Four reals and a row of indexes.
  mutating func graph() -> Graph {
    let builder = Builder(name: "random")
    var pool = (0..<4).map { builder.input(TensorType(.real, shape(rank: $0 % 3 + 1))) }
    let indices = builder.input(TensorType(.int, [Dim(DimSymbol("N"))]))
    grow(&pool, builder, indices, steps: 14, depth: 2)
    var outputs: [Value] = []
    for value in pool.suffix(6) where outputs.count < 3 && !outputs.contains(value) {
      outputs.append(value)
    }
    return builder.finish(outputs).pruned
  }

  mutating func inputs(of graph: Graph) -> [Tensor] {
    graph.inputTypes.enumerated().map { place, type in
      let shape = type.shape.map { $0.evaluated(Program.sizes) ?? 0 }
      let count = shape.reduce(1, *)
      if type.dtype == .int {
        return Tensor(shape, ints: (0..<count).map { _ in Int.random(in: 0...1, using: &random) })
      }
      return Tensor(
        shape, reals: (0..<count).map { _ in Double.random(in: -1...1, using: &random) },
        precision: .double)
    }
  }

  // MARK: Growing

  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: choices.indices, using: &random)]
  }

  private mutating func shape(rank: Int) -> [Dim] { (0..<rank).map { _ in pick(Self.dims) } }

  private mutating func grow(
    _ pool: inout [Value], _ builder: Builder, _ indices: Value, steps: Int, depth: Int
  ) {
    for _ in 0..<steps {
      let value = next(pool, builder, indices, depth)
      if builder.type(of: value).rank <= 4 { pool.append(value) }
    }
  }

  private mutating func next(
    _ pool: [Value], _ b: Builder, _ indices: Value, _ depth: Int
  ) -> Value {
    let x = pick(pool)
    let shape = b.shape(x)
    let axis = shape.isEmpty ? 0 : Int.random(in: shape.indices, using: &random)
    switch Int.random(in: 0..<16, using: &random) {
    case 0:
      return b.emit(
        pick([pointwise.sin, pointwise.tanh, pointwise.sigmoid, pointwise.neg, pointwise.softplus]),
        x)
    case 1, 2, 3: return join(x, pool, b)
    case 4 where !shape.isEmpty:
      return b.sum(x, axes: shape.count > 1 && Bool.random(using: &random) ? [0, 1] : [axis])
    case 5 where !shape.isEmpty:
      return b.emit(
        pick([reductions.max, reductions.min, reductions.mean]), [x], ["axes": .axes([axis])])[0]
    case 6:
      var axes = Array(shape.indices)
      axes.shuffle(using: &random)
      return b.transpose(x, axes)
    case 7:
      let more = pick(Self.dims)
      let place = Int.random(in: 0...shape.count, using: &random)
      var wide = shape
      wide.insert(more, at: place)
      return b.broadcast(x, to: wide, axes: wide.indices.filter { $0 != place })
    case 8 where !shape.isEmpty: return b.reverse(x, axis: axis)
    case 9 where !shape.isEmpty && shape[axis] != 1:
      return b.slice(x, axis: axis, start: Dim(Int.random(in: 0...1, using: &random)), count: 1)
    case 10 where !shape.isEmpty:
      let parts = pool.filter { b.shape($0) == shape }
      return b.concatenate([x, pick(parts), pick(parts)], axis: axis)
    case 11 where !shape.isEmpty: return b.reshape(x, to: [shape.reduce(1, *)])
    case 12 where !shape.isEmpty: return b.emit(pointwise.tanh, contraction(x, axis, pool, b))
    case 13 where !shape.isEmpty && shape[0] != 1: return rows(x, indices, pool, b)
    case 14 where depth > 0: return loop(pool, b, indices, depth)
    case 15 where depth > 0: return branch(pool, b, indices, depth)
    default: return b.emit(pointwise.sin, x)
    }
  }

  /// A number made of two of one shape, or of one and a scalar.
  private mutating func join(_ x: Value, _ pool: [Value], _ b: Builder) -> Value {
    let y = pick(pool.filter { b.shape($0) == b.shape(x) || b.shape($0).isEmpty })
    if b.shape(y) == b.shape(x), Bool.random(using: &random) {
      let condition = b.emit(pointwise.less, y, x)
      return b.select(condition, b.emit(pointwise.sin, x), y)
    }
    return b.emit(
      pick([pointwise.add, pointwise.sub, pointwise.mul, pointwise.maximum, pointwise.minimum]), x,
      y)
  }

  private mutating func contraction(
    _ x: Value, _ axis: Int, _ pool: [Value], _ b: Builder
  ) -> Value {
    let dim = b.shape(x)[axis]
    let other = pick(pool.filter { b.shape($0).contains(dim) })
    let axes = b.shape(other).indices.filter { b.shape(other)[$0] == dim }
    let partner = pick(Array(axes))
    let isBatch = Int.random(in: 0..<3, using: &random) == 0
    return b.contract(
      x, other, batch: isBatch ? ([axis], [partner]) : ([], []),
      contracted: isBatch ? ([], []) : ([axis], [partner]))
  }

  /// Rows of `x`, read or written.
  private mutating func rows(
    _ x: Value, _ indices: Value, _ pool: [Value], _ b: Builder
  ) -> Value {
    let read = b.emit(
      indexing.gather, [x, indices], ["batch": .integer(0), "clamped": .flag(true)])[0]
    let row = pick([indexing.scatterAdd, indexing.scatterSet])
    if Bool.random(using: &random) { return read }
    return b.emit(
      row, [x, indices, b.emit(pointwise.tanh, read)],
      [
        "batch": .integer(0), "clamped": .flag(true),
        "replaces": .flag(row === indexing.scatterSet),
      ]
    )[0]
  }

  // MARK: Regions

  private mutating func loop(
    _ pool: [Value], _ b: Builder, _ indices: Value, _ depth: Int
  ) -> Value {
    let sliced = pool.filter { !b.shape($0).isEmpty }
    guard !sliced.isEmpty else { return b.emit(pointwise.sin, pick(pool)) }
    let whole = pick(sliced)
    let trip = b.shape(whole)[0]
    let carry = pick(pool)
    let constant = pick(pool)
    let stops = Int.random(in: 0..<4, using: &random) == 0
    let inner = Builder(name: "step")
    let index = inner.input(TensorType(.int))
    let rows = inner.input(b.type(of: indices))
    let shared = inner.input(b.type(of: constant))
    let going = stops ? inner.input(TensorType(.bool)) : nil
    let state = inner.input(b.type(of: carry))
    let slice = inner.input(TensorType(.real, Array(b.shape(whole).dropFirst())))
    var inside = [shared, state, slice, inner.emit(pointwise.toReal, index)]
    grow(&inside, inner, rows, steps: 5, depth: depth - 1)
    let same = inside.suffix(5).filter { inner.type(of: $0) == b.type(of: carry) }
    var next = same.last ?? inner.emit(pointwise.sin, state)
    next = inner.emit(pointwise.tanh, inner.add(next, inner.mul(state, inner.real(0.5))))
    let stack = pick(inside)
    var outputs = [next, stack, pick([state, next])]
    var operands = [indices, constant, carry, whole]
    if let going {
      let isBelow = inner.emit(pointwise.less, inner.total(next), inner.real(0.8))
      outputs[0] = inner.select(going, next, state)
      outputs.insert(inner.emit(pointwise.and, going, isBelow), at: 0)
      operands.insert(b.flag(true), at: 2)
    }
    let scan = Scan(
      body: inner.finish(outputs), trip: trip, constants: 2, carries: stops ? 2 : 1,
      isReversed: Bool.random(using: &random), stopsEarly: stops)
    return pick(Array(b.scan(scan, operands).dropFirst(stops ? 1 : 0)))
  }

  private mutating func branch(
    _ pool: [Value], _ b: Builder, _ indices: Value, _ depth: Int
  ) -> Value {
    let operands = [indices, pick(pool), pick(pool)]
    let wanted = b.type(of: operands[1])
    func side(_ random: inout RandomProgram) -> Graph {
      let inner = Builder(name: "side")
      let inputs = operands.map { inner.input(b.type(of: $0)) }
      var inside = Array(inputs.dropFirst())
      random.grow(&inside, inner, inputs[0], steps: 4, depth: depth - 1)
      return inner.finish([inside.last { inner.type(of: $0) == wanted } ?? inputs[1]])
    }
    let condition = b.emit(pointwise.less, b.total(pick(pool)), b.real(0.1))
    let branch = Branch(then: side(&self), otherwise: side(&self))
    return b.branch(branch, [condition] + operands)[0]
  }
}
