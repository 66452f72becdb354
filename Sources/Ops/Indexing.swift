// Rows of a table by run-time indices: reading them, adding to them, replacing them.
//
// The three rows are each other's derivatives: reading is undone by adding, adding by reading, and
// replacing by reading those updates that were not replaced themselves. Nothing else is needed at
// any order.

package import IR
import Tensors

package struct Indexing: OpFamily {
  package static let title = "Rows by index"

  package let gather: Op = Op(
    "gather", operands: ["table", "indices"],
    // The first [batch] axes are in common. Where [clamped], an index outside of the table stands for
    // the nearest row, and of a table without rows for zeros.
    doc: """
      The rows of `table` that `indices` names, in the shape of `indices`. An index outside of the \
      table is an error.
      """,
    surface: .special("gather(table: [R, ..], indices: int [..]) -> [.., ..]"),
    refinement: Claims.elementwise,
    type: { (types, attributes) throws(TypeProblem) in
      try TypeRules.require(count: 2, types)
      let (table, indices) = (types[0], types[1])
      let batch = try checkBatch(table, indices, attributes)
      return [
        TensorType(table.dtype, indices.shape + table.shape[(batch + 1)...])
      ]
    },
    kernel: .gather,
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil, nil] }
      let b = p.builder
      let zeros = b.zeros(like: p.type(p.operands[0]))
      return [
        b.scatterAdd(
          zeros, p.operands[1], g, batch: p.attributes.integer("batch"),
          bounds: p.attributes.rowBounds), nil,
      ]
    },
    samples: {
      [
        Sample(
          "rows, one of them twice",
          [Samplers.reals([4, 3], seed: 1), Tensor([3], ints: [2, 0, 2])],
          gatherAttributes()),
        Sample(
          "one row", [Samplers.reals([4, 3], seed: 2), Tensor([], ints: [3])], gatherAttributes()),
        Sample(
          "a matrix of indices with a batch axis",
          [
            Samplers.reals([2, 3, 2], seed: 3), Tensor([2, 2, 2], ints: [0, 2, 1, 1, 2, 2, 0, 1]),
          ],
          gatherAttributes(batch: 1)),
        Sample(
          "clamped", [Samplers.reals([3], seed: 4), Tensor([4], ints: [-5, 1, 2, 9])],
          gatherAttributes(clamped: true)),
        Sample(
          "no indices", [Samplers.reals([3, 2], seed: 5), Tensor([0], ints: [])], gatherAttributes()
        ),
      ]
    },
    rejects: [
      Rejection([TensorType(.real, [3]), TensorType(.real, [2])], gatherAttributes()),
      Rejection([TensorType(.real, []), TensorType(.int, [2])], gatherAttributes()),
      Rejection(
        [TensorType(.real, [2, 3]), TensorType(.int, [3, 1])], gatherAttributes(batch: 1)),
    ])

  package let scatterAdd: Op = Op(
    "scatter_add", operands: ["base", "indices", "updates"],
    doc: """
      `base` with each row of `updates` added to the row that its index names. An index outside \
      the table is an error; rows that are named twice get both updates.
      """,
    surface: .special(
      "scatter_add(base: [R, ..], indices: int [..], updates: [.., ..]) -> [R, ..]"),
    refinement: { claims in
      claims.count == 3 && claims[0]?.implies(.nonneg) == true
        && claims[2]?.implies(.nonneg) == true ? .nonneg : nil
    },
    type: scatterType,
    kernel: .scatter,
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil, nil, nil] }
      let rows = p.builder.gather(
        g, p.operands[1], batch: p.attributes.integer("batch"), bounds: p.attributes.rowBounds)
      return [g, nil, rows]
    },
    samples: { scatterSamples(replaces: false) },
    rejects: scatterRejections(replaces: false))

  package let scatterSet: Op = Op(
    "scatter_set", operands: ["base", "indices", "updates"],
    doc: """
      `base` with the rows that `indices` names replaced by rows of `updates`. An index outside \
      the table is an error; of two updates for one row the last one counts.
      """,
    surface: .none,
    refinement: { claims in
      guard claims.count == 3, let base = claims[0], let updates = claims[2] else { return nil }
      // Replaced entries no longer sum to one.
      if base.implies(updates) { return updates == .simplex ? .unit : updates }
      return updates.implies(base) ? (base == .simplex ? .unit : base) : nil
    },
    type: scatterType,
    kernel: .scatter,
    gradient: .pullback { p in
      guard let g = p.cotangents[0] else { return [nil, nil, nil] }
      return replacementPullback(p, g)
    },
    samples: { scatterSamples(replaces: true) },
    rejects: scatterRejections(replaces: true))
}

