// A program for sanitizers: the C of many graphs, linked with the pool and a small `main`, and a file
// with the calls that it makes. It runs in a process of its own.

import Dispatch
import IR
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Native

struct SanitizedProgram {
  let toolchain: Toolchain
  let folder: String
  private var calls: [UInt8] = []
  private var texts: [(head: String, body: String)] = []
  /// Calls so far.
  private(set) var count = 0

  init(_ toolchain: Toolchain, in folder: String) {
    self.toolchain = toolchain
    self.folder = folder
  }

  /// Adds a graph with its calls. Those that do not reach compiled code are left out.
  mutating func add(_ source: NativeSource, _ calls: [GraphCall]) {
    let number = texts.count
    texts.append(Workshop.split(source.text))
    for call in calls {
      let given = SizeBinding.adding(source.interface.boundSizes, call.inputs, to: call.sizes)
      guard let given,
        let plan = CallPlan([], source.interface, slots: 0, { _, _, _ in 0 }, call.inputs, given)
      else { continue }
      count += 1
      write(number)
      write(plan.numbers.count)
      plan.numbers.forEach { write(Int($0)) }
      let inputs =
        call.inputs.map { $0.converted(to: source.interface.precision) } + plan.constants
      write(inputs.count)
      inputs.forEach { write($0) }
      write(plan.outputs.count)
      for (type, shape) in zip(source.interface.outputTypes, plan.outputs.map(\.shape)) {
        write(Layout.product(shape) * type.dtype.size(source.interface.precision))
      }
      write(source.interface.rows.count)
      for row in source.interface.rows { write(row, source, plan.sizes) }
    }
  }

  private mutating func write(_ number: Int) {
    withUnsafeBytes(of: Int64(number).littleEndian) { calls += $0 }
  }

  private mutating func write(_ tensor: Tensor) {
    func add(_ bytes: UnsafeRawBufferPointer) {
      write(bytes.count)
      calls += bytes
    }
    switch tensor.storage {
    case .single(let values): values.withUnsafeBytes { add($0) }
    case .double(let values): values.withUnsafeBytes { add($0) }
    case .int(let values): values.withUnsafeBytes { add($0) }
    case .bool(let values): values.withUnsafeBytes { add($0) }
    }
  }

  private mutating func write(
    _ row: HostRow, _ source: NativeSource, _ sizes: [DimSymbol: Int]
  ) {
    func bytes(_ type: TensorType) -> Int {
      type.shape.reduce(1) { $0 * ($1.evaluated(sizes) ?? 0) }
        * type.dtype.size(source.interface.precision)
    }
    write(row.operands.count)
    for (position, type) in row.operands.enumerated() {
      write(bytes(type))
      let axis = row.laneAxes.isEmpty ? nil : row.laneAxes[position]
      write(axis.flatMap { type.shape[$0].evaluated(sizes) } ?? 0)
    }
    write(row.results.count)
    row.results.forEach { write(bytes($0)) }
  }

  struct Ending {
    let isClean: Bool
    let text: String
  }

  /// Compiles everything with sanitizers and runs it.
  func run(_ flags: [String]) throws -> Ending {
    var program = self
    program.write(-1)
    try write(program.calls, to: "calls")
    let names = texts.indices.map { "X(\($0))" }.joined(separator: " ")
    try write(Array("#define GRAPHS(X) \(names)\n".utf8), to: "graphs.h")
    let files = Workshop.files(texts)
    for (number, places) in files.enumerated() {
      let head = texts[places[0]].head.replacing(Self.room, with: Self.poisonedRoom)
      let bodies = places.map { ($0, Self.zoned(texts[$0].body)) }
      try write(Array(Workshop.joined(head: head, bodies).utf8), to: "\(number).c")
    }
    let root = "\(Folders.root)"
    let options =
      toolchain.flags.filter { $0 != "-shared" } + flags + [
        "-g1", "-D_Nullable=", "-D_Nonnull=", "-I\(folder)", "-I\(root)Sources/CPool/include",
      ]
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: files.count) { number in
      let stem = "\(folder)/\(number)"
      let ending = self.ending(
        toolchain.command + options + ["-c", "\(stem).c", "-o", "\(stem).o"])
      if !ending.isClean { failures.withLock { $0.append(ending.text) } }
    }
    if let text = failures.withLock({ $0.first }) { return Ending(isClean: false, text: text) }
    let linked = ending(
      toolchain.command + options + files.indices.map { "\(folder)/\($0).o" } + [
        "\(root)Tests/BackendTests/Checks/sanitized.c", "\(root)Sources/CPool/pool.c",
        "-lpthread", "-o", "\(folder)/program",
      ])
    if !linked.isClean { return linked }
    return ending(["\(folder)/program", "\(folder)/calls"])
  }

  private func ending(_ words: [String]) -> Ending {
    let run = Subprocess.run(words, capturing: .errors, timeout: .seconds(300))
    return Ending(isClean: run.ending == .exited(0), text: "\(run.ending): \(run.text)")
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    try #require(DiskFile.write(bytes, to: "\(folder)/\(name)") == nil)
  }

  // MARK: Room between buffers

  private static let room = "#define nt_aligned(bytes) (((int64_t)(bytes) + 63) & ~(int64_t)63)"
  private static let poisonedRoom = """
    #define nt_aligned(bytes) ((((int64_t)(bytes) + 63) & ~(int64_t)63) + 64)
    void nt_zone(int is_local, int64_t start, int64_t bytes, int64_t copies);
    """

  /// The layout also says where each buffer lies.
  private static func zoned(_ body: String) -> String {
    body.replacing(/(shared|local) \+= nt_aligned\((.*)\)\*(\S+);/) { match in
      let isLocal = match.1 == "local" ? 1 : 0
      return "nt_zone(\(isLocal), \(match.1), (int64_t)(\(match.2)), \(match.3)); \(match.0)"
    }
  }
}
