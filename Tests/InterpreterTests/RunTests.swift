// Regions, sizes, observations, faults, interruption, and values that are changed in place.

import Diagnostics
import IR
import Ops
import Tensors
import Testing

@testable import Interpreter

private let n = DimSymbol("N")
private let t = DimSymbol("T")

private func real(_ values: [Double]) -> Tensor {
  Tensor([values.count], reals: values, precision: .double)
}

private func scalar(_ value: Double) -> Tensor { Tensor(reals: [value], precision: .double) }

/// Inputs: index, constants, carries, slices as the types say; the closure gives the outputs.
private func body(
  _ types: [TensorType], _ make: (Builder, [Value]) -> [Value]
) -> Graph {
  let builder = Builder(name: "body")
  let inputs = ([TensorType(.int)] + types).map(builder.input)
  return builder.finish(make(builder, inputs))
}

private final class Log: @unchecked Sendable {
  var seen: [Observation] = []
  var polls = 0
}

@Suite struct RunTests {
  // MARK: Regions

  @Test func branchesRunOneSide() throws {
    func side(_ make: (Builder, Value) -> Value) -> Graph {
      let b = Builder(name: "side")
      let x = b.input(TensorType(.int, []))
      return b.finish([make(b, x)])
    }
    let b = Builder(name: "main")
    let flag = b.input(TensorType(.bool))
    let x = b.input(TensorType(.int))
    // The other side divides by zero.
    let branch = Branch(
      then: side { b, x in b.emit(pointwise.floorDiv, x, b.integer(0)) },
      otherwise: side { b, x in b.emit(pointwise.add, x, b.integer(1)) })
    let graph = b.finish(b.branch(branch, [flag, x]))
    let interpreter = Interpreter(precision: .double)
    let result = try interpreter.run(graph, [Tensor(bools: [false]), Tensor(ints: [4])])
    #expect(result.outputs == [Tensor(ints: [5])])
    #expect(
      code { _ = try interpreter.run(graph, [Tensor(bools: [true]), Tensor(ints: [4])]) }
        == "division-by-zero")
  }

  /// carry' = carry * factor + x[t]; stacks carry' and the index.
  private func recurrence(isReversed: Bool) -> Graph {
    let step = body([TensorType(.real), TensorType(.real), TensorType(.real)]) { b, v in
      let next = b.add(b.mul(v[2], v[1]), v[3])
      return [next, next, v[0]]
    }
    let b = Builder(name: "main")
    let factor = b.input(TensorType(.real))
    let start = b.input(TensorType(.real))
    let xs = b.input(TensorType(.real, [Dim(t)]))
    let scan = Scan(
      body: step, trip: Dim(t), constants: 1, carries: 1, isReversed: isReversed)
    return b.finish(b.scan(scan, [factor, start, xs]))
  }

  @Test(arguments: [false, true], 0...4)
  func scansCarryAndStack(isReversed: Bool, trip: Int) throws {
    let xs = noise([trip], 4)
    var carry = 1.0
    var stack = [Double](repeating: 0, count: trip)
    for step in 0..<trip {
      let index = isReversed ? trip - 1 - step : step
      carry = carry * 0.5 + xs.doubles[index]
      stack[index] = carry
    }
    let result = try Interpreter(precision: .double).run(
      recurrence(isReversed: isReversed), [scalar(0.5), scalar(1), xs])
    #expect(result.outputs[0].doubles == [carry])
    #expect(result.outputs[1] == real(stack))
    #expect(result.outputs[2] == Tensor([trip], ints: Array(0..<trip)))
    #expect(result.sizes == [t: trip])
  }

  @Test(arguments: [false, true])
  func scansStopEarly(isReversed: Bool) throws {
    let flags = TensorType(.bool, [2])
    let step = body([flags, TensorType(.int)]) { b, v in
      let next = b.emit(pointwise.add, v[2], b.integer(1))
      let limits = b.emit(pointwise.less, b.broadcast(next, to: [2]), b.concatenateInts([3, 2]))
      return [b.emit(pointwise.and, v[1], limits), next, next]
    }
    let b = Builder(name: "main")
    let start = b.input(flags)
    let count = b.input(TensorType(.int))
    let scan = Scan(
      body: step, trip: 5, constants: 0, carries: 2, isReversed: isReversed, stopsEarly: true)
    let graph = b.finish(b.scan(scan, [start, count]))
    let interpreter = Interpreter(precision: .double)
    let found = try interpreter.run(graph, [Tensor([2], bools: [true, true]), Tensor(ints: [0])])
    #expect(found.outputs[0] == Tensor([2], bools: [false, false]))
    #expect(found.outputs[1] == Tensor(ints: [3]))
    let stack = [1, 2, 3, 0, 0]
    #expect(found.outputs[2] == Tensor([5], ints: isReversed ? stack.reversed() : stack))
    let none = try interpreter.run(graph, [Tensor([2], bools: [false, false]), Tensor(ints: [7])])
    #expect(none.outputs[1] == Tensor(ints: [7]))
    #expect(none.outputs[2] == Tensor([5], ints: [0, 0, 0, 0, 0]))
  }

  @Test func scansNestAndCallsRun() throws {
    // Σ over i of Σ over j of x[i, j] * (i + 1), the inner sum in a call.
    let inner = body([TensorType(.real), TensorType(.real)]) { b, v in [b.add(v[1], v[2])] }
    let callee = Builder(name: "callee")
    let row = callee.input(TensorType(.real, [Dim(n)]))
    let scan = Scan(body: inner, trip: Dim(n), constants: 0, carries: 1)
    let called = callee.finish(callee.scan(scan, [callee.real(0), row]))
    let outer = body([TensorType(.real), TensorType(.real, [Dim(n)])]) { b, v in
      let sum = b.call(Call(body: called), [v[2]])[0]
      let weight = b.emit(pointwise.toReal, b.emit(pointwise.add, v[0], b.integer(1)))
      return [b.add(v[1], b.mul(sum, weight))]
    }
    let b = Builder(name: "main")
    let x = b.input(TensorType(.real, [Dim(t), Dim(n)]))
    let graph = b.finish(
      b.scan(Scan(body: outer, trip: Dim(t), constants: 0, carries: 1), [b.real(0), x]))
    for shape in shapes(rank: 2) {
      let input = counting(shape)
      let expected = zip(positions(shape), input.doubles).reduce(0) { total, item in
        total + item.1 * Double(item.0[0] + 1)
      }
      let found = try Interpreter(precision: .double).run(graph, [input]).outputs[0]
      #expect(found == scalar(expected))
    }
  }

  // MARK: In place

  @Test func aValueThatOthersHoldIsNotChanged() throws {
    let step = body([TensorType(.int, [3]), TensorType(.int, [3])]) { b, v in
      let row = b.reshape(v[0], to: [1])
      let update = b.emit(pointwise.add, row, b.integer(10))
      let next = b.emit(
        indexing.scatterSet, v[2], row, update,
        attributes: [
          "batch": .integer(0), "replaces": .flag(true),
        ])
      // The constant, and the carry before and after.
      return [next, v[1], v[2], next]
    }
    let b = Builder(name: "main")
    let x = b.input(TensorType(.int, [3]))
    let results = b.scan(Scan(body: step, trip: 3, constants: 1, carries: 1), [x, x])
    let graph = b.finish(results + [x])
    let input = Tensor([3], ints: [1, 2, 3])
    let found = try Interpreter(precision: .single).run(graph, [input]).outputs
    #expect(input == Tensor([3], ints: [1, 2, 3]))
    #expect(found[0] == Tensor([3], ints: [10, 11, 12]))
    #expect(found[1] == Tensor([3, 3], ints: [1, 2, 3, 1, 2, 3, 1, 2, 3]))
    #expect(found[2] == Tensor([3, 3], ints: [1, 2, 3, 10, 2, 3, 10, 11, 3]))
    #expect(found[3] == Tensor([3, 3], ints: [10, 2, 3, 10, 11, 3, 10, 11, 12]))
    #expect(found[4] == input)
  }

  @Test func aPreparedGraphRunsWithOtherSizesAndPrecisions() throws {
    let prepared = PreparedGraph(recurrence(isReversed: false))
    let interpreter = Interpreter(precision: .double)
    var first: [Tensor] = []
    for trip in [3, 5, 3] {
      let found = try interpreter.run(prepared, [scalar(0.25), scalar(2), noise([trip])]).outputs
      #expect(found[1].shape == [trip])
      if trip == 3 {
        if !first.isEmpty { #expect(found == first) }
        first = found
      }
    }
    let single = try Interpreter(precision: .single).run(
      prepared, [scalar(0.25), scalar(2), noise([3])])
    guard case .single = single.outputs[1].storage else {
      Issue.record("f32 expected")
      return
    }
  }

  // MARK: Sizes

  @Test func sizesFollowFromTheInputs() throws {
    let b = Builder(name: "main")
    let x = b.input(TensorType(.real, [2 * Dim(t) + 1, Dim(n)]))
    let y = b.input(TensorType(.real, [Dim(n) * Dim(t)]))
    let graph = b.finish([b.size(Dim(t)), b.size(Dim(n)), b.total(x), b.total(y)])
    let interpreter = Interpreter(precision: .double)
    let found = try interpreter.run(graph, [noise([7, 2]), noise([6])])
    #expect(found.sizes == [t: 3, n: 2])
    #expect(found.outputs[0] == Tensor(ints: [3]))
    for shapes in [([6, 2], [6]), ([7, 2], [5]), ([0, 2], [0])] {
      do {
        _ = try interpreter.run(graph, [noise(shapes.0), noise(shapes.1)])
        Issue.record("a mismatch expected")
      } catch ExecutionProblem.mismatch(_, _, _, let reason) {
        #expect(!reason.isEmpty)
      }
    }
    #expect(throws: ExecutionProblem.self) {
      _ = try interpreter.run(graph, [noise([7, 2]), noise([6])], sizes: [t: 4])
    }
    #expect(throws: ExecutionProblem.self) {
      _ = try interpreter.run(graph, [Tensor([7, 2], ints: Array(0..<14)), noise([6])])
    }
    #expect(throws: ExecutionProblem.self) {
      _ = try interpreter.run(graph, [noise([7]), noise([6])])
    }
  }

  @Test func numbersBecomeSizes() throws {
    let b = Builder(name: "main")
    let size = b.input(TensorType(.int))
    _ = b.emit(making.bindDim, [size], ["symbol": .symbol(t)])
    let positions = b.iota(Dim(t) * 2)
    let graph = b.finish([positions])
    let interpreter = Interpreter(precision: .double)
    for number in [0, 1, 3] {
      let found = try interpreter.run(graph, [Tensor(ints: [number])])
      #expect(found.outputs == [Tensor([2 * number], ints: Array(0..<2 * number))])
      #expect(found.sizes == [t: number])
    }
    #expect(code { _ = try interpreter.run(graph, [Tensor(ints: [-1])]) } == "size-out-of-range")
    #expect(
      code { _ = try interpreter.run(graph, [Tensor(ints: [2])], sizes: [t: 3]) } == "size-mismatch"
    )
    #expect(throws: ExecutionProblem.self) {
      _ = try interpreter.run(graph, [Tensor(ints: [1 << 61])])
    }
    do {
      _ = try interpreter.run(graph, [Tensor(ints: [1 << 40])])
      Issue.record("nothing of that size can be allocated")
    } catch ExecutionProblem.tooLarge(let type, _) {
      #expect(type == TensorType(.int, [Dim(t) * 2]))
    }
  }

  @Test func theMachineSaysHowMuchMemoryThereIs() {
    #expect(AvailableMemory.entry("MemTotal:", of: "/proc/meminfo").map { $0 > 0 } == true)
    #expect(AvailableMemory.entry("MemTotal", of: "/proc/meminfo") == nil)
    #expect(AvailableMemory.entry("MemTotal:", of: "/proc/no such file") == nil)
    #expect(AvailableMemory.holds(1) && !AvailableMemory.holds(1 << 60))
  }

  // MARK: Observations and faults

  @Test func observationsComeInOrderWithIndexes() throws {
    let inner = body([TensorType(.int)]) { b, v in
      let b0 = b
      _ = b0.emit(observation.print, [v[0], v[1]], ["label": .text("inner")])
      return [v[1]]
    }
    let outer = body([]) { b, v in
      _ = b.emit(observation.probe, [v[0]], ["label": .text("outer")])
      return b.scan(Scan(body: inner, trip: 2, constants: 0, carries: 1), [v[0]])
    }
    let b = Builder(name: "main")
    let graph = b.finish(
      b.scan(Scan(body: outer, trip: 2, constants: 0, carries: 0, isReversed: true), []))
    let log = Log()
    _ = try Interpreter(precision: .double, observer: { log.seen.append($0) }).run(graph, [])
    #expect(log.seen.map(\.label) == ["outer", "inner", "inner", "outer", "inner", "inner"])
    #expect(log.seen.map(\.indexes) == [[1], [1, 0], [1, 1], [0], [0, 0], [0, 1]])
    #expect(log.seen[1].op == "print")
    #expect(log.seen[2].operands == [Tensor(ints: [1]), Tensor(ints: [1])])
    _ = try Interpreter(precision: .double).run(graph, [])
  }

  @Test func faultsCarryOriginAndSteps() throws {
    let span = Span(SourceID(0), 3, 5)
    let step = body([TensorType(.int)]) { b, v in
      b.origin = Origin(span: span)
      let divisor = b.emit(pointwise.sub, b.integer(2), v[0])
      return [b.emit(pointwise.floorDiv, v[1], divisor)]
    }
    let b = Builder(name: "main")
    let x = b.input(TensorType(.int))
    let graph = b.finish(b.scan(Scan(body: step, trip: 4, constants: 0, carries: 1), [x]))
    do {
      _ = try Interpreter(precision: .double).run(graph, [Tensor(ints: [100])])
      Issue.record("a fault expected")
    } catch ExecutionProblem.evaluation(let problem, let origin, let steps) {
      #expect(problem.code == "division-by-zero")
      #expect(origin.span == span)
      #expect(steps == [2])
    }
  }

  @Test(arguments: [1, 2, 5, 20])
  func aRunCanBeInterrupted(after polls: Int) throws {
    let log = Log()
    let interpreter = Interpreter(
      precision: .double,
      isInterrupted: {
        log.polls += 1
        return log.polls >= polls
      })
    do {
      _ = try interpreter.run(
        recurrence(isReversed: false), [scalar(1), scalar(0), noise([1000])])
      Issue.record("an interruption expected")
    } catch ExecutionProblem.interrupted {
      #expect(log.polls == polls)
    }
  }

  @Test func runsRepeatBitForBit() throws {
    let b = Builder(name: "main")
    let x = b.input(TensorType(.real, [Dim(n), Dim(n)]))
    let y = b.contract(x, x, contracted: ([1], [0]))
    let z = b.emit(pointwise.tanh, b.sum(y, axes: [0]))
    let graph = b.finish([y, z])
    let input = noise([37, 37], 3, .single)
    let interpreter = Interpreter(precision: .single)
    let first = try interpreter.run(graph, [input]).outputs
    for _ in 0..<3 { #expect(try interpreter.run(graph, [input]).outputs == first) }
  }

  /// Or a loop would copy all that it has stacked in each of its steps.
  @Test func aStackIsWrittenInPlace() {
    var storage = Tensor.Storage.single([Float](repeating: 0, count: 1000))
    func address() -> UnsafeRawPointer? {
      guard case .single(let values) = storage else { return nil }
      return values.withUnsafeBytes(\.baseAddress)
    }
    let before = address()
    storage.write(.single([1, 2]), at: 5)
    #expect(address() == before)
    storage.write(.single([3]), at: 6)
    #expect(address() == before)
    #expect(Tensor(shape: [1000], storage: storage).doubles[4..<8] == [0, 1, 3, 0])
  }
}

extension Builder {
  /// A vector of written ints.
  fileprivate func concatenateInts(_ numbers: [Int]) -> Value {
    concatenate(numbers.map { reshape(integer($0), to: [1]) }, axis: 0)
  }
}
