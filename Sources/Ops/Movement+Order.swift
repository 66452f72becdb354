// Sorting along an axis, and its first few.
//
// Both give values and the places they came from. The values' derivative goes back by those places:
// exact while no two entries cross, and none flows through the order itself.

import IR
import Tensors

let sortRow: Op = Op(
  "sort", operands: ["x"],
  doc: """
    The entries in order along the named dim, and where each came from. Stable: of equal entries \
    the one with the lower index comes first, also when descending; NaN comes last. The gradient \
    goes back to the entries as they are ordered, none through the order.
    """,
  surface: .special("sort[D](x, descending: bool = false) -> (values, indices)"),
  refinement: { $0[0] },
  type: { (types, attributes) throws(TypeProblem) in
    try checkOrdered(types, attributes)
    return [types[0], TensorType(.int, types[0].shape)]
  },
  kernel: .library,
  evaluate: { (evaluation) throws(EvaluationProblem) in
    let x = evaluation.operands[0]
    let axis = evaluation.attributes.axis("axis")
    return try ordered(
      x, axis: axis, count: x.shape[axis], descending: evaluation.attributes.flag("descending"))
  },
  routine: .sort,
  gradient: .pullback { p in [placedBack(p)] },
  samples: {
    [
      Sample("ascending", [Samplers.reals([5], seed: 1)], sortAttributes(0, descending: false)),
      Sample("descending", [Samplers.reals([5], seed: 2)], sortAttributes(0, descending: true)),
      Sample("columns", [Samplers.reals([4, 3], seed: 3)], sortAttributes(0, descending: false)),
      Sample("rows", [Samplers.reals([3, 4], seed: 4)], sortAttributes(1, descending: true)),
      Sample(
        "equal entries", [Samplers.given([1, 0, 1, 0])],
        sortAttributes(0, descending: true), isSmooth: false),
      Sample("empty", [Samplers.reals([0], seed: 5)], sortAttributes(0, descending: false)),
    ]
  },
  rejects: [
    Rejection([TensorType(.real)], sortAttributes(0, descending: false)),
    Rejection([TensorType(.bool, [3])], sortAttributes(0, descending: false)),
  ])

let topkRow: Op = Op(
  "topk", operands: ["x"],
  doc: """
    The [count] largest entries along the named dim, the largest first, and where each came from. \
    Of equal entries the one with the lower index comes first; NaN comes last. More entries than \
    there are is an error. The gradient goes back to the entries chosen, none through the choice.
    """,
  surface: .special("topk[K](x) -> (values, indices)"),
  refinement: Claims.elementwise,
  type: { (types, attributes) throws(TypeProblem) in
    try checkOrdered(types, attributes)
    let (axis, count) = (attributes.axis("axis"), attributes.dim("count"))
    var shape = types[0].shape
    for part in [count, shape[axis] - count] where part.constant.map({ $0 < 0 }) == true {
      throw TypeProblem(
        operand: 0, expected: "at least `\(count)` entries on axis \(axis)",
        found: "`\(shape[axis])`")
    }
    shape[axis] = count
    return [TensorType(types[0].dtype, shape), TensorType(.int, shape)]
  },
  kernel: .library,
  evaluate: { (evaluation) throws(EvaluationProblem) in
    let x = evaluation.operands[0]
    let axis = evaluation.attributes.axis("axis")
    let count = try evaluation.size(evaluation.attributes.dim("count"))
    if count > x.shape[axis] {
      throw EvaluationProblem(
        "size-out-of-range", "`topk` asks for \(count) entries of \(x.shape[axis])")
    }
    return try ordered(x, axis: axis, count: count, descending: true)
  },
  routine: .largest,
  gradient: .pullback { p in [placedBack(p)] },
  samples: {
    [
      Sample("vector", [Samplers.reals([5], seed: 1)], topkAttributes(0, 2)),
      Sample("columns", [Samplers.reals([4, 3], seed: 2)], topkAttributes(0, 3)),
      Sample("none", [Samplers.reals([3], seed: 3)], topkAttributes(0, 0)),
      Sample(
        "equal entries", [Samplers.given([0, 1, 1, 0])],
        topkAttributes(0, 3), isSmooth: false),
    ]
  },
  rejects: [
    Rejection([TensorType(.real, [3])], topkAttributes(0, 4)),
    Rejection([TensorType(.real)], topkAttributes(0, 1)),
    Rejection([TensorType(.bool, [3])], topkAttributes(0, 1)),
  ])

private func sortAttributes(_ axis: Int, descending: Bool) -> Attributes {
  ["axis": .axis(axis), "descending": .flag(descending)]
}

