// The models and optimisers of the library against an implementation in JAX that shares no code
// with it. `Tests/Fixtures/reference.py` writes the numbers; here a program loads them, does the
// same, and every array is compared.

import Driver
import Runtime
import Tensors
import TestSupport
import Testing

struct ReferenceCase: CustomTestStringConvertible, Sendable {
  let name: String
  let model: String

  var testDescription: String { name }

  static let all: [ReferenceCase] = {
    var cases = [
      ReferenceCase(name: "plain_lstm", model: "plain[X, Y](Rng(0), cell: LSTM[H])"),
      turing("FeedForward", reads: 1, writes: 2, writesFirst: true),
    ]
    for controller in ["LSTM", "FeedForward"] {
      for reads in [1, 2] {
        for writesFirst in [true, false] {
          cases.append(turing(controller, reads: reads, writes: 1, writesFirst: writesFirst))
        }
      }
    }
    return cases
  }()

  private static func turing(
    _ controller: String, reads: Int, writes: Int, writesFirst: Bool
  ) -> ReferenceCase {
    func heads(_ count: Int) -> String {
      "[" + Array(repeating: "LocationHead", count: count).joined(separator: ", ") + "]"
    }
    let order = writesFirst ? "write_first" : "read_first"
    return ReferenceCase(
      name: "ntm_\(controller.lowercased())_\(order)_\(reads)_\(writes)",
      model: """
        NTM[X, Y, N, M](
          Rng(0), cell: \(controller)[H], read: \(heads(reads)), write: \(heads(writes)),
          write_first: \(writesFirst))
        """)
  }

  func program(fixture: String, results: String) -> String {
    """
    import ntm.cells { FeedForward, LSTM }
    import ntm.heads { LocationHead }
    import ntm.loss { bce_bits }
    import ntm.models { Model, NTM, plain }
    import ntm.optim { adam, clip_norm, rmsprop, sgd, Optimiser }

    dim X = 3, Y = 2, N = 5, M = 3, H = 4, T = 6
    batch dim B = 2

    fn cost(m: Model[X, Y], x: [T, X], y: [T, Y]) -> real =
      sum(bce_bits(logits: m.run(x), target: y))

    var m = \(model)
    m = load("\(fixture)", m)
    let x: [B, T, X] = load("\(fixture)", "x")
    let y: [B, T, Y] = load("\(fixture)", "y")
    let outputs = m.run(x)
    let (loss, gradient) = value_and_grad(|m| mean[B](cost(m, x, y)), at: m)
    save("\(results)", outputs, loss, gradient)

    \(["sgd": "lr: 0.05, momentum: 0.9", "adam": "lr: 0.01", "rmsprop": "lr: 0.01"]
      .sorted { $0.key < $1.key }.map { name, settings in
        """
        var after_\(name) = m
        var rule_\(name) = \(name)(m, \(settings))
        for _ in 0..3 {
          let g = grad(|m| mean[B](cost(m, x, y)), at: after_\(name))
          (after_\(name), rule_\(name)) = rule_\(name).step(after_\(name), clip_norm(g, 1.5))
        }
        save("\(results.dropLast(4))_\(name).npz", \(name): after_\(name))

        """
      }.joined(separator: "\n"))
    """
  }
}

@Suite struct ReferenceTests {
  @Test(arguments: ReferenceCase.all)
  func outputsLossGradientsAndStepsAgree(_ reference: ReferenceCase) throws {
    let fixture = Folders.root + "Tests/Fixtures/\(reference.name).npz"
    try Folders.withScratch { folder in
      let script = "\(folder)/case.ntm"
      let program = reference.program(fixture: fixture, results: "\(folder)/results.npz")
      try AtomicFile.write(program, to: script)
      let console = RecordingConsole()
      let code = Commands(console: console, interrupt: Interrupt()).run(["--f64", script])
      try #require(code == 0, "\(console.text)")

      var found: [String: Tensor] = [:]
      for file in ["results", "results_sgd", "results_adam", "results_rmsprop"] {
        for (name, tensor) in try Npz.read("\(folder)/\(file).npz") { found[name] = tensor }
      }
      var compared = 0
      for (name, expected) in try Npz.read(fixture) {
        if name == "x" || name == "y" || name.hasPrefix("m.") { continue }
        let tensor = try #require(found[name], "`\(name)` is missing")
        try #require(tensor.shape == expected.shape, "\(name)")
        let scale = max(expected.doubles.map(\.magnitude).max() ?? 0, 1e-12)
        let worst = zip(tensor.doubles, expected.doubles).map { ($0 - $1).magnitude }.max() ?? 0
        #expect(worst <= 1e-9 * scale, "\(name) differs by \(worst) of \(scale)")
        compared += 1
      }
      // Loss, outputs, and four trees of at least four parameters.
      #expect(compared >= 18)
    }
  }
}
