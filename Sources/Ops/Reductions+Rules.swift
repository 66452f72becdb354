// How reductions are evaluated and differentiated.

package import IR
import Tensors

extension Reductions {
  static func emptyReduction(_ name: String) -> EvaluationProblem {
    EvaluationProblem("empty-reduction", "`\(name)` of no elements has no value")
  }

  // MARK: Constructors

  static func truthReduction(_ name: String, _ reduction: Reduction, doc: String) -> Op {
    Op(
      name, operands: ["x"], doc: doc, surface: .reduction,
      type: TypeRules.reduction(.bool), kernel: .reduce(reduction),
      gradient: .zero(because: "truth values have no derivative"),
      samples: {
        [
          Sample("matrix", [Samplers.bools([3, 2], seed: 1)], ["axes": .axes([0])]),
          Sample("everything", [Samplers.bools([2, 2], seed: 2)], ["axes": .axes([0, 1])]),
          Sample("empty", [Tensor([0], bools: [])], ["axes": .axes([0])]),
        ]
      },
      rejects: [
        Rejection([TensorType(.real, [3])], ["axes": .axes([0])]),
        Rejection([TensorType(.bool, [3])], ["axes": .axes([1])]),
      ])
  }

  /// - Parameter isLargest: whether the position is of the largest element, else of the smallest.
  static func argument(_ name: String, isLargest: Bool) -> Op {
    let adjective = isLargest ? "largest" : "smallest"
    return Op(
      name, operands: ["x"],
      doc: """
        The position of the \(adjective) element along a dim, the first of them at a tie. As for \
        `\(name.dropFirst(3))`, NaN comes before every number. There must be an element.
        """,
      surface: .along,
      type: { (types, attributes) throws(TypeProblem) in
        let type = try TypeRules.along(.number)(types, attributes)[0]
        let axis = attributes.axis("axis")
        return [TensorType(.int, TypeRules.removing([axis], from: type.shape))]
      },
      kernel: .library,
      evaluate: { (evaluation) throws(EvaluationProblem) in
        let x = evaluation.operands[0]
        let axis = evaluation.attributes.axis("axis")
        let lanes = Lanes(x.shape, axis: axis)
        if lanes.length == 0 { throw emptyReduction(name) }
        let positions =
          switch x.storage {
          case .single(let values): extremes(values, lanes, isLargest)
          case .double(let values): extremes(values, lanes, isLargest)
          case .int(let values): extremes(values, lanes, isLargest)
          case .bool: preconditionFailure("the type rule lets no bool be compared")
          }
        var shape = x.shape
        shape.remove(at: axis)
        return [Tensor(shape, ints: positions)]
      },
      parts: { b, x, attributes in
        let axis = attributes.axis("axis")
        let shape = b.shape(x[0])
        let best = b.emit(
          isLargest ? reductions.max : reductions.min, x[0], attributes: ["axes": .axes([axis])])
        let isBest = b.emit(pointwise.equal, x[0], b.restore(best, axes: [axis], of: shape))
        let isNumber = b.emit(pointwise.equal, x[0], x[0])
        let place = b.broadcast(b.iota(shape[axis]), to: shape, axes: [axis])
        let candidates = b.select(
          b.emit(pointwise.or, isBest, b.emit(pointwise.not, isNumber)), place,
          b.size(shape[axis]))
        return [b.emit(reductions.min, candidates, attributes: ["axes": .axes([axis])])]
      },
      gradient: .zero(because: "a position is flat except where it jumps"),
      samples: {
        ReductionSamples.along() + [
          Sample("tie", [Samplers.given([1, 2, 2, 1, 1])], ["axis": .axis(0)]),
          Sample("ints", [Samplers.ints([4], seed: 9)], ["axis": .axis(0)]),
          Sample("not a number", [Samplers.given([1, .nan, 2, .nan])], ["axis": .axis(0)]),
        ]
      },
      rejects: ReductionSamples.alongRejects)
  }

  /// Where in each line the largest or smallest element is, or the first that is no number.
  private static func extremes<Element: Comparable>(
    _ values: [Element], _ lanes: Lanes, _ isLargest: Bool
  ) -> [Int] {
    var patience = Patience()
    return (0..<lanes.count).map { lane in
      var best = 0
      for index in 1..<lanes.length {
        let (here, there) = (values[lanes.offset(lane, index)], values[lanes.offset(lane, best)])
        if there != there { break }
        if here != here || (isLargest ? here > there : here < there) { best = index }
        if patience.isOver(after: 1) { break }
      }
      return best
    }
  }

