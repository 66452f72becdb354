// The loops of scalar instructions: one for each code and element type, none with a call per
// element that the compiler does not inline.

import IR
import Tensors

extension ScalarProgram {
  func execute<Real: RealElement>(
    _ instruction: Instruction, _: Real.Type, _ count: Int, _ slots: UnsafeMutablePointer<Slot>
  ) -> ScalarFault? {
    let out = slots[instruction.output].pointer
    let first = slots[instruction.inputs[0]]
    switch instruction.code {
    case .unary(let op):
      switch instruction.type {
      case .real: realUnary(op, Real.self, count, first, out)
      case .int: integerUnary(op, count, first, out)
      case .bool: map(count, first, out) { (x: Bool) in !x }
      }
      return nil
    case .binary(let op):
      let second = slots[instruction.inputs[1]]
      switch instruction.type {
      case .real:
        realBinary(op, Real.self, count, first, second, out)
        return nil
      case .int: return integerBinary(op, count, first, second, out)
      case .bool:
        booleanBinary(op, count, first, second, out)
        return nil
      }
    case .select:
      let second = slots[instruction.inputs[1]]
      let third = slots[instruction.inputs[2]]
      switch instruction.type {
      case .real: choose(Real.self, count, first, second, third, out)
      case .int: choose(Int.self, count, first, second, third, out)
      case .bool: choose(Bool.self, count, first, second, third, out)
      }
      return nil
    case .convert(let type): return convert(instruction.type, type, Real.self, count, first, out)
    case .copy:
      switch instruction.type {
      case .real: map(count, first, out) { (x: Real) in x }
      case .int: map(count, first, out) { (x: Int) in x }
      case .bool: map(count, first, out) { (x: Bool) in x }
      }
      return nil
    }
  }
}

// MARK: Loop shapes

@inline(__always)
private func map<A, R>(
  _ count: Int, _ a: Slot, _ out: UnsafeMutableRawPointer, _ function: (A) -> R
) {
  let x = a.pointer.assumingMemoryBound(to: A.self)
  let y = out.assumingMemoryBound(to: R.self)
  for index in 0..<count { y[index] = function(x[index]) }
}

@inline(__always)
private func zip<A, R>(
  _ count: Int, _ a: Slot, _ b: Slot, _ out: UnsafeMutableRawPointer, _ function: (A, A) -> R
) {
  let x = a.pointer.assumingMemoryBound(to: A.self)
  let y = b.pointer.assumingMemoryBound(to: A.self)
  let z = out.assumingMemoryBound(to: R.self)
  if a.step != 0 && b.step == 0 {
    let right = y[0]
    for index in 0..<count { z[index] = function(x[index], right) }
  } else if a.step == 0 && b.step != 0 {
    let left = x[0]
    for index in 0..<count { z[index] = function(left, y[index]) }
  } else {
    for index in 0..<count { z[index] = function(x[index], y[index]) }
  }
}

@inline(__always)
private func choose<A>(
  _: A.Type, _ count: Int, _ condition: Slot, _ a: Slot, _ b: Slot, _ out: UnsafeMutableRawPointer
) {
  let flags = condition.pointer.assumingMemoryBound(to: Bool.self)
  let x = a.pointer.assumingMemoryBound(to: A.self)
  let y = b.pointer.assumingMemoryBound(to: A.self)
  let z = out.assumingMemoryBound(to: A.self)
  let xStep = a.step == 0 ? 0 : 1
  let yStep = b.step == 0 ? 0 : 1
  if condition.step == 0 {
    let source = flags[0] ? x : y
    let step = flags[0] ? xStep : yStep
    for index in 0..<count { z[index] = source[index * step] }
  } else if xStep == 1 && yStep == 1 {
    // Both sides are loaded whatever the flag, so that the loops become vector code.
    for index in 0..<count {
      let (left, right) = (x[index], y[index])
      z[index] = flags[index] ? left : right
    }
  } else if xStep == 1 {
    let right = y[0]
    for index in 0..<count {
      let left = x[index]
      z[index] = flags[index] ? left : right
    }
  } else if yStep == 1 {
    let left = x[0]
    for index in 0..<count {
      let right = y[index]
      z[index] = flags[index] ? left : right
    }
  } else {
    let left = x[0]
    let right = y[0]
    for index in 0..<count { z[index] = flags[index] ? left : right }
  }
}

