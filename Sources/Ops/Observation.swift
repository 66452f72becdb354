// Rows that show values to the user and change none.
//
// Where only some entries of a lifted axis come to the place, the node is `masked`: the first
// operand says which, and the others have its axes in front. The host sees those entries alone.

package import IR
import Tensors

package struct Observing: OpFamily {
  package static let title = "Observing"

  package let print: Op = observer(
    "print", doc: "Prints its operands, each time the program reaches it.",
    surface: .special("print(x, …): any values and texts"))

  package let probe: Op = observer(
    "probe", doc: "Records a tensor under a name, for views of a run. Free where nobody views.",
    surface: .special("probe(\"name\", x)"))

  /// `log(…)` as a statement; the function of that name is the logarithm.
  package let logValues: Op = observer(
    "log_values", doc: "Adds named numbers to the log of the run.",
    surface: .special("log(step, name: value, …)"))

  private static func observer(_ name: String, doc: String, surface: Surface) -> Op {
    Op(
      name, operands: ["values"], isVariadic: true, doc: doc, surface: surface,
      type: { (types, attributes) throws(TypeProblem) in
        try TypeRules.observed(types, attributes)
      },
      kernel: .observe,
      gradient: .zero(because: "it has no result"),
      samples: {
        [
          Sample(
            "mixed", [Samplers.reals([2], seed: 1), Samplers.ints(seed: 2)],
            ["label": .text("sample")]),
          Sample(
            "masked", [Tensor([2], bools: [true, false]), Samplers.reals([2, 3], seed: 3)],
            ["label": .text("sample"), "masked": .flag(true)]),
        ]
      },
      rejects: [
        Rejection(
          [TensorType(.bool, [2]), TensorType(.real, [3])],
          ["label": .text("sample"), "masked": .flag(true)]),
        Rejection([], ["label": .text("sample"), "masked": .flag(true)]),
      ])
  }
}

package let observation: Observing = Observing()