  // MARK: The recurrence

  @Sendable static func evaluateRecurrence(
    _ evaluation: Evaluation
  ) throws(EvaluationProblem) -> [Tensor] {
    let shape = evaluation.operands[0].shape
    let lanes = Lanes(shape, axis: evaluation.attributes.axis("axis"))
    if evaluation.operands[0].dtype == .int {
      let results = run(
        lanes, factors: evaluation.ints(0), terms: evaluation.ints(1), zero: 0
      ) { $0 &+ $1 &* $2 }
      return [Tensor(shape, ints: results)]
    }
    let results = run(
      lanes, factors: evaluation.doubles(0), terms: evaluation.doubles(1), zero: 0
    ) { $0.addingProduct($1, $2) }
    return [evaluation.real(shape, results)]
  }

  private static func run<Element: BitwiseCopyable>(
    _ lanes: Lanes, factors: [Element], terms: [Element], zero: Element,
    join: (Element, Element, Element) -> Element
  ) -> [Element] {
    var results = Patience.repeating(zero, terms.count)
    var patience = Patience()
    for lane in 0..<lanes.count {
      for index in 0..<lanes.length {
        let here = lanes.offset(lane, index)
        results[here] =
          index == 0
          ? terms[here]
          : join(terms[here], factors[here], results[lanes.offset(lane, index - 1)])
        if patience.isOver(after: 1) { return results }
      }
    }
    return results
  }

  /// With s(i) = g(i) + f(i + 1) s(i + 1): terms get s(i), factors s(i) r(i - 1).
  @Sendable static func recurrencePullback(_ p: Pullback) -> [Value?] {
    guard let g = p.cotangents[0] else { return [nil, nil] }
    let b = p.builder
    let axis = p.attributes.axis("axis")
    let backward = b.emit(
      reductions.recurrence, b.delayed(b.reverse(p.operands[0], axis: axis), axis: axis),
      b.reverse(g, axis: axis), attributes: ["axis": .axis(axis)])
    let s = b.reverse(backward, axis: axis)
    return [b.cotangentProduct(s, b.delayed(p.results[0], axis: axis)), s]
  }

  // MARK: Products and extremes

  /// Each element gets the product of the others: of those before it and those after it.
  @Sendable static func productPullback(_ p: Pullback) -> [Value?] {
    guard let g = p.cotangents[0] else { return [nil] }
    let b = p.builder
    let line = Line(b, p.operands[0], axes: p.attributes.axes("axes"))
    let before = b.productsBefore(line.value, axis: line.axis)
    let backward = b.productsBefore(b.reverse(line.value, axis: line.axis), axis: line.axis)
    let others = b.mul(before, b.reverse(backward, axis: line.axis))
    return [line.undone(b.cotangentProduct(line.spread(g), others))]
  }

  /// The first of the best elements gets the cotangent, by its position.
  @Sendable static func extremePullback(_ p: Pullback, _ position: Op) -> [Value?] {
    guard let g = p.cotangents[0] else { return [nil] }
    let b = p.builder
    let line = Line(b, p.operands[0], axes: p.attributes.axes("axes"))
    let best = line.spread(b.emit(position, line.value, attributes: ["axis": .axis(line.axis)]))
    let shape = b.shape(line.value)
    let here = b.broadcast(b.iota(shape[line.axis]), to: shape, axes: [line.axis])
    let hit = b.emit(pointwise.equal, here, best)
    return [line.undone(b.select(hit, line.spread(g), b.real(0)))]
  }

  /// An operand with the reduced axes joined to one, the last.
  private struct Line {
    let builder: Builder
    let value: Value
    let axis: Int
    private let order: [Int]
    private let ordered: [Dim]

    init(_ builder: Builder, _ x: Value, axes: [Int]) {
      let shape = builder.shape(x)
      let kept = shape.indices.filter { !axes.contains($0) }
      order = kept + axes.sorted()
      ordered = order.map { shape[$0] }
      axis = kept.count
      let joined = axes.map { shape[$0] }.reduce(1, *)
      value = builder.reshape(
        builder.transpose(x, order), to: kept.map { shape[$0] } + [joined])
      self.builder = builder
    }

    /// A value of the reduced shape, repeated along the line.
    func spread(_ reduced: Value) -> Value {
      builder.restore(reduced, axes: [axis], of: builder.shape(value))
    }