package let indexing = Indexing()

// MARK: Attributes

package func gatherAttributes(batch: Int = 0, clamped: Bool = false) -> Attributes {
  ["batch": .integer(batch), "clamped": .flag(clamped)]
}

/// `replaces` tells the scatter kernel which of the two rows it serves.
package func scatterAttributes(batch: Int = 0, replaces: Bool) -> Attributes {
  ["batch": .integer(batch), "replaces": .flag(replaces)]
}

extension Builder {
  package func gather(
    _ table: Value, _ indices: Value, batch: Int = 0, bounds: RowBounds = .error
  ) -> Value {
    emit(
      indexing.gather, table, indices,
      attributes: gatherAttributes(batch: batch).bounded(by: bounds))
  }

  package func scatterAdd(
    _ base: Value, _ indices: Value, _ updates: Value, batch: Int = 0, bounds: RowBounds = .error
  ) -> Value {
    emit(
      indexing.scatterAdd, base, indices, updates,
      attributes: scatterAttributes(batch: batch, replaces: false).bounded(by: bounds))
  }

  package func scatterSet(
    _ base: Value, _ indices: Value, _ updates: Value, batch: Int = 0, bounds: RowBounds = .error
  ) -> Value {
    emit(
      indexing.scatterSet, base, indices, updates,
      attributes: scatterAttributes(batch: batch, replaces: true).bounded(by: bounds))
  }
}

extension Attributes {
  fileprivate func bounded(by bounds: RowBounds) -> Attributes {
    var result = self
    if bounds != .error { result.rowBounds = bounds }
    return result
  }
}

// MARK: Types and pullbacks

/// The number of common leading axes, once table and indices agree about them.
private func checkBatch(
  _ table: TensorType, _ indices: TensorType, _ attributes: Attributes
) throws(TypeProblem) -> Int {
  let batch = attributes.integer("batch")
  if batch < 0 || table.rank <= batch {
    throw TypeProblem(
      operand: 0, expected: "more than \(batch) dims", found: table.written)
  }
  if indices.dtype != .int || indices.rank < batch
    || indices.shape[..<batch] != table.shape[..<batch]
  {
    let expected = TensorType(.int, Array(table.shape[..<batch]))
    throw TypeProblem(
      operand: 1,
      expected: batch == 0 ? "int indices" : "indices that begin like \(expected.written)",
      found: indices.written)
  }
  return batch
}

@Sendable private func scatterType(
  _ types: [TensorType], _ attributes: Attributes
) throws(TypeProblem) -> [TensorType] {
  try TypeRules.require(count: 3, types)
  let (base, indices) = (types[0], types[1])
  let batch = try checkBatch(base, indices, attributes)
  let updates = TensorType(base.dtype, indices.shape + base.shape[(batch + 1)...])
  if types[2] != updates {
    throw TypeProblem(operand: 2, expected: updates.written, found: types[2].written)
  }
  if base.dtype == .bool && attributes["replaces"] != .flag(true) {
    throw TypeProblem(operand: 0, expected: "numbers", found: base.written)
  }
  return [base]
}

/// An update has a cotangent where it is the last one of its row.
private func replacementPullback(_ p: Pullback, _ g: Value) -> [Value?] {
  let b = p.builder
  let indices = p.operands[1]
  let batch = p.attributes.integer("batch")
  let bounds = p.attributes.rowBounds
  let updates = p.type(p.operands[2])
  // Read first, so that the rows can be cleared in place.
  let read = b.gather(g, indices, batch: batch, bounds: bounds)
  let kept = b.scatterSet(g, indices, b.zeros(like: updates), batch: batch, bounds: bounds)
  let named = p.type(indices).shape
  if named.count == batch { return [kept, nil, read] }
  let rows = p.type(p.operands[0]).shape[batch]
  let counts =
    isSparse(updates: named[batch...].reduce(1, *), in: rows)
    ? lastByComparison(p, rows) : lastByTable(p)
  let mask = b.broadcast(counts, to: updates.shape, axes: Array(0..<named.count))
  return [kept, nil, b.select(mask, read, b.real(0))]
}