/// A fault of the first element for which `isWrong`.
private func fault<A>(
  _ count: Int, _ a: Slot, _ reason: ScalarFault.Reason, where isWrong: (A) -> Bool
) -> ScalarFault {
  let x = a.pointer.assumingMemoryBound(to: A.self)
  let place = a.step == 0 ? nil : (0..<count).first { isWrong(x[$0]) }
  return ScalarFault(reason: reason, place: place)
}

// MARK: Real

private func realUnary<Real: RealElement>(
  _ op: ScalarExpression.Unary, _: Real.Type, _ n: Int, _ a: Slot,
  _ out: UnsafeMutableRawPointer
) {
  switch op {
  case .negate: map(n, a, out) { (x: Real) in -x }
  case .absolute: map(n, a, out) { (x: Real) in abs(x) }
  case .sign: map(n, a, out) { (x: Real) in Real.sign(x) }
  case .floor: map(n, a, out) { (x: Real) in x.rounded(.down) }
  case .squareRoot: map(n, a, out) { (x: Real) in x.squareRoot() }
  case .exp: map(n, a, out) { (x: Real) in Real.exponential(x) }
  case .expm1: map(n, a, out) { (x: Real) in Real.exponentialMinusOne(x) }
  case .log: map(n, a, out) { (x: Real) in Real.logarithm(x) }
  case .log1p: map(n, a, out) { (x: Real) in Real.logarithmOnePlus(x) }
  case .sin: map(n, a, out) { (x: Real) in Real.sine(x) }
  case .cos: map(n, a, out) { (x: Real) in Real.cosine(x) }
  case .tanh: map(n, a, out) { (x: Real) in Real.hyperbolicTangent(x) }
  case .sigmoid: map(n, a, out) { (x: Real) in Real.sigmoid(x) }
  case .softplus: map(n, a, out) { (x: Real) in Real.softplus(x) }
  case .isFinite: map(n, a, out) { (x: Real) in x.isFinite }
  case .not, .scramble: preconditionFailure("`\(op.rawValue)` of a real")
  }
}

private func realBinary<Real: RealElement>(
  _ op: ScalarExpression.Binary, _: Real.Type, _ n: Int, _ a: Slot, _ b: Slot,
  _ out: UnsafeMutableRawPointer
) {
  switch op {
  case .add: zip(n, a, b, out) { (x: Real, y: Real) in x + y }
  case .subtract: zip(n, a, b, out) { (x: Real, y: Real) in x - y }
  case .multiply: zip(n, a, b, out) { (x: Real, y: Real) in x * y }
  case .divide: zip(n, a, b, out) { (x: Real, y: Real) in x / y }
  case .floorDivide: zip(n, a, b, out) { (x: Real, y: Real) in (x / y).rounded(.down) }
  case .remainder: zip(n, a, b, out) { (x: Real, y: Real) in Real.remainder(x, y) }
  case .power: zip(n, a, b, out) { (x: Real, y: Real) in Real.power(x, y) }
  case .minimum: zip(n, a, b, out) { (x: Real, y: Real) in Real.lesser(x, y) }
  case .maximum: zip(n, a, b, out) { (x: Real, y: Real) in Real.greater(x, y) }
  case .equal: zip(n, a, b, out) { (x: Real, y: Real) in x == y }
  case .less: zip(n, a, b, out) { (x: Real, y: Real) in x < y }
  case .lessOrEqual: zip(n, a, b, out) { (x: Real, y: Real) in x <= y }
  case .and, .or, .multiplyHigh: preconditionFailure("`\(op.rawValue)` of reals")
  }
}

// MARK: Int and bool

private func integerUnary(
  _ op: ScalarExpression.Unary, _ n: Int, _ a: Slot, _ out: UnsafeMutableRawPointer
) {
  switch op {
  case .negate: map(n, a, out) { (x: Int) in 0 &- x }
  case .absolute: map(n, a, out) { (x: Int) in x < 0 ? 0 &- x : x }
  case .sign: map(n, a, out) { (x: Int) in IntegerMath.sign(x) }
  case .floor: map(n, a, out) { (x: Int) in x }
  case .isFinite: map(n, a, out) { (_: Int) in true }
  case .scramble: map(n, a, out) { (x: Int) in IntegerMath.scramble(x) }
  default: preconditionFailure("`\(op.rawValue)` of an int")
  }
}

