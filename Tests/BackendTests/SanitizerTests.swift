// Compiled code under sanitizers, in a process of its own: no access outside of a tensor or a buffer,
// nothing that C leaves undefined, and no race between chunks.

import Native
import Tensors
import TestSupport
import Testing

@Suite struct SanitizerTests {
  @Test(
    .enabled(if: Toolchain.has("clang"), "needs clang"), arguments: [Precision.single, .double])
  func noAccessOutsideAndNothingUndefined(_ precision: Precision) throws {
    let programs = precision == .single ? WholeProgram.small : []
    try expectClean(
      "clang", precision, programs + WholeProgram.trained.suffix(1),
      ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
  }

  @Test(.enabled(if: Toolchain.has("gcc"), "needs gcc"))
  func noRacesBetweenChunks() throws {
    try expectClean("gcc", .single, WholeProgram.trained.suffix(1), ["-fsanitize=thread"])
  }

  private func expectClean(
    _ compiler: String, _ precision: Precision, _ programs: [WholeProgram], _ flags: [String]
  ) throws {
    let toolchain = try Toolchain.testing(compiler, optimization: "-O0")
    try Folders.withScratch { folder in
      var program = SanitizedProgram(toolchain, in: folder)
      for item in try programs.flatMap({ try $0.cases() }) {
        let source = try? NativeSource(
          item.native, lane: item.lane, lanes: item.lanes ?? 8, bytes: toolchain.vectorBytes,
          precision: precision)
        if let source { program.add(source, item.calls) }
      }
      #expect(program.count > 20)
      let ending = try program.run(flags)
      #expect(ending.isClean, "\(ending.text)")
    }
  }
}
