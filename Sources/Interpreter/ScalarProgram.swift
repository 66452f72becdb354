// A scalar expression as a list of instructions over numbered slots, made once per node.
//
// Each instruction is later run over a block of elements at a time. Equal subexpressions are
// computed once. Temporaries are reused, never while an instruction still reads them.

import IR
import Tensors

struct ScalarProgram: Sendable {
  enum Code: Sendable {
    case unary(ScalarExpression.Unary)
    case binary(ScalarExpression.Binary)
    case select
    /// To the element type.
    case convert(DType)
    case copy
  }

  struct Instruction: Sendable {
    let code: Code
    /// The element type the instruction works in: of its operand, or of the two sides.
    let type: DType
    let inputs: [Int]
    var output: Int
  }

  enum Constant: Hashable, Sendable {
    case real(Double)
    case integer(Int)
    case boolean(Bool)
  }

  /// Slots in order: operands, constants, temporaries, the result.
  let operandTypes: [DType]
  let constants: [Constant]
  let instructions: [Instruction]
  let temporaries: Int
  let resultType: DType
  /// The operand that the expression is, where it is nothing else.
  let identity: Int?

  var slots: Int { operandTypes.count + constants.count + temporaries + 1 }

  init(_ kernel: ([ScalarExpression]) -> ScalarExpression, operandTypes: [DType]) {
    let expression = kernel(operandTypes.indices.map { .operand($0) })
    var compiler = ScalarCompiler(operandTypes: operandTypes)
    let result = compiler.compile(expression)
    if case .operand(let index) = expression { identity = index } else { identity = nil }
    self.operandTypes = operandTypes
    constants = compiler.constants
    resultType = result.type
    (instructions, temporaries) = compiler.allocated(result)
  }
}

/// Lists instructions with a virtual register each, then maps registers to slots.
private struct ScalarCompiler {
  struct Register: Hashable {
    enum Place: Hashable {
      case operand(Int)
      case constant(Int)
      case instruction(Int)
    }
    let place: Place
    let type: DType
  }

  private struct Pending {
    let code: ScalarProgram.Code
    let type: DType
    let inputs: [Register]
  }

  let operandTypes: [DType]
  private(set) var constants: [ScalarProgram.Constant] = []
  private var pending: [Pending] = []
  private var known: [ScalarExpression: Register] = [:]

  init(operandTypes: [DType]) { self.operandTypes = operandTypes }

  mutating func compile(_ expression: ScalarExpression) -> Register {
    if let register = known[expression] { return register }
    let register = fresh(expression)
    known[expression] = register
    return register
  }

  private mutating func fresh(_ expression: ScalarExpression) -> Register {
    switch expression {
    case .operand(let index):
      precondition(operandTypes.indices.contains(index), "a kernel reads an operand it lacks")
      return Register(place: .operand(index), type: operandTypes[index])
    case .real(let value): return constant(.real(value), .real)
    case .integer(let value): return constant(.integer(value), .int)
    case .boolean(let value): return constant(.boolean(value), .bool)
    case .unary(let op, let inner):
      let operand = compile(inner)
      return append(.unary(op), [operand], op == .isFinite || op == .not ? .bool : operand.type)
    case .binary(let op, let left, let right):
      let operands = [compile(left), compile(right)]
      switch op {
      case .equal, .less, .lessOrEqual, .and, .or: return append(.binary(op), operands, .bool)
      default: return append(.binary(op), operands, operands[0].type)
      }
    case .select(let condition, let left, let right):
      let operands = [compile(condition), compile(left), compile(right)]
      precondition(operands[0].type == .bool, "a kernel selects by what is not a bool")
      return append(.select, operands, operands[1].type, works: operands[1].type)
    case .convert(let inner, let type):
      let operand = compile(inner)
      return operand.type == type ? operand : append(.convert(type), [operand], type)
    }
  }

  private mutating func constant(_ value: ScalarProgram.Constant, _ type: DType) -> Register {
    constants.append(value)
    return Register(place: .constant(constants.count - 1), type: type)
  }

  private mutating func append(
    _ code: ScalarProgram.Code, _ inputs: [Register], _ result: DType, works: DType? = nil
  ) -> Register {
    let type = works ?? inputs[0].type
    precondition(
      inputs.suffix(2).allSatisfy { $0.type == type }, "a kernel mixes element types")
    pending.append(Pending(code: code, type: type, inputs: inputs))
    return Register(place: .instruction(pending.count - 1), type: result)
  }

  /// The instructions with temporaries assigned; the last one writes the result.
  func allocated(_ result: Register) -> ([ScalarProgram.Instruction], Int) {
    var pending = pending
    if result.place != .instruction(pending.count - 1) {
      pending.append(Pending(code: .copy, type: result.type, inputs: [result]))
    }
    var lastUse = [Int](repeating: -1, count: pending.count)
    for (index, item) in pending.enumerated() {
      for case .instruction(let source) in item.inputs.map(\.place) { lastUse[source] = index }
    }
    var homes = [Int](repeating: -1, count: pending.count)
    var free: [Int] = []
    var temporaries = 0
    for index in pending.indices.dropLast() {
      // The home is taken before those of the inputs are given back: never in place.
      if let home = free.popLast() {
        homes[index] = home
      } else {
        homes[index] = temporaries
        temporaries += 1
      }
      for source in Set(pending[index].inputs) {
        if case .instruction(let source) = source.place, lastUse[source] == index {
          free.append(homes[source])
        }
      }
    }
    let base = operandTypes.count + constants.count
    func slot(_ register: Register) -> Int {
      switch register.place {
      case .operand(let index): index
      case .constant(let index): operandTypes.count + index
      case .instruction(let index): base + homes[index]
      }
    }
    let instructions = pending.enumerated().map { index, item in
      ScalarProgram.Instruction(
        code: item.code, type: item.type, inputs: item.inputs.map(slot),
        output: index == pending.count - 1 ? base + temporaries : base + homes[index])
    }
    return (instructions, temporaries)
  }
}