    /// A value of the line's shape, in the operand's.
    func undone(_ line: Value) -> Value {
      let inverse = order.indices.sorted { order[$0] < order[$1] }
      return builder.transpose(builder.reshape(line, to: ordered), inverse)
    }
  }
}

extension Builder {
  /// Every entry one place later along `axis`, with 0 in front and the last one lost.
  package func delayed(_ x: Value, axis: Int) -> Value {
    var front = type(of: x)
    let size = front.shape[axis]
    front.shape[axis] = 1
    return slice(
      concatenate([zeros(like: front), x], axis: axis), axis: axis, start: 0, count: size)
  }

  /// Entry i is the product of the entries before i.
  package func productsBefore(_ x: Value, axis: Int) -> Value {
    let type = type(of: x)
    let isFirst = emit(pointwise.equal, iota(type.shape[axis]), integer(0))
    let start = select(isFirst, number(1, type.dtype), number(0, type.dtype))
    return emit(
      reductions.recurrence, delayed(x, axis: axis),
      broadcast(start, to: type.shape, axes: [axis]), attributes: ["axis": .axis(axis)])
  }

  /// The maximum along `axes`, without gradient; 0 where it is infinite, so that it can be
  /// subtracted.
  package func finitePeak(_ x: Value, axes: [Int]) -> Value {
    let still = emit(pointwise.stop, x)
    let peak = emit(reductions.max, still, attributes: ["axes": .axes(axes)])
    return select(emit(pointwise.isFinite, peak), peak, real(0))
  }
}

/// Samples of reductions.
enum ReductionSamples {
  static func all(in range: ClosedRange<Double> = -2...2) -> [Sample] {
    [
      Sample("vector", [Samplers.reals([5], in: range, seed: 1)], ["axes": .axes([0])]),
      Sample("rows", [Samplers.reals([3, 4], in: range, seed: 2)], ["axes": .axes([0])]),
      Sample("columns", [Samplers.reals([3, 4], in: range, seed: 3)], ["axes": .axes([1])]),
      Sample(
        "two of three", [Samplers.reals([2, 3, 2], in: range, seed: 4)], ["axes": .axes([2, 0])]),
      Sample("no axis", [Samplers.reals([3], in: range, seed: 5)], ["axes": .axes([])]),
    ]
  }

  /// As `all`, with no ties.
  static func distinct() -> [Sample] {
    [
      Sample("vector", [Samplers.distinct([5], seed: 1)], ["axes": .axes([0])]),
      Sample("rows", [Samplers.distinct([3, 4], seed: 2)], ["axes": .axes([0])]),
      Sample("columns", [Samplers.distinct([3, 4], seed: 3)], ["axes": .axes([1])]),
      Sample("two of three", [Samplers.distinct([2, 3, 2], seed: 4)], ["axes": .axes([2, 0])]),
      Sample("no axis", [Samplers.distinct([3], seed: 5)], ["axes": .axes([])]),
    ]
  }

  static func tie() -> [Sample] {
    [Sample("tie", [Samplers.given([1, 1, 1])], ["axes": .axes([0])], isSmooth: false)]
  }

  static func ints() -> [Sample] {
    [Sample("ints", [Samplers.ints([3, 2], seed: 6)], ["axes": .axes([1])])]
  }

  static func empty() -> [Sample] {
    [Sample("empty", [Samplers.reals([0, 2], seed: 7)], ["axes": .axes([0])])]
  }

  /// Samples of rows with an [axis].
  static func along() -> [Sample] {
    [
      Sample("vector", [Samplers.distinct([5], seed: 1)], ["axis": .axis(0)]),
      Sample("rows", [Samplers.distinct([3, 4], seed: 2)], ["axis": .axis(0)]),
      Sample("columns", [Samplers.distinct([2, 3], seed: 3)], ["axis": .axis(1)]),
      Sample("single", [Samplers.distinct([1], seed: 4)], ["axis": .axis(0)]),
    ]
  }

  static let rejects = [
    Rejection([TensorType(.real, [3])], ["axes": .axes([1])]),
    Rejection([TensorType(.real, [3, 3])], ["axes": .axes([1, 1])]),
    Rejection([TensorType(.bool, [3])], ["axes": .axes([0])]),
  ]

  static let alongRejects = [
    Rejection([TensorType(.bool, [3])], ["axis": .axis(0)]),
    Rejection([TensorType(.real, [3])], ["axis": .axis(1)]),
    Rejection([TensorType(.real)], ["axis": .axis(0)]),
  ]
}
