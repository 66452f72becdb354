// The compiler of a session with its cache: graphs in, functions or the reason for none out.

import CPool
import IR
import Native
import Ops
import Optimizer
import Tensors

/// What tells compiled forms of one graph apart.
struct NativeVariant: Equatable {
  let precision: Precision
  let lanes: Int
  let constants: [DimSymbol: Int]
  let hasProbes: Bool
  /// The bool inputs of rank 0, by position: constants of the code, too.
  var flags: [Int: Bool]
}

extension NativeVariant {
  /// How many variants of a graph are made for the flags they meet; later ones leave flags open.
  static let most = 8

  /// How many examples a block has. A small batch is better off with a block for each example, so
  /// that every thread has work, than with one whose lanes are not all in use.
  static func lanes(of batch: Int) -> Int { batch > 8 ? 8 : 1 }

  /// In words that no other variant has.
  var words: [String] {
    let sizes = constants.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let flags = flags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return [
      precision.rawValue, "\(lanes)", "\(hasProbes)", sizes.joined(separator: " "),
      flags.joined(separator: " "),
    ]
  }

  /// The inputs that may be constants of the code: flags that a node reads.
  static func flagPlaces(of graph: Graph) -> [Int] {
    let read = Set(graph.nodes.flatMap(\.operands))
    return graph.inputs.indices.filter { place in
      graph.type(of: graph.inputs[place]) == TensorType(.bool) && read.contains(graph.inputs[place])
    }
  }

  /// - Parameter input: of the graph, by position; nil where it is not known.
  static func flags(at places: [Int], _ input: (Int) -> Tensor?) -> [Int: Bool] {
    var flags: [Int: Bool] = [:]
    for place in places {
      if case .bool(let values)? = input(place)?.storage { flags[place] = values.first }
    }
    return flags
  }
}

/// The declared dims that are constants of compiled code, and those of batches.
typealias NativeSizes = (constants: [DimSymbol: Int], batches: [DimSymbol])

/// Why something runs on the interpreter.
enum NativeObstacle: Error {
  case refusal(String, Origin)
  case problem(NativeProblem)

  static let slight = refusal("a few numbers, which the interpreter computes as fast", .none)
}

extension Graph {
  /// Whether compiling would take longer than it saves in many thousands of calls: a few operations
  /// on a few numbers each, none of an open size.
  fileprivate var isSlight: Bool {
    nodes.count <= 16
      && nodes.allSatisfy { node in
        if case .op = node.kind { true } else { false }
      }
      && types.allSatisfy { type in
        type.shape.reduce(1, *).constant.map { $0 <= 16 } ?? false
      }
  }
}

