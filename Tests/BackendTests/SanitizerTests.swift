// Compiled code under sanitizers, in a process of its own: no access outside of a tensor or a buffer,
// nothing that C leaves undefined, and no race between chunks.

import IR
import Native
import Tensors
import TestSupport
import Testing

@Suite struct SanitizerTests {
  /// Of each program the smallest graph with a loop, since sanitizers make compilation long; and
  /// whole training steps, of a machine with a memory and of products of matrices.
  @Test(
    .enabled(if: Toolchain.has("clang"), "needs clang"), arguments: [Precision.single, .double])
  func noAccessOutsideAndNothingUndefined(_ precision: Precision) throws {
    var cases = try WholeProgram.trained.suffix(2).flatMap { try $0.cases() }
    if precision == .single {
      let recorded = try WholeProgram.recorded.get().cases.filter { $0.native.hasLoop }
      cases += Dictionary(grouping: recorded, by: \.program).values.compactMap { graphs in
        graphs.min { $0.native.nodes.count < $1.native.nodes.count }
      }
    }
    try expectClean(
      "clang", precision, cases, ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
  }

  @Test(.enabled(if: Toolchain.has("gcc"), "needs gcc"))
  func noRacesBetweenChunks() throws {
    let cases = try WholeProgram.trained.suffix(2).flatMap { try $0.cases() }
    try expectClean("gcc", .single, cases, ["-fsanitize=thread"])
  }

  private func expectClean(
    _ compiler: String, _ precision: Precision, _ cases: [Case], _ flags: [String]
  ) throws {
    let toolchain = try Toolchain.testing(compiler, optimization: "-O0")
    try Folders.withScratch { folder in
      var program = SanitizedProgram(toolchain, in: folder)
      for item in cases {
        let source = try? NativeSource(
          item.native, lane: item.lane, lanes: item.lanes ?? 8, bytes: toolchain.vectorBytes,
          precision: precision)
        if let source { program.add(source, item.calls) }
      }
      #expect(program.count > 10)
      let ending = try program.run(flags)
      #expect(ending.isClean, "\(ending.text)")
    }
  }
}

extension Graph {
  fileprivate var hasLoop: Bool {
    nodes.contains { if case .scan = $0.kind { true } else { false } }
  }
}
