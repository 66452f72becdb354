// What rows know about the numbers they give, from what is known of their operands.
//
// A claim survives an op only by one of these rules; everything else forgets it.

package import IR

package enum Claims {
  /// The strongest claim that both imply.
  package static func common(_ a: Refinement, _ b: Refinement) -> Refinement? {
    if a == .simplex && b == .simplex { return .simplex }
    return [Refinement.unit, .aboveOne, .positive, .nonneg]
      .first { a.implies($0) && b.implies($0) }
  }

  /// What both branches of a `select` are; a weighting need not be one after mixing elements.
  @Sendable package static func choice(_ claims: [Refinement?]) -> Refinement? {
    guard claims.count == 3, let a = claims[1], let b = claims[2] else { return nil }
    return elementwise([common(a, b)])
  }

  private static func pair(_ claims: [Refinement?]) -> (Refinement, Refinement)? {
    guard claims.count == 2, let a = claims[0], let b = claims[1] else { return nil }
    return (a, b)
  }

  private static func anyPositive(_ a: Refinement, _ b: Refinement) -> Bool {
    a.implies(.positive) || b.implies(.positive)
  }

  /// `above_one + nonneg` is above_one, `positive + nonneg` is positive, sums of nonneg are nonneg.
  @Sendable package static func sum(_ claims: [Refinement?]) -> Refinement? {
    guard let (a, b) = pair(claims) else { return nil }
    if a == .aboveOne || b == .aboveOne { return .aboveOne }
    return anyPositive(a, b) ? .positive : .nonneg
  }

  /// Products stay inside `unit`, `above_one`, `positive` and `nonneg`.
  @Sendable package static func product(_ claims: [Refinement?]) -> Refinement? {
    guard let (a, b) = pair(claims) else { return nil }
    return [Refinement.unit, .aboveOne, .positive].first { a.implies($0) && b.implies($0) }
      ?? .nonneg
  }

  /// A quotient of positives is positive.
  @Sendable package static func quotient(_ claims: [Refinement?]) -> Refinement? {
    guard let (a, b) = pair(claims), b.implies(.positive) else { return nil }
    return a.implies(.positive) ? .positive : .nonneg
  }

  /// The smaller of two is what both are, and below 1 where one of them is.
  @Sendable package static func smaller(_ claims: [Refinement?]) -> Refinement? {
    guard let (a, b) = pair(claims) else { return nil }
    if a.implies(.unit) || b.implies(.unit) { return .unit }
    return common(a, b)
  }

  /// The larger of two is above what either is above.
  @Sendable package static func larger(_ claims: [Refinement?]) -> Refinement? {
    let known = claims.compactMap { $0 }
    if known.contains(.aboveOne) { return .aboveOne }
    if known.contains(.positive) { return .positive }
    if known.isEmpty { return nil }
    return known.count == 2 && known.allSatisfy { $0.implies(.unit) } ? .unit : .nonneg
  }

  /// A value between two bounds is what both bounds are.
  @Sendable package static func between(_ claims: [Refinement?]) -> Refinement? {
    guard claims.count == 3, let low = claims[1], let high = claims[2] else { return nil }
    return elementwise([common(low, high)])
  }

  /// Powers of positives are positive; of `unit` to a nonneg exponent, in `unit`.
  @Sendable package static func power(_ claims: [Refinement?]) -> Refinement? {
    guard claims.count == 2, let base = claims[0] else { return nil }
    if base == .aboveOne, claims[1] != nil { return .aboveOne }
    if base.implies(.positive) { return .positive }
    return base.implies(.unit) && claims[1] != nil ? .unit : .nonneg
  }

  /// What holds elementwise of `x`, where the result's elements are not a whole weighting.
  @Sendable package static func elementwise(_ claims: [Refinement?]) -> Refinement? {
    claims[0] == .simplex ? .unit : claims[0]
  }

  /// The strongest claim that every operand implies.
  @Sendable package static func shared(_ claims: [Refinement?]) -> Refinement? {
    Refinement.allCases.first { claim in
      !claims.isEmpty && claims.allSatisfy { $0?.implies(claim) == true }
    }
  }

  /// What holds elementwise of every operand, for rows that join them.
  @Sendable package static func joined(_ claims: [Refinement?]) -> Refinement? {
    elementwise([shared(claims)])
  }

  /// Sums of products of nonnegative numbers.
  @Sendable package static func nonneg(_ claims: [Refinement?]) -> Refinement? {
    claims.allSatisfy { $0?.implies(.nonneg) == true } ? .nonneg : nil
  }
}
