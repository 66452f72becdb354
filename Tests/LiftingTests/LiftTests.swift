// Lifted = entry by entry, for every program and every choice of lifted inputs.

import Autodiff
import IR
import Interpreter
import Lifting
import Tensors
import TestSupport
import Testing

@Suite struct LiftTests {
  static let batch = Dim(DimSymbol("B"))

  @Test(arguments: Program.all)
  func aLiftedProgramIsTheProgramEntryByEntry(program: Program) throws {
    let graph = try program.graph()
    for choice in 0..<(1 << graph.inputs.count) {
      let marks = graph.inputs.indices.map { choice >> $0 & 1 == 1 }
      try check(graph, program, marks)
    }
  }

  @Test(arguments: Program.all)
  func aLiftedReverseIsTheReverseEntryByEntry(program: Program) throws {
    let graph = try program.graph()
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    let reversed = reverse(graph, outputs: [0], inputs: variables)
    let first = try run(graph, program.inputs())[0]
    for marks in [
      reversed.inputs.map { _ in true }, reversed.inputs.indices.map { $0 % 2 == 0 },
    ] {
      try check(reversed, program, marks, more: [first])
    }
  }

  /// The reverse of the lifted graph gives each entry its own gradient, and shared inputs the sum.
  @Test(arguments: Program.all)
  func theReverseOfALiftedProgramSumsOverSharedInputs(program: Program) throws {
    let graph = try program.graph()
    let variables = graph.inputs.indices.filter { graph.inputTypes[$0].dtype == .real }
    for choice in 1..<(1 << graph.inputs.count) {
      let marks = graph.inputs.indices.map { choice >> $0 & 1 == 1 }
      let (lifted, outputs) = try lift(graph, over: Self.batch, inputs: marks)
      if !marks.contains(false) { #expect(outputs[0]) }
      guard outputs[0] else { continue }
      let entries = try (0..<3).map { try program.inputs(seed: UInt64(5 + $0)) }
      let seeds = try entries.map { try run(graph, mixed(entries[0], $0, marks))[0] }
      let reversed = reverse(lifted, outputs: [0], inputs: variables)
      let together = try run(
        reversed, joined(entries, marks) + [stacked(seeds)])
      let single = reverse(graph, outputs: [0], inputs: variables)
      let apart = try zip(entries, seeds).map {
        try run(single, mixed(entries[0], $0, marks) + [$1])
      }
      for (place, variable) in variables.enumerated() {
        let parts = apart.map { $0[graph.outputs.count + place] }
        let expected = marks[variable] ? stacked(parts) : summed(parts)
        #expect(
          distance([together[graph.outputs.count + place]], [expected]) <= 1e-9,
          "input \(variable) with \(marks)")
      }
    }
  }

  @Test func anEntryThatEndsEarlyKeepsItsValuesAndStacksZeros() throws {
    let text = Program.all.first { $0.name == "early exit" }?.text ?? ""
    let graph = try readGraph(text)
    let marks = [false, true, true]
    let (lifted, outputs) = try lift(graph, over: Self.batch, inputs: marks)
    #expect(outputs == [true, true])
    let w = Tensor([3], reals: [1.1, 1.2, 1.3], precision: .double)
    let starts = [[0.2, 0.3, 0.4], [0.9, 0.8, 0.7], [0.1, 0.1, 0.1]]
    let limits = [1.5, 1.0, 9.0]
    let results = try run(
      lifted,
      [
        w, Tensor([3, 3], reals: starts.flatMap(\.self), precision: .double),
        Tensor([3], reals: limits, precision: .double),
      ])
    for entry in 0..<3 {
      let alone = try run(
        graph,
        [
          w, Tensor([3], reals: starts[entry], precision: .double),
          Tensor(reals: [limits[entry]], precision: .double),
        ])
      #expect(distance(results.map { part($0, entry) }, alone) == 0)
    }
  }

