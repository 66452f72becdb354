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
      return [Tensor([size], ints: Patience.counting(size))]
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

  package let full: Op = Op(
    "full", operands: ["value"],
    doc: "A tensor, every element of which is `value`.",
    surface: .special("full[N, …](value) -> [N, …]"), refinement: Claims.elementwise,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(rank: 0, types, at: 0)
      return [TensorType(types[0].dtype, attributes.shape("shape"))]
    },
    kernel: .composite { b, operands, attributes in
      [b.broadcast(operands[0], to: attributes.shape("shape"))]
    },
    gradient: .parts,
    samples: {
      [
        Sample("matrix", [Samplers.reals(seed: 1)], ["shape": .shape([2, 3])]),
        Sample("ints", [Samplers.ints(seed: 2)], ["shape": .shape([4])]),
        Sample("scalar", [Samplers.reals(seed: 3)], ["shape": .shape([])]),
      ]
    },
    rejects: [Rejection([TensorType(.real, [2])], ["shape": .shape([2])])])

  package let zeros: Op = repeated("zeros", 0, refinement: .unit)

  package let ones: Op = repeated("ones", 1, refinement: .aboveOne)

  package let eye: Op = Op(
    "eye", operands: [],
    doc: "The identity matrix over a dim: 1 on the diagonal, 0 elsewhere.",
    surface: .special("eye[N] -> unit [N, N]"), refinement: { _ in .unit },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 0, types)
      let dim = attributes.dim("dim")
      return [TensorType(.real, [dim, dim])]
    },
    kernel: .composite { b, _, attributes in
      let dim = attributes.dim("dim")
      let rows = b.broadcast(b.iota(dim), to: [dim, dim], axes: [0])
      let columns = b.broadcast(b.iota(dim), to: [dim, dim], axes: [1])
      return [b.emit(pointwise.toReal, b.emit(pointwise.equal, rows, columns))]
    },
    gradient: .parts,
    samples: { [3, 1, 0].map { Sample("size \($0)", [], ["dim": .dim(Dim($0))]) } },
    rejects: [Rejection([TensorType(.real)], ["dim": .dim(3)])])

  package let onehot: Op = Op(
    "onehot", operands: ["index"],
    doc: "1 at `index` and 0 elsewhere along a new last dim. The index must be one of the dim's.",
    surface: .special("onehot[N](index: int) -> simplex [N], or of each of several indices"),
    refinement: { _ in .simplex },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(.int, types, at: 0)
      return [TensorType(.real, types[0].shape + [attributes.dim("dim")])]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let size = try evaluation.size(evaluation.attributes.dim("dim"))
      let indices = evaluation.ints(0)
      for index in indices where !(0..<size ~= index) {
        throw EvaluationProblem(
          "index-out-of-range", "index \(index) is out of range for \(size) positions")
      }
      return [
        evaluation.real(evaluation.operands[0].shape + [size]) {
          let (row, position) = $0.quotientAndRemainder(dividingBy: size)
          return indices[row] == position ? 1 : 0
        }
      ]
    },
    element: { site in
      let index = site.operands[0]
      let fits: ScalarExpression = .binary(
        .and, .binary(.lessOrEqual, .integer(0), index), .binary(.less, index, site.count))
      return .select(
        .binary(.equal, .checked(index, where: fits), site.place), .real(1), .real(0))
    },
    gradient: .zero(because: "an index is an int"),
    samples: {
      [
        Sample("one", [Tensor(ints: [2])], ["dim": .dim(4)]),
        Sample("several", [Samplers.ints([2, 3], in: 0...3, seed: 1)], ["dim": .dim(4)]),
      ]
    },
    rejects: [Rejection([TensorType(.real)], ["dim": .dim(4)])])

  private static func repeated(_ name: String, _ value: Double, refinement: Refinement) -> Op {
    Op(
      name, operands: [],
      doc: "A tensor of reals that are all \(Int(value)).",
      surface: .special("\(name)[N, …] -> [N, …]"), refinement: { _ in refinement },
      type: { (types, attributes) throws(TypeProblem) in
        try TypeRules.require(count: 0, types)
        return [TensorType(.real, attributes.shape("shape"))]
      },
      kernel: .composite { b, _, attributes in
        [b.broadcast(b.real(value), to: attributes.shape("shape"))]
      },
      gradient: .parts,
      samples: {
        [
          Sample("matrix", [], ["shape": .shape([2, 3])]),
          Sample("scalar", [], ["shape": .shape([])]),
          Sample("empty", [], ["shape": .shape([0, 2])]),
        ]
      },
      rejects: [Rejection([TensorType(.real)], ["shape": .shape([2])])])
  }
}

package let making: Making = Making()
