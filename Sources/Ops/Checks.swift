// Rows that make sure of what types cannot say.

package import IR
import Tensors

package struct Checks: OpFamily {
  package static let title = "Checking"

  package let asShape: Op = Op(
    "as_shape", operands: ["x"],
    doc: """
      `x` itself, of the type [shape]: where dims of one rank are not known to be equal, whether \
      their sizes are is asked when the program runs.
      """,
    surface: .none,
    refinement: { $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let shape = attributes.shape("shape")
      try TypeRules.require(rank: shape.count, types, at: 0)
      for (dim, wanted) in zip(types[0].shape, shape) {
        if let size = dim.constant, let other = wanted.constant, size != other {
          throw TypeProblem(
            operand: 0, expected: "\(TensorType(types[0].dtype, shape))", found: "\(types[0])")
        }
      }
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let x = evaluation.operands[0]
      var wanted: [Int] = []
      for dim in evaluation.attributes.shape("shape") { wanted.append(try evaluation.size(dim)) }
      if x.shape != wanted {
        throw EvaluationProblem(
          "size-mismatch", "the sizes are \(x.shape), but \(wanted) is what was asked for")
      }
      return [x]
    },
    gradient: .pullback { p in
      [
        p.cotangents[0].map {
          p.builder.emit(
            checks.asShape, $0, attributes: ["shape": .shape(p.type(p.operands[0]).shape)])
        }
      ]
    },
    samples: {
      [
        Sample("matrix", [Samplers.reals([2, 3], seed: 1)], ["shape": .shape([2, 3])]),
        Sample("scalar", [Samplers.reals([], seed: 2)], ["shape": .shape([])]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [2])], ["shape": .shape([3])]),
      Rejection([TensorType(.real, [2])], ["shape": .shape([2, 1])]),
    ])

  package let expect: Op = observer(
    "expect", operand: "condition", doc: "Tells the user where `condition` is false.")

  package let boundReached: Op = observer(
    "bound_reached", operand: "goes_on",
    doc: "Tells the user that a `while` ended at its bound, where `goes_on` is true.")

  /// A truth value that the host looks at.
  private static func observer(_ name: String, operand: String, doc: String) -> Op {
    Op(
      name, operands: [operand], doc: doc, surface: .none,
      type: { (types, attributes) throws(TypeProblem) in
        try TypeRules.require(count: 1, types)
        _ = attributes.text("label")
        return []
      },
      kernel: .observe,
      gradient: .zero(because: "it has no result"),
      samples: { [Sample("true", [Tensor(bools: [true])], ["label": .text("")])] },
      rejects: [])
  }
}

package let checks: Checks = Checks()
