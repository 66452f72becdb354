// `ntmscript cache` and `ntmscript --version --verbose`.

import TestSupport
import Testing

@Suite struct NativeCommandTests {
  private func run(_ line: String) throws -> Program.Outcome {
    try Folders.withScratch { try Program(in: $0).shell(line) }
  }

  /// A library as the cache names it, one that the compiler refused, and a file of the user.
  private static let filled =
    "export NTM_CACHE=$PWD/kept; mkdir kept; name=kept/0123456789012345678901234567890123456789;"
    + "echo 1234567 > $name.so; echo 123 > $name.c; echo > kept/thesis.so;"

  @Test func showsTheCache() throws {
    let outcome = try run("\(Self.filled) ntm cache | sed 1d; ntm cache | grep -c \"$NTM_CACHE\"")
    #expect(
      outcome.output == """
        libraries  1
        size       12 bytes of at most 512.0 MiB
        1

        """)
    #expect(outcome.errors.isEmpty)
  }

  @Test func clearsTheCacheAndNothingElse() throws {
    let outcome = try run("\(Self.filled) ntm cache --clear | cut -d, -f1-2; ls kept")
    #expect(outcome.output == "removed 1 library, 12 bytes\nthesis.so\n")
  }

  @Test func killedRunsAreShownAndCleared() throws {
    let half = "\(Self.filled) echo 1 > ${name%9}8.1f.partial; echo 2 > ${name%9}8.1f.partial.c;"
    let outcome = try run("\(half) ntm cache | sed 1d; ntm cache --clear | cut -d, -f1-3; ls kept")
    #expect(
      outcome.output == """
        libraries   1
        unfinished  2 files, of runs at work or killed
        size        16 bytes of at most 512.0 MiB
        removed 1 library, 2 unfinished files, 16 bytes
        thesis.so

        """)
  }

  @Test func saysWhereNothingIsKept() throws {
    let empty = try run("NTM_CACHE=$PWD/none ntm cache | sed 1d; ls")
    #expect(empty.output == "libraries  0\nsize       0 bytes of at most 512.0 MiB\n")
    let homeless = try run("HOME= ntm cache")
    #expect(homeless.code == 1)
    #expect(homeless.errors.contains("there is no cache"))
  }

  @Test func oneNoticeSaysThatThereIsNoCompiler() throws {
    let text =
      "var x = ones[99]\\nfor i in 1..=3 { x = x * 2.0\\nlog(i, y: x[0] + 1.0) }\\nprint(x[0])\\n"
    let prepare = "printf '\(text)' > a.ntm; export CC=/none;"
    let outcome = try run("\(prepare) ntm run a.ntm")
    #expect(outcome.code == 0)
    let notices = outcome.errors.split(separator: "\n").filter {
      $0.contains("note: CC names `/none`")
    }
    #expect(notices.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("loops run on the interpreter, which takes longer"))
    #expect(outcome.output.contains("8"))
    let asked = try run("\(prepare) ntm run a.ntm --interpret")
    #expect(asked.output == outcome.output && !asked.errors.contains("note:"))
    let events = try run("\(prepare) ntm run a.ntm --json --profile")
    #expect(events.code == 0 && events.errors.isEmpty, "\(events.errors)")
    let kinds = events.output.split(separator: "\n").map { $0.prefix(15) }
    #expect(kinds.first == "{\"event\":\"note\"", "\(events.output)")
    #expect(kinds.last == "{\"event\":\"profi", "\(events.output)")
  }

  @Test func profilesAndKeptTextsAreThereWhenAskedFor() throws {
    let text = "var x = 1.0\\nfor i in 1..=3 { x = x * 2.0 }\\nprint(x)\\n"
    let outcome = try run(
      "printf '\(text)' > a.ntm; ntm run a.ntm --profile --interpret --threads 1")
    #expect(outcome.code == 0 && outcome.output == "8.0\n")
    for words in ["by statement at the top", "a.ntm:2  for i in 1..=3", "3 × interpreted"] {
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
    let wrong = try run("touch a.ntm; ntm run a.ntm --without fusoin")
    #expect(wrong.code == 64 && wrong.errors.contains("did you mean `fusion`?"))
  }

  @Test func aPlanKnowsTheFlagsGiven() throws {
    let text =
      "config { sharp: bool = true }\\nvar x = 1.0\\n"
      + "for i in 1..=3 { x = if sharp { x * 2.0 } else { tanh(x) + exp(x) - x } }\\n"
    func plan(_ flags: String) throws -> String {
      try run("printf '\(text)' > a.ntm; ntm run a.ntm --plan \(flags)").output
    }
    let (sharp, blunt) = (try plan(""), try plan("--sharp false"))
    #expect(sharp.contains("1 operation ") && !sharp.contains("branch"), "\(sharp)")
    #expect(blunt.contains("4 operations") && !blunt.contains("branch"), "\(blunt)")
  }

  @Test func describesTheVersion() throws {
    let plain = try run("ntm --version").output
    #expect(plain.hasPrefix("ntmscript ") && plain.split(separator: "\n").count == 1)
    let long = try run("NTM_THREADS=1 ntm --verbose --version")
    #expect(long.code == 0)
    #expect(long.output.hasPrefix(plain))
    #expect(long.output.contains("\ncompiler  "))
    #expect(long.output.contains("\nthreads   1\n"))
    let none = try run("CC=/none ntm --version --verbose")
    #expect(none.code == 0)
    #expect(none.output.contains("compiler  none: CC names `/none`"))
  }
}
