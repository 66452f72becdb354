// Products of matrices as calls of kernels: those for rows of lanes, and where blocks hold one example
// those for plain matrices.

import IR
import Tensors

extension Emitter {
  func emit(_ product: Product, _ step: Step) throws {
    let rows = place(product.rows)
    let matrix = place(product.matrix)
    let target = place(step.results[0])
    let rowFeatures = program.items[product.rows].features
    let matrixFeatures = program.items[product.matrix].features
    let free = 1 - product.contracted
    let inner = size(matrixFeatures[product.contracted])
    let outer = size(matrixFeatures[free])
    let count = size.count(Array(rowFeatures.dropLast()))
    let (sumStride, freeStride) = (matrix.strides[product.contracted], matrix.strides[free])
    if shape.lanes == 1, rowFeatures.count > 1 {
      return multiply(
        rows: count, columns: outer, sum: inner, left: (size.address(rows, []), inner, "1"),
        right: (size.address(matrix, []), size(sumStride), size(freeStride)),
        into: (size.address(target, []), outer))
    }
    let call: String
    if freeStride == 1 {
      call = "nt_product(\(inner), \(outer), x, w, \(size(sumStride)), y)"
    } else if sumStride == 1 {
      call = "nt_product_t(\(inner), \(outer), x, w, \(size(freeStride)), y)"
    } else {
      throw NativeRefusal(reason: "a matrix with gaps on both sides", origin: step.origin)
    }
    lines.append("{ const real *x = \(size.address(rows, []));")
    lines.append("const real *const w = \(size.address(matrix, []));")
    lines.append("real *y = \(size.address(target, []));")
    lines.append(
      "for (long r = 0; r < \(count) && !*c->stop; r++, x += \(inner)*NT_LANES, y += \(outer)*NT_LANES) \(call); }"
    )
  }

  func emit(_ outer: Outer, _ result: Item) {
    let left = place(outer.left)
    let right = place(outer.right)
    let leftFeatures = program.items[outer.left].features
    let rightFeatures = program.items[outer.right].features
    let rows = size(leftFeatures[leftFeatures.count - 1])
    let columns = size(rightFeatures[rightFeatures.count - 1])
    let steps = outer.hasSteps ? size(leftFeatures[0]) : "1"
    let strides = (
      outer.hasSteps ? size(left.strides[0]) : "0", outer.hasSteps ? size(right.strides[0]) : "0"
    )
    let target = outer.joinsLanes ? partial(result) : size.address(place(result), [])
    if shape.lanes == 1 {
      return multiply(
        rows: rows, columns: columns, sum: steps, left: (size.address(left, []), "1", strides.0),
        right: (size.address(right, []), strides.1, "1"), into: (target, columns),
        adds: outer.joinsLanes ? "block > nt_first_block(c->sizes, chunk)" : "0")
    }
    if !outer.joinsLanes { lines.append("nt_fill_r(\(target), \(rows)*\(columns), 0);") }
    lines.append(
      "nt_outer(c->stop, \(steps), \(rows), \(columns), \(size.address(left, [])), \(strides.0)*NT_LANES, \(size.address(right, [])), \(strides.1)*NT_LANES, \(target), \(columns), \(outer.joinsLanes ? "live" : "1"));"
    )
  }

  func emit(_ multiplication: Multiplication, _ result: Item) {
    let compute = multiplication.compute
    let inside = [multiplication.rows, multiplication.columns, multiplication.sum]
    let around = compute.space.indices.filter { !inside.contains($0) }
    /// Where the matrix of a place starts, and its strides along the axes of the space.
    func matrix(_ access: Access, _ axes: [Int?]) -> (start: String, strides: [String]) {
      let strides = axes.map { $0.map { access.strides[$0] } ?? 0 }
      var outside = access
      outside.strides = around.map { strides[$0] }
      return (size.address(outside, around.map { "i\($0)" }), strides.map { size($0) })
    }
    let (rows, columns, sum) = (inside[0], inside[1], inside[2])
    let operands = compute.operands.map { matrix(place($0.item), $0.axes) }
    let (left, right) = (operands[multiplication.left], operands[1 - multiplication.left])
    let target = matrix(
      place(result), compute.space.indices.map { compute.resultAxes.firstIndex(of: $0) })
    for axis in around {
      lines.append("for (long i\(axis) = 0; i\(axis) < \(size(compute.space[axis])); i\(axis)++) {")
    }
    multiply(
      rows: size(compute.space[rows]), columns: size(compute.space[columns]),
      sum: size(compute.space[sum]), left: (left.start, left.strides[rows], left.strides[sum]),
      right: (right.start, right.strides[sum], right.strides[columns]),
      into: (target.start, target.strides[rows]))
    lines += around.map { _ in "}" }
  }

  /// - Parameters:
  ///   - left: the first number, and the distances of rows and of columns.
  ///   - into: the first number, and the distance of rows.
  ///   - adds: whether the product is added to what is there.
  private func multiply(
    rows: String, columns: String, sum: String, left: (String, String, String),
    right: (String, String, String), into target: (String, String), adds: String = "0"
  ) {
    multipliesMatrices = true
    lines.append(
      "nt_multiply(c->stop, \(rows), \(columns), \(sum), \(left.0), \(left.1), \(left.2), \(right.0), \(right.1), \(right.2), \(target.0), \(target.1), \(adds));"
    )
  }
}
