// One step of a backward scan, and how the cotangents of constants add up over its steps.
//
// A constant is read in every step, so its cotangent is a sum over the steps. What DeferredSum finds
// is taken after the loop; the rest is carried.
//
// Promise: whichever way a sum comes about, the totals stand in the order of the constants.

import IR
import Ops
import Tensors

/// The body of a backward scan under construction. Its inputs are `fixed`, the cotangents of the
/// carries, `sums`, `slices`.
struct BackwardStep {
  let builder: Builder
  /// The index of the step, and residuals that are the same in every step.
  let fixed: [Value]
  /// The sums so far, one for each constant.
  let sums: [Value]
  /// Residuals, then cotangents of stacks.
  let slices: [Value]
  /// What the step adds to each sum.
  let parts: [Value]
  /// The cotangents of the carries before the step.
  let carries: [Value]
  /// The cotangents of the slices of the forward scan.
  let cut: [Value]
}

/// How the cotangents of the constants add up: step by step in carries, or after the loop from
/// stacked factors, or partly so and partly so.
struct StepSums {
  /// The sums that are carried, by the places of their constants.
  let carried: [Int]
  /// These sums after the step.
  let added: [Value]
  /// What the step has to stack for the others.
  let factors: [Value]
  private let deferred: [DeferredSum?]
  private let types: [TensorType]

  init(_ step: BackwardStep) {
    let builder = step.builder
    var deferral = Deferral(
      builder.finish(step.carries + step.parts + step.cut), sliced: Set(step.slices),
      constants: Set(step.fixed))
    let parts = deferral.split(step.parts, builder)
    deferred = parts.map(\.0)
    types = step.sums.map(builder.type(of:))
    carried = parts.indices.filter { parts[$0].rest != nil }
    added = zip(step.sums, parts).compactMap { sum, part in
      part.rest.map { builder.add(sum, $0) }
    }
    var factors: [Value] = []
    for factor in deferred.flatMap({ $0?.factors ?? [] })
    where !step.slices.contains(factor) && !factors.contains(factor) {
      factors.append(factor)
    }
    self.factors = factors
  }

  /// The sums after the loop, one for each constant.
  /// - Parameters:
  ///   - results: the sums that were carried.
  ///   - stacks: what factors were in every step.
  func totals(_ builder: Builder, carried results: [Value], stacks: [Value: Value]) -> [Value] {
    let sums = Dictionary(uniqueKeysWithValues: zip(carried, results))
    return deferred.enumerated().map { place, deferred in
      let later = deferred?.emit(builder, stacks)
      guard let a = sums[place], let b = later else {
        return sums[place] ?? later ?? builder.zeros(like: types[place])
      }
      return builder.add(a, b)
    }
  }
}
