// What `view` makes of probes: names and panels.

import IR
import Lowering
import Ops
import Runtime
import Tensors
import Testing

@testable import Driver

@Suite struct ProbeTests {
  @Test(arguments: [("usage", "usage", "usage"), ("usage", "w", "usage.w"), ("", "w", "w")])
  func aNameIsSaidOnce(text: String, label: String, title: String) throws {
    let evaluator = Evaluator(
      console: RecordingConsole(), interrupt: Interrupt(), options: RunOptions())
    evaluator.probes = []
    let layout = ObservationLayout(
      pieces: (text.isEmpty ? [] : [.text(text)]) + [.value(label: label)])
    let observation = try #require(
      Observation(
        Ops.observation.probe, label: layout.label, isMasked: false,
        operands: [Tensor([2], reals: [1, 2], precision: .double)], origin: .none, indexes: [0]))
    evaluator.observe(observation)
    #expect(evaluator.probes?.map(\.name) == [title])
  }

  @Test func headsOfAllStepsHaveAPanelEach() {
    let heads = Tensor([2, 3, 4], reals: (0..<24).map(Double.init), precision: .double)
    let panels = Evaluator.traces(of: [Evaluator.Probe(name: "w", indexes: [], tensor: heads)])
    #expect(panels.map(\.title) == ["w", "w 2"])
    #expect(panels.map(\.steps.shape) == [[3, 4], [3, 4]])
    #expect(panels.map(\.steps.doubles.first) == [0, 12])
  }

  /// A name, and what it saw in each of two steps.
  private static func probes(_ seen: [(name: String, shape: [Int])]) -> [Evaluator.Probe] {
    (0..<2).flatMap { step in
      seen.map { name, shape in
        let numbers = (0..<shape.reduce(1, *)).map { Double($0 + 5 * step) / 20 }
        return Evaluator.Probe(
          name: name, indexes: [step], tensor: Tensor(shape, reals: numbers, precision: .double))
      }
    }
  }

  private static func words(_ panels: [Panel]) -> [String] {
    panels.map { panel in
      switch panel {
      case .heatmap(let map): "\(map.title): \(map.rows) x \(map.columns)"
      case .lines(let chart): "\(chart.title): \(chart.series.map(\.name).joined(separator: ", "))"
      case .film(let film): "\(film.title): \(film.steps) of \(film.rows) x \(film.columns)"
      }
    }
  }

  /// What a head is told is a chart a head, what it does a heat map, the memory one image a step.
  @Test func aHeadHasItsGatesInOneChart() {
    let panels = Evaluator.panels(
      of: Self.probes([
        ("write.he.key", [5]), ("write.he.beta", []), ("write.he.move", [3]), ("read.he.beta", []),
        ("read.he.beta", []), ("adds", [1, 5]), ("write.w", [2, 4]), ("memory", [4, 5]),
        ("link", [9, 9]), ("usage", [4]), ("action", [3]),
      ]))
    #expect(
      Self.words(panels) == [
        "adds: 5 x 2", "write.w: 4 x 2", "write.w 2: 4 x 2", "usage: 4 x 2", "action: 3 x 2",
        "memory: 2 of 4 x 5", "link: 2 of 9 x 9", "write: beta, move: beta, move 0, move 1, move 2",
        "write.key: 5 x 2", "read: beta: beta", "read 2: beta: beta",
      ])
  }

  /// As the DNC gives them: heads in one tensor, numbers of all in a vector.
  @Test func shortVectorsOfOneNameAreLines() {
    let panels = Evaluator.panels(
      of: Self.probes([("read.w", [1, 6]), ("read.mode", [1, 3]), ("read.free", [1])]))
    #expect(
      Self.words(panels) == ["read.w: 6 x 2", "read: mode, free: mode 0, mode 1, mode 2, free"])
  }

  /// Two parts that would be called the same keep their whole names.
  @Test func namesAreShortWhereTheyStayDifferent() {
    let traces = Evaluator.traces(
      of: Self.probes([("x.a.key", [6]), ("x.b.key", [6]), ("x.b.mode", [6])]))
    #expect(traces.map(\.title) == ["x.a.key", "x.b.key", "x.mode"])
  }

  @Test func aNumberThatIsSeenOnceIsNoLine() {
    let one = [Evaluator.Probe(name: "s", indexes: [], tensor: Tensor(ints: [3]))]
    #expect(Evaluator.panels(of: one).isEmpty)
  }
}
