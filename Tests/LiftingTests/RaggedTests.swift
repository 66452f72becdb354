// Entries of different sizes: each gives what it gives alone.

import Autodiff
import IR
import Interpreter
import Lifting
import Ops
import Tensors
import TestSupport
import Testing

/// A program over `T`, whose first input is the size, and of which no other input has padding that
/// may be read.
struct RaggedProgram: CustomStringConvertible {
  let name: String
  let text: String
  var description: String { name }

  static let all: [RaggedProgram] = [
    RaggedProgram(
      name: "reductions",
      text: """
        graph f(%t: int[], %x: real[T, M], %y: real[M, 2*T + 1]) {
          %a = sum(%x) {axes: axes [0]}
          %b = max(%x) {axes: axes [0, 1]}
          %c = min(%x) {axes: axes [0]}
          %d = prod(%y) {axes: axes [1]}
          %e = mean(%y) {axes: axes [0, 1]}
          %g = softmax(%y) {axis: axis 1}
          %h = logsumexp(%x) {axes: axes [0]}
          %i = argmax(%y) {axis: axis 1}
          %j = cumsum(%x) {axis: axis 0}
          %k, %l = sort(%y) {axis: axis 1, descending: flag false}
          return %a, %b, %c, %d, %e, %g, %h, %i, %j, %k, %l
        }
        """),
    RaggedProgram(
      name: "moves",
      text: """
        graph f(%t: int[], %x: real[T, M], %y: real[2*T + 1, M]) {
          %r = reverse(%x) {axis: axis 0}
          %c = concatenate(%x, %y, %x) {axis: axis 0}
          %s = slice(%c) {axis: axis 0, start: dim T + 1, count: dim 2*T}
          %u = transpose(%s) {axes: axes [1, 0]}
          %v = reshape(%x) {shape: shape [M*T]}
          %w = slice(%y) {axis: axis 0, start: dim 1, count: dim T}
          %z = size() {dim: dim 3*T + 2}
          %q = iota() {dim: dim T}
          %a = sum(%u) {axes: axes [1]}
          return %r, %c, %s, %u, %v, %w, %z, %q, %a
        }
        """),
    RaggedProgram(
      name: "products and indices",
      text: """
        graph f(%t: int[], %x: real[T, M], %w: real[M, N], %m: real[K, M]) {
          %p = contract(%x, %w) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [1], rightContracted: axes [0]}
          %q = contract(%x, %p) {leftBatch: axes [], rightBatch: axes [], leftContracted: axes [0], rightContracted: axes [0]}
          %i = iota() {dim: dim T}
          %two = constant() {dtype: dtype int, value: integer 2}
          %h = floor_div(%i, %two)
          %g = gather(%m, %h) {batch: integer 0, clamped: flag false}
          %s = scatter_add(%m, %h, %x) {batch: integer 0, replaces: flag false}
          %e = scatter_set(%m, %h, %x) {batch: integer 0, replaces: flag true}
          %z = sum(%i) {axes: axes [0]}
          return %p, %q, %g, %s, %e, %z
        }
        """),
    RaggedProgram(
      name: "loops",
      text: """
        graph f(%t: int[], %x: real[T, M], %h: real[M]) {
          %last, %all = scan T constants 0 carries 1 (%h, %x) {
            graph step(%i: int[], %h: real[M], %x: real[M]) {
              %a = mul(%h, %x)
              %b = sin(%a)
              return %b, %a
            }
          }
          %back, %more = scan 2*T + 1 constants 1 carries 1 reversed (%all, %last) {
            graph step(%i: int[], %all: real[T, M], %h: real[M]) {
              %n = size() {dim: dim T}
              %k = mod(%i, %n)
              %row = gather(%all, %k) {batch: integer 0, clamped: flag false}
              %total = sum(%all) {axes: axes [0]}
              %c = add(%h, %row)
              %d = mul(%c, %total)
              return %c, %d
            }
          }
          return %last, %all, %back, %more
        }
        """),
    RaggedProgram(
      name: "regions",
      text: """
        graph f(%t: int[], %x: real[T, M]) {
          %a = call (%x) {
            graph g(%x: real[T, M]) {
              %a = mean(%x) {axes: axes [0]}
              return %a
            }
          }
          %three = constant() {dtype: dtype int, value: integer 3}
          %n = size() {dim: dim T}
          %p = less(%n, %three)
          %b = branch (%p, %x) {
            graph then(%x: real[T, M]) {
              %a = sum(%x) {axes: axes [0]}
              return %a
            }
            graph otherwise(%x: real[T, M]) {
              %a = max(%x) {axes: axes [0]}
              return %a
            }
          }
          return %a, %b
        }
        """),
  ]
}

@Suite struct RaggedTests {
  static let batch = Dim(DimSymbol("B"))
  static let length = DimSymbol("T")
  static let lengths = [2, 5, 1, 4]

  @Test(arguments: RaggedProgram.all)
  func everyEntryGivesWhatItGivesAlone(program: RaggedProgram) throws {
    let graph = try readGraph(program.text)
    let shared = graph.inputTypes.map { !$0.symbols.contains(Self.length) && $0.dtype == .real }
    for marks in [graph.inputs.map { _ in true }, shared.map { !$0 }] {
      let (lifted, outputs) = try lift(
        graph, over: Self.batch, inputs: marks, ragged: [Self.length: 0])
      let entries = Self.lengths.enumerated().map { Self.inputs(graph, $1, seed: UInt64($0)) }
      let together = try run(lifted, joined(graph, entries, marks), 5)
      for (entry, length) in Self.lengths.enumerated() {
        let inputs = marks.indices.map { entries[marks[$0] ? entry : 0][$0] }
        let alone = try run(graph, inputs, length)
        for (place, expected) in alone.enumerated() {
          let mine = outputs[place] ? Self.row(together[place], entry) : together[place]
          let front = Self.front(mine, expected.shape)
          #expect(distance([front], [expected]) <= 1e-12, "output \(place), entry \(entry)")
        }
      }
    }
  }

