// Compiled execution of pure expressions: when, with what left open, and what happens instead.
//
// What a loop of the host runs is compiled, so the choice is the program's and never the clock's.
// Declared dims become constants of the code; lengths stay open, and batches are told apart only by
// whether they fill the lanes of a block.

import CPool
import Foundation
import Diagnostics
import IR
import Interpreter
import Lowering
import Native
import Optimizer
import Semantics
import Tensors

/// What tells compiled forms of one graph apart.
struct NativeVariant: Equatable {
  let precision: Precision
  let lanes: Int
  let constants: [DimSymbol: Int]
  let hasProbes: Bool
  /// The bool inputs of rank 0, by position: constants of the code, too.
  let flags: [Int: Bool]
}

extension NativeVariant {
  /// Few flags are fixed, so that few variants arise.
  static func flags(_ inputs: [Tensor]) -> [Int: Bool] {
    var flags: [Int: Bool] = [:]
    for (position, input) in inputs.enumerated() where input.rank == 0 {
      if case .bool(let values) = input.storage, let flag = values.first { flags[position] = flag }
    }
    return flags.count <= 4 ? flags : [:]
  }
}

/// The declared dims that are constants of compiled code, and that of the batch.
typealias NativeSizes = (constants: [DimSymbol: Int], lane: DimSymbol?)

/// Why something runs on the interpreter.
enum NativeObstacle: Error {
  case refusal(String, Origin)
  case problem(NativeProblem)
}

/// The compiler with its cache, for one session.
package final class NativeEngine {
  private let cache: LibraryCache
  private let toolchain: Result<Toolchain, NativeProblem>
  let threads: Int
  /// Passes that are left out.
  package var without: Set<String> = []
  private var hasComplained = false
  private let complain: (String) -> Void

  /// - Parameter complain: told once that there is no compiler, or that it failed.
  package init(threads: Int = 0, complain: @escaping (String) -> Void) {
    let folder = LibraryCache.standardFolder()
    cache = LibraryCache(folder: folder)
    do throws(NativeProblem) {
      toolchain = .success(try Toolchain.find(notesIn: folder))
    } catch {
      toolchain = .failure(error)
    }
    self.threads = Int(nt_pool_threads(Int32(threads)))
    self.complain = complain
  }

  /// The width of a vector, where there is a compiler.
  func function(
    _ graph: Graph, lane: DimSymbol?, _ variant: NativeVariant
  ) -> Result<NativeFunction, NativeObstacle> {
    let bindings = variant.constants.mapValues { Dim($0) }
    let specialized = optimizeForNative(
      graph.fixing(variant.flags).substituting(bindings), isProbed: variant.hasProbes, without: without)
    do {
      let toolchain = try toolchain.get()
      let source = try NativeSource(
        specialized, lane: lane, lanes: variant.lanes, bytes: toolchain.vectorBytes,
        precision: variant.precision)
      if let path = processEnvironment("NTM_DEBUG") {
        try? source.text.write(toFile: "\(path)/\(graph.nodes.count).c", atomically: true, encoding: .utf8)
        try? specialized.description.write(toFile: "\(path)/\(graph.nodes.count).ir", atomically: true, encoding: .utf8)
      }
      let library = try cache.library(source: source.text, toolchain: toolchain)
      guard let function = NativeFunction(source, library, threads: threads) else {
        return .failure(.refusal("the library lacks its functions", .none))
      }
      return .success(function)
    } catch let refusal as NativeRefusal {
      return .failure(.refusal(refusal.reason, refusal.origin))
    } catch let problem as NativeProblem {
      if !hasComplained { complain("\(problem)\nthe run goes on with the interpreter") }
      hasComplained = true
      return .failure(.problem(problem))
    } catch {
      return .failure(.refusal("\(error)", .none))
    }
  }
}

extension Evaluator {
  /// The outputs, where the expression is compiled and the code has an answer.
  /// - Parameter observer: receives what is shown, even where there is no answer in the end.
  func executeNatively(
    _ site: PreparedSite, _ inputs: [Tensor], _ precision: Precision,
    _ observer: @escaping (Observation) -> Void
  ) -> [Tensor]? {
    guard let native, !loops.isEmpty else { return nil }
    let (constants, lane) = nativeSizes ?? findNativeSizes()
    let batch = lane.flatMap { sizes[$0] } ?? 1
    let variant = NativeVariant(
      precision: precision, lanes: batch >= 4 ? 8 : 1, constants: constants,
      hasProbes: probes != nil, flags: NativeVariant.flags(inputs))
    let known = site.compiled.first { $0.variant == variant }?.result
    let compiled =
      known
      ?? native.function(site.lowered.graph, lane: lane, variant)
    if known == nil {
      site.compiled.append((variant, compiled))
      if processEnvironment("NTM_DEBUG") != nil {
        console.writeError("native: \(site.lowered.graph.nodes.count) nodes: \(compiled)\n")
      }
    }
    guard case .success(let function) = compiled else { return nil }
    guard let sizes = computedSizes(of: site, inputs, precision) else { return nil }
    return function.call(inputs, sizes: sizes, stop: interrupt.word, observer: observer)
  }

  private func findNativeSizes() -> NativeSizes {
    let found: NativeSizes = (
      constants: sizes.filter { declaredDims[$0.key] == .plain },
      lane: declaredDims.filter { $0.value == .batch }.keys.min()
    )
    nativeSizes = found
    return found
  }

  /// The known sizes with those that the graph computes; nil where one has no value.
  private func computedSizes(
    of site: PreparedSite, _ inputs: [Tensor], _ precision: Precision
  ) -> [DimSymbol: Int]? {
    guard let graph = site.sizeGraph else { return sizes }
    let interrupt = self.interrupt
    let interpreter = Interpreter(
      precision: precision, isInterrupted: { interrupt.isRaised })
    return try? interpreter.run(graph, inputs, sizes: sizes).sizes
  }
}
