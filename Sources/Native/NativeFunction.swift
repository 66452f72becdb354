// A graph compiled to a shared library, ready to be called with any sizes it leaves open.
//
// A call that the compiled code cannot answer (a shape that does not fit, an index out of range)
// gives nothing back, and the interpreter, which defines what happens then, is asked instead.

import CKernels
import CPool
import Glibc
package import IR
package import Tensors

/// A graph as C text.
package struct NativeSource: Sendable {
  package let text: String
  let types: [TensorType]
  let outputTypes: [TensorType]
  let constants: [HostConstant]
  let symbols: [DimSymbol]
  let precision: Precision

  /// - Parameters:
  ///   - graph: verified; sizes of the model are constants, others may be open.
  ///   - lane: the dim of the batch.
  ///   - lanes: examples of a block: 8, or 1 for small batches.
  ///   - bytes: the width of a vector.
  /// - Throws: `NativeRefusal` for what only the interpreter runs.
  package init(
    _ graph: Graph, lane: DimSymbol?, lanes: Int, bytes: Int, precision: Precision
  ) throws {
    let symbols = graph.symbols
    let lane = lane.flatMap { symbols.contains($0) ? $0 : nil }
    let (program, producers) = try Translation.translate(graph, lane: lane, precision)
    let shape = VectorShape(
      bytes: bytes, lanes: program.lane == nil ? 1 : lanes, isDouble: precision == .double)
    let emitter = Emitter(program, producers, symbols: symbols, shape: shape)
    text = try emitter.source()
    types = graph.inputTypes
    outputTypes = graph.outputTypes
    constants = program.hostConstants
    self.symbols = symbols
    self.precision = precision
  }
}

package final class NativeFunction {
  private typealias Layout = @convention(c) (
    UnsafePointer<Int64>, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>
  ) -> Int64
  private typealias Run = @convention(c) (UnsafeMutableRawPointer) -> Void

  private let source: NativeSource
  private let layout: Layout
  private let run: Run
  private let slots: Int
  private let threads: Int
  private var shared = Arena()
  private var local = Arena()
  /// The values of host constants by sizes, latest first.
  private var constants: (sizes: [Int64], tensors: [Tensor]) = ([], [])

  /// - Parameter suffix: what the names end in, where a library holds several graphs.
  package init?(
    _ source: NativeSource, _ library: LoadedLibrary, suffix: String = "", threads: Int
  ) {
    guard let layout = library.symbol("nt_layout\(suffix)"),
      let run = library.symbol("nt_run\(suffix)"), let slots = library.symbol("nt_slots\(suffix)")
    else { return nil }
    self.source = source
    self.layout = unsafeBitCast(layout, to: Layout.self)
    self.run = unsafeBitCast(run, to: Run.self)
    self.slots = Int(slots.load(as: Int32.self))
    self.threads = threads
  }

  /// The outputs, or nil where the interpreter must be asked. Also nil after `stop` was set.
  package func call(
    _ inputs: [Tensor], sizes: [DimSymbol: Int], stop: UnsafePointer<Int32>
  ) -> [Tensor]? {
    guard let bound = SizeBinding.bind(source.types, inputs, sizes) else { return nil }
    var numbers: [Int64] = []
    for symbol in source.symbols {
      guard let size = bound[symbol] else { return nil }
      numbers.append(Int64(size))
    }
    guard let constants = hostConstants(numbers, bound) else { return nil }
    var offsets = [Int64](repeating: 0, count: max(slots, 1))
    var localSize: Int64 = 0
    let sharedSize = layout(numbers, &offsets, &localSize)
    guard let shared = shared.holding(Int(sharedSize)),
      let local = local.holding(Int(localSize) * threads),
      let outputs = OutputBuffers(source.outputTypes, source.precision, bound)
    else { return nil }
    let tensors = inputs.map { $0.converted(to: source.precision) } + constants
    let isDone = withPointers(tensors[...]) { pointers in
      numbers.withUnsafeBufferPointer { numbers in
        offsets.withUnsafeBufferPointer { offsets in
          pointers.withUnsafeBufferPointer { pointers in
            outputs.pointers.withUnsafeBufferPointer { outputs in
              var call = CallRecord(
                sizes: numbers.baseAddress, offset: offsets.baseAddress,
                inputs: pointers.baseAddress, outputs: outputs.baseAddress, shared: shared,
                local: local, localSize: localSize, stop: stop, parallel: nt_pool_run,
                threads: Int32(threads), fault: 0)
              run(&call)
              return call.fault == 0 && stop.pointee == 0
            }
          }
        }
      }
    }
    return isDone ? outputs.tensors() : nil
  }

  private func hostConstants(_ numbers: [Int64], _ sizes: [DimSymbol: Int]) -> [Tensor]? {
    if source.constants.isEmpty || constants.sizes == numbers && !constants.tensors.isEmpty {
      return constants.tensors
    }
    var tensors: [Tensor] = []
    for constant in source.constants {
      let evaluation = Evaluation(
        operands: constant.operands.map { tensors[$0] }, attributes: constant.attributes, precision: source.precision, sizes: sizes)
      guard let value = try? constant.op.evaluate?(evaluation).first else { return nil }
      tensors.append(value.converted(to: source.precision))
    }
    constants = (numbers, tensors)
    return tensors
  }
}