  /// Cotangents of the first output, and that padding gets none.
  @Test(arguments: RaggedProgram.all)
  func everyEntryHasItsOwnGradient(program: RaggedProgram) throws {
    let graph = try readGraph(program.text)
    let marks = graph.inputs.map { _ in true }
    let (lifted, _) = try lift(
      graph, over: Self.batch, inputs: marks, ragged: [Self.length: 0])
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let output = try #require(
      graph.outputTypes.firstIndex {
        $0.dtype == .real && !$0.symbols.contains(Self.length)
      })
    let entries = Self.lengths.enumerated().map { Self.inputs(graph, $1, seed: UInt64($0)) }
    let seeds = try entries.enumerated().map { entry, inputs in
      let shape = try run(graph, inputs, Self.lengths[entry])[output].shape
      return Samplers.reals(shape, in: -1...1, seed: UInt64(70 + entry))
    }
    let seed = Tensor(
      [seeds.count] + seeds[0].shape, reals: seeds.flatMap(\.doubles), precision: .double)
    let together = try run(
      reverse(lifted, outputs: [output], inputs: variables),
      joined(graph, entries, marks) + [seed], 5)
    let single = reverse(graph, outputs: [output], inputs: variables)
    for (entry, length) in Self.lengths.enumerated() {
      let alone = try run(single, entries[entry] + [seeds[entry]], length)
      for place in graph.outputs.count..<alone.count {
        let mine = Self.row(together[place], entry)
        let front = Self.front(mine, alone[place].shape)
        #expect(distance([front], [alone[place]]) <= 1e-9, "gradient \(place), entry \(entry)")
        let rest =
          mine.doubles.reduce(0) { $0 + abs($1) } - front.doubles.reduce(0) { $0 + abs($1) }
        #expect(abs(rest) <= 1e-12, "padding has a gradient")
      }
    }
  }

  @Test func whatCannotKeepItsFrontIsRefused() throws {
    let graph = try readGraph(
      "graph f(%t: int[], %x: real[M, T]) { %a = reshape(%x) {shape: shape [M*T]} return %a }")
    #expect(throws: LiftingProblem.self) {
      try lift(graph, over: Self.batch, inputs: [true, true], ragged: [Self.length: 0])
    }
  }

  // MARK: Entries

  private func run(_ graph: Graph, _ inputs: [Tensor], _ length: Int) throws -> [Tensor] {
    var sizes = Program.sizes
    sizes[Self.length] = length
    return try Interpreter(precision: .double).run(graph, inputs, sizes: sizes).outputs
  }

  private static func inputs(_ graph: Graph, _ length: Int, seed: UInt64) -> [Tensor] {
    var sizes = Program.sizes
    sizes[Self.length] = length
    return graph.inputTypes.enumerated().map { place, type in
      if type.dtype == .int { return Tensor(ints: [length]) }
      let shape = type.shape.map { $0.evaluated(sizes) ?? 0 }
      return Samplers.reals(shape, in: 0.2...1.2, seed: seed &* 17 &+ UInt64(place))
    }
  }

  /// Entries side by side, padded to the largest with numbers that must not matter.
  private func joined(_ graph: Graph, _ entries: [[Tensor]], _ marks: [Bool]) -> [Tensor] {
    var sizes = Program.sizes
    sizes[Self.length] = 5
    return graph.inputTypes.enumerated().map { place, type in
      if !marks[place] { return entries[0][place] }
      let shape = type.shape.map { $0.evaluated(sizes) ?? 0 }
      if type.dtype == .int {
        return Tensor([entries.count], ints: entries.map { Int($0[place].doubles[0]) })
      }
      let padded = entries.flatMap { entry in
        Self.indexes(shape).map { index in
          Self.element(entry[place], index) ?? 77
        }
      }
      return Tensor([entries.count] + shape, reals: padded, precision: .double)
    }
  }

  private static func indexes(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { partial, size in partial.flatMap { p in (0..<size).map { p + [$0] } } }
  }

  private static func element(_ tensor: Tensor, _ index: [Int]) -> Double? {
    var offset = 0
    for (size, i) in zip(tensor.shape, index) {
      if i >= size { return nil }
      offset = offset * size + i
    }
    return tensor.doubles[offset]
  }

  private static func row(_ tensor: Tensor, _ entry: Int) -> Tensor {
    let shape = Array(tensor.shape.dropFirst())
    let count = shape.reduce(1, *)
    let values = Array(tensor.doubles[(entry * count)..<((entry + 1) * count)])
    return like(tensor, shape, values)
  }

  private static func front(_ tensor: Tensor, _ shape: [Int]) -> Tensor {
    like(tensor, shape, indexes(shape).map { element(tensor, $0) ?? .nan })
  }

  private static func like(_ tensor: Tensor, _ shape: [Int], _ values: [Double]) -> Tensor {
    switch tensor.dtype {
    case .real: Tensor(shape, reals: values, precision: .double)
    case .int: Tensor(shape, ints: values.map { Int($0) })
    case .bool: Tensor(shape, bools: values.map { $0 != 0 })
    }
  }
}
