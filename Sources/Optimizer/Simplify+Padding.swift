// Sums of parts between zeros: what the cotangents of many slices of one value add up to.
//
// `(0 ++ x) + (y ++ 0)` is `y ++ x` where the sizes fit, and parts that overlap are added. A sum of
// many such terms becomes one concatenation, term by term.

import IR
import Ops
import Tensors

extension Simplify {
  /// A stretch along the axis of a concatenation; zeros where there is no value.
  private struct Stretch {
    var size: Dim
    var value: Value?
    /// Where it starts in the value.
    var start: Dim = 0
  }

  func byPadding(_ op: Op, _ operands: [Value]) -> Value? {
    guard op == pointwise.add, builder.type(of: operands[0]) == builder.type(of: operands[1]),
      let a = made[operands[0]], case .view(.concatenate) = a.op.kernel,
      let b = made[operands[1]], case .view(.concatenate) = b.op.kernel,
      a.attributes == b.attributes
    else { return nil }
    let axis = a.attributes.axis("axis")
    let (left, right) = (stretches(a.operands, axis), stretches(b.operands, axis))
    guard (left + right).contains(where: { $0.value == nil }),
      let pairs = aligned(left, right)
    else { return nil }

    var parts: [Value] = []
    var zeros: Dim = 0
    var type = builder.type(of: operands[0])
    func flush() {
      type.shape[axis] = zeros
      if zeros != 0 { parts.append(self.zeros(like: type)) }
      zeros = 0
    }
    for (a, b) in pairs {
      let values = [a, b].compactMap { stretch in
        stretch.value.map { slice($0, axis: axis, start: stretch.start, count: stretch.size) }
      }
      switch values.count {
      case 0: zeros = zeros + a.size
      case 1:
        flush()
        parts.append(values[0])
      default:
        flush()
        parts.append(emit(op, values)[0])
      }
    }
    flush()
    return concatenated(parts, axis: axis)
  }

  private func stretches(_ parts: [Value], _ axis: Int) -> [Stretch] {
    parts.map { part in
      Stretch(size: builder.shape(part)[axis], value: isConstant(part, 0) ? nil : part)
    }
  }

  /// Both lists cut at the ends of either; nil where it is not known which end comes first.
  private func aligned(_ left: [Stretch], _ right: [Stretch]) -> [(Stretch, Stretch)]? {
    var (left, right) = (left[...], right[...])
    var result: [(Stretch, Stretch)] = []
    while var a = left.popFirst(), var b = right.popFirst() {
      let difference = a.size - b.size
      if difference.isNeverNegative {
        a.size = b.size
      } else if (-difference).isNeverNegative {
        b.size = a.size
      } else {
        return nil
      }
      result.append((a, b))
      if difference == 0 { continue }
      if difference.isNeverNegative {
        left = [Stretch(size: difference, value: a.value, start: a.start + a.size)] + left
      } else {
        right = [Stretch(size: -difference, value: b.value, start: b.start + b.size)] + right
      }
    }
    return left.isEmpty && right.isEmpty ? result : nil
  }
}