/// `nt_call` of `access.h`.
private struct CallRecord {
  var sizes: UnsafePointer<Int64>?
  var offset: UnsafePointer<Int64>?
  var inputs: UnsafePointer<UnsafeRawPointer?>?
  var outputs: UnsafePointer<UnsafeMutableRawPointer?>?
  var shared: UnsafeMutableRawPointer
  var local: UnsafeMutableRawPointer
  var localSize: Int64
  var stop: UnsafePointer<Int32>
  var parallel:
    @convention(c) (
      @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void, UnsafeMutableRawPointer?,
      Int32, Int32
    ) -> Void
  var threads: Int32
  var fault: Int32
}

/// Memory that is kept from call to call and grows.
private struct Arena {
  private var pointer: UnsafeMutableRawPointer?
  private var size = 0

  /// Aligned to 64 bytes; nil where the system has no more.
  mutating func holding(_ bytes: Int) -> UnsafeMutableRawPointer? {
    if bytes <= size, let pointer { return pointer }
    free(pointer)
    pointer = nil
    size = 0
    let wanted = max(bytes + bytes / 4, 64)
    guard bytes >= 0, posix_memalign(&pointer, 64, wanted) == 0 else { return nil }
    size = wanted
    return pointer
  }
}

/// Where compiled code puts its outputs.
private final class OutputBuffers {
  let pointers: [UnsafeMutableRawPointer?]
  private let shapes: [[Int]]
  private let types: [TensorType]
  private let precision: Precision

  init?(_ types: [TensorType], _ precision: Precision, _ sizes: [DimSymbol: Int]) {
    var pointers: [UnsafeMutableRawPointer?] = []
    var shapes: [[Int]] = []
    for type in types {
      let shape = type.shape.compactMap { $0.evaluated(sizes) }
      guard shape.count == type.rank, let count = Layout.count(shape), count < 1 << 31 else {
        for pointer in pointers { free(pointer) }
        return nil
      }
      shapes.append(shape)
      pointers.append(.allocate(byteCount: max(count * 8, 8), alignment: 64))
    }
    self.pointers = pointers
    self.shapes = shapes
    self.types = types
    self.precision = precision
  }

  deinit { for pointer in pointers { pointer?.deallocate() } }

  func tensors() -> [Tensor] {
    zip(zip(types, shapes), pointers).map { described, pointer in
      let (type, shape) = described
      let count = Layout.product(shape)
      func array<Element>(_: Element.Type) -> [Element] {
        Array(UnsafeBufferPointer(start: pointer?.assumingMemoryBound(to: Element.self), count: count))
      }
      let storage: Tensor.Storage =
        switch (type.dtype, precision) {
        case (.real, .single): .single(array(Float.self))
        case (.real, .double): .double(array(Double.self))
        case (.int, _): .int(array(Int.self))
        case (.bool, _): .bool(array(Bool.self))
        }
      return Tensor(shape: shape, storage: storage)
    }
  }
}

/// Calls `body` with the address of the numbers of each tensor.
private func withPointers<Result>(
  _ tensors: ArraySlice<Tensor>, _ pointers: [UnsafeRawPointer?] = [],
  _ body: ([UnsafeRawPointer?]) -> Result
) -> Result {
  guard let tensor = tensors.first else { return body(pointers) }
  func next(_ pointer: UnsafeRawPointer?) -> Result {
    withPointers(tensors.dropFirst(), pointers + [pointer], body)
  }
  return switch tensor.storage {
  case .single(let values): values.withUnsafeBytes { next($0.baseAddress) }
  case .double(let values): values.withUnsafeBytes { next($0.baseAddress) }
  case .int(let values): values.withUnsafeBytes { next($0.baseAddress) }
  case .bool(let values): values.withUnsafeBytes { next($0.baseAddress) }
  }
}
