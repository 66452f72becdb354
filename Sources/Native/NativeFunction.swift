// A graph compiled to a shared library, ready to be called with any sizes it leaves open.
//
// A call that the compiled code cannot answer (a shape that does not fit, an index out of range)
// gives nothing back, and the interpreter, which defines what happens then, is asked instead.

import CPool
import Glibc
package import IR
package import Tensors

/// A graph as C text.
package struct NativeSource: Sendable {
  package let text: String
  /// How many parts of the text can be compiled side by side.
  package let units: Int
  package let interface: NativeInterface
  package let plan: NativePlan
  /// Where each counter of profiled code counts.
  package let counters: [[Origin]]

  /// - Parameters:
  ///   - graph: verified; sizes of the model are constants, others may be open.
  ///   - lane: the dim of the batch.
  ///   - lanes: examples of a block: 8, or 1 for small batches.
  ///   - bytes: the width of a vector.
  ///   - original: what the graph was made from; where a call would be one that the interpreter
  ///     refuses to run of it, it is asked.
  /// - Throws: `NativeRefusal` for what only the interpreter runs.
  package init(
    _ graph: Graph, lane: DimSymbol?, lanes: Int, bytes: Int, precision: Precision,
    options: NativeOptions = NativeOptions(), original: Graph? = nil
  ) throws {
    var limits = try SizeLimits([graph] + (original.map { [$0] } ?? []), precision)
    let symbols = graph.symbols
    let lane = lane.flatMap { symbols.contains($0) ? $0 : nil }
    var (program, producers) = try Translation.translate(graph, lane: lane, precision)
    let hasLanes = program.hasSmallBlocks && !program.multipliesMatrices
    let shape = VectorShape(
      bytes: bytes, lanes: hasLanes ? lanes : 1, isDouble: precision == .double)
    if shape.lanes == 1, !options.without.contains(.transposition) {
      Transposition.apply(to: program, &producers)
    }
    if shape.lanes == 1, !options.without.contains(.products) {
      Multiplication.apply(to: program, &producers)
    }
    let emitter = Emitter(program, producers, symbols: symbols, shape: shape, options: options)
    text = try emitter.source()
    units = emitter.units.count
    plan = emitter.finishedPlan()
    limits.add(plan)
    counters = emitter.counters
    interface = NativeInterface(
      types: graph.inputTypes, outputTypes: graph.outputTypes, constants: program.hostConstants,
      rows: program.hostRows, boundSizes: program.boundSizes, symbols: symbols, limits: limits,
      lane: program.lane, precision: precision)
  }
}

