// `gradcheck(f, at: x)`: the gradient against central differences, in f64 whatever the run uses.
//
// Three random directions first, which cost two evaluations each whatever the size of `x`. Where
// one differs, every leaf is checked along a direction of its own, from both sides: at a kink the two
// slopes differ, at a mistake they agree with each other.

import Diagnostics
import Lowering
import Ops
import Semantics
import Tensors

extension Evaluator {
  func checkGradient(
    _ arguments: [EffectArgument], _ expression: TypedExpression
  ) throws(RunProblem) -> HostValue {
    // The checker gives the value and the gradient; their parts are what is varied here.
    guard let argument = arguments.first?.value,
      case .derivative(_, let function, let at, _) = argument.form
    else {
      throw .reported(DriverMessages.hostPlacement("gradcheck", at: expression.span))
    }
    let points = try values(of: at.map { EffectArgument(label: "", value: $0) })
    var check = GradientCheck(self, function, points, argument)
    assertsClaims = false
    defer { assertsClaims = true }
    let worst = try check.run()
    show("gradient agrees with central differences, off by \(Summaries.small(worst)) at most")
    return .unit
  }
}

enum Summaries {
  /// `2e-9`
  static func small(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    var exponent = 0
    var digits = value
    while digits < 1, exponent > -320 {
      digits *= 10
      exponent -= 1
    }
    return exponent == 0 ? "\(value)" : "\(Int(digits.rounded()))e\(exponent)"
  }
}

struct GradientCheck {
  private let evaluator: Evaluator
  private let span: Span
  /// The value and the gradient at whatever the variables hold.
  private let slope: TypedExpression
  private let variables: [Variable]
  private let base: [HostValue]
  private let names: [String]
  private var counter = 0

  /// How the words on a point end at which the two sides differ.
  static let kink = "this is a kink"
  private static let tolerance = 1e-5

  init(
    _ evaluator: Evaluator, _ function: TypedExpression, _ points: [HostArgument],
    _ expression: TypedExpression
  ) {
    self.evaluator = evaluator
    span = expression.span
    variables = points.map {
      Variable($0.label, expression.span, type: $0.expression.type, isTopLevel: true)
    }
    base = points.map { point in
      HostValue(point.value.types, point.value.tensors.map { $0.converted(to: .double) })
    }
    names = points.indices.map { function.parameterNames.dropFirst($0).first ?? "x" }
    let operands = zip(variables, points).map { variable, point in
      TypedExpression(.variable(variable), point.expression.type, point.expression.span)
    }
    slope = TypedExpression(
      .derivative(.valueAndGrad, function: function, at: operands, seed: nil), expression.type,
      expression.span)
  }

  /// The largest relative difference along a direction.
  mutating func run() throws(RunProblem) -> Double {
    defer { for variable in variables { evaluator.held[variable] = nil } }
    let gradient = try gradientLeaves()
    var worst = 0.0
    for round in 0..<3 {
      let direction = leaves { leaf, place in
        place.isParameter(leaf.dtype) ? random(leaf.count, seed: round) : nil
      }
      let expected = product(gradient, direction)
      let found = try difference(direction, step: 1e-5)
      let error = relative(expected, found)
      if error > GradientCheck.tolerance { throw try explain(gradient) }
      worst = max(worst, error)
    }
    return worst
  }

  private mutating func explain(_ gradient: [[Double]]) throws(RunProblem) -> RunProblem {
    var rows: [String] = []
    let paths = zip(base, names).flatMap { value, name in
      value.types.places.map { StoredRun.path(name, $0) }
    }
    for (index, path) in paths.enumerated() {
      var position = -1
      let direction = leaves { leaf, place in
        position += 1
        return position == index && place.isParameter(leaf.dtype)
          ? random(leaf.count, seed: 7) : nil
      }
      if direction[index].isEmpty { continue }
      let expected = product(gradient, direction)
      let step = 1e-6
      let (low, middle, high) = (
        try value(direction, -step), try value(direction, 0), try value(direction, step)
      )
      let slope = (high - low) / (2 * step)
      guard relative(expected, slope) > GradientCheck.tolerance else { continue }
      guard slope.isFinite else {
        rows.append("`\(path)`: the function is not finite at this point, or beside it")
        continue
      }
      // Where there is no kink the two differ by the step times the curvature.
      let (left, right) = ((middle - low) / step, (high - middle) / step)
      rows.append(
        "`\(path)`: the gradient says \(expected) along a random direction, "
          + (relative(left, right) > 1e-3
            ? "differences say \(left) on one side and \(right) on the other: \(Self.kink)"
            : "differences say \(slope)"))
    }
    let surrogates = slope.functions.filter { $0.derivative?.isSurrogate ?? false }
    rows += surrogates.map(\.name).sorted().map {
      "`\($0)` has a surrogate derivative, which need not be the slope"
    }
    return .reported(DriverMessages.gradientMismatch(rows, at: span))
  }

  // MARK: Evaluating

  private func hold(_ values: [HostValue]) {
    for (variable, value) in zip(variables, values) {
      evaluator.held[variable] = Held(value: value, depth: evaluator.loops.count)
    }
  }

  /// The gradient as numbers, a leaf of the points after another; empty for what has none.
  private func gradientLeaves() throws(RunProblem) -> [[Double]] {
    hold(base)
    let result = try evaluator.compute(slope, precision: .double)
    guard let gradient = result.members?.last?.value else { return [] }
    // The gradient has the structure of the point, or of its parameters alone.
    var rest = gradient.tensors[...]
    let isWhole = gradient.tensors.count == base.reduce(0) { $0 + $1.tensors.count }
    return base.flatMap(\.placed).map { leaf in
      if isWhole || leaf.place.isParameter(leaf.type.dtype) {
        return rest.popFirst()?.doubles ?? []
      }
      return []
    }
  }

  private func difference(_ direction: [[Double]], step: Double) throws(RunProblem) -> Double {
    let high = try value(direction, step)
    let low = try value(direction, -step)
    return (high - low) / (2 * step)
  }

  private func value(_ direction: [[Double]], _ step: Double) throws(RunProblem) -> Double {
    var position = 0
    hold(
      base.map { point in
        let tensors = point.tensors.map { tensor -> Tensor in
          defer { position += 1 }
          let move = direction[position]
          guard !move.isEmpty else { return tensor }
          let moved = zip(tensor.doubles, move).map { $0 + step * $1 }
          return Tensor(tensor.shape, reals: moved, precision: .double)
        }
        return HostValue(point.types, tensors)
      })
    let result = try evaluator.compute(slope, precision: .double)
    return result.members?.first?.value.scalar ?? .nan
  }

  // MARK: Numbers

  private func leaves(_ make: (Tensor, LeafPlace) -> [Double]?) -> [[Double]] {
    base.flatMap { point in
      zip(point.tensors, point.types.places).map { make($0, $1) ?? [] }
    }
  }

  private mutating func random(_ count: Int, seed: Int) -> [Double] {
    counter += 1
    let key = RandomBits.folded(key: seed, data: counter)
    return (0..<count).map { index in
      2
        * RandomBits.unit(
          RandomBits.mixed(key: UInt64(bitPattern: Int64(key)), counter: UInt64(index)))
        - 1
    }
  }

  private func product(_ a: [[Double]], _ b: [[Double]]) -> Double {
    zip(a, b).reduce(0) { sum, pair in sum + zip(pair.0, pair.1).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  private func relative(_ a: Double, _ b: Double) -> Double {
    let error = abs(a - b) / max(1e-4, abs(a), abs(b))
    return error.isNaN ? .infinity : error
  }
}
