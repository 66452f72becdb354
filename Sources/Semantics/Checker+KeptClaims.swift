// What must be so for a field to keep what its type claims, from its first value on.

import Diagnostics
import IR
import Tensors

extension Checker {
  /// A parameter takes any value in training: a claim on it needs `via`, or `frozen`.
  func checkTraining(of field: Field) {
    guard !field.isFrozen, field.via == nil, let claim = firstClaim(in: field.type) else { return }
    var help = ["`frozen \(field.name)` is not trained"]
    if case .tensor = resolve(field.type) {
      help.append(
        "`\(field.name): \(field.type.written) via \(claim.refinement.map)` trains numbers from which "
          + "it is made")
    }
    report(
      .trainedClaim, "`\(field.name)` is trained, and then need not be \(claim.refinement.meaning)",
      at: field.variable.span, help: help)
  }

  /// Where nothing else is said a state begins with zeros.
  func checkStart(of field: Field) {
    guard let claim = firstClaim(in: field.type) else { return }
    let start: String
    switch claim.refinement {
    case .unit, .nonneg: return
    case .positive, .aboveOne: start = "1.0"
    case .simplex: start = "a weighting, such as `uniform` or `onehot` give"
    }
    report(
      .claimMissing, "`\(field.name)` must be \(claim.refinement.meaning)", at: field.variable.span,
      label: "this begins with zeros",
      help: ["say what it begins with: `\(field.name): \(field.type.written) = …`, \(start)"])
  }

  private func firstClaim(in type: Type) -> Claim? {
    switch resolve(type) {
    case .tensor(.real, _, let claim): claim
    case .record(let fields): fields.lazy.compactMap { self.firstClaim(in: $0.type) }.first
    case .list(let element, _), .array(_, let element): firstClaim(in: element)
    default: nil
    }
  }
}

extension Refinement {
  /// A function whose values are such.
  var map: String {
    switch self {
    case .simplex: "softmax"
    case .unit: "sigmoid"
    case .positive, .nonneg: "softplus"
    case .aboveOne: "|x| 1.0 + softplus(x)"
    }
  }
}
