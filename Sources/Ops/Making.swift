// Rows that make tensors out of numbers and sizes.
//
// Constants have rank 0; `full`, `zeros` and `ones` are broadcasts of them.

package import IR
import Tensors

package struct Making: OpFamily {
  package static let title = "Making tensors"

  package let constant: Op = Op(
    "constant", operands: [],
    doc: "The number or truth value written in the program.",
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 0, types)
      return [TensorType(attributes.dtype("dtype"))]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      switch evaluation.attributes.dtype("dtype") {
      case .real:
        let value = evaluation.attributes.real("value")
        return [Tensor(reals: [value], precision: evaluation.precision)]
      case .int: return [Tensor(ints: [evaluation.attributes.integer("value")])]
      case .bool: return [Tensor(bools: [evaluation.attributes.flag("value")])]
      }
    },
    gradient: .zero(because: "a constant depends on nothing"),
    samples: {
      [
        Sample("real", [], ["value": .real(2.5), "dtype": .dtype(.real)]),
        Sample("int", [], ["value": .integer(-7), "dtype": .dtype(.int)]),
        Sample("bool", [], ["value": .flag(true), "dtype": .dtype(.bool)]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real)], ["value": .real(1), "dtype": .dtype(.real)])
    ])

  package let iota: Op = Op(
    "iota", operands: [],
    doc: "The positions 0, 1, 2, … along a dim.",
    surface: .special("iota[N] -> int [N]"),
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 0, types)
      return [TensorType(.int, [attributes.dim("dim")])]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let size = try evaluation.size(evaluation.attributes.dim("dim"))
      return [Tensor([size], ints: Array(0..<size))]
    },
    gradient: .zero(because: "positions depend on nothing"),
    samples: { [4, 1, 0].map { Sample("size \($0)", [], ["dim": .dim(Dim($0))]) } },
    rejects: [Rejection([TensorType(.int)], ["dim": .dim(3)])])

  package let size: Op = Op(
    "size", operands: [],
    doc: "The size of a dim, as an int.",
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 0, types)
      _ = attributes.dim("dim")
      return [TensorType(.int)]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      [Tensor(ints: [try evaluation.size(evaluation.attributes.dim("dim"))])]
    },
    gradient: .zero(because: "a size is an int"),
    samples: { [Sample("five", [], ["dim": .dim(5)]), Sample("none", [], ["dim": .dim(0)])] },
    rejects: [Rejection([TensorType(.int)], ["dim": .dim(3)])])

  package let bindDim: Op = Op(
    "bind_dim", operands: ["size"],
    doc: "Makes a number of the program the size of a fresh dim, and gives it back.",
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(.int, types, at: 0)
      try TypeRules.require(rank: 0, types, at: 0)
      _ = attributes.symbol("symbol")
      return [TensorType(.int)]
    },
    kernel: .bindDim,
    gradient: .zero(because: "a size is an int"),
    samples: { [Sample("three", [Tensor(ints: [3])], ["symbol": .symbol(DimSymbol("T", 1))])] },
    rejects: [
      Rejection([TensorType(.real)], ["symbol": .symbol(DimSymbol("T", 1))]),
      Rejection([TensorType(.int, [2])], ["symbol": .symbol(DimSymbol("T", 1))]),
    ])
}

package let making = Making()