package final class NativeFunction {
  typealias Layout =
    @convention(c) (
      UnsafePointer<Int64>, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>
    ) -> Int64
  private typealias Run = @convention(c) (UnsafeMutableRawPointer) -> Void

  private let interface: NativeInterface
  private let layout: Layout
  private let run: Run
  private let slots: Int
  private let threads: Int
  private var shared = Arena()
  private var local = Arena()
  /// Of the latest sizes, a few of them.
  private var plans: [CallPlan] = []
  private static let planLimit = 32
  package let profile: NativeProfile?

  /// What the text of a source was compiled to.
  /// - Parameter suffix: what the names end in, where a library holds several graphs.
  package convenience init?(
    _ source: NativeSource, _ library: LoadedLibrary, suffix: String = "", threads: Int
  ) {
    self.init(
      source.interface, library, suffix: suffix, counters: source.counters, threads: threads)
  }

  /// - Parameters:
  ///   - suffix: what the names end in, where a library holds several graphs.
  ///   - counters: where each counter of profiled code counts.
  package init?(
    _ interface: NativeInterface, _ library: LoadedLibrary, suffix: String = "",
    counters: [[Origin]], threads: Int
  ) {
    guard let layout = library.symbol("nt_layout\(suffix)"),
      let run = library.symbol("nt_run\(suffix)"), let slots = library.symbol("nt_slots\(suffix)")
    else { return nil }
    self.interface = interface
    self.layout = unsafeBitCast(layout, to: Layout.self)
    self.run = unsafeBitCast(run, to: Run.self)
    self.slots = Int(slots.load(as: Int32.self))
    self.threads = threads
    profile = NativeProfile(library, origins: counters)
  }

  /// The outputs, or nil where the interpreter must be asked. Also nil after `stop` was set.
  /// - Parameter sizes: also those that nodes of the graph compute (`Graph.sizesAlone`).
  /// - Parameter observer: receives what is shown, on this thread and in program order, also where
  ///   nil is the answer in the end.
  package func call(
    _ inputs: [Tensor], sizes: [DimSymbol: Int], stop: UnsafePointer<Int32>,
    observer: @escaping (Observation) -> Void = { _ in }
  ) -> [Tensor]? {
    guard let sizes = SizeBinding.adding(interface.boundSizes, inputs, to: sizes),
      let plan = plan(inputs, sizes),
      AvailableMemory.holds(
        plan.outputSize + shared.growth(to: plan.sharedSize)
          + local.growth(to: plan.localSize * threads)),
      let shared = shared.holding(plan.sharedSize),
      let local = local.holding(plan.localSize * threads)
    else { return nil }
    let precision = interface.precision
    let inputs =
      inputs.indices.allSatisfy { inputs[$0].holds(precision) }
      ? inputs : inputs.map { $0.converted(to: precision) }
    nonisolated(unsafe) let wish = stop
    let host = HostCalls(
      interface.rows, sizes: plan.sizes, precision: precision, isOver: { wish.pointee != 0 },
      observer: observer)
    return withAddresses(of: inputs, plan.constants) { inputs in
      OutputTensors.filled(plan.outputs, precision) { outputs in
        plan.numbers.withUnsafeBufferPointer { numbers in
          plan.offsets.withUnsafeBufferPointer { offsets in
            var call = CallRecord(
              sizes: numbers.baseAddress, offset: offsets.baseAddress, inputs: inputs,
              outputs: outputs, shared: shared, local: local, localSize: Int64(plan.localSize),
              stop: stop, parallel: nt_pool_run, threads: Int32(threads), fault: 0,
              host: HostCalls.entry, context: Unmanaged.passUnretained(host).toOpaque())
            withExtendedLifetime(host) {
              if let profile { profile.measured { run(&call) } } else { run(&call) }
            }
            return call.fault == 0 && stop.pointee == 0
          }
        }
      }
    }
  }

  /// What follows from the sizes of a call; nil where they do not fit.
  private func plan(_ inputs: [Tensor], _ sizes: [DimSymbol: Int]) -> CallPlan? {
    let given = interface.symbols.map { sizes[$0] ?? -1 }
    if let known = plans.first(where: { $0.isFor(inputs, given) }) { return known }
    guard inputs.count == interface.types.count,
      let plan = CallPlan(given, interface, slots: slots, layout, inputs, sizes)
    else { return nil }
    plans = [plan] + plans.prefix(Self.planLimit - 1)
    return plan
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
  var host: HostCalls.Entry
  var context: UnsafeMutableRawPointer
}

extension HostConstant {
  /// - Parameter known: the constants before it.
  /// - Returns: nil where it has no value.
  func tensor(
    _ known: [Tensor], _ precision: Precision, _ sizes: [DimSymbol: Int]
  ) -> Tensor? {
    func shape(_ dims: [Dim]) -> [Int] { dims.compactMap { $0.evaluated(sizes) } }
    guard AvailableMemory.holds(shape(type.shape), of: type.dtype, precision) else { return nil }
    switch source {
    case .row(let op, let attributes, let operands):
      let evaluation = Evaluation(
        operands: operands.map { known[$0] }, attributes: attributes, precision: precision,
        sizes: sizes)
      return (try? op.evaluate?(evaluation).first)?.converted(to: precision)
    case .places:
      let shape = shape(type.shape)
      return Tensor(shape, ints: Patience.counting(Layout.product(shape)))
    case .count(let dims): return Layout.count(shape(dims)).map { Tensor(ints: [$0]) }
    }
  }
}

/// Memory that is kept from call to call and grows.
private struct Arena {
  private var pointer: UnsafeMutableRawPointer?
  private var size = 0

  /// How many bytes more the system is asked for.
  func growth(to bytes: Int) -> Int { bytes <= size ? 0 : bytes }

  /// Aligned to 64 bytes; nil where the system has no more.
  mutating func holding(_ bytes: Int) -> UnsafeMutableRawPointer? {
    if bytes <= size, let pointer { return pointer }
    free(pointer)
    pointer = nil
    size = 0
    guard bytes >= 0 else { return nil }
    // A page of 2 MiB lies together in the processor's caches; of many small ones, some push out
    // others, and which is left to chance.
    let isLarge = bytes >= LargePages.size
    let wanted = max(bytes + bytes / 4, 64)
    guard posix_memalign(&pointer, isLarge ? LargePages.size : 64, wanted) == 0 else { return nil }
    if isLarge { madvise(pointer, wanted, MADV_HUGEPAGE) }
    size = wanted
    return pointer
  }
}

/// Calls `body` with the addresses of the numbers of all tensors.
///
/// Numbers of an array stay where they are as long as it is held and nobody writes it.
private func withAddresses<Result>(
  of inputs: [Tensor], _ constants: [Tensor], _ body: (UnsafePointer<UnsafeRawPointer?>?) -> Result
) -> Result {
  let count = inputs.count + constants.count
  return withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: count) { addresses in
    for index in 0..<count {
      let isInput = index < inputs.count
      addresses.initializeElement(
        at: index, to: isInput ? inputs[index].address : constants[index - inputs.count].address)
    }
    return withExtendedLifetime((inputs, constants)) { body(UnsafePointer(addresses.baseAddress)) }
  }
}

extension Tensor {
  fileprivate var address: UnsafeRawPointer? {
    switch storage {
    case .single(let values): values.withUnsafeBytes(\.baseAddress)
    case .double(let values): values.withUnsafeBytes(\.baseAddress)
    case .int(let values): values.withUnsafeBytes(\.baseAddress)
    case .bool(let values): values.withUnsafeBytes(\.baseAddress)
    }
  }
}
