// What a graph is compiled to, for people who want to see it.
//
// The emitter writes it down while it writes the C text, so it cannot say anything else than what is
// run. Sizes are for one example where a value is laned.

package import IR
package import Tensors

package struct NativePlan: Sendable {
  package struct Value: Sendable {
    package let dtype: DType
    package let shape: [Dim]
    /// Whether there is one for each example.
    package let isLaned: Bool
    package let origin: Origin

    package var numbers: Dim { shape.reduce(1, *) }
  }

  package struct Loop: Sendable {
    package let trip: Dim
    package let isReversed: Bool
    package let stopsEarly: Bool
    package let carried: [Value]
    /// Stored at every step because a later loop reads it, as backward loops do.
    package let kept: [Value]
    /// Stored at every step as a result.
    package let stacked: [Value]
  }

  package enum Work: Sendable {
    /// Computes of one space in one pass over it.
    case nest(operations: Int)
    /// A step with code of its own, by name.
    case routine(String)
    case loop(Loop, [Part])
    /// What either side of a branch does.
    case branch([Part])
  }

  package struct Part: Sendable {
    package let work: Work
    /// What a nest goes over, or the shape of what a routine makes.
    package let space: [Dim]
    package let isLaned: Bool
    /// Where in the user's text it comes from, each place once.
    package let origins: [Origin]
  }

  package struct Stage: Sendable {
    /// Whether it is run for each block of examples, or once for all of them.
    package let isForBlocks: Bool
    package let parts: [Part]
  }

  /// How many of a buffer there are.
  package enum Region: Sendable, CaseIterable { case call, block, chunk, thread }

  package struct Buffer: Sendable {
    package let dtype: DType
    package let numbers: Dim
    package let region: Region
  }

  /// The dim whose examples are worked in blocks; nil where the graph has none.
  package internal(set) var lane: DimSymbol?
  /// Examples in a block.
  package internal(set) var lanes = 1
  package internal(set) var chunks = 1
  package internal(set) var stages: [Stage] = []
  package internal(set) var buffers: [Buffer] = []
  package internal(set) var precision = Precision.single

  /// Every loop, those inside of loops included.
  package var loops: [Loop] { stages.flatMap { $0.parts.flatMap(\.loops) } }

  /// The bytes of all buffers of a region.
  package func bytes(_ region: Region) -> Dim {
    buffers.filter { $0.region == region }.reduce(0) {
      $0 + $1.numbers * Dim($1.dtype.size(precision))
    }
  }
}

extension NativePlan.Part {
  fileprivate var loops: [NativePlan.Loop] {
    switch work {
    case .nest, .routine: []
    case .loop(let loop, let inside): [loop] + inside.flatMap(\.loops)
    case .branch(let inside): inside.flatMap(\.loops)
    }
  }
}
