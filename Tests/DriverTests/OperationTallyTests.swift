// What a run says of the floating-point operations of a step, compiled or not.

import Runtime
import TestSupport
import Testing

@testable import Driver

@Suite struct OperationTallyTests {
  /// A step reads `m` in a product, 2 * 2 * 3, an outer product, 2 * 3, and a sum, 2 * 3; in two of
  /// four steps it is doubled, 2 * 3. What does not read it and what comes behind are no part of it.
  private static let program = """
    dim M = 2, N = 3
    struct Line { w: [M, N] = zeros[M, N] }
    struct Bias { b: [N] = ones[N] }
    var m = Line()
    var other = Bias()
    let x = [1.0, 2.0, 3.0] as [N]
    for step in 1..=4 {
      let y = m.w @ x
      let free = exp(y)
      m = Line(w: m.w + outer(y, x))
      if step > 2 { m = Line(w: m.w * 2.0) }
      log(step, size: sum(free))
    }
    for _ in 0 .. 3 { other = Bias(b: exp(other.b)) }
    print(sum(exp(m.w)))

    """

  @Test(arguments: [[], ["--interpret"], ["--f64"]]) func aStepIsCountedByHand(
    _ flags: [String]
  ) throws {
    try Folders.withScratch { folder in
      try AtomicFile.write(Self.program, to: "\(folder)/line.ntm")
      let console = RecordingConsole()
      let code = Commands(console: console, interrupt: Interrupt())
        .run(["\(folder)/line.ntm", "--json"] + flags)
      #expect(code == 0, "\(console.text)")
      #expect(
        console.output.contains(#"{"event":"flops","m":27.0,"other":3.0}"#), "\(console.output)")
    }
  }

  @Test func peopleAreNotTold() throws {
    try Folders.withScratch { folder in
      try AtomicFile.write(Self.program, to: "\(folder)/line.ntm")
      let console = RecordingConsole()
      _ = Commands(console: console, interrupt: Interrupt()).run(["\(folder)/line.ntm"])
      #expect(!console.text.contains("flops"))
    }
  }
}