  /// Each entry takes its own side; the other side's index is out of range, its divisor 0.
  @Test func aSideNotTakenCannotFail() throws {
    let graph = try #require(Program.all.first { $0.name == "a branch that guards" }).graph()
    let (lifted, _) = try lift(graph, over: Self.batch, inputs: [false, true, false])
    let table = Tensor([5, 2], reals: (0..<10).map { Double($0) / 3 }, precision: .double)
    let x = Tensor(reals: [0.7], precision: .double)
    let indices = [3, 5 + 2, 0, 9, 4]
    let together = try run(lifted, [table, Tensor([5], ints: indices), x])
    for (entry, index) in indices.enumerated() {
      let alone = try run(graph, [table, Tensor(ints: [index]), x])
      #expect(distance([part(together[0], entry)], alone) <= 1e-12)
    }
    // Side `outside` would divide by 0 for index 5, side `inside` would read row 9.
    #expect(throws: (any Error).self) { try run(graph, [table, Tensor(ints: [5]), x]) }
  }

  @Test func aSizeMayNotDiffer() throws {
    let graph = try readGraph(
      "graph f(%0: int[]) { %1 = bind_dim(%0) {symbol: symbol L} return %1 }")
    #expect(throws: LiftingProblem.self) {
      try lift(graph, over: Self.batch, inputs: [true])
    }
  }

  // MARK: Comparison

  private func check(
    _ graph: Graph, _ program: Program, _ marks: [Bool], more: [Tensor] = []
  ) throws {
    let (lifted, outputs) = try lift(graph, over: Self.batch, inputs: marks)
    let entries = try (0..<3).map { try program.inputs(seed: UInt64(5 + $0)) + more }
    let together = try run(lifted, joined(entries, marks))
    for (entry, inputs) in entries.enumerated() {
      let alone = try run(graph, mixed(entries[0], inputs, marks))
      let mine = zip(together, outputs).map { $1 ? part($0, entry) : $0 }
      #expect(distance(mine, alone) <= 1e-12, "entry \(entry) with \(marks)")
    }
  }

  /// Lifted inputs of an entry, shared ones of the first.
  private func mixed(_ first: [Tensor], _ own: [Tensor], _ marks: [Bool]) -> [Tensor] {
    marks.indices.map { marks[$0] ? own[$0] : first[$0] }
  }

  private func joined(_ entries: [[Tensor]], _ marks: [Bool]) -> [Tensor] {
    marks.indices.map { place in
      marks[place] ? stacked(entries.map { $0[place] }) : entries[0][place]
    }
  }

  private func stacked(_ parts: [Tensor]) -> Tensor {
    let shape = [parts.count] + parts[0].shape
    return switch parts[0].dtype {
    case .real: Tensor(shape, reals: parts.flatMap(\.doubles), precision: .double)
    case .int: Tensor(shape, ints: parts.flatMap { $0.doubles.map { Int($0) } })
    case .bool: Tensor(shape, bools: parts.flatMap { $0.doubles.map { $0 != 0 } })
    }
  }

  private func summed(_ parts: [Tensor]) -> Tensor {
    var total = parts[0].doubles
    for part in parts.dropFirst() { total = zip(total, part.doubles).map { $0 + $1 } }
    return Tensor(parts[0].shape, reals: total, precision: .double)
  }

  private func part(_ tensor: Tensor, _ entry: Int) -> Tensor {
    let shape = Array(tensor.shape.dropFirst())
    let count = shape.reduce(1, *)
    let values = Array(tensor.doubles[(entry * count)..<((entry + 1) * count)])
    return switch tensor.dtype {
    case .real: Tensor(shape, reals: values, precision: .double)
    case .int: Tensor(shape, ints: values.map { Int($0) })
    case .bool: Tensor(shape, bools: values.map { $0 != 0 })
    }
  }

  private func run(_ graph: Graph, _ inputs: [Tensor]) throws -> [Tensor] {
    try Interpreter(precision: .double).run(graph, inputs, sizes: Program.sizes).outputs
  }
}
