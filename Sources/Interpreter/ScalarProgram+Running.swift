// Runs a scalar program over whole tensors, a block of elements at a time.
//
// An operand of rank 0 stands for every element: its slot has step 0, and an instruction that reads
// nothing but such slots is computed once.

import IR
import Tensors

/// Where the elements of a slot lie.
struct Slot {
  var pointer: UnsafeMutableRawPointer
  /// In bytes; 0 where one element stands for all.
  var step: Int
}

/// Memory for slots, constants and temporaries, kept between nodes.
final class Scratch {
  /// Elements in a block: temporaries stay in the first-level cache.
  static let block = 1024
  private static let elementSize = 8

  private(set) var slots: UnsafeMutablePointer<Slot>
  private var slotCapacity = 16
  private var memory: UnsafeMutableRawPointer
  private var memorySize = 16 * Scratch.block * Scratch.elementSize

  init() {
    slots = .allocate(capacity: slotCapacity)
    memory = .allocate(byteCount: memorySize, alignment: 64)
  }

  deinit {
    slots.deallocate()
    memory.deallocate()
  }

  func reserve(_ program: ScalarProgram) {
    if program.slots > slotCapacity {
      slots.deallocate()
      slotCapacity = program.slots * 2
      slots = .allocate(capacity: slotCapacity)
    }
    let needed =
      (program.temporaries * Scratch.block + program.constants.count) * Scratch.elementSize
    if needed > memorySize {
      memory.deallocate()
      memorySize = needed * 2
      memory = .allocate(byteCount: memorySize, alignment: 64)
    }
  }

  func constant(_ index: Int, of program: ScalarProgram) -> UnsafeMutableRawPointer {
    memory + (program.temporaries * Scratch.block + index) * Scratch.elementSize
  }

  func temporary(_ index: Int) -> UnsafeMutableRawPointer {
    memory + index * Scratch.block * Scratch.elementSize
  }
}

extension ScalarProgram {
  func run(
    _ operands: [Tensor], _ precision: Precision, _ scratch: Scratch
  ) throws(EvaluationProblem) -> Tensor {
    var shape: [Int] = []
    var count = 1
    for operand in operands where operand.rank > 0 {
      if shape.isEmpty {
        shape = operand.shape
        count = operand.count
      } else {
        precondition(operand.count == count, "pointwise operands of two shapes")
      }
    }
    if let identity, operands[identity].rank == shape.count { return operands[identity] }
    if count == 0 {
      return Tensor(shape: shape, storage: .zeros(resultType, precision, count: 0))
    }
    scratch.reserve(self)
    var fault: ScalarFault?
    let storage: Tensor.Storage
    switch (resultType, precision) {
    case (.real, .single):
      storage = .single(filled(count) { fault = run(operands, count, $0, precision, scratch) })
    case (.real, .double):
      storage = .double(filled(count) { fault = run(operands, count, $0, precision, scratch) })
    case (.int, _):
      storage = .int(filled(count) { fault = run(operands, count, $0, precision, scratch) })
    case (.bool, _):
      storage = .bool(filled(count) { fault = run(operands, count, $0, precision, scratch) })
    }
    guard let fault else { return Tensor(shape: shape, storage: storage) }
    let index = fault.place.map { Layout.index($0, in: shape) } ?? []
    let place = index.isEmpty ? "" : ", in entry \(index.entryWords)"
    switch fault.reason {
    case .divisionByZero:
      throw EvaluationProblem("division-by-zero", "an int is divided by 0\(place)")
    case .negativeExponent(let exponent):
      throw EvaluationProblem(
        "negative-exponent", "an int is raised to the power \(exponent), which is below 0\(place)")
    case .notAnInteger(let number):
      throw EvaluationProblem("int-out-of-range", "\(number) has no value as an int\(place)")
    }
  }

