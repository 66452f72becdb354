// Rows that only move numbers: the views, and what is put together from them.
//
// Six views are primitive. `pad`, `stack` and `roll` are composite; ordering (`sort`, `topk`) is in
// `Movement+Order.swift`. Every move is undone by another move, so derivatives of any order are
// exact and stay within this family, sums and `scatter_add`.
//
// Promise: types compare dims by normal form; whether a slice with symbolic ends fits is asked when
// the sizes are known.

package import IR
import Tensors

package struct Movement: OpFamily {
  package static let title = "Moving elements"

  package let broadcast: Op = Op(
    "broadcast", operands: ["x"],
    doc: "`x` with its axes at the places [axes] of [shape], repeated along the others.",
    surface: .none,
    refinement: { $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let (x, axes, shape) = (types[0], attributes.axes("axes"), attributes.shape("shape"))
      try TypeRules.require(axes: axes, [TensorType(x.dtype, shape)], at: 0)
      if axes.map({ shape[$0] }) != x.shape {
        throw TypeProblem(
          operand: 0, expected: TensorType(x.dtype, axes.map { shape[$0] }).written,
          found: x.written)
      }
      return [TensorType(x.dtype, shape)]
    },
    kernel: .view(.broadcast),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil] }
      let b = p.builder
      let axes = p.attributes.axes("axes")
      let repeated = (0..<p.type(g).rank).filter { !axes.contains($0) }
      let sum = b.sum(g, axes: repeated)
      // What is left stands in the order of the result; the operand's may differ.
      let places = axes.sorted().map { place in axes.firstIndex(of: place) ?? 0 }
      return [b.transposed(sum, toPlaces: places)]
    },
    samples: {
      [
        Sample("scalar", [Samplers.reals([], seed: 1)], broadcastAttributes([], [2, 3])),
        Sample(
          "vector along rows", [Samplers.reals([3], seed: 2)], broadcastAttributes([1], [2, 3])),
        Sample(
          "vector along columns", [Samplers.reals([2], seed: 3)], broadcastAttributes([0], [2, 3])),
        Sample(
          "crossed axes", [Samplers.reals([3, 2], seed: 4)],
          broadcastAttributes([2, 0], [2, 4, 3])),
        Sample("no repetition", [Samplers.reals([0], seed: 5)], broadcastAttributes([1], [2, 0])),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [3])], broadcastAttributes([0], [2, 3])),
      Rejection([TensorType(.real, [3])], broadcastAttributes([], [2, 3])),
      Rejection([TensorType(.real, [3, 3])], broadcastAttributes([1, 1], [2, 3])),
    ])

  package let reshape: Op = Op(
    "reshape", operands: ["x"],
    doc: "The same entries in row-major order, as [shape].",
    surface: .none,
    refinement: Claims.elementwise,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let shape = attributes.shape("shape")
      let count = types[0].shape.reduce(1, *)
      if count.isOverflow || count != shape.reduce(1, *) {
        throw TypeProblem(
          operand: 0, expected: "\(shape.reduce(1, *).written) entries", found: types[0].written)
      }
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .view(.reshape),
    gradient: .pullback { p in
      [p.cotangents[0].map { p.builder.reshape($0, to: p.type(p.operands[0]).shape) }]
    },
    samples: {
      [
        Sample("split", [Samplers.reals([6], seed: 1)], ["shape": .shape([2, 3])]),
        Sample("merge", [Samplers.reals([2, 3], seed: 2)], ["shape": .shape([6])]),
        Sample("scalar", [Samplers.reals([1, 1], seed: 3)], ["shape": .shape([])]),
      ]
    },
    rejects: [Rejection([TensorType(.real, [2, 3])], ["shape": .shape([5])])])

  package let transpose: Op = Op(
    "transpose", operands: ["x"],
    doc: "Axis k of the result is axis [axes][k] of `x`.",
    surface: .none,
    refinement: { $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let axes = attributes.axes("axes")
      try TypeRules.require(axes: axes, types, at: 0)
      if axes.count != types[0].rank {
        throw TypeProblem(operand: 0, expected: "\(axes.count) dims", found: types[0].written)
      }
      return [TensorType(types[0].dtype, axes.map { types[0].shape[$0] })]
    },
    kernel: .view(.transpose),
    gradient: .pullback { p in
      [p.cotangents[0].map { p.builder.transposed($0, toPlaces: p.attributes.axes("axes")) }]
    },
    samples: {
      [
        Sample("matrix", [Samplers.reals([2, 3], seed: 1)], ["axes": .axes([1, 0])]),
        Sample("cycle", [Samplers.reals([2, 3, 4], seed: 2)], ["axes": .axes([2, 0, 1])]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [2, 3])], ["axes": .axes([0])]),
      Rejection([TensorType(.real, [2, 3])], ["axes": .axes([0, 0])]),
    ])

  package let slice: Op = Op(
    "slice", operands: ["x"],
    doc: "The [count] entries of `x` from [start] on along [axis].",
    surface: .none,
    refinement: Claims.elementwise,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      let axis = attributes.axis("axis")
      try TypeRules.require(axis: axis, types, at: 0)
      let (start, count) = (attributes.dim("start"), attributes.dim("count"))
      var shape = types[0].shape
      for part in [start, count, shape[axis] - start - count] {
        if part.isOverflow || part.constant.map({ $0 < 0 }) == true {
          throw TypeProblem(
            operand: 0,
            expected: "\((start + count).written) entries along its \(TypeRules.ordinal(axis)) dim",
            found: shape[axis].written)
        }
      }
      shape[axis] = count
      return [TensorType(types[0].dtype, shape)]
    },
    kernel: .view(.slice),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil] }
      let axis = p.attributes.axis("axis")
      let (start, count) = (p.attributes.dim("start"), p.attributes.dim("count"))
      let size = p.type(p.operands[0]).shape[axis]
      return [
        p.builder.padded(
          g, with: p.builder.real(0), axis: axis, before: start, after: size - start - count)
      ]
    },
    samples: {
      [
        Sample("inside", [Samplers.reals([2, 5], seed: 1)], sliceAttributes(1, 1, 3)),
        Sample("front", [Samplers.reals([4], seed: 2)], sliceAttributes(0, 0, 2)),
        Sample("all", [Samplers.reals([4], seed: 3)], sliceAttributes(0, 0, 4)),
        Sample("none", [Samplers.reals([4], seed: 4)], sliceAttributes(0, 2, 0)),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [4])], sliceAttributes(0, 2, 3)),
      Rejection([TensorType(.real, [4])], sliceAttributes(1, 0, 1)),
      Rejection([TensorType(.real, [4])], sliceAttributes(0, -1, 2)),
    ])

  package let concatenate: Op = Op(
    "concatenate", operands: ["parts"], isVariadic: true,
    doc: "The parts one after another along [axis].",
    surface: .none,
    refinement: Claims.joined,
    type: { (types, attributes) throws(TypeProblem) in
      guard let first = types.first else {
        throw TypeProblem(operand: nil, expected: "at least one part", found: "none")
      }
      let axis = attributes.axis("axis")
      try TypeRules.require(axis: axis, types, at: 0)
      var result = first
      for (operand, type) in types.enumerated().dropFirst() {
        var expected = first
        if axis < type.rank { expected.shape[axis] = type.shape[axis] }
        if type != expected {
          throw TypeProblem(operand: operand, expected: expected.written, found: type.written)
        }
        result.shape[axis] = result.shape[axis] + type.shape[axis]
      }
      return [result]
    },
    kernel: .view(.concatenate),
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return p.operands.map { _ in nil } }
      let axis = p.attributes.axis("axis")
      var start: Dim = 0
      return p.operands.map { operand in
        let count = p.type(operand).shape[axis]
        defer { start = start + count }
        return p.builder.slice(g, axis: axis, start: start, count: count)
      }
    },
    samples: {
      [
        Sample(
          "vectors", [Samplers.reals([2], seed: 1), Samplers.reals([3], seed: 2)],
          ["axis": .axis(0)]),
        Sample(
          "columns",
          [
            Samplers.reals([2, 1], seed: 3), Samplers.reals([2, 0], seed: 4),
            Samplers.reals([2, 3], seed: 5),
          ], ["axis": .axis(1)]),
        Sample("one part", [Samplers.reals([2], seed: 6)], ["axis": .axis(0)]),
      ]
    },
    rejects: [
      Rejection([], ["axis": .axis(0)]),
      Rejection([TensorType(.real, [2]), TensorType(.int, [2])], ["axis": .axis(0)]),
      Rejection([TensorType(.real, [2, 2]), TensorType(.real, [3, 2])], ["axis": .axis(1)]),
      Rejection([TensorType(.real, [])], ["axis": .axis(0)]),
    ])

  package let reverse: Op = Op(
    "reverse", operands: ["x"],
    doc: "`x` back to front along the named dim.",
    surface: .along,
    refinement: { $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(axis: attributes.axis("axis"), types, at: 0)
      return types
    },
    kernel: .view(.reverse),
    gradient: .pullback { p in
      [p.cotangents[0].map { p.builder.reverse($0, axis: p.attributes.axis("axis")) }]
    },
    samples: {
      [
        Sample("vector", [Samplers.reals([4], seed: 1)], ["axis": .axis(0)]),
        Sample("matrix", [Samplers.reals([2, 3], seed: 2)], ["axis": .axis(1)]),
      ]
    },
    rejects: [Rejection([TensorType(.real, [4])], ["axis": .axis(1)])],
    laws: [.involution])

  package let rotate: Op = Op(
    "rotate", operands: ["x"],
    doc: "Entry i moves to i + [by] along [axis], round the end: `roll` by a known number.",
    surface: .none,
    refinement: { $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 1, types)
      try TypeRules.require(axis: attributes.axis("axis"), types, at: 0)
      return types
    },
    kernel: .view(.rotate),
    gradient: .pullback { p in
      let (axis, by) = (p.attributes.axis("axis"), p.attributes.integer("by"))
      return [p.cotangents[0].map { p.builder.rotate($0, axis: axis, by: -by) }]
    },
    samples: {
      [
        Sample(
          "vector", [Samplers.reals([4], seed: 1)], ["axis": .axis(0), "by": .integer(1)]),
        Sample(
          "back, beyond the end", [Samplers.reals([3, 2], seed: 2)],
          ["axis": .axis(0), "by": .integer(-7)]),
      ]
    },
    rejects: [Rejection([TensorType(.real, [4])], ["axis": .axis(1), "by": .integer(1)])])

  package let pad: Op = Op(
    "pad", operands: ["x", "value"],
    doc: "`x` with `before` copies of `value` in front of it along the dim and `after` behind it.",
    surface: .special("pad[D](x, before: int, after: int, value: real = 0.0)"),
    refinement: Claims.joined,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 2, types)
      let axis = attributes.axis("axis")
      try TypeRules.require(axis: axis, types, at: 0)
      if types[1] != TensorType(types[0].dtype) {
        throw TypeProblem(
          operand: 1, expected: TensorType(types[0].dtype).written, found: types[1].written)
      }
      var result = types[0]
      for part in [attributes.dim("before"), attributes.dim("after")] {
        if part.isOverflow || part.constant.map({ $0 < 0 }) == true {
          throw TypeProblem(operand: nil, expected: "a width of 0 or more", found: part.written)
        }
        result.shape[axis] = result.shape[axis] + part
      }
      return [result]
    },
    kernel: .composite { b, x, attributes in
      [
        b.padded(
          x[0], with: x[1], axis: attributes.axis("axis"), before: attributes.dim("before"),
          after: attributes.dim("after"))
      ]
    },
    gradient: .parts,
    samples: {
      [
        Sample(
          "both ends", [Samplers.reals([2, 3], seed: 1), Samplers.reals([], seed: 2)],
          padAttributes(1, 2, 1)),
        Sample(
          "one end", [Samplers.reals([3], seed: 3), Samplers.reals([], seed: 4)],
          padAttributes(0, 0, 2)),
        Sample(
          "neither", [Samplers.reals([3], seed: 5), Samplers.reals([], seed: 6)],
          padAttributes(0, 0, 0)),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [3]), TensorType(.int)], padAttributes(0, 1, 1)),
      Rejection([TensorType(.real, [3]), TensorType(.real)], padAttributes(0, -1, 1)),
    ])

  package let stack: Op = Op(
    "stack", operands: ["parts"], isVariadic: true,
    doc: "Parts of one shape along a new dim, in front unless [axis] says otherwise.",
    surface: .special("[a, b, ..]"),
    refinement: Claims.shared,
    type: { (types, attributes) throws(TypeProblem) in
      guard let first = types.first else {
        throw TypeProblem(operand: nil, expected: "at least one part", found: "none")
      }
      for (operand, type) in types.enumerated() where type != first {
        throw TypeProblem(operand: operand, expected: first.written, found: type.written)
      }
      var shape = first.shape
      let axis = attributes.axis("axis")
      guard axis >= 0 && axis <= shape.count else {
        throw TypeProblem(operand: 0, expected: "at least \(axis) dims", found: first.written)
      }
      shape.insert(Dim(types.count), at: axis)
      return [TensorType(first.dtype, shape)]
    },
    kernel: .composite { b, x, attributes in
      let axis = attributes.axis("axis")
      let parts = x.map { part in
        var shape = b.type(of: part).shape
        shape.insert(1, at: axis)
        return b.reshape(part, to: shape)
      }
      return [b.concatenate(parts, axis: axis)]
    },
    gradient: .parts,
    samples: {
      [
        Sample(
          "scalars", [Samplers.reals([], seed: 1), Samplers.reals([], seed: 2)],
          ["axis": .axis(0)]),
        Sample(
          "columns", [Samplers.reals([3], seed: 3), Samplers.reals([3], seed: 4)],
          ["axis": .axis(1)]),
      ]
    },
    rejects: [
      Rejection([], ["axis": .axis(0)]),
      Rejection([TensorType(.real, [2]), TensorType(.real, [3])], ["axis": .axis(0)]),
      Rejection([TensorType(.real, [2])], ["axis": .axis(2)]),
    ])

  package let roll: Op = Op(
    "roll", operands: ["x", "shift"],
    doc: "Entry i moves to i + `shift` along the named dim, round the end; any int will do.",
    surface: .special("roll[D](x, shift: int)"),
    refinement: { $0[0] },
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 2, types)
      try TypeRules.require(axis: attributes.axis("axis"), types, at: 0)
      if types[1] != TensorType(.int) {
        throw TypeProblem(operand: 1, expected: TensorType(.int).written, found: types[1].written)
      }
      return [types[0]]
    },
    kernel: .composite { b, x, attributes in
      let axis = attributes.axis("axis")
      let shape = b.type(of: x[0]).shape
      let source = b.emit(
        pointwise.mod, b.sub(b.iota(shape[axis]), x[1]), b.size(shape[axis]))
      let indices = b.broadcast(source, to: Array(shape[...axis]), axes: [axis])
      return [b.gather(x[0], indices, batch: axis)]
    },
    gradient: .parts,
    samples: {
      [
        Sample("forward", [Samplers.reals([5], seed: 1), Tensor(ints: [2])], ["axis": .axis(0)]),
        Sample(
          "back, beyond the end", [Samplers.reals([2, 3], seed: 2), Tensor(ints: [-7])],
          ["axis": .axis(1)]),
        Sample(
          "first of two axes", [Samplers.reals([3, 2], seed: 3), Tensor(ints: [1])],
          ["axis": .axis(0)]),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [3]), TensorType(.real)], ["axis": .axis(0)]),
      Rejection([TensorType(.real, [3]), TensorType(.int, [1])], ["axis": .axis(0)]),
    ])

  package let sort: Op = sortRow
  package let topk: Op = topkRow
}

package let movement: Movement = Movement()