/// Whether comparing the updates with each other costs no more than a table of the rows.
private func isSparse(updates: Dim, in rows: Dim) -> Bool {
  (updates.constant ?? .max) <= 16 || (rows - updates * updates).isNeverNegative
}

/// Which updates no later one of the same row follows.
private func lastByComparison(_ p: Pullback, _ rows: Dim) -> Value {
  let b = p.builder
  let batch = p.attributes.integer("batch")
  let named = p.type(p.operands[1]).shape
  let count = named[batch...].reduce(1, *)
  var row = b.reshape(p.operands[1], to: named[..<batch] + [count])
  if p.attributes.rowBounds == .nearest {
    let last = b.sub(b.size(rows), b.integer(1))
    row = b.emit(pointwise.minimum, b.emit(pointwise.maximum, row, b.integer(0)), last)
  }
  let pairs = named[..<batch] + [count, count]
  let shared = Array(0..<batch)
  func spread(_ x: Value, along axis: Int, after axes: [Int]) -> Value {
    b.broadcast(x, to: Array(pairs), axes: axes + [batch + axis])
  }
  let number = b.iota(count)
  let isSame = b.emit(
    pointwise.equal, spread(row, along: 0, after: shared), spread(row, along: 1, after: shared))
  let isLater = b.emit(
    pointwise.less, spread(number, along: 0, after: []), spread(number, along: 1, after: []))
  let isFollowed = b.emit(
    reductions.any, b.emit(pointwise.and, isSame, isLater),
    attributes: ["axes": .axes([batch + 1])])
  return b.reshape(b.emit(pointwise.not, isFollowed), to: named)
}

/// The same from a scatter of the updates' own numbers: what stands in a row afterwards is the
/// number of the one that counts.
private func lastByTable(_ p: Pullback) -> Value {
  let b = p.builder
  let indices = p.operands[1]
  let batch = p.attributes.integer("batch")
  let bounds = p.attributes.rowBounds
  let named = p.type(indices).shape
  let own = Array(named[batch...])
  let number = b.reshape(b.iota(own.reduce(1, *)), to: own)
  let numbers = b.broadcast(number, to: named, axes: Array(batch..<named.count))
  let none = b.broadcast(
    b.integer(-1), to: Array(p.type(p.operands[0]).shape[...batch]), axes: [])
  let last = b.scatterSet(none, indices, numbers, batch: batch, bounds: bounds)
  return b.emit(
    pointwise.equal, b.gather(last, indices, batch: batch, bounds: bounds), numbers)
}

// MARK: Samples

private func scatterSamples(replaces: Bool) -> [Sample] {
  [
    Sample(
      "rows, one of them twice",
      [
        Samplers.reals([4, 2], seed: 1), Tensor([3], ints: [3, 0, 3]),
        Samplers.reals([3, 2], seed: 2),
      ],
      scatterAttributes(replaces: replaces)),
    Sample(
      "one row",
      [Samplers.reals([4, 2], seed: 3), Tensor([], ints: [1]), Samplers.reals([2], seed: 4)],
      scatterAttributes(replaces: replaces)),
    Sample(
      "a matrix of indices with a batch axis",
      [
        Samplers.reals([2, 3, 2], seed: 5), Tensor([2, 2, 2], ints: [0, 2, 0, 1, 2, 2, 0, 2]),
        Samplers.reals([2, 2, 2, 2], seed: 6),
      ],
      scatterAttributes(batch: 1, replaces: replaces)),
    Sample(
      "no indices",
      [Samplers.reals([3], seed: 7), Tensor([0], ints: []), Samplers.reals([0], seed: 8)],
      scatterAttributes(replaces: replaces)),
  ]
}

private func scatterRejections(replaces: Bool) -> [Rejection] {
  [
    Rejection(
      [TensorType(.real, [4, 2]), TensorType(.int, [3]), TensorType(.real, [3])],
      scatterAttributes(replaces: replaces)),
    Rejection(
      [TensorType(.real, [4]), TensorType(.real, [3]), TensorType(.real, [3])],
      scatterAttributes(replaces: replaces)),
    Rejection(
      [TensorType(.real, [4]), TensorType(.int, [3]), TensorType(.int, [3])],
      scatterAttributes(replaces: replaces)),
  ]
}
