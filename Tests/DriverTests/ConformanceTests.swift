// What `check` says of heads, memories and cells that hold: nothing. Those that do not are golden
// cases, `Tests/Golden/command/conformance.ntm`.

import TestSupport
import Testing

@testable import Driver

@Suite struct ConformanceTests {
  @Test(arguments: [
    "examples/leap.ntm", "stdlib/heads.ntm", "stdlib/mann.ntm", "stdlib/stacks.ntm",
  ])
  func whatHoldsIsLeftAlone(_ path: String) {
    let console = RecordingConsole()
    let commands = Commands(console: console, interrupt: Interrupt())
    #expect(commands.check([Folders.root + path], usesJson: false) == 0)
    #expect(console.text == "")
  }

  @Test func aGradientOfItsOwnIsNotedAndNotReported() {
    let console = RecordingConsole()
    let commands = Commands(console: console, interrupt: Interrupt())
    #expect(commands.check([Folders.root + "stdlib/dntm.ntm"], usesJson: false) == 0)
    #expect(
      console.text
        == "note: the gradients of `DynamicHead` were not compared with differences: it has some of "
        + "its own\n")
  }
}
