// What was run last, kept to be run again: the way back to where a number stopped being finite.
//
// Values never change, so a run is its graph and what it was run on. Two runs of each graph are kept:
// a gradient that is not finite spoils the parameters, and shows in the loss of the next step. Once a
// single number is NaN nothing more is kept, so that a program may log every hundredth step only.

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
  /// The step of the host's loop that it was part of, in words.
  let step: String?
  /// Runs are counted.
  var number = Int.max

  var elementCount: Int { (inputs + outputs).reduce(0) { $0 + $1.count } }
}

struct RunHistory {
  private var recent: [ObjectIdentifier: [FinishedRun]] = [:]
  private var count = 0
  /// The first output that was a single NaN.
  private(set) var suspect: (run: FinishedRun, output: Int)?

  /// Values of more elements are not held longer than the program holds them.
  private static let most = 1 << 26

  mutating func add(_ run: FinishedRun) {
    guard suspect == nil, run.elementCount <= Self.most else { return }
    count += 1
    var run = run
    run.number = count
    let key = ObjectIdentifier(run.site)
    recent[key] = (recent[key] ?? []).suffix(1) + [run]
    if let output = run.outputs.firstIndex(where: { $0.isOneNaN }) { suspect = (run, output) }
  }

  /// The latest run before another one that gave this very tensor, and as which output.
  func producer(
    of tensor: Tensor, before number: Int = .max
  ) -> (run: FinishedRun, output: Int)? {
    recent.values.joined().filter { $0.number < number }.sorted { $0.number > $1.number }.lazy
      .compactMap { run in
        run.outputs.firstIndex { $0.isSame(as: tensor) }.map { (run, $0) }
      }.first
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
