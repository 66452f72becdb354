// `ntmscript cache`: the compiled code that is kept between runs.

import ArgumentParser
import Driver

struct Cache: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show or remove the compiled code that is kept between runs.",
    discussion: """
      It is kept in $NTM_CACHE, $XDG_CACHE_HOME/ntmscript or ~/.cache/ntmscript. What was not used \
      for longest is removed by itself.

      Examples:
        ntmscript cache
        ntmscript cache --clear
      """)

  @Flag(help: "Remove all of it. The next run compiles again.")
  var clear = false

  func run() throws {
    let terminal = Terminal()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    try leave(with: commands.cache(isCleared: clear), terminal)
  }
}
