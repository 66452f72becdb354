// Rows of one kernel form, runs of one row, and small shapes to sweep over.

import IR
import Interpreter
import Ops
import Tensors

/// A pointwise row with the given expression.
func pointwiseRow(
  _ result: DType, operands: Int,
  _ kernel: @escaping @Sendable ([ScalarExpression]) -> ScalarExpression
) -> Op {
  Op(
    "row", operands: (0..<operands).map { "x\($0)" }, doc: "A row of a test.", surface: .none,
    type: { (types, _) throws(TypeProblem) in
      [TensorType(result, types.first { $0.rank > 0 }?.shape ?? [])]
    },
    kernel: .pointwise(kernel), gradient: .zero(because: "of a test"), samples: { [] }, rejects: [])
}

func types(_ tensors: [Tensor]) -> [TensorType] {
  tensors.map { TensorType($0.dtype, $0.shape.map { Dim($0) }) }
}

func graph(_ row: Op, _ operands: [Tensor], _ attributes: Attributes = [:]) -> Graph {
  let builder = Builder(name: row.name)
  let inputs = types(operands).map(builder.input)
  return builder.finish(builder.emit(row, inputs, attributes))
}

func run(
  _ row: Op, _ operands: [Tensor], _ attributes: Attributes = [:], _ precision: Precision = .double
) throws -> [Tensor] {
  try Interpreter(precision: precision).run(graph(row, operands, attributes), operands).outputs
}

/// The code of the evaluation problem that `body` ends with.
func code(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch let problem as ExecutionProblem {
    if case .evaluation(let problem, _, _) = problem { return problem.code }
    return "\(problem)"
  } catch {
    return "\(error)"
  }
}

/// Every shape of a rank with sizes 0 to 3.
func shapes(rank: Int) -> [[Int]] {
  if rank == 0 { return [[]] }
  return shapes(rank: rank - 1).flatMap { shape in (0...3).map { shape + [$0] } }
}

func permutations(_ rank: Int) -> [[Int]] {
  if rank == 0 { return [[]] }
  return permutations(rank - 1).flatMap { shorter in
    (0...shorter.count).map { Array(shorter[..<$0]) + [rank - 1] + Array(shorter[$0...]) }
  }
}

func subsets(_ rank: Int) -> [[Int]] {
  (0..<(1 << rank)).map { bits in (0..<rank).filter { bits >> $0 & 1 == 1 } }
}

/// Every position of a shape, in row-major order.
func positions(_ shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { found, size in found.flatMap { start in (0..<size).map { start + [$0] } } }
}

/// The element at a position.
func offset(_ position: [Int], _ shape: [Int]) -> Int {
  zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }
}

/// 0, 1, 2, … in an element type.
func counting(_ shape: [Int], _ dtype: DType = .real, _ precision: Precision = .double) -> Tensor {
  let count = shape.reduce(1, *)
  switch dtype {
  case .real: return Tensor(shape, reals: (0..<count).map { Double($0) }, precision: precision)
  case .int: return Tensor(shape, ints: Array(0..<count))
  case .bool: return Tensor(shape, bools: (0..<count).map { $0 % 3 == 1 })
  }
}

/// Numbers in -1 ... 1 that look random.
func noise(_ shape: [Int], _ seed: UInt64 = 1, _ precision: Precision = .double) -> Tensor {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  let reals = (0..<shape.reduce(1, *)).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 40) / Double(1 << 23) - 1
  }
  return Tensor(shape, reals: reals, precision: precision)
}

/// Equal, where NaN equals NaN.
func same(_ a: [Double], _ b: [Double]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
}
