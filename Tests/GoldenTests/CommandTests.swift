// What a command says of a program, to the letter: `Tests/Golden/command/CODE.ntm`, or a folder
// `CODE` with `main.ntm` and the files it needs. And: every code there is has a case somewhere.

import Diagnostics
import Testing

@testable import Driver

@Suite struct CommandTests {
  static let cases =
    GoldenFile.all("command", ".ntm").filter { file in
      let parts = file.name.split(separator: "/")
      return parts.count == 2 || parts.last == "main.ntm"
    }

  @Test(arguments: cases)
  func aCommandReports(_ file: GoldenFile) {
    let output = CommandLine(file.path).output()
    file.expect(output, ".expected")
    #expect(CommandLine.reports(file.code, in: output))
  }

  @Test func everyCodeHasACase() {
    let files =
      GoldenFile.all("check", ".ntm", except: [".fixed.ntm"]) + GoldenFile.all("fault", ".ntm")
      + Self.cases
    let known = Set(Codes.all.map(\.id))
    let covered = Set(files.map(\.code))
    #expect(known.subtracting(covered).sorted() == [])
    #expect(covered.subtracting(known).sorted() == [], "cases of codes that do not exist")
  }
}
