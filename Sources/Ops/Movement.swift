// Rows that rearrange elements.
//
// The views of Kernel.swift and what is made of them. Their pullbacks are views again.

package import IR
import Tensors

package struct Movement: OpFamily {
  package static let title = "Moving elements"

  package let broadcast: Op = Op(
    "broadcast", operands: ["x"],
    doc: "Repeats `x` along the axes of the result that it lacks.",
    surface: .none,
    refinement: { $0[0] == .simplex ? .unit : $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let axes = attributes.axes("axes")
      let shape = attributes.shape("shape")
      guard axes.count == types[0].rank, Set(axes).count == axes.count,
        axes.allSatisfy(shape.indices.contains)
      else {
        throw TypeProblem(
          operand: 0, expected: "a tensor with axes for \(axes) of \(TensorType(.real, shape))",
          found: types[0].description)
      }
      try TypeRules.require(shape: axes.map { shape[$0] }, types, at: 0)
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .view(.broadcast),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil] }
      let axes = p.attributes.axes("axes")
      let gone = p.builder.shape(g).indices.filter { !axes.contains($0) }
      let sorted = axes.sorted()
      let order = axes.map { axis in sorted.filter { $0 < axis }.count }
      return [p.builder.transpose(p.builder.sum(g, axes: Array(gone)), order)]
    },
    samples: {
      [
        Sample(
          "scalar", [Samplers.reals(seed: 1)], ["axes": .axes([]), "shape": .shape([2, 3])]),
        Sample(
          "row", [Samplers.reals([3], seed: 2)], ["axes": .axes([1]), "shape": .shape([2, 3])]),
        Sample(
          "turned", [Samplers.reals([3, 2], seed: 3)],
          ["axes": .axes([2, 0]), "shape": .shape([2, 2, 3])]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [3])], ["axes": .axes([0]), "shape": .shape([2, 3])]),
      Rejection([TensorType(.real, [3])], ["axes": .axes([]), "shape": .shape([2, 3])]),
    ])

  package let reshape: Op = Op(
    "reshape", operands: ["x"],
    doc: "The same elements, in row-major order, in another shape.",
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let shape = attributes.shape("shape")
      guard types[0].shape.reduce(1, *) == shape.reduce(1, *) else {
        throw TypeProblem(
          operand: 0, expected: "\(shape.reduce(1, *)) elements", found: types[0].description)
      }
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .view(.reshape),
    gradient: .pullback { p in
      [p.cotangents[0].map { p.builder.reshape($0, to: p.type(p.operands[0]).shape) }]
    },
    samples: {
      [Sample("flat", [Samplers.reals([2, 3], seed: 1)], ["shape": .shape([6])])]
    },
    rejects: [Rejection([TensorType(.real, [2, 3])], ["shape": .shape([5])])])

  package let transpose: Op = Op(
    "transpose", operands: ["x"],
    doc: "The axes of `x` in another order.",
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let axes = attributes.axes("axes")
      guard axes.sorted() == Array(types[0].shape.indices) else {
        throw TypeProblem(
          operand: 0, expected: "a tensor with \(axes.count) axes", found: types[0].description)
      }
      return [TensorType(types[0].dtype, axes.map { types[0].shape[$0] })]
    },
    kernel: .view(.transpose),
    gradient: .pullback { p in
      let axes = p.attributes.axes("axes")
      let inverse = axes.indices.sorted { axes[$0] < axes[$1] }
      return [p.cotangents[0].map { p.builder.transpose($0, inverse) }]
    },
    samples: {
      [Sample("turned", [Samplers.reals([2, 3, 4], seed: 1)], ["axes": .axes([2, 0, 1])])]
    },
    rejects: [Rejection([TensorType(.real, [2, 3])], ["axes": .axes([0, 1, 2])])])

  package let slice: Op = Op(
    "slice", operands: ["x"],
    doc: "A run of entries along an axis.",
    surface: .none,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let axis = attributes.axis("axis")
      try TypeRules.require(axis: axis, types, at: 0)
      let start = attributes.dim("start")
      let count = attributes.dim("count")
      if let rest = (types[0].shape[axis] - start - count).constant, rest < 0 {
        throw TypeProblem(
          operand: 0, expected: "at least \(start + count) entries", found: types[0].description)
      }
      var shape = types[0].shape
      shape[axis] = count
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .view(.slice),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil] }
      let axis = p.attributes.axis("axis")
      let start = p.attributes.dim("start")
      let type = p.type(p.operands[0])
      func zeros(_ count: Dim) -> [Value] {
        if count == 0 { return [] }
        var shape = type.shape
        shape[axis] = count
        return [p.builder.zeros(like: TensorType(type.dtype, shape))]
      }
      let after = type.shape[axis] - start - p.attributes.dim("count")
      return [p.builder.concatenate(zeros(start) + [g] + zeros(after), axis: axis)]
    },
    samples: {
      [
        Sample(
          "middle", [Samplers.reals([2, 5], seed: 1)],
          ["axis": .axis(1), "start": .dim(1), "count": .dim(3)])
      ]
    },
    rejects: [
      Rejection(
        [TensorType(.real, [4])], ["axis": .axis(0), "start": .dim(2), "count": .dim(3)])
    ])

  package let concatenate: Op = Op(
    "concatenate", operands: ["parts"], isVariadic: true,
    doc: "The operands one after another along an axis.",
    surface: .pointwise(operator: "++"),
    type: { (types, attributes) throws(TypeProblem) in
      if types.isEmpty {
        throw TypeProblem(operand: nil, expected: "at least 1 operand", found: "0")
      }
      let axis = attributes.axis("axis")
      var total: Dim = 0
      for index in types.indices {
        try TypeRules.require(axis: axis, types, at: index)
        var expected = types[0]
        expected.shape[axis] = types[index].shape[axis]
        if types[index] != expected {
          throw TypeProblem(
            operand: index, expected: expected.description, found: types[index].description)
        }
        total = total + types[index].shape[axis]
      }
      var shape = types[0].shape
      shape[axis] = total
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .view(.concatenate),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return p.operands.map { _ in nil } }
      let axis = p.attributes.axis("axis")
      var start: Dim = 0
      return p.operands.map { part in
        let count = p.type(part).shape[axis]
        defer { start = start + count }
        return p.builder.slice(g, axis: axis, start: start, count: count)
      }
    },
    samples: {
      [
        Sample(
          "three", [1, 2, 3].map { Samplers.reals([2, $0], seed: UInt64($0)) },
          ["axis": .axis(1)])
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [2, 3]), TensorType(.real, [3, 3])], ["axis": .axis(1)])
    ])

  package let reverse: Op = Op(
    "reverse", operands: ["x"],
    doc: "Back to front along a dim.",
    surface: .along,
    refinement: { $0[0] },
    type: TypeRules.along(.any),
    kernel: .view(.reverse),
    gradient: .pullback { p in
      [p.cotangents[0].map { p.builder.reverse($0, axis: p.attributes.axis("axis")) }]
    },
    samples: { [Sample("matrix", [Samplers.reals([2, 3], seed: 1)], ["axis": .axis(1)])] },
    rejects: [Rejection([TensorType(.real, [3])], ["axis": .axis(1)])],
    laws: [.involution])
}

package let movement: Movement = Movement()
