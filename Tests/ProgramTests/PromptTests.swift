// The prompt as a person meets it: keys, pasted text, a terminal that is closed.

import Glibc
import Runtime
import TestSupport
import Testing

@Suite(.serialized) struct PromptTests {
  private func withSession(_ body: (TerminalSession, String) throws -> Void) throws {
    try Folders.withScratch { folder in
      let session = try TerminalSession(try Program(in: folder))
      try #require(session.shows("ntm> "), "\(session.screen)")
      try body(session, folder)
    }
  }

  private static let controlD = "\u{4}"

  @Test func controlDEndsTheInputAndThenTheSession() throws {
    try withSession { session, _ in
      session.type("let x = [1.0,\r")
      try #require(session.shows("...> "), "\(session.screen)")
      session.type(Self.controlD)
      try #require(session.shows("error["), "\(session.screen)")
      try #require(session.shows("ntm> "), "\(session.screen)")
      session.type("print(\"alive\", 6 * 7)\r")
      try #require(session.shows("alive 42") && session.shows("ntm> "), "\(session.screen)")
      session.type(Self.controlD)
      #expect(session.end() == 0)
    }
  }

  @Test func commandsArePastedAmongInputs() throws {
    try withSession { session, _ in
      session.type(
        "\u{1B}[200~let a = 20.5\n:type a > 1.0\n?sigmoid\nlet b = a\n  + 21.5\n\u{1B}[201~\r")
      for reply in ["a : real  20.5", "bool", "sigmoid(x", "b : real  42.0"] {
        try #require(session.shows(reply), "\(reply): \(session.screen)")
      }
      try #require(session.shows("ntm> "), "\(session.screen)")
      session.type(":quit\r")
      #expect(session.end() == 0)
    }
  }

  /// Whatever becomes of the session.
  @Test func whatWasTypedIsRememberedAtOnce() throws {
    try withSession { session, folder in
      session.type("print(\"answer\", 6 * 7)\r")
      try #require(session.shows("answer 42"), "\(session.screen)")
      let path = "\(folder)/.local/state/ntmscript/history"
      let history = String(decoding: try AtomicFile.read(path), as: UTF8.self)
      #expect(history == "print(\"answer\", 6 * 7)\n")
    }
  }

  /// A file under way is given up; what was there, and every name, is kept.
  @Test func controlCEndsWorkOnFiles() throws {
    try withSession { session, folder in
      let row = (0..<1_000).map { "\($0 % 7).5" }.joined(separator: ",")
      try AtomicFile.write(
        Array(repeating: row, count: 6_000).joined(separator: "\n"), to: "\(folder)/in.csv")
      for name in ["out.csv", "out.npz"] { try AtomicFile.write("old", to: "\(folder)/\(name)") }
      session.type("dim K = 2_500\rlet rng = Rng(1)\rlet a = rng.normal[K, K]\rlet z = 21\r")
      session.type("print(\"made\", 2 * z)\r")
      try #require(session.shows("made 42") && session.shows("ntm> "), "\(session.screen)")
      for work in [
        "let z: [_, _] = load(\"\(folder)/in.csv\")", "save(\"\(folder)/out.csv\", a)",
        "save(\"\(folder)/out.npz\", a)", ":save \(folder)/all",
      ] {
        session.type("print(\"next\", 2 * z)\r\(work)\r")
        try #require(session.shows("next 42"), "\(session.screen)")
        usleep(300_000)
        session.type(TerminalSession.controlC)
        try #require(session.shows("interrupted"), "\(work): \(session.screen)")
        try #require(session.shows("ntm> "), "\(session.screen)")
      }
      for name in ["out.csv", "out.npz"] {
        #expect(try AtomicFile.read("\(folder)/\(name)") == Array("old".utf8))
      }
      let left = Folders.contents(folder).filter { !$0.hasPrefix(".") || $0.contains("partial") }
      #expect(left == ["in.csv", "out.csv", "out.npz"])
      session.type(":quit\r")
      #expect(session.end() == 0)
    }
  }

  /// What a line begins the next may go on with, as in a file.
  @Test func aPipeIsReadAsAFile() throws {
    try Folders.withScratch { folder in
      let program = try Program(in: folder)
      let text = """
        let d = 1.0
          + 2.0
        if d > 5.0 {
          print("large")
        }
        else {
          print("small", d)
        }

        """
      try program.write(text, "program.ntm")
      let piped = try program.shell("ntm < program.ntm")
      #expect(piped.output == "d : real  3.0\nsmall 3.0\n" && piped.code == 0, "\(piped.errors)")
      let run = try program.shell("ntm run program.ntm")
      #expect(run.output == "small 3.0\n" && run.code == 0)
    }
  }
}
