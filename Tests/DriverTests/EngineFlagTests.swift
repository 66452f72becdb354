import Testing

@testable import Driver

@Suite struct EngineFlagTests {
  private func engine(_ words: String...) throws -> EngineRequest {
    try RunRequest(parsing: ["a.ntm"] + words).engine
  }

  @Test func flagsOfTheEngineAreNotOfTheProgram() throws {
    let request = try RunRequest(
      parsing: ["a.ntm", "--threads", "3", "--interpret", "--plan", "--lr=2", "--keep-c", "out"])
    #expect(request.engine.threads == 3)
    #expect(request.engine.isInterpreted && request.engine.wantsPlan && !request.engine.isProfiled)
    #expect(request.engine.keptTexts == "out")
    #expect(request.values.map(\.name) == ["lr"])
  }

  @Test func everyPassCanBeLeftOut() throws {
    for pass in EngineRequest.passes {
      let word = EngineFlag.hyphenated(pass)
      #expect(try engine("--without", word).without == [pass])
    }
    #expect(try engine("--without=fusion", "--without", "dead code").without.count == 2)
  }

  @Test func mistakesTeach() {
    func message(_ words: String...) -> String? {
      do throws(RunRequest.Problem) {
        _ = try RunRequest(parsing: ["a.ntm"] + words)
        return nil
      } catch {
        return error.message
      }
    }
    #expect(
      message("--without", "fusoin") == "there is no pass `fusoin`; did you mean `fusion`?")
    #expect(
      message("--without", "remateralization")
        == "there is no pass `remateralization`; did you mean `rematerialization`?")
    #expect(message("--without", "x")?.contains("loop-invariants, ") == true)
    for count in ["0", "-1", "two", "5000"] {
      #expect(message("--threads", count)?.contains("whole number from 1") == true)
    }
    #expect(message("--plan=yes") == "`--plan` takes no value")
    #expect(message("--keep-c") == "`--keep-c` needs a value")
  }
}