private func integerBinary(
  _ op: ScalarExpression.Binary, _ n: Int, _ a: Slot, _ b: Slot, _ out: UnsafeMutableRawPointer
) -> ScalarFault? {
  switch op {
  case .add: zip(n, a, b, out) { (x: Int, y: Int) in x &+ y }
  case .subtract: zip(n, a, b, out) { (x: Int, y: Int) in x &- y }
  case .multiply: zip(n, a, b, out) { (x: Int, y: Int) in x &* y }
  case .minimum: zip(n, a, b, out) { (x: Int, y: Int) in x <= y ? x : y }
  case .maximum: zip(n, a, b, out) { (x: Int, y: Int) in x >= y ? x : y }
  case .equal: zip(n, a, b, out) { (x: Int, y: Int) in x == y }
  case .multiplyHigh:
    zip(n, a, b, out) { (x: Int, y: Int) in IntegerMath.upperProduct(x, y) }
  case .less: zip(n, a, b, out) { (x: Int, y: Int) in x < y }
  case .lessOrEqual: zip(n, a, b, out) { (x: Int, y: Int) in x <= y }
  case .divide, .floorDivide:
    var isZero = false
    zip(n, a, b, out) { (x: Int, y: Int) in
      isZero = isZero || y == 0
      return y == 0 ? 0 : IntegerMath.floorQuotient(x, y)
    }
    return isZero ? fault(n, b, .divisionByZero) { (y: Int) in y == 0 } : nil
  case .remainder:
    var isZero = false
    zip(n, a, b, out) { (x: Int, y: Int) in
      isZero = isZero || y == 0
      return y == 0 ? 0 : IntegerMath.floorRemainder(x, y)
    }
    return isZero ? fault(n, b, .divisionByZero) { (y: Int) in y == 0 } : nil
  case .power:
    var negative: Int?
    zip(n, a, b, out) { (x: Int, y: Int) in
      if y < 0 { negative = negative ?? y }
      return IntegerMath.power(x, y)
    }
    return negative.map { fault(n, b, .negativeExponent($0)) { (y: Int) in y < 0 } }
  case .and, .or: preconditionFailure("`\(op.rawValue)` of ints")
  }
  return nil
}

private func booleanBinary(
  _ op: ScalarExpression.Binary, _ n: Int, _ a: Slot, _ b: Slot, _ out: UnsafeMutableRawPointer
) {
  switch op {
  case .and: zip(n, a, b, out) { (x: Bool, y: Bool) in x && y }
  case .or: zip(n, a, b, out) { (x: Bool, y: Bool) in x || y }
  case .equal: zip(n, a, b, out) { (x: Bool, y: Bool) in x == y }
  case .less: zip(n, a, b, out) { (x: Bool, y: Bool) in !x && y }
  case .lessOrEqual: zip(n, a, b, out) { (x: Bool, y: Bool) in !x || y }
  default: preconditionFailure("`\(op.rawValue)` of bools")
  }
}

// MARK: Conversions

/// Reals become ints by dropping the fraction; what has no int value is a fault.
private func convert<Real: RealElement>(
  _ from: DType, _ to: DType, _: Real.Type, _ n: Int, _ a: Slot, _ out: UnsafeMutableRawPointer
) -> ScalarFault? {
  switch (from, to) {
  case (.real, .int):
    // Both bounds are powers of two, so exact in either precision.
    func isInRange(_ x: Real) -> Bool { x >= -0x1p63 && x < 0x1p63 }
    var stray: Real?
    map(n, a, out) { (x: Real) -> Int in
      if isInRange(x) { return Int(x) }
      stray = stray ?? x
      return 0
    }
    return stray.map { fault(n, a, .notAnInteger("\($0)")) { (x: Real) in !isInRange(x) } }
  case (.real, .bool): map(n, a, out) { (x: Real) in x != 0 }
  case (.int, .real): map(n, a, out) { (x: Int) in Real(x) }
  case (.int, .bool): map(n, a, out) { (x: Int) in x != 0 }
  case (.bool, .real): map(n, a, out) { (x: Bool) -> Real in x ? 1 : 0 }
  case (.bool, .int): map(n, a, out) { (x: Bool) in x ? 1 : 0 }
  case (.real, .real): map(n, a, out) { (x: Real) in x }
  case (.int, .int): map(n, a, out) { (x: Int) in x }
  case (.bool, .bool): map(n, a, out) { (x: Bool) in x }
  }
  return nil
}