private func topkAttributes(_ axis: Int, _ count: Dim) -> Attributes {
  ["axis": .axis(axis), "count": .dim(count)]
}

private func checkOrdered(
  _ types: [TensorType], _ attributes: Attributes
) throws(TypeProblem) {
  try TypeRules.require(count: 1, types)
  if types[0].dtype == .bool {
    throw TypeProblem(operand: 0, expected: "numbers", found: "\(types[0])")
  }
  try TypeRules.require(axis: attributes.axis("axis"), types, at: 0)
}

/// Adds each cotangent to the entry that its value came from.
private func placedBack(_ p: Pullback) -> Value? {
  guard let g = p.cotangents[0] else { return nil }
  let b = p.builder
  let axis = p.attributes.axis("axis")
  let shape = p.type(p.operands[0]).shape
  // `scatter_add` works on the axis behind the common ones, so the sorted axis goes last.
  let order = (0..<shape.count).filter { $0 != axis } + [axis]
  let sum = b.scatterAdd(
    b.zeros(like: TensorType(.real, order.map { shape[$0] })), b.transpose(p.results[1], order),
    b.transpose(g, order), batch: shape.count - 1)
  return b.transposed(sum, toPlaces: order)
}

// MARK: Evaluation

/// Orders by comparison that a user may stop.
enum Ordering {
  /// The places 0 ..< `size` in order.
  static func places(
    _ size: Int, _ isBefore: (Int, Int) -> Bool
  ) throws(EvaluationProblem) -> [Int] {
    var patience = Patience()
    var places = Patience.counting(size)
    // Places that are unset may lie anywhere.
    if Patience.isOver() { throw stop }
    do {
      try places.sort { first, second in
        // A comparison costs about as much as a few elements of other work.
        if patience.isOver(after: 4) { throw stop }
        return isBefore(first, second)
      }
    } catch {
      throw stop
    }
    return places
  }

  static let stop = EvaluationProblem("interrupted", "stopped while sorting")
}

private func ordered(
  _ x: Tensor, axis: Int, count: Int, descending: Bool
) throws(EvaluationProblem) -> [Tensor] {
  var shape = x.shape
  shape[axis] = count
  func lanes<Element: Comparable>(
    _ elements: [Element]
  ) throws(EvaluationProblem) -> (values: [Element], places: [Int]) {
    try orderedLanes(elements, shape: x.shape, axis: axis, count: count, descending: descending)
  }
  switch x.storage {
  case .single(let elements):
    let (values, places) = try lanes(elements)
    return [Tensor(shape: shape, storage: .single(values)), Tensor(shape, ints: places)]
  case .double(let elements):
    let (values, places) = try lanes(elements)
    return [Tensor(shape: shape, storage: .double(values)), Tensor(shape, ints: places)]
  case .int(let elements):
    let (values, places) = try lanes(elements)
    return [Tensor(shape, ints: values), Tensor(shape, ints: places)]
  case .bool:
    preconditionFailure("the type rule lets no bool be sorted")
  }
}

private func orderedLanes<Element: Comparable>(
  _ elements: [Element], shape: [Int], axis: Int, count: Int, descending: Bool
) throws(EvaluationProblem) -> (values: [Element], places: [Int]) {
  let size = shape[axis]
  let outer = shape[..<axis].reduce(1, *)
  let inner = shape[(axis + 1)...].reduce(1, *)
  var values: [Element] = []
  var places = Patience.repeating(0, outer * count * inner)
  values.reserveCapacity(places.count)
  LargePages.prefer(forRoomOf: values)
  var patience = Patience()
  for start in 0..<outer {
    for lane in 0..<inner {
      func element(_ place: Int) -> Element { elements[(start * size + place) * inner + lane] }
      let order = try Ordering.places(size) { first, second in
        let (a, b) = (element(first), element(second))
        if descending ? a > b : a < b { return true }
        if descending ? b > a : b < a { return false }
        // Equal, or one of them is no number.
        let (aIsNumber, bIsNumber) = (a == a, b == b)
        return aIsNumber != bIsNumber ? aIsNumber : first < second
      }
      for rank in 0..<count {
        places[(start * count + rank) * inner + lane] = order[rank]
        if patience.isOver(after: 1) { throw Ordering.stop }
      }
    }
  }
  for position in places.indices {
    let start = position / max(count * inner, 1)
    values.append(elements[(start * size + places[position]) * inner + position % inner])
    if patience.isOver(after: 4) { throw Ordering.stop }
  }
  return (values, places)
}