  @inline(__always)
  private func filled<Element>(
    _ count: Int, _ fill: (UnsafeMutableRawPointer) -> Void
  ) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      LargePages.prefer(for: buffer)
      if let base = buffer.baseAddress {
        fill(UnsafeMutableRawPointer(base))
        initialized = count
      }
    }
  }

  /// Points the slots at operands, constants, temporaries and result, then runs.
  private func run(
    _ operands: [Tensor], _ count: Int, _ result: UnsafeMutableRawPointer, _ precision: Precision,
    _ scratch: Scratch
  ) -> ScalarFault? {
    let slots = scratch.slots
    for index in constants.indices {
      let home = scratch.constant(index, of: self)
      switch (constants[index], precision) {
      case (.real(let value), .single): home.storeBytes(of: Float(value), as: Float.self)
      case (.real(let value), .double): home.storeBytes(of: value, as: Double.self)
      case (.integer(let value), _): home.storeBytes(of: value, as: Int.self)
      case (.boolean(let value), _): home.storeBytes(of: value, as: Bool.self)
      }
      slots[operandTypes.count + index] = Slot(pointer: home, step: 0)
    }
    let base = operandTypes.count + constants.count
    for index in 0..<temporaries {
      slots[base + index] = Slot(pointer: scratch.temporary(index), step: 0)
    }
    slots[base + temporaries] = Slot(pointer: result, step: 0)
    for index in operands.indices {
      slots[index] = slot(operands[index])
    }
    // The slots point into the arrays of the operands, which live until the loops are done.
    return withExtendedLifetime(operands) {
      switch precision {
      case .single: runBlocks(Float.self, count, slots)
      case .double: runBlocks(Double.self, count, slots)
      }
    }
  }

  /// The elements of an operand, in memory that its array keeps where it is while it is held.
  private func slot(_ operand: Tensor) -> Slot {
    switch operand.storage {
    case .single(let values): slot(values, operand.rank == 0)
    case .double(let values): slot(values, operand.rank == 0)
    case .int(let values): slot(values, operand.rank == 0)
    case .bool(let values): slot(values, operand.rank == 0)
    }
  }

  @inline(__always)
  private func slot<Element>(_ values: [Element], _ isUniform: Bool) -> Slot {
    let base = values.withUnsafeBufferPointer { $0.baseAddress }
    guard let base else { preconditionFailure("a pointwise operand without elements") }
    return Slot(
      pointer: UnsafeMutableRawPointer(mutating: base),
      step: isUniform ? 0 : MemoryLayout<Element>.stride)
  }

  private func size(_ type: DType, _ real: Int) -> Int {
    switch type {
    case .real: real
    case .int: MemoryLayout<Int>.stride
    case .bool: MemoryLayout<Bool>.stride
    }
  }

  private func runBlocks<Real: RealElement>(
    _: Real.Type, _ count: Int, _ slots: UnsafeMutablePointer<Slot>
  ) -> ScalarFault? {
    let real = MemoryLayout<Real>.stride
    let result = self.slots - 1
    let block = temporaries == 0 ? min(count, Patience.block) : Scratch.block
    var patience = Patience()
    var start = 0
    while start < count {
      let length = min(block, count - start)
      if patience.isOver(after: length) { return nil }
      for instruction in instructions {
        var isUniform = true
        for input in instruction.inputs where slots[input].step != 0 { isUniform = false }
        let output = instruction.output
        if isUniform {
          // A temporary may hold a vector meanwhile, so each block computes it again.
          slots[output].step = 0
          if let fault = execute(instruction, Real.self, 1, slots) {
            return ScalarFault(reason: fault.reason, place: nil)
          }
          if output == result {
            repeatFirst(size(resultType, real), length, slots[output].pointer)
          }
        } else {
          slots[output].step = size(outputType(instruction), real)
          if var fault = execute(instruction, Real.self, length, slots) {
            fault.place = fault.place.map { $0 + start }
            return fault
          }
        }
      }
      start += length
      for index in operandTypes.indices { slots[index].pointer += slots[index].step * length }
      slots[result].pointer += size(resultType, real) * length
    }
    return nil
  }

  private func outputType(_ instruction: Instruction) -> DType {
    switch instruction.code {
    case .unary(.not), .unary(.isFinite): .bool
    case .binary(.equal), .binary(.less), .binary(.lessOrEqual), .binary(.and), .binary(.or): .bool
    case .convert(let type): type
    default: instruction.type
    }
  }

  /// Copies the first element of a run over the rest.
  private func repeatFirst(_ size: Int, _ length: Int, _ run: UnsafeMutableRawPointer) {
    for index in 1..<max(length, 1) { (run + index * size).copyMemory(from: run, byteCount: size) }
  }
}
