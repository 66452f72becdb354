// What `view` makes of probes: names and panels.

import IR
import Lowering
import Ops
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
    let panels = Evaluator.grouped([Evaluator.Probe(name: "w", indexes: [], tensor: heads)])
    #expect(panels.map(\.name) == ["w", "w 2"])
    #expect(panels.map(\.steps.shape) == [[3, 4], [3, 4]])
    #expect(panels.map(\.steps.doubles.first) == [0, 12])
  }
}
