// The commands. Each is a file of its own; what they share is here: the exit code and the way out.
//
// Exit codes: 0 success, 1 the program or a test failed, 2 reports with errors, 64 usage.

import ArgumentParser
import Driver
import Glibc

@main
struct Ntmscript: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ntmscript",
    abstract: "A differentiable tensor language for neural Turing machines.",
    discussion: """
      Without a command, starts a session.

      Examples:
        ntmscript                            a session; `:help` there says more
        ntmscript run copy.ntm --lr 1e-3     a program, with a setting of its own
        ntmscript run copy.ntm --help        its settings
        ntmscript compare copy.ntm --lr 1e-3,3e-3 --seeds 1..5
        ntmscript check copy.ntm             its mistakes, without running it
        ntmscript doc softmax                what a built-in does
        ntmscript --version --verbose        what programs are compiled with here
      """,
    version: "ntmscript \(Version.text)",
    subcommands: [
      Run.self, Compare.self, Repl.self, Check.self, Test.self, Format.self, Explain.self,
      Document.self, Cache.self,
    ],
    defaultSubcommand: Repl.self)

  /// The next file or pipe would get the number of a stream that is closed, and what a compiler says
  /// would come as input. Something takes its place that cannot be read, or written, either.
  private static func occupyStreams() {
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
      _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// The parser answers `--version` by itself and knows no long form of it.
  static func main() {
    occupyStreams()
    guard Set(CommandLine.arguments.dropFirst()) == ["--version", "--verbose"] else {
      return main(nil)
    }
    let terminal = Terminal()
    let commands = Commands(console: terminal, interrupt: Interrupts.flag)
    do {
      try leave(with: commands.describeVersion(), terminal)
    } catch {
      exit(withError: error)
    }
  }
}

/// Ends the process with the code that a command gave, after the last output is out.
func leave(with code: Int32, _ terminal: Terminal) throws -> Never {
  terminal.flush()
  if let problem = terminal.failure, problem != EPIPE {
    terminal.writeError("cannot write the output: \(String(cString: strerror(problem)))\n")
    throw ExitCode(max(code, 1))
  }
  throw ExitCode(code)
}
