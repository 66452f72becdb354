// What was run last, kept to be run again: the way back to where a number stopped being finite.
//
// Values never change, so a run is its graph and what it was run on. Two runs of each graph are kept:
// a gradient that is not finite spoils the parameters, and shows in the loss of the next step. Those
// that are kept when a single number is NaN first stay, so that a program may log every hundredth step
// only.

import Interpreter
import Lowering
import Tensors

/// One run of a graph.
struct FinishedRun {
  let site: PreparedSite
  let inputs: [Tensor]
  /// None where the run is not over.
  var outputs: [Tensor]
  let precision: Precision
  let sizes: [DimSymbol: Int]
  /// The innermost loop of the host around it, at its step.
  let loop: HostLoop?
  /// Runs are counted.
  var number = Int.max

  var step: String? {
    loop.map { "in step \($0.index + 1) of \($0.words)" }
  }

  var elementCount: Int {
    [inputs, outputs].reduce(0) { count, tensors in
      // By their places: they are hundreds, and each that is taken out is held meanwhile.
      tensors.indices.reduce(count) { $0 + tensors[$1].count }
    }
  }
}

struct RunHistory {
  private var recent: [ObjectIdentifier: [FinishedRun]] = [:]
  private var count = 0
  /// The first output that was a single NaN.
  private(set) var suspect: (run: FinishedRun, output: Int)?
  /// What was kept then.
  private var before: [FinishedRun] = []

  /// Values of more elements are not held longer than the program holds them.
  private static let most = 1 << 26

  mutating func add(_ run: FinishedRun) {
    guard run.elementCount <= Self.most else { return }
    count += 1
    var run = run
    run.number = count
    let key = ObjectIdentifier(run.site)
    recent[key] = (recent[key] ?? []).suffix(1) + [run]
    if suspect == nil, let output = run.outputs.firstIndex(where: { $0.isOneNaN }) {
      suspect = (run, output)
      before = Array(recent.values.joined())
    }
  }

  /// The latest run before another one that gave this very tensor, and as which output.
  func producer(
    of tensor: Tensor, before number: Int = .max
  ) -> (run: FinishedRun, output: Int)? {
    let runs = (Array(recent.values.joined()) + before).filter { $0.number < number }
    for run in runs.sorted(by: { $0.number > $1.number }) {
      if let output = run.outputs.firstIndex(where: { $0.isSame(as: tensor) }) {
        return (run, output)
      }
    }
    return nil
  }
}

extension Tensor {
  fileprivate var isOneNaN: Bool {
    switch storage {
    case .single(let values): values.count == 1 && values[0].isNaN
    case .double(let values): values.count == 1 && values[0].isNaN
    case .int, .bool: false
    }
  }

  /// Whether both are the same elements in memory, which NaN does not tell by being equal.
  fileprivate func isSame(as other: Tensor) -> Bool {
    switch (storage, other.storage) {
    case (.single(let a), .single(let b)): a.isSame(as: b)
    case (.double(let a), .double(let b)): a.isSame(as: b)
    default: false
    }
  }
}

extension Array {
  fileprivate func isSame(as other: [Element]) -> Bool {
    count == other.count
      && withUnsafeBufferPointer { a in
        other.withUnsafeBufferPointer { b in a.baseAddress == b.baseAddress }
      }
  }
}
