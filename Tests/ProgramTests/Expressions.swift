// Random programs that are well typed by construction: expressions of a wanted shape over what is in
// scope, with maps, scans, branches, indexing and gradients.

import TestSupport

struct Expressions {
  enum Shape: CaseIterable { case real, rows, columns, matrix }

  private var random: SeededRandom
  private var fresh = 0

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// A function of a real, a matrix and two vectors, called alone, under a batch, and differentiated.
  mutating func program() -> String {
    let body = expression(.real, depth: 4)
    return """
      dim N = 3, M = 2
      batch dim B = 9
      let rng = Rng(\(Int.random(in: 0..<1000, using: &random)))
      fn f(s: real, v: [M], u: [N], x: [N, M]) -> real {
        \(body)
      }
      fn slope(s: real, v: [M], u: [N], x: [N, M]) -> real = grad(|s: real| f(s, v, u, x), at: s)
      let s = for _ in B { rng.normal() }
      let v = for _ in B { rng.normal[M] }
      let u = for _ in B { rng.normal[N] }
      let x = for _ in B { rng.normal[N, M] }
      let together = f(s, v, u, x)
      let slopes = slope(s, v, u, x)
      for i in 0..4 {
        print(together[i], f(s[i], v[i], u[i], x[i]), slopes[i], slope(s[i], v[i], u[i], x[i]))
      }

      """
  }

  private mutating func pick(_ choices: [String]) -> String {
    choices[Int.random(in: choices.indices, using: &random)]
  }

  private mutating func name() -> String {
    fresh += 1
    return "t\(fresh)"
  }

  private mutating func leaf(_ shape: Shape) -> String {
    switch shape {
    case .real: pick(["s", "0.5", "2.0", "sum(v)", "u[1]", "x[2, 0]", "real(N)"])
    case .rows: pick(["u", "x[.., 1]", "ones[N]", "onehot[N](1)", "(u * s)"])
    case .columns: pick(["v", "x[0]", "zeros[M]", "full[M](s)", "(v + s)"])
    case .matrix: pick(["x", "(x * v)", "outer(u, v)", "(x + s)"])
    }
  }

  mutating func expression(_ shape: Shape, depth: Int) -> String {
    if depth == 0 { return leaf(shape) }
    let less = depth - 1
    switch Int.random(in: 0..<9, using: &random) {
    case 0:
      let a = expression(shape, depth: less)
      let b = expression(shape, depth: less)
      return "(\(a) \(pick(["+", "-", "*"])) \(b))"
    case 1: return "\(pick(["tanh", "sigmoid", "abs", "relu"]))(\(expression(shape, depth: less)))"
    case 2:
      let condition = "\(expression(.real, depth: less)) > \(leaf(.real))"
      let then = expression(shape, depth: less)
      return "(if \(condition) { \(then) } else { \(expression(shape, depth: less)) })"
    case 3:
      return "(\(expression(shape, depth: less)) / (1.0 + abs(\(expression(.real, depth: less)))))"
    case 4: return scan(shape, less)
    default: return particular(shape, less)
    }
  }

  /// What only gives this shape.
  private mutating func particular(_ shape: Shape, _ less: Int) -> String {
    switch shape {
    case .real:
      switch Int.random(in: 0..<5, using: &random) {
      case 0: return "sum(\(expression(.matrix, depth: less)))"
      case 1: return "max(\(expression(.rows, depth: less)))"
      case 2: return "mean(\(expression(.columns, depth: less)))"
      case 3: return "(\(expression(.rows, depth: less)) @ \(leaf(.rows)))"
      default:
        let t = name()
        return
          "grad(|\(t): real| tanh(\(t) * \(expression(.real, depth: less))), at: \(leaf(.real)))"
      }
    case .rows:
      switch Int.random(in: 0..<5, using: &random) {
      case 0: return "sum[M](\(expression(.matrix, depth: less)))"
      case 1: return "(\(expression(.matrix, depth: less)) @ \(expression(.columns, depth: less)))"
      case 2: return "softmax[N](\(expression(.rows, depth: less)))"
      case 3: return "roll[N](\(expression(.rows, depth: less)), \(pick(["1", "-1", "5"])))"
      default:
        let t = name()
        return "(for \(t) in \(expression(.matrix, depth: less)) { sum(\(t) * \(leaf(.columns))) })"
      }
    case .columns:
      switch Int.random(in: 0..<3, using: &random) {
      case 0: return "mean[N](\(expression(.matrix, depth: less)))"
      case 1: return "(\(expression(.rows, depth: less)) @ \(expression(.matrix, depth: less)))"
      default: return "(\(expression(.matrix, depth: less)))[\(pick(["0", "1", "2"]))]"
      }
    case .matrix:
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        return "outer(\(expression(.rows, depth: less)), \(expression(.columns, depth: less)))"
      case 1:
        let rows = expression(.matrix, depth: less)
        return "(\(rows) with [\(pick(["0", "1", "2"]))] = \(expression(.columns, depth: less)))"
      default:
        let t = name()
        return
          "(for \(t) in \(expression(.rows, depth: less)) { \(t) * \(expression(.columns, depth: less)) })"
      }
    }
  }

  /// A loop that carries a value of the shape.
  private mutating func scan(_ shape: Shape, _ less: Int) -> String {
    let carry = name()
    let element = name()
    let type =
      switch shape {
      case .real: "real"
      case .rows: "[N]"
      case .columns: "[M]"
      case .matrix: "[N, M]"
      }
    return """
      { var \(carry): \(type) = \(expression(shape, depth: less))
        for \(element) in \(leaf(.rows)) { \(carry) = tanh(\(carry) * \(element) + \(leaf(shape))) }
        \(carry) }
      """
  }
}
