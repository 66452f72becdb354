import Diagnostics
import Syntax
import Testing

@testable import Driver

@Suite struct RunRequestTests {
  @Test func flagsOfTheProgramStandAnywhere() throws {
    let request = try RunRequest(
      parsing: ["--json", "copy.ntm", "--lr", "1e-3", "--N=64", "--seed", "-2", "--f64"])
    #expect(request.file == "copy.ntm")
    #expect(request.usesJson && request.usesDouble && !request.wantsHelp)
    #expect(request.values.map(\.name) == ["lr", "N", "seed"])
    #expect(request.values.map(\.text) == ["1e-3", "64", "-2"])
  }

  @Test(arguments: [
    ["a.ntm", "b.ntm"], ["a.ntm", "--lr"], ["a.ntm", "-x"], ["a.ntm", "--"], ["a.ntm", "--resume"],
  ])
  func mistakesAreRefused(_ words: [String]) {
    #expect(throws: RunRequest.Problem.self) { try RunRequest(parsing: words) }
  }

  @Test func everyFieldAndSizedDimIsAFlag() {
    let text = """
      config {
        steps: int      = 2_000   /// training steps
        lr:    positive = 3e-3
      }
      dim N = 128, K
      batch dim B = 16
      """
    let file = SourceFile(id: SourceID(0), name: "x.ntm", text: text)
    let flags = ProgramFlag.all(of: parse(file).program, in: file)
    #expect(flags.map(\.name) == ["steps", "lr", "N", "B"])
    #expect(flags.map(\.value) == ["2_000", "3e-3", "128", "16"])
    #expect(
      RunRequest.help(flags) == """
          --steps <int>    training steps  (default: 2_000)
          --lr <positive>  (default: 3e-3)
          --N <dim>        (default: 128)
          --B <batch dim>  (default: 16)

        """)
  }

  @Test func flagsThatGoTogetherHaveOneValue() throws {
    let file = SourceFile(
      id: SourceID(0), name: "x.ntm", text: "config { max_len: int = 1, seed: int = 2 }")
    let flags = ProgramFlag.all(of: parse(file).program, in: file)
    let request = try RunRequest(parsing: ["x.ntm", "--max-len,--seed", "3", "--seed=4"])
    let values = try request.values(of: flags, in: "x.ntm")
    #expect(values.map(\.name) == ["max_len", "seed", "seed"])
    #expect(values.map(\.text) == ["3", "3", "4"])
    #expect(throws: RunRequest.Problem.self) {
      try RunRequest(parsing: ["x.ntm", "--seed,", "3"]).values(of: flags, in: "x.ntm")
    }
  }
}