package final class NativeEngine {
  private let cache: LibraryCache
  /// Waits for the compiler to say what it is, where nobody has asked it before.
  private lazy var toolchain: Result<Toolchain, NativeProblem> = search.result()
  private let search: Toolchain.Search
  private let threads: Int
  private let request: EngineRequest
  /// Whether what runs once is compiled, too, which takes longer than it saves: for tests.
  var compilesEverything = false
  private var hasComplained = false
  /// Each unit more costs a process, which pays where a processor waits.
  private static let units = min(max(Int(nt_pool_threads(0)), 2), 4)
  private let complain: (String) -> Void

  /// - Parameter complain: told once that there is no compiler, or that it failed.
  package init(_ request: EngineRequest = EngineRequest(), complain: @escaping (String) -> Void) {
    let folder = LibraryCache.standardFolder()
    cache = LibraryCache(folder: folder)
    search = Toolchain.Search(notesIn: folder)
    self.request = request
    threads = Int(nt_pool_threads(Int32(clamping: request.threads)))
    self.complain = complain
    nt_keep_freed_memory()
  }

  /// Code on its way: from the cache, or with the compiler.
  struct Started {
    fileprivate let result: Result<Code, NativeObstacle>

    /// Tells the compiler to end. To be said of all that is given up, before any is waited for.
    func stop() {
      if case .success(let code) = result, case .compiled(let building) = code.pending {
        building.stop()
      }
    }
  }

  fileprivate struct Code {
    let interface: NativeInterface
    let counters: [[Origin]]
    let pending: LibraryCache.Pending
    /// The name of the note that is missing in the cache.
    let note: String?
  }

  /// Starts the compiler on a graph, unless the cache has the code. The compiler is ended when
  /// nobody holds the result any longer.
  func start(_ graph: Graph, lane: DimSymbol?, _ variant: NativeVariant) -> Started {
    Started(
      result: attempt {
        try refuseSlight(graph)
        let toolchain = try toolchain.get()
        let note = noteName(graph, lane, variant, toolchain)
        if let note, let (interface, library) = cache.noted(note, op: { opTable[$0] }) {
          return Code(interface: interface, counters: [], pending: .loaded(library), note: nil)
        }
        let specialized = specialize(graph, variant, without: request.without)
        if Patience.isOver() { throw NativeProblem.interrupted }
        let source = try source(
          specialized, of: graph, lane, variant, bytes: toolchain.vectorBytes,
          without: request.without)
        if let folder = request.keptTexts {
          let name = LibraryCache.key(source: source.text, toolchain: toolchain)
          try source.keep(specialized, in: folder, named: name)
        }
        return Code(
          interface: source.interface, counters: source.counters,
          pending: try cache.start(
            source: source.text, units: source.units, toolchain: toolchain),
          note: note)
      })
  }

  private func refuseSlight(_ graph: Graph) throws {
    if graph.isSlight && !compilesEverything { throw NativeObstacle.slight }
  }

  /// What the cache calls the note on a graph; nil where somebody wants what only comes with the C
  /// text: the text, or the places of its counters.
  private func noteName(
    _ graph: Graph, _ lane: DimSymbol?, _ variant: NativeVariant, _ toolchain: Toolchain
  ) -> String? {
    if request.keptTexts != nil || request.isProfiled { return nil }
    let parts = [graph.description, lane?.description ?? ""] + variant.words
    return LibraryCache.noteName(of: parts + request.without.sorted(), toolchain: toolchain)
  }

  /// The function that runs the graph, once the compiler is ready.
  func finish(_ started: Started) -> Result<NativeFunction, NativeObstacle> {
    let result: Result<NativeFunction, NativeObstacle> = started.result.flatMap { code in
      attempt {
        let library = try cache.finish(code.pending)
        let function = NativeFunction(
          code.interface, library, counters: code.counters, threads: threads)
        guard let function else {
          throw NativeObstacle.refusal("the library lacks its functions", .none)
        }
        if let note = code.note {
          cache.note(code.interface, of: library, named: note) { opTable[$0] }
        }
        return function
      }
    }
    if case .failure(.problem(let problem)) = result, problem != .interrupted {
      complainOnce(problem)
    }
    return result
  }

  private func attempt<T>(_ work: () throws -> T) -> Result<T, NativeObstacle> {
    do {
      return .success(try work())
    } catch let obstacle as NativeObstacle {
      return .failure(obstacle)
    } catch let refusal as NativeRefusal {
      return .failure(.refusal(refusal.reason, refusal.origin))
    } catch let problem as NativeProblem {
      return .failure(.problem(problem))
    } catch {
      return .failure(.refusal("\(error)", .none))
    }
  }

  /// What a graph is compiled to, without compiling it.
  /// - Parameter without: names of passes to leave out besides those that the engine leaves out.
  func plan(
    _ graph: Graph, lane: DimSymbol?, _ variant: NativeVariant, without: Set<String> = []
  ) -> Result<NativePlan, NativeObstacle> {
    let without = request.without.union(without)
    return attempt {
      try refuseSlight(graph)
      // Plans are the same for all widths of vectors.
      let bytes = (try? toolchain.get())?.vectorBytes ?? 32
      return try source(
        specialize(graph, variant, without: without), of: graph, lane, variant, bytes: bytes,
        without: without
      ).plan
    }
  }

  func specialize(
    _ graph: Graph, _ variant: NativeVariant, without: Set<String>
  ) -> Graph {
    optimizeForNative(
      graph.fixing(variant.flags).substituting(variant.constants.mapValues { Dim($0) }),
      isProbed: variant.hasProbes, without: without)
  }

  /// - Parameter original: what the graph was specialised from.
  func source(
    _ graph: Graph, of original: Graph, _ lane: DimSymbol?, _ variant: NativeVariant, bytes: Int,
    without: Set<String>
  ) throws -> NativeSource {
    try NativeSource(
      graph, lane: lane, lanes: variant.lanes, bytes: bytes, precision: variant.precision,
      options: NativeOptions(
        without: Set(without.compactMap { NativePass(rawValue: $0) }),
        isProfiled: request.isProfiled, units: NativeEngine.units),
      original: original.substituting(variant.constants.mapValues { Dim($0) }))
  }

  /// One notice is enough, however many loops it is about.
  private func complainOnce(_ problem: NativeProblem) {
    if !hasComplained { complain("\(problem)\nloops run on the interpreter, which takes longer") }
    hasComplained = true
  }
}
