// How far native results may be from the interpreter's.
//
// Bools, ints and whatever is only moved are the same to the bit. A scalar function is off by a few
// roundings of its own result. Sums are taken in another order, so they are off by roundings of the
// largest number in sight; so is every program that holds one.

import IR
import Tensors

struct Tolerance {
  /// As a multiple of the number itself, and of the largest number of the tensor, at least 1.
  var relative = 0.0
  var ofLargest = 0.0

  static let same = Tolerance()

  static func scalar(_ precision: Precision) -> Tolerance {
    Tolerance(relative: precision == .single ? 1e-6 : 4e-15)
  }

  static func sum(_ precision: Precision) -> Tolerance {
    Tolerance(ofLargest: precision == .single ? 4e-6 : 1e-14)
  }

  /// Of programs with loops and their derivatives.
  static func program(_ precision: Precision) -> Tolerance {
    Tolerance(ofLargest: precision == .single ? 2e-4 : 1e-11)
  }

  /// By what the graph is made of.
  static func of(_ graph: Graph, _ precision: Precision) -> Tolerance {
    var tolerance = Tolerance.same
    for node in graph.nodes {
      guard case .op(let op, _) = node.kind else { return .program(precision) }
      switch op.kernel {
      case .reduce, .contract, .scatter: return .sum(precision)
      case .pointwise: tolerance = .scalar(precision)
      default: break
      }
    }
    return graph.nodes.count > 1 && tolerance.relative > 0 ? .sum(precision) : tolerance
  }

  /// What differs, in words; nil where nothing does.
  func difference(_ found: [Tensor], _ expected: [Tensor]) -> String? {
    if found.count != expected.count { return "\(found.count) results for \(expected.count)" }
    for (number, (x, y)) in zip(found, expected).enumerated() {
      guard x.shape == y.shape, x.dtype == y.dtype else {
        return "result \(number) is \(x.dtype) \(x.shape), not \(y.dtype) \(y.shape)"
      }
      if x.storage == y.storage { continue }
      let wanted = y.doubles
      let largest = wanted.filter(\.isFinite).map(abs).max() ?? 0
      for (place, (a, b)) in zip(x.doubles, wanted).enumerated() where a != b {
        if a.isNaN && b.isNaN { continue }
        let allowed =
          y.dtype == .real ? relative * abs(b) + ofLargest * max(1, largest) + 1e-38 : 0
        if relative + ofLargest == 0 || !(abs(a - b) <= allowed) || a.isInfinite || b.isInfinite {
          return "result \(number), element \(place) of \(y.shape): \(a) for \(b)"
        }
      }
    }
    return nil
  }
}
