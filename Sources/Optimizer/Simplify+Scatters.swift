// Rows added to zeros, where those are added to something: what the cotangents of reads by index
// add up to.
//
// `d + scatter_add(0, i, u)` is `scatter_add(d, i, u)`, which costs the rows of u instead of the
// table, and a sum of several scatters is a chain of them. Of a row that is named more than once,
// the updates are now added to d one after another instead of to each other first: the last digits
// may differ from those of the graph as written, and are the same in every run.

import IR
import Ops
import Tensors

extension Simplify {
  func byScatters(_ op: Op, _ operands: [Value]) -> Value? {
    guard op == pointwise.add, builder.type(of: operands[0]) == builder.type(of: operands[1])
    else { return nil }
    for (rows, base) in [(operands[1], operands[0]), (operands[0], operands[1])] {
      if let chain = scattersIntoZeros(rows) {
        return chain.reduce(base) { emit($1.op, [$0] + $1.operands.dropFirst(), $1.attributes)[0] }
      }
    }
    return nil
  }

  /// The additions of rows that make a value from zeros, first to last; nil where it is something
  /// else.
  private func scattersIntoZeros(_ value: Value) -> [Made]? {
    var chain: [Made] = []
    var value = value
    while let made = made[value], made.op == indexing.scatterAdd {
      chain.append(made)
      value = made.operands[0]
    }
    return chain.isEmpty || !isConstant(value, 0) ? nil : chain.reversed()
  }
}
