// Library rows, observations and sizes in compiled code, against the interpreter: equal in bits.

import CPool
import IR
import Interpreter
import Native
import Ops
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: hasCompiler, "needs a compiler")) struct HostStepTests {
  private static let batch = DimSymbol("B", 1)
  private static let length = DimSymbol("T", 2)

  /// Runs a graph both ways.
  private func expectSame(
    _ graph: Graph, _ inputs: [Tensor], lane: DimSymbol? = nil, lanes: Int = 1,
    _ precision: Precision = .single, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try Interpreter(precision: precision).run(graph, inputs).outputs
    let outputs = try graph.runNatively(inputs, lane: lane, lanes: lanes, precision)
    #expect(outputs == expected, sourceLocation: sourceLocation)
  }

  /// Every library row of the table on its own samples.
  @Test(arguments: [Precision.single, .double])
  func agreesForEveryLibraryRow(_ precision: Precision) throws {
    let builder = Builder(name: "rows")
    var inputs: [Tensor] = []
    var outputs: [Value] = []
    for row in OpTable.all {
      guard case .library = row.kernel else { continue }
      for sample in row.samples() {
        let operands = Rows.types(of: sample.operands).map(builder.input)
        outputs += builder.emit(row, operands, sample.attributes)
        inputs += sample.operands
      }
    }
    try expectSame(builder.finish(outputs), inputs, precision)
  }

  private var perExample: [Dim] { [Dim(Self.batch), Dim(Self.length), 5] }

  /// Draws of a batch: keys of its examples, chances and bounds of their own, lengths left open.
  @Test(arguments: [Precision.single, .double], [1, 8])
  func drawsForEachExample(_ precision: Precision, _ lanes: Int) throws {
    let builder = Builder(name: "draws")
    let batch = Dim(Self.batch)
    let key = builder.input(TensorType(.int))
    let chances = builder.input(TensorType(.real, [batch]))
    let highs = builder.input(TensorType(.int, [batch, Dim(Self.length)]))
    let keys = builder.emit(random.foldKey, key, builder.iota(batch))
    let shape: Attributes = ["shape": .shape(perExample)]
    let outputs = [
      builder.emit(random.randomUniform, keys, attributes: shape),
      builder.emit(random.randomUniform, key, attributes: shape),
      builder.emit(random.randomBernoulli, keys, chances, attributes: shape),
      builder.emit(random.randomInt, keys, builder.integer(-2), highs, attributes: shape),
      builder.emit(random.randomUniform, keys, attributes: ["shape": .shape([batch])]),
      builder.emit(making.onehot, highs, attributes: ["dim": .dim(12)]),
    ]
    try expectSame(
      builder.finish(outputs),
      [
        Tensor(ints: [3]), Samplers.reals([11], in: -0.5...1.5, seed: 1),
        Samplers.ints([11, 3], in: 0...9, seed: 2),
      ], lane: Self.batch, lanes: lanes, precision)
  }

  /// An example of a batch goes through the host where no loop is around it.
  @Test func hostsRowsOfABatch() throws {
    let builder = Builder(name: "normal")
    let batch = Dim(Self.batch)
    let keys = builder.input(TensorType(.int, [batch]))
    let normal = builder.emit(
      random.randomNormal, keys, attributes: ["shape": .shape([batch, 5])])
    let sorted = builder.emit(
      movement.sort, [normal], ["axis": .axis(1), "descending": .flag(false)])
    let highest = builder.emit(reductions.max, sorted[0], attributes: ["axes": .axes([0, 1])])
    try expectSame(
      builder.finish([builder.mul(sorted[0], normal), highest] + sorted),
      [Samplers.ints([11], seed: 1)], lane: Self.batch, lanes: 8)
  }

  /// The largest in one pass: among equal numbers and some that are none, along every axis, of few
  /// and of more numbers than a vector has, and as many as are asked for.
  @Test(arguments: [Precision.single, .double], [1, 8])
  func findsTheLargest(_ precision: Precision, _ lanes: Int) throws {
    let batch = Dim(Self.batch)
    for size in [3, 40, 300] {
      let builder = Builder(name: "largest")
      let reals = builder.input(TensorType(.real, [batch, 2, Dim(size)]))
      let ints = builder.input(TensorType(.int, [Dim(size), 3]))
      let rising = builder.input(TensorType(.real, [Dim(size)]))
      var outputs: [Value] = []
      func take(_ x: Value, along axis: Int, _ counts: [Int]) {
        for count in counts where count <= (axis == 1 ? 2 : size) {
          outputs += builder.emit(
            movement.topk, [x], ["axis": .axis(axis), "count": .dim(Dim(count))])
        }
      }
      for count in [1, 3, 32, 33] {
        take(reals, along: 2, [count])
        take(ints, along: 0, [count])
        take(rising, along: 0, [count])
      }
      take(reals, along: 1, [1, 2])
      take(builder.transpose(reals, [0, 2, 1]), along: 1, [2])
      let edges = [1, .nan, -0.0, 0, .infinity, 1, -.infinity, .nan, 2]
      let numbers = Samplers.reals([11 * 2 * size], seed: UInt64(size)).doubles
        .enumerated().map { $0 % 3 == 0 ? edges[($0 / 3) % edges.count] : ($1 * 4).rounded() }
      let inputs = [
        Tensor([11, 2, size], reals: numbers, precision: .double),
        Samplers.ints([size, 3], in: -4...4, seed: 3),
        Tensor([size], reals: (0..<size).map(Double.init), precision: .double),
      ]
      let graph = builder.finish(outputs)
      let expected = try Interpreter(precision: precision).run(graph, inputs).outputs
      let found = try graph.runNatively(inputs, lane: Self.batch, lanes: lanes, precision)
      #expect(distance(try #require(found), expected) == 0)
    }
  }

  /// All in order and running sums, along every axis, with and without lanes.
  @Test(arguments: [Precision.single, .double], [1, 8])
  func ordersAndAddsUp(_ precision: Precision, _ lanes: Int) throws {
    let batch = Dim(Self.batch)
    for size in [1, 2, 3, 40, 300, 1100] {
      let builder = Builder(name: "order")
      let reals = builder.input(TensorType(.real, [batch, 2, Dim(size)]))
      let ints = builder.input(TensorType(.int, [Dim(size), 3]))
      var outputs: [Value] = []
      for (x, axis) in [(reals, 1), (reals, 2), (ints, 0), (ints, 1)] {
        for falls in [false, true] {
          outputs += builder.emit(
            movement.sort, [x], ["axis": .axis(axis), "descending": .flag(falls)])
        }
        outputs += builder.emit(reductions.recurrence, [x, x], ["axis": .axis(axis)])
      }
      let edges = [1, .nan, -0.0, 0, .infinity, 1, -.infinity, .nan, 2]
      let numbers = Samplers.reals([11 * 2 * size], seed: UInt64(size)).doubles
        .enumerated().map { $0 % 3 == 0 ? edges[($0 / 3) % edges.count] : ($1 * 4).rounded() / 8 }
      let inputs = [
        Tensor([11, 2, size], reals: numbers, precision: precision),
        Samplers.ints([size, 3], in: -4...4, seed: 3),
      ]
      let graph = builder.finish(outputs)
      let expected = try Interpreter(precision: precision).run(graph, inputs).outputs
      let found = try graph.runNatively(inputs, lane: Self.batch, lanes: lanes, precision)
      #expect(distance(try #require(found), expected) == 0)
    }
  }

  /// Few are found by the code itself, many by the host.
  @Test(arguments: [(32, "nt_largest_r("), (33, "c->host(")])
  func asksTheHostForMany(_ count: Int, _ call: String) throws {
    let graph = Rows.graph(
      movement.topk, [TensorType(.real, [100])],
      ["axis": .axis(0), "count": .dim(Dim(count))])
    let source = try NativeSource(graph, lane: nil, lanes: 1, bytes: 32, precision: .single)
    #expect(source.text.contains(call))
  }

  /// The edges of a chance: never, always, and what is no chance.
  @Test func drawsWithEdgesOfChances() throws {
    let chances = [0, 1, -1, 2, .nan, .infinity, -0.0, 0x1p-60, 1e30]
    let builder = Builder(name: "edges")
    let shape: [Dim] = [Dim(chances.count), 40]
    let draws = builder.emit(
      random.randomBernoulli, builder.input(TensorType(.int)),
      builder.input(TensorType(.real, [shape[0]])), attributes: ["shape": .shape(shape)])
    try expectSame(
      builder.finish([draws]),
      [Tensor(ints: [1]), Tensor([chances.count], reals: chances, precision: .single)])
  }

  /// What has no value is left to the interpreter, which reports it.
  @Test func givesUpWhereARowHasNoValue() throws {
    let builder = Builder(name: "empty")
    let (low, high) = (builder.input(TensorType(.int)), builder.input(TensorType(.int)))
    let draw = builder.emit(
      random.randomInt, builder.integer(1), low, high, attributes: ["shape": .shape([3])])
    let graph = builder.finish([draw])
    #expect(try graph.runNatively([Tensor(ints: [4]), Tensor(ints: [3])]) == nil)
    #expect(try graph.runNatively([Tensor(ints: [3]), Tensor(ints: [3])]) != nil)

    let places = Builder(name: "places")
    let index = places.input(TensorType(.int))
    let hot = places.finish([places.emit(making.onehot, index, attributes: ["dim": .dim(4)])])
    for outside in [-1, 4] { #expect(try hot.runNatively([Tensor(ints: [outside])]) == nil) }
    #expect(try hot.runNatively([Tensor(ints: [3])]) != nil)
  }

  // MARK: Observations

  /// Everything in program order, with the indexes of the loops around it.
  @Test func showsWhatTheInterpreterShows() throws {
    let builder = Builder(name: "shows")
    let x = builder.input(TensorType(.real, [3]))
    let flags = builder.input(TensorType(.bool, [3]))
    func show(_ builder: Builder, _ label: String, _ values: [Value], masked: Bool = false) {
      let attributes: Attributes =
        masked ? ["label": .text(label), "masked": .flag(true)] : ["label": .text(label)]
      _ = builder.emit(observation.print, values, attributes)
    }
    show(builder, "first", [x, builder.integer(7)])
    let body = Builder(name: "step")
    let step = body.input(TensorType(.int))
    let state = body.input(TensorType(.real, [3]))
    show(body, "inside", [step, state])
    let scan = Scan(
      body: body.finish([body.add(state, state)]), trip: 4, constants: 0, carries: 1)
    let last = builder.scan(scan, [x])[0]
    show(builder, "masked", [flags, last], masked: true)
    show(builder, "nothing", [])
    let graph = builder.finish([last])
    let inputs = [
      Tensor([3], reals: [1, 2, 3], precision: .single), Tensor([3], bools: [true, false, true]),
    ]
    let expected = Shown()
    _ = try Interpreter(precision: .single, observer: { expected.add($0) }).run(graph, inputs)
    let found = Shown()
    #expect(try graph.runNatively(inputs, observer: { found.add($0) }) != nil)
    #expect(expected.lines.count == 7)
    #expect(found.lines == expected.lines)
  }

  /// Lines of what was shown.
  private final class Shown: @unchecked Sendable {
    var lines: [String] = []

    func add(_ seen: Observation) {
      lines.append(
        "\(seen.op) \(seen.label) \(seen.indexes) \(seen.operands) \(seen.entries ?? [])")
    }
  }

  // MARK: Sizes

  @Test func bindsASizeThatIsAnInput() throws {
    let builder = Builder(name: "bound")
    let size = builder.input(TensorType(.int))
    let symbol = DimSymbol("N", 3)
    _ = builder.emit(making.bindDim, [size], ["symbol": .symbol(symbol)])
    let draws = builder.emit(
      random.randomUniform, builder.integer(1), attributes: ["shape": .shape([Dim(symbol)])])
    let graph = builder.finish([draws])
    for size in [0, 1, 19] { try expectSame(graph, [Tensor(ints: [size])]) }
    #expect(try graph.runNatively([Tensor(ints: [-1])]) == nil)
  }
}
