// Rows that make sure of what types cannot say.

package import IR
package import Tensors

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
            operand: 0, expected: TensorType(types[0].dtype, shape).written, found: types[0].written
          )
        }
      }
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let x = evaluation.operands[0]
      let dims = evaluation.attributes.shape("shape")
      var wanted: [Int] = []
      for dim in dims { wanted.append(try evaluation.size(dim)) }
      if x.shape != wanted {
        let written = "[\(dims.map(\.written).joined(separator: ", "))]"
        let sizes = written == "\(wanted)" ? "" : ", which is \(wanted)"
        throw EvaluationProblem(
          "size-mismatch", "the sizes are \(x.shape), but `\(written)` is due\(sizes)")
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

  package let entrySizes: Op = Op(
    "entry_sizes", operands: ["sizes"],
    doc: """
      `sizes` themselves: how many elements each entry of a batch has for what [label] names. Fewer \
      than [least] is an error, of the code [code], that names the entry.
      """,
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(.int, types, at: 0)
      _ = (attributes.dim("least"), attributes.text("label"), attributes.text("code"))
      return [types[0]]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let (sizes, name) = (evaluation.operands[0], evaluation.attributes.text("label"))
      let least = try evaluation.size(evaluation.attributes.dim("least"))
      guard let place = evaluation.ints(0).firstIndex(where: { $0 < least }) else { return [sizes] }
      let index = Layout.index(place, in: sizes.shape)
      let code = evaluation.attributes.text("code")
      let entry = "entry \(index.entryWords)"
      if code == "empty-reduction" {
        throw EvaluationProblem(
          code,
          "\(name) of no elements has no value" + (index.isEmpty ? "" : ": \(entry) has none"))
      }
      let size = evaluation.ints(0)[place]
      throw EvaluationProblem(code, "\(name) asks for \(least) elements, and \(entry) has \(size)")
    },
    gradient: .zero(because: "a size is a whole number"),
    samples: {
      [Sample("two entries", [Tensor([2], ints: [3, 1])], entrySizesAttributes("`max`"))]
    },
    rejects: [Rejection([TensorType(.real, [2])], entrySizesAttributes("`max`"))])

  package let entryIndices: Op = Op(
    "entry_indices", operands: ["indices", "rows"],
    doc: """
      `indices` themselves, each of which counts the `rows` of an entry of a batch. One outside is an \
      error that names the entry.
      """,
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 2, types)
      for place in 0..<2 { try TypeRules.require(.int, types, at: place) }
      if types[0] != types[1] {
        throw TypeProblem(operand: 1, expected: types[0].written, found: types[1].written)
      }
      return [types[0]]
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let shape = evaluation.operands[0].shape
      for (place, (index, rows)) in zip(evaluation.ints(0), evaluation.ints(1)).enumerated()
      where index < 0 || index >= rows {
        let entry = [Layout.index(place, in: shape)[0]].entryWords
        let noun = rows == 1 ? "row" : "rows"
        throw EvaluationProblem(
          "index-out-of-range",
          "index \(index) is out of range for the \(rows) \(noun) of entry \(entry)")
      }
      return [evaluation.operands[0]]
    },
    gradient: .zero(because: "an index is a whole number"),
    samples: { [Sample("two entries", [Tensor([2], ints: [2, 0]), Tensor([2], ints: [3, 1])])] },
    rejects: [
      Rejection([TensorType(.int, [2]), TensorType(.int, [3])]),
      Rejection([TensorType(.real, [2]), TensorType(.real, [2])]),
    ])

  package let claimed: Op = Op(
    "claimed", operands: ["x"],
    doc: """
      `x` itself, where its numbers are what [claim] says; an error where they are not. A sum may be \
      off by a thousandth and a bound by a millionth, for rounding. [rank] is the rank as written: \
      axes in front of it are steps of loops and entries of batches.
      """,
    surface: .none,
    refinement: { $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(.real, types, at: 0)
      if Checks.claim(of: attributes) == .simplex {
        try TypeRules.require(axis: attributes.axis("axis"), types, at: 0)
      }
      return types
    },
    kernel: .library,
    evaluate: { (evaluation) throws(EvaluationProblem) in
      let x = evaluation.operands[0]
      let attributes = evaluation.attributes
      let claim = Checks.claim(of: attributes)
      let axis = claim == .simplex ? attributes.axis("axis") : nil
      if let broken = BrokenClaim(of: x.doubles, x.shape, claim, axis: axis) {
        let steps = broken.place.prefix(max(0, x.shape.count - attributes.integer("rank")))
        let place =
          steps.isEmpty
          ? "" : ", in step \(steps.map(String.init).joined(separator: ", ")) of the loop or batch"
        throw EvaluationProblem("claim-failed", "\(broken.message)\(place)")
      }
      return [x]
    },
    parts: BrokenClaim.asserted,
    gradient: .pullback { $0.cotangents },
    samples: {
      func attributes(_ claim: Refinement, rank: Int) -> Attributes {
        ["claim": .text(claim.rawValue), "rank": .integer(rank)]
      }
      var simplex = attributes(.simplex, rank: 2)
      simplex["axis"] = .axis(0)
      return [
        Sample("weights", [Samplers.given([0.25, 0.5, 0.75, 0.5], [2, 2])], simplex),
        Sample(
          "positive", [Samplers.reals([3], in: 0.5...2, seed: 1)], attributes(.positive, rank: 1)),
        Sample("unit", [Samplers.reals([], in: 0.2...0.8, seed: 2)], attributes(.unit, rank: 0)),
      ]
    },
    rejects: [
      Rejection([TensorType(.int, [2])], ["claim": .text("unit"), "rank": .integer(1)]),
      Rejection(
        [TensorType(.real, [2])],
        ["claim": .text("simplex"), "rank": .integer(1), "axis": .axis(1)]),
    ])

  /// What is not so in a claim, in words; nil where it holds.
  /// - Parameter axis: along which a simplex sums to one.
  package static func broken(_ claim: Refinement, of x: Tensor, axis: Int?) -> String? {
    BrokenClaim(of: x.doubles, x.shape, claim, axis: axis)?.message
  }

  /// What a node of `claimed` claims.
  package static func claim(of attributes: Attributes) -> Refinement {
    guard let claim = Refinement(rawValue: attributes.text("claim")) else {
      preconditionFailure("a node claims what is no claim")
    }
    return claim
  }

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
        try TypeRules.require(count: attributes["masked"] == .flag(true) ? 2 : 1, types)
        return try TypeRules.observed(types, attributes)
      },
      kernel: .observe,
      gradient: .zero(because: "it has no result"),
      samples: { [Sample("true", [Tensor(bools: [true])], ["label": .text("")])] },
      rejects: [
        Rejection([TensorType(.bool)], ["label": .text(""), "masked": .flag(true)])
      ])
  }
}

package let checks: Checks = Checks()

package func entrySizesAttributes(
  _ label: String, atLeast least: Dim = 1, code: String = "empty-reduction"
) -> Attributes {
  ["least": .dim(least), "label": .text(label), "code": .text(code)]
}
