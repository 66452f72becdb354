// What compiled code asks of the host in the middle of a call.

import IR
import Synchronization
import Tensors

/// The rows of one call, with the sizes it has.
final class HostCalls {
  /// As `nt_call` of `access.h` declares it.
  typealias Entry =
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, UnsafePointer<Int64>?,
      UnsafePointer<UnsafeRawPointer?>?, UnsafePointer<UnsafeMutableRawPointer?>?
    ) -> Int32

  static let entry: Entry = { context, row, at, operands, results in
    guard let context else { return 1 }
    let calls = Unmanaged<HostCalls>.fromOpaque(context).takeUnretainedValue()
    guard row >= 0 else {
      calls.showBlocks()
      return 0
    }
    guard let at, let operands, let results else { return 1 }
    let site = HostSite(reading: at)
    // Blocks run on threads that nobody has given the question.
    let isDone = Patience.asking(calls.isOver) { calls.run(Int(row), site, operands, results) }
    return isDone ? 0 : 1
  }

  private let rows: [HostRow]
  private let sizes: [DimSymbol: Int]
  private let precision: Precision
  private let isOver: @Sendable () -> Bool
  private let observer: (Observation) -> Void
  /// What blocks have shown that is not put together yet.
  private let pending = Mutex<[BlockObservation]>([])

  init(
    _ rows: [HostRow], sizes: [DimSymbol: Int], precision: Precision,
    isOver: @escaping @Sendable () -> Bool, observer: @escaping (Observation) -> Void
  ) {
    self.rows = rows
    self.sizes = sizes
    self.precision = precision
    self.isOver = isOver
    self.observer = observer
  }

  /// False where the row has no results, which the interpreter will report.
  private func run(
    _ number: Int, _ site: HostSite, _ pointers: UnsafePointer<UnsafeRawPointer?>,
    _ places: UnsafePointer<UnsafeMutableRawPointer?>
  ) -> Bool {
    let row = rows[number]
    guard (row.operands + row.results).allSatisfy(canBeMade) else { return false }
    var operands: [Tensor] = []
    for (position, type) in row.operands.enumerated() {
      guard var shape = shape(type) else { return false }
      if site.block != nil, let axis = row.laneAxes[position] {
        shape.remove(at: axis)
        shape.append(site.lanes)
      }
      operands.append(Tensor(type.dtype, shape, precision, reading: pointers[position]))
    }
    if row.observes {
      if site.block == nil {
        observe(row, operands, site)
      } else {
        let seen = BlockObservation(row: number, site: site, operands: operands)
        pending.withLock { $0.append(seen) }
      }
      return true
    }
    let evaluation = Evaluation(
      operands: operands, attributes: row.attributes, precision: precision, sizes: sizes)
    guard let results = try? row.op.evaluate?(evaluation), results.count == row.results.count
    else { return false }
    for (position, type) in row.results.enumerated() {
      let result = results[position].converted(to: precision)
      guard let place = places[position], result.shape == shape(type) else { return false }
      result.write(to: place)
    }
    return true
  }

  private func shape(_ type: TensorType) -> [Int]? {
    let shape = type.shape.compactMap { $0.evaluated(sizes) }
    return shape.count == type.rank ? shape : nil
  }

  /// Whether there is room for what the host makes of a value of the code.
  private func canBeMade(_ type: TensorType) -> Bool {
    shape(type).map { AvailableMemory.holds($0, of: type.dtype, precision) } == true
  }

  private func observe(_ row: HostRow, _ operands: [Tensor], _ site: HostSite) {
    let observation = Observation(
      row.op, label: row.attributes.text("label"),
      isMasked: row.attributes["masked"] == .flag(true), operands: operands, origin: row.origin,
      indexes: WrittenSteps(row.attributes).indexes(site.loops.map(\.index)))
    if let observation { observer(observation) }
  }

  /// Shows what all blocks have shown, on the thread of the call.
  private func showBlocks() {
    let seen = pending.withLock { pending in
      defer { pending = [] }
      return pending
    }
    for group in BlockObservation.inProgramOrder(seen) {
      let row = rows[group[0].row]
      let operands = row.operands.indices.compactMap { position in
        shape(row.operands[position]).map {
          BlockObservation.joined(group, position, $0, laneAxis: row.laneAxes[position])
        }
      }
      observe(row, operands, group[0].site)
    }
  }
}

extension Tensor {
  /// A copy of the numbers at an address, as compiled code stores them.
  init(
    _ dtype: DType, _ shape: [Int], _ precision: Precision, reading address: UnsafeRawPointer?
  ) {
    let count = Layout.product(shape)
    func array<Element: BitwiseCopyable>(_: Element.Type) -> [Element] {
      guard let start = address?.assumingMemoryBound(to: Element.self) else { return [] }
      return Patience.filled(count) { target, range in
        (target + range.lowerBound).update(from: start + range.lowerBound, count: range.count)
      }
    }
    let storage: Tensor.Storage =
      switch (dtype, precision) {
      case (.real, .single): .single(array(Float.self))
      case (.real, .double): .double(array(Double.self))
      case (.int, _): .int(array(Int.self))
      case (.bool, _): .bool(array(Bool.self))
      }
    self.init(shape: shape, storage: storage)
  }

  /// Puts the numbers at an address.
  fileprivate func write(to address: UnsafeMutableRawPointer) {
    func copy(_ bytes: UnsafeRawBufferPointer) {
      guard let base = bytes.baseAddress else { return }
      for start in stride(from: 0, to: bytes.count, by: Patience.block) where !Patience.isOver() {
        let count = min(Patience.block, bytes.count - start)
        (address + start).copyMemory(from: base + start, byteCount: count)
      }
    }
    switch storage {
    case .single(let values): values.withUnsafeBytes(copy)
    case .double(let values): values.withUnsafeBytes(copy)
    case .int(let values): values.withUnsafeBytes(copy)
    case .bool(let values): values.withUnsafeBytes(copy)
    }
  }
}
